"""Finished answers, kept in memory, in a team's Redis and on disk, so that the same question is paid for once.

In comes a key (the canonical hash of a redacted request) and, to keep, an answer with its tags; out goes an answer and
the layer that had it, or nothing. Every fault of a layer is a miss: a cache may be absent without changing an answer.
Only redacted text is kept, never a redaction map, and nothing read back is ever executed.
"""
