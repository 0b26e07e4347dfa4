"""Aurelis: an assistant for any editor, any model and the user's own keys.

The package is a language server and the model orchestrator behind it. ARCHITECTURE.md names its rooms.
"""

__version__ = "0.1.0"
