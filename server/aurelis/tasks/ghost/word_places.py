"""Where words may stand: in prose, comments and strings, and between the elements of markup."""

from __future__ import annotations

import re
from typing import Final

from aurelis.tasks.ghost.hole import COMPARED_CHARACTERS, PROSE_LANGUAGES, Hole
from aurelis.tasks.replies.brackets import LONG_QUOTES

TEXT_BETWEEN: Final = PROSE_LANGUAGES | {
    "blade",
    "erb",
    "handlebars",
    "html",
    "javascriptreact",
    "latex",
    "php",
    "svelte",
    "typescriptreact",
    "vue",
    "xml",
    "yaml",
}
"""Languages that have sentences outside of comments and strings."""
_WITHOUT_COMMENTS: Final = frozenset({"json", "jsonl"})
"""Languages in which `/*` is part of a path."""
_LONG_COMMENTS: Final = (("/*", "*/"), ("<!--", "-->"), ("--[[", "]]"), ("\n=begin", "\n=end"))
_POD: Final = re.compile(r"^=(?!cut\b)[a-z]\w+\b(?!.*^=cut\b)", re.DOTALL | re.MULTILINE)
"""Perl's documentation, which has not ended."""
_HEREDOC: Final = re.compile(
    r"<<(?:[-~]?[\"']?|[-~]?[ \t]+'|[ \t]+(?=\w+$))([A-Z_]{2,})\b(?!.*^\s*\1\b)", re.DOTALL | re.MULTILINE
)
"""A text between two words, which has not ended."""
COMMENT_LINE: Final = re.compile(r"\s*(?:#|//|--|\*(?:\s|$)|;|%)")
QUOTES: Final = ('"', "'", "`")
_STRINGS: Final = re.compile(r"(?P<long>\"{3}|'{3})|\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|`[^`]*+`|(?P<open>[\"'])")
_ONE_LINE_STRINGS: Final = frozenset(
    {"c", "cpp", "csharp", "go", "java", "javascript", "javascriptreact", "json", "jsonc", "kotlin", "python", "swift"}
    | {"typescript", "typescriptreact"}
)
"""Languages in which no line break stands within quotation marks."""


def sentences_are_no_text(hole: Hole) -> bool:
    """Whether nothing that the hole may hold reads as a sentence."""
    return not has_text_between(hole) and not in_quotes(hole) and not among_words(hole)


def has_text_between(hole: Hole) -> bool:
    """Whether sentences may stand outside of comments and strings where the cursor is."""
    return hole.language_id in TEXT_BETWEEN and not hole.in_code_of_markup


def in_comment_line(hole: Hole) -> bool:
    """Whether the cursor's line is a comment that ends with it."""
    return hole.language_id not in PROSE_LANGUAGES and COMMENT_LINE.match(hole.line_before) is not None


def among_words(hole: Hole) -> bool:
    """Whether the cursor stands in prose, a comment or a text of several lines, as far as the text before it tells.

    In LaTeX the words of a text stand beside its commands.
    """
    return hole.in_words or hole.language_id == "latex" or in_comment_line(hole) or text_is_open(hole)


def text_is_open(hole: Hole) -> bool:
    """Whether the text before the cursor ends within a string of several lines or a comment."""
    return hole.language_id not in _WITHOUT_COMMENTS and leaves_text_open(hole.prefix)


def in_quotes(hole: Hole) -> bool:
    """Whether a quotation mark is open on the cursor's line."""
    return any(hole.line_before.count(mark) % 2 for mark in QUOTES)


def _begins_last(text: str, mark: str) -> int:
    """Where a text has a mark for the last time, outside of what is quoted in its line: `"src/**/*.js"`."""
    at = text.rfind(mark)
    while at >= 0 and text.count('"', text.rfind("\n", 0, at) + 1, at) % 2:
        at = text.rfind(mark, 0, at)
    return at


def leaves_text_open(text: str) -> bool:
    """Whether code ends within a string of several lines or a comment, in which sentences and fences are text.

    Quotation marks are counted from the beginning: which of a pair one is, nothing else tells.
    """
    if any(text.count(mark) % 2 for mark in LONG_QUOTES):
        return True
    text = text[-COMPARED_CHARACTERS:]
    if any(_begins_last(text, start) > text.rfind(end) for start, end in _LONG_COMMENTS):
        return True
    return any(pattern.search(text) is not None for pattern in (_HEREDOC, _POD))


def in_one_line_string(hole: Hole) -> bool:
    """Whether the cursor stands in a string that cannot go on in the next line."""
    if hole.language_id not in _ONE_LINE_STRINGS or hole.in_words:
        return False
    marks = list(_STRINGS.finditer(hole.line_before))
    return any(mark["open"] for mark in marks) and not any(mark["long"] for mark in marks)
