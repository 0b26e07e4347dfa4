"""The terminal: one module per group of commands, each with its options and what it does.

In come words and paths that a person typed; out go text on standard output, one plain sentence on standard error when
something is wrong, and an exit code: 0 done, 1 the task failed, 2 wrong usage or configuration.
"""
