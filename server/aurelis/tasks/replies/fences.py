"""Fenced code blocks of a reply, and the words around them."""

from __future__ import annotations

import re
from typing import Final

import attrs

from aurelis.core.positions import split_lines

_FENCE: Final = re.compile(r"^([ \t]*)(`{3,}|~{3,8}(?!~))[ \t]*([^\s`{]*)([^`\n]*)$")
"""A longer line of tildes is a rule, as below a heading."""
_THINKING: Final = re.compile(r"^\s*<(think|thinking|reasoning)>.*?</\1>(?:[^\S\n]*\n){0,2}", re.DOTALL | re.IGNORECASE)
_THOUGHT: Final = re.compile(
    r"^</(think|thinking|reasoning)>[^\S\n]*$(?:[^\S\n]*\n){0,2}", re.MULTILINE | re.IGNORECASE
)
"""The end of reasoning that the template of the prompt has begun, so that the reply has no beginning of it."""
_SEARCHED_FOR_THINKING: Final = 200_000
_CODE_BEGINS: Final = re.compile(
    r"^[ \t]*(?:(?:`{3,}|~{3,})[^`\n]*|<{5,9} ?SEARCH.*|diff --git .*|--- \S.*|\*\*\* Begin Patch.*)\n", re.MULTILINE
)
LONGEST_INTRODUCTION: Final = 1_500
"""Characters before the code of a reply: about twelve sentences."""


@attrs.frozen
class Block:
    """A fenced block. `content` ends with a line break unless it is empty; `closed` is False at a reply's cut end."""

    language: str
    content: str = attrs.field(repr=False)
    start: int
    end: int
    closed: bool = True


def code_begun(reply: str) -> bool:
    """Whether a reply that is still growing has come to its code: a fence or a patch has begun, with something in it.

    Words before it are no code yet, and all there is of an answer that is of no use. Code without a fence shows by its
    length.
    """
    if len(reply) > LONGEST_INTRODUCTION:
        return True
    opener = _CODE_BEGINS.search(reply)
    return opener is not None and not reply[opener.end() :].isspace() and len(reply) > opener.end()


def without_thinking(reply: str) -> str:
    """The reply without reasoning that stands before it. Providers remove it already; this is the second lock."""
    searched = reply[:_SEARCHED_FOR_THINKING]
    match = _THINKING.match(searched)
    if match is not None:
        return reply[match.end() :]
    match = _THOUGHT.search(searched)
    if match is None or f"<{match.group(1)}" in searched[: match.start()]:
        return reply
    return reply[match.end() :]


def fenced_blocks(reply: str) -> tuple[Block, ...]:
    """All outermost fenced blocks in order.

    A fence ends a block if it is as long, no deeper indented and names no language; one that names a language opens a
    block within the block. So fences in docstrings and in Markdown stay content.
    """
    blocks: list[Block] = []
    opener: re.Match[str] | None = None
    depth = 0
    start = offset = 0
    content: list[str] = []
    for line in split_lines(reply):
        match = _FENCE.match(line.rstrip("\r\n"))
        if opener is None:
            if match is not None:
                opener, depth, start, content = match, 0, offset, []
        elif match is not None and _pairs(opener, match):
            if match.group(3):
                depth += 1
                content.append(line)
            elif depth:
                depth -= 1
                content.append(line)
            else:
                blocks.append(_block(opener, content, start, offset + len(line), closed=True))
                opener = None
        else:
            content.append(line)
        offset += len(line)
    if opener is not None:
        blocks.append(_block(opener, content, start, offset, closed=False))
    return tuple(blocks)


def _pairs(opener: re.Match[str], other: re.Match[str]) -> bool:
    fence, found = opener.group(2), other.group(2)
    if found[0] != fence[0] or len(found) < len(fence):
        return False
    return len(other.group(1).expandtabs(4)) <= len(opener.group(1).expandtabs(4))


def _block(opener: re.Match[str], lines: list[str], start: int, end: int, *, closed: bool) -> Block:
    indent = opener.group(1)
    if indent and all(line.startswith(indent) or not line.strip() for line in lines):
        lines = [line.removeprefix(indent) for line in lines]
    content = "".join(lines).removeprefix("\ufeff")
    if content and not content.endswith(("\n", "\r")):
        content += "\n"
    return Block(opener.group(3).lower(), content, start, end, closed)
