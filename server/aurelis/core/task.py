"""The kinds of work; apart from what is asked, because settings name them and are read at the start of the server."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """The kinds of work that routing distinguishes (the contract's names)."""

    CODE_GENERATION = "code_generation"
    COMPLETION = "completion"
    DOCUMENTATION = "documentation"
    EXPLANATION = "explanation"
    REFACTORING = "refactoring"
    OPTIMIZATION = "optimization"
    TESTING = "testing"
    FIX = "fix"
    REVIEW = "review"
    COMPLEX_REASONING = "complex_reasoning"
    GENERAL = "general"
