"""A line break before a completion: the end of the cursor's line, or one that models put there for no reason."""

from __future__ import annotations

import re
from typing import Final

from aurelis.tasks.ghost.block_layout import HEADS, leads_to_name
from aurelis.tasks.ghost.hole import PROSE_LANGUAGES, Hole, telling
from aurelis.tasks.ghost.word_places import in_one_line_string, text_is_open
from aurelis.tasks.replies.brackets import CLOSERS, LONG_QUOTES, unmatched_closers, unmatched_openers
from aurelis.tasks.replies.layout import first_line, indent_of

MOST_BREAKS: Final = 3
"""So many line breaks do not stand between a block and what opens it."""
_UNFINISHED: Final = (" ", "\t", *"([{,=+-*/<>|&.@")
"""A line that ends so goes on."""
_BEGINS_NAME: Final = re.compile(r"(?<![\w$)\]}])\$$")
"""A variable's mark without its name."""
_BEGINS_COMMAND: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""The same of a command of LaTeX."""
_CONTINUES: Final = re.compile(r"[:,;]|\?(?!>)|[&|](?!$)|=(?![\w=]*$|\w)|\.(?=[\s`]|$)")
"""What hardly any line begins with at the margin; in prose fewer marks count."""
_CONTINUES_PROSE: Final = re.compile(r"[:,;?](?=\s|$)|\.(?=\s|$)|-(?=\w)")
_JOINED: Final = re.compile(r"[-./]\w(?!(?:ebkit|oz|s|)-)")
"""What goes on with a name, of a kind that has marks within it; some of CSS begin with one: `-webkit-`."""
_DATA: Final = frozenset({"dockercompose", "ini", "json", "jsonc", "properties", "toml", "yaml"})
"""Languages in which no line begins with a member or a path."""
_SENTENCE_ENDS: Final = (".", "!", "?", ":")
_STATEMENT: Final = re.compile(
    r"(?:async|await|catch|class|const|def|echo|else|end|export|fn|for|from|func|function|if|import|include|int|let"
    r"|match|package|print|private|pub|public|raise|return|set|static|struct|throw|try|type|use|using|var|void|while"
    r"|with)\b"
)
"""What begins a statement rather than finishes a word."""
_ENDED: Final = (";", "}", "*/")
_COMMENT_BEGINS: Final = re.compile(r"\s*(?://|/\*|\* |\*$|#|--\s|\"{3}|'{3})")
_BLOCK_BEGINS: Final = re.compile(r"\s*(?:[-*+](?:\s|$)|[>|#]|\d+[.)] |```|~~~)")
"""What begins an item, a heading, a quotation, a table or a fence."""
_STARS: Final = re.compile(r" \*")
"""A line of a comment that is set off by a blank."""
_WORD: Final = re.compile(r"\w+")
_WORD_BEFORE: Final = re.compile(r"\w+$")
_FRAGMENT: Final = 5
"""Letters of a word that nothing else in the document has, and that is likely half of one."""
_REST_OF_WORD: Final = 2
"""And of the rest of one."""


def with_line_break(text: str, hole: Hole) -> str:
    """The text with the line break that belongs before it, or without one that does not.

    A cursor right behind what opens a block is followed by a new line; one within a statement is not.
    """
    current = hole.line_before
    if not current.strip() or not text.strip():
        return text
    base = len(indent_of(current))
    if not text.lstrip(" ").startswith("\n"):
        depth = len(indent_of(text))
        indented = depth > base and (depth > 1 or text.startswith("\t"))
        return "\n" + text if hole.multiline and indented and _opens_line(current, hole) else text
    if not hole.multiline:
        return text.lstrip("\n ") if len(indent_of(first_line(text))) <= base else text.lstrip()
    if text.startswith("\n" * MOST_BREAKS) and _opens_line(current, hole):
        return "\n" + text.lstrip("\n")
    return text


def _opens_line(current: str, hole: Hole) -> bool:
    return current.endswith(HEADS) and not leads_to_name(current, hole) and not in_one_line_string(hole)


def without_line_break(text: str, hole: Hole) -> str | None:
    """The text without the line breaks before it, where they may be noise; None where there are none or they belong."""
    current = hole.line_before
    if not current.strip() or not text.startswith("\n") or not text.strip():
        return None
    first = first_line(text)
    opens = _opens_line(current, hole) and not unmatched_closers(first) and first.strip() != ":"
    if opens or _is_deeper(first, current) or (not current[-1].isspace() and _is_a_line(text, first, hole)):
        return None
    return text.lstrip("\n \t" if current[-1].isspace() else "\n")


def says_what_is_below(text: str, hole: Hole) -> bool:
    """Whether a text ends the cursor's line and goes on with the very lines below it: nothing is missing there."""
    if not text.lstrip(" ").startswith("\n") or hole.line_after.strip():
        return False
    first = first_line(text)
    return telling(first) and first.rstrip() == hole.next_line.rstrip()


def _is_deeper(first: str, current: str) -> bool:
    base, indent = indent_of(current), indent_of(first)
    return (len(indent) > max(1, len(base))) or indent.startswith(base + "\t")


def _is_a_line(text: str, first: str, hole: Hole) -> bool:
    """Whether a line can only be one of its own: it is laid out so, a comment or item begins, the one above is over."""
    current = hole.line_before
    base = indent_of(current)
    if _is_set_off(first, hole) or in_one_line_string(hole):
        return False
    if (base and indent_of(first) == base) or (current.endswith(">") and first.startswith("<")):
        return True
    if hole.in_words and (
        (text.startswith("\n\n") and not _finishes_word(first, hole))
        or (current.endswith(_SENTENCE_ENDS) and first[0].isupper())
    ):
        return True
    if hole.language_id in PROSE_LANGUAGES:
        return _BLOCK_BEGINS.match(first) is not None
    if first.startswith(LONG_QUOTES) and text_is_open(hole):
        return False
    if current.endswith("/") and first[0] in "*/":
        return False  # Both together begin a comment.
    return current.endswith(_ENDED) or (_COMMENT_BEGINS.match(first) is not None and len(hole.line_before) > 1)


def _is_set_off(first: str, hole: Hole) -> bool:
    """Whether a line begins with the blank that separates it from the word before the cursor; no level is as narrow."""
    return indent_of(first) == " " and not hole.line_before[-1:].isspace() and not _STARS.match(first)


def goes_on(text: str, hole: Hole) -> bool:
    """Whether the cursor stands within a statement, so that a line break before the text is noise, not its end."""
    first = first_line(text)
    if hole.line_before.endswith(_UNFINISHED) or _is_set_off(first, hole) or _begins_name(hole):
        return True
    if hole.line_after[:1] in {'"', "'"} or in_one_line_string(hole) or _continues(first, hole):
        return True
    return _finishes_word(first, hole)


def _begins_name(hole: Hole) -> bool:
    """Whether the line ends with the mark of a variable or a command, whose name is to come."""
    if hole.language_id in PROSE_LANGUAGES:
        return False
    mark = _BEGINS_COMMAND if hole.language_id == "latex" else _BEGINS_NAME
    return mark.search(hole.line_before) is not None


def _continues(first: str, hole: Hole) -> bool:
    """Whether a line at the margin begins with what belongs behind something."""
    if hole.language_id in PROSE_LANGUAGES:
        return _CONTINUES_PROSE.match(first) is not None
    if first[0] == "." and hole.language_id == "python":
        return not hole.in_words
    if hole.line_before.endswith(LONG_QUOTES) and indent_of(hole.line_before) and text_is_open(hole):
        return not indent_of(first)
    if unmatched_closers(first) and unmatched_openers(hole.line_before):
        return True
    if first[0] in CLOSERS:
        # A closer at the margin may close what lines above have opened, but not what this line has.
        return bool(unmatched_openers(hole.line_before))
    if first[0] == ">":
        return hole.line_before.rfind("<") > hole.line_before.rfind(">")
    if first[0] == "`" and hole.line_before.endswith("`"):
        return True
    if first[0] in "*/" and hole.line_before.endswith("/"):
        return True
    return _goes_on_with_name(first, hole) or _CONTINUES.match(first) is not None


def _goes_on_with_name(first: str, hole: Hole) -> bool:
    """Whether a line at the margin begins with what stands right behind a name: the rest of it, or an argument."""
    before = hole.line_before
    if _JOINED.match(first) is not None and before[-1:].isalnum():
        return first[0] == "-" or hole.language_id in _DATA
    if hole.language_id == "latex":
        return first[0] in "([{" and (before[-1:].isalnum() or before.endswith("}"))
    indexed = hole.language_id == "python" or hole.line_after.startswith("]")
    if first[0] == "(" or (first[0] == "[" and indexed):
        return before[-1:].isalnum() or before.endswith("_")
    return False


def _finishes_word(first: str, hole: Hole) -> bool:
    """Whether the line makes a word out of a beginning that is none by itself, as far as the document tells."""
    typed, said = _WORD_BEFORE.search(hole.line_before), _WORD.match(first)
    if typed is None or said is None or typed.group().isdigit():
        return False
    known = frozenset(_WORD.findall(hole.before[: -len(typed.group())] + " " + hole.after))
    if typed.group() + said.group() in known or said.group().startswith("_"):
        return True
    if typed.group() in known:
        return False
    outside = bool(indent_of(hole.line_before)) and not indent_of(first) and not hole.in_words
    if _STATEMENT.match(first) is not None or said.group() in known:
        return False
    return outside or len(typed.group()) <= _FRAGMENT or len(said.group()) <= _REST_OF_WORD
