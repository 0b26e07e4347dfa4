"""What is asked of a model and what its answer means: a row and a prompt file per task, context in, edits out.

Everything here is pure: snapshots, plain values and the model's text come in; messages, new texts and verdicts go out.
"""
