"""What a model says about a completion, before it and behind it, taken off where it can be no part of it.

In a programming language a line that reads as a sentence is none of its own; in prose, in comments and in what markup
has between its elements only those go that speak of the completion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.hole import PROSE_LANGUAGES, Hole, telling
from aurelis.tasks.ghost.sentences import INTRODUCES, is_about_the_answer, is_heading, reads_as_sentence, says_yes
from aurelis.tasks.ghost.word_places import (
    COMMENT_LINE,
    QUOTES,
    TEXT_BETWEEN,
    among_words,
    has_text_between,
    in_quotes,
    leaves_text_open,
    sentences_are_no_text,
    text_is_open,
)
from aurelis.tasks.replies.layout import indent_of

_LABEL: Final = re.compile(r"\s*(?:Answer|Code|Completion|Output|Result|Solution): (?=\s*\S)")
_FAREWELL: Final = re.compile(
    r"(?:let me know if|(?:i )?hope this helps|feel free to (?:ask|let me)|this completes the)\b[^\n{};=<>]*[.!]$",
    re.IGNORECASE,
)
"""What ends a conversation rather than a text."""
_QUOTED_ANSWER: Final = re.compile(
    r"\s*(?:[A-Z][^`\n]*(?:\b(?:is|be|with)|:)|(?:answer|completion|insert|output):)\s*`([^`\n]+)`\s*[.!]?\s*$",
    re.IGNORECASE,
)
_QUOTED_FOR_SURE: Final = re.compile(
    r"\s*(?:The (?:completed?|completion|missing)(?: \w+)?(?: (?:is|would be|should be))?:?|(?:Insert|Completion):)"
    r"\s*`([^`\n]+)`\s*[.!]?\s*$"
)
"""The same as it is hardly ever written among words."""
_TEXT_INDENTED: Final = frozenset({"javascriptreact", "typescriptreact"})
"""Languages in which a text between elements does not stand at the margin."""
_HAVE_KEYS: Final = frozenset({"dockercompose", "yaml"})
_KEY: Final = re.compile(r"[a-z][\w-]*:$")
"""A key of YAML; a heading begins with a capital."""
_COLONS: Final = (":", "\uff1a")


def without_sentences(text: str, hole: Hole) -> str:
    """The text without what introduces it and what is said about it behind it.

    Nothing may be left, but of words where words are wanted.
    """
    named = hole.language_id == "yaml" or (among_words(hole) and _begins_a_line(hole))
    label = None if named else _LABEL.match(text)
    rest = text if label is None else text[label.end() :]
    quoted = (_QUOTED_FOR_SURE if among_words(hole) else _QUOTED_ANSWER).match(rest)
    if quoted is not None and len(rest[: quoted.start(1)].split()) > (label is None):
        return quoted.group(1)
    rest = _without_introduction(rest, hole)
    if sentences_are_no_text(hole) or (in_quotes(hole) and hole.line_after[:1] in QUOTES) or _is_code_again(rest, hole):
        rest = _without_afterword(rest)
    elif hole.language_id in TEXT_BETWEEN - PROSE_LANGUAGES and (
        hole.language_id in _TEXT_INDENTED or indent_of(hole.line_before) or indent_of(rest)
    ):
        rest = _without_afterword(rest, at_margin=True)
    rest = _without_farewell(rest)
    return text if not rest.strip() and in_quotes(hole) else rest


def _is_code_again(text: str, hole: Hole) -> bool:
    """Whether a text ends the comment or string of several lines that the cursor stands in, and goes on behind it."""
    if has_text_between(hole) or not text_is_open(hole):
        return False
    return not leaves_text_open(hole.prefix + _without_afterword(text))


def _without_introduction(text: str, hole: Hole) -> str:
    lines = text.split("\n")
    filled = sum(1 for line in lines if line.strip())
    removed = False
    while lines and _is_introduction(lines, filled, hole):
        filled -= 1
        lines.pop(0)
        removed = True
        if lines and not lines[0].strip():
            lines.pop(0)
    return "\n".join(lines) if removed else text


def _is_introduction(lines: Sequence[str], filled: int, hole: Hole) -> bool:
    """Whether the first line introduces what stands below it; where one line is wanted it cannot be part of that."""
    line = lines[0]
    rest_of_line = hole.line_after.strip()
    goes_on = telling(rest_of_line) and line.rstrip().endswith(rest_of_line)
    if goes_on or (hole.language_id in _HAVE_KEYS and _KEY.match(line)):
        return False  # It goes on as the cursor's line does, or is a key.
    words = among_words(hole)
    if words and filled == 1:
        return False
    if filled > 1 and is_heading(line) and _is_above_a_comment(lines, hole):
        return True
    if is_about_the_answer(line):
        return True
    if filled > 1 and says_yes(line) and hole.language_id not in PROSE_LANGUAGES:
        return not "".join(lines[1:2]).strip()
    if filled > 1 and (not hole.multiline or not _begins_a_line(hole)) and (is_heading(line) or _leads_over(lines)):
        return True
    if words:
        return False
    text_between = has_text_between(hole)
    if len(line.split()) > 1 and INTRODUCES.match(line) is not None and (filled > 1 or not text_between):
        return True
    if sentences_are_no_text(hole):
        # `except ` goes on with `ValueError as error:`, whatever stands below.
        apart = _begins_a_line(hole) or (filled > 1 and not "".join(lines[1:2]).strip())
        return is_heading(line) or (apart and reads_as_sentence(line) and line.strip() not in hole.before)
    return filled > 1 and hole.language_id not in PROSE_LANGUAGES and is_heading(line)


def _is_above_a_comment(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the first line stands above one of a comment without being one itself, as in code it can not."""
    if hole.line_before.strip() or hole.language_id in PROSE_LANGUAGES:
        return False
    first, below = (COMMENT_LINE.match(line) for line in [line for line in lines if line.strip()][:2])
    return below is not None and (first is None or first.group().strip() != below.group().strip())


def _begins_a_line(hole: Hole) -> bool:
    """Whether the cursor's line has no words yet."""
    return not any(map(str.isalnum, hole.line_before))


def _leads_over(lines: Sequence[str]) -> bool:
    """Whether a sentence leads over to what stands below an empty line."""
    return reads_as_sentence(lines[0]) and lines[0].rstrip().endswith(_COLONS) and not "".join(lines[1:2]).strip()


def _without_afterword(text: str, *, at_margin: bool = False) -> str:
    """The text without paragraphs at its end in which every line reads as a sentence, and stands at the margin."""
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and (
        not lines[end - 1].strip()
        or (reads_as_sentence(lines[end - 1]) and not (at_margin and indent_of(lines[end - 1])))
    ):
        end -= 1
    while end < len(lines) and lines[end].strip():
        end += 1
    own = "\n".join(lines[:end])
    return text if end >= len(lines) or not own.strip() or leaves_text_open(own) else own


def _without_farewell(text: str) -> str:
    """The text without a last paragraph of one line that speaks to the one who asked."""
    before, blank, last = text.rstrip().rpartition("\n\n")
    return before.rstrip() if blank and before.strip() and _FAREWELL.match(last) else text
