"""From a reply to new code at a place of a document: on lines of its own, indented as the place's line."""

from __future__ import annotations

import re
from typing import Final

from aurelis.core.positions import split_lines
from aurelis.core.snapshot import line_ending
from aurelis.syntax.parses import does_parse
from aurelis.tasks.replies.blocks import code_blocks, is_of
from aurelis.tasks.replies.echoes import without_echo
from aurelis.tasks.replies.edits import BYTE_ORDER_MARK, EditReading
from aurelis.tasks.replies.elisions import leaves_code_out
from aurelis.tasks.replies.fences import fenced_blocks, without_thinking
from aurelis.tasks.replies.imports import leading_imports, with_imports
from aurelis.tasks.replies.layout import bare_lines, indent_of, reindented, stripped

LANGUAGES_OF_PROSE: Final = frozenset({"latex", "markdown", "plaintext", "restructuredtext"})
"""Texts for people, in which words are what was asked for."""

_TELLING: Final = re.compile(r"[=(\[{;]|:$|^[^\S\n]*+(?:import|from|return|use|package)\s", re.MULTILINE)
"""What stands in code and hardly in a few words."""


def read_insertion(document: str, place: int, language_id: str, reply: str) -> EditReading:
    """The document with the reply's code at a place, on lines of its own, indented as the place's line.

    On a blank line the code takes the line's place; behind code it starts on the next line, before code on its own.
    Import lines at the code's start go to the document's own.
    """
    reply = without_thinking(reply)
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    code = code_blocks(blocks, language_id)
    if code:
        content = max(code, key=lambda block: (is_of(block, language_id), len(block.content))).content
    elif not blocks and _is_bare_code(reply, language_id):
        content = reply
    else:
        return EditReading(None, "the answer holds no code")
    before, after = around_insertion(document, place)
    indent = split_lines(before)[-1].removeprefix(BYTE_ORDER_MARK)
    above, below = bare_lines(before[: len(before) - len(indent)]), bare_lines(after)
    lines = stripped(without_echo(bare_lines(content), above, below))
    imports: list[str] = []
    if above and document.strip():
        imports, rest = leading_imports(lines, language_id)
        imports, lines = (imports, stripped(rest)) if any(line.strip() for line in rest) else ([], lines)
    if not lines:
        return EditReading(None, "the answer holds no code")
    if leaves_code_out(lines, language_id):
        return EditReading(None, "the answer leaves code out")
    body = reindented(lines, indent, document)
    body[0] = body[0].removeprefix(indent)
    eol = line_ending(document)
    if not after and document.endswith(("\n", "\r")):
        after = eol  # The document's last line had a break and shall have one.
    return EditReading(with_imports(before + eol.join(body) + after, imports, language_id))


def _is_bare_code(reply: str, language_id: str) -> bool:
    """Whether a reply without a block is code all the same, and not just words that happen to parse."""
    if language_id in LANGUAGES_OF_PROSE:
        return bool(reply.strip())
    return does_parse(reply, language_id) is True and bool(_TELLING.search(reply))


def around_insertion(document: str, place: int) -> tuple[str, str]:
    """The text before and after code that is inserted at a place: the code's own line, its indentation given.

    On a blank line the code takes that line; behind code it comes on the next line, before code on the line above.
    """
    if document.startswith(BYTE_ORDER_MARK):
        before, after = around_insertion(document[1:], max(0, place - 1))
        return BYTE_ORDER_MARK + before, after
    line_start = max(document.rfind("\n", 0, place), document.rfind("\r", 0, place)) + 1
    line_end = place + next((at for at, mark in enumerate(document[place:]) if mark in "\r\n"), len(document) - place)
    line = document[line_start:line_end]
    eol = line_ending(document)
    if not line.strip():
        return document[:line_end], document[line_end:]
    if not document[line_start:place].strip():
        return document[:line_start] + indent_of(line), eol + document[line_start:]
    return document[:line_end] + eol + indent_of(line), document[line_end:]
