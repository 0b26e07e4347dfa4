"""A completion between backticks as a whole: a chat model's inline code, or text that is quoted so by right."""

from __future__ import annotations

import re
from typing import Final

from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, Hole
from aurelis.tasks.replies.brackets import unmatched_count

_QUOTING: Final = frozenset({"go", "javascript", "kotlin", "scala", "shellscript", "sql", "typescript"})
"""Languages in which backticks quote."""
_QUOTED: Final = re.compile(r"`[^`\n]+`")
_SHORTEST: Final = 3
"""Two backticks and something."""
_MARKS_TWICE: Final = 4
"""Two backticks at either end."""
_VALUE_BEFORE: Final = re.compile(r"(?:[=(\[,:?+{]|\b(?:return|in|case|default|throw|await|of))\s*$")
"""What a value stands behind."""
_TAG_BEFORE: Final = re.compile(r"\b(?:css|gql|graphql|html|keyframes|raw|sql|svg|styled\S*)$")
_WRITTEN_AS_TEXT: Final = re.compile(r"\$\{|\\|<\w|^\w+:\"")
"""What stands in a template or a raw string rather than in code: a gap, a backslash, an element, a field's tag."""
_IS_CODE: Final = re.compile(r"[;{,]$|^\s*(?:[*#]|//)|^[\"'].*[\"']$")
"""A statement, a comment, a string literal."""
_STRING_MARKS: Final = ("'", '"')


def without_backticks(text: str, hole: Hole, *, in_fence: bool) -> list[str] | None:
    """The readings of a line that is inline code as a whole, the likeliest first; None where it is not.

    In Markdown it is meant as it is, but for the code in a fence.
    """
    line = text.strip()
    for _ in range(2):
        if len(line) > _MARKS_TWICE and line[:2] == line[-2:] == "``":
            line = line[1:-1]
    inner = line[1:-1]
    quoted = len(line) >= _SHORTEST and line[0] == line[-1] == "`" and "`" not in inner and "\n" not in inner
    if not quoted or (hole.language_id in MARKDOWN_LANGUAGES and not in_fence):
        return None
    if text.strip().startswith("```") or not (_quotes(hole) or _among_words(hole)):
        return [inner]
    return [text, inner] if not _IS_CODE.search(inner) and _may_be_quoted(inner, hole) else [inner, text]


def _quotes(hole: Hole) -> bool:
    return hole.language_id.removesuffix("react") in _QUOTING


def _among_words(hole: Hole) -> bool:
    return hole.in_words or any(hole.line_before.count(mark) % 2 for mark in _STRING_MARKS)


def _may_be_quoted(inner: str, hole: Hole) -> bool:
    """Whether backticks are as likely the text's own."""
    before = hole.line_before
    if unmatched_count(inner):
        return False
    if _among_words(hole):
        if before.endswith("`") and hole.line_after.startswith("`"):
            return True
        # A name, where the document quotes names so.
        near = hole.before[-2_000:] + hole.after[:2_000]
        return not before[-1:].isalnum() and len(inner.split()) == 1 and _QUOTED.search(near) is not None
    if not _quotes(hole) or not before.strip():
        return False
    if before[-1:].isalnum() or before[-1:] == "_":
        return _TAG_BEFORE.search(before) is not None
    if _WRITTEN_AS_TEXT.search(inner):
        return True
    known = inner.isidentifier() and re.search(rf"\b{re.escape(inner)}\b", hole.before + hole.after) is not None
    return _VALUE_BEFORE.search(before) is not None and inner.replace(" ", "").isalnum() and not known
