"""Reading a prompt back: which task it asks for, about which code, with what around it.

The prompts of the product say so in lines of the form `Task: ...` near the top, put the code into one fenced block
and what stands around it between tags. Any other text is a prompt without a task.
"""

from __future__ import annotations

import re
import textwrap
from typing import Final

import attrs

_HEADER: Final = re.compile(r"^(Task|Verb|Language|File|Lines?|Symbol|Question|Instruction): *(.*)$", re.MULTILINE)
_CLOSING: Final = re.compile(r"^(`{3,})[ \t]*$", re.MULTILINE)
_SECTION: Final = re.compile(
    r'^<(after|before|definitions|document|enclosing|imports|project-instructions)(?: name="[^"\n]*")?>\n', re.MULTILINE
)
_PROBLEM: Final = re.compile(r"^- line (\d+): (\w+): (.*)$", re.MULTILINE)
_FIRST_LINE: Final = re.compile(r"\d+")


@attrs.frozen
class _Block:
    """A fenced block; `start` is where its opening fence stands."""

    start: int
    fence: str
    language: str
    code: str


@attrs.frozen
class Problem:
    """A reported problem; `line` counts from 0 within the code."""

    line: int
    message: str


@attrs.frozen(kw_only=True)
class Prompt:
    """What a prompt asks for; what it does not say is empty.

    `code` is the text of the last fenced block, `sections` the texts between tags by name, `first_line` the number of
    the code's first line in its file (from 1), `wants_patches` whether the answer shall be search/replace blocks.
    """

    task: str = ""
    verb: str = ""
    language: str = ""
    name: str = ""
    symbol: str = ""
    question: str = ""
    instruction: str = ""
    first_line: int = 1
    code: str = attrs.field(default="", repr=False)
    sections: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()
    wants_patches: bool = False
    fence: str = "```"

    @property
    def dedented(self) -> str:
        """The code without the indentation that all its lines share, so that a method parses like a function."""
        return textwrap.dedent(self.code)


def read_prompt(text: str) -> Prompt:
    """Read a user's message."""
    block = _last_block(text)
    frame = text if block is None else text[: block.start]
    sections, frame = _sections(frame)
    header: dict[str, str] = {}
    for name, value in _HEADER.findall(frame):
        header.setdefault(name.rstrip("s") if name == "Lines" else name, value.strip())
    number = _FIRST_LINE.match(header.get("Line", ""))
    first_line = int(number.group()[:9]) if number else 1
    return Prompt(
        task=header.get("Task", "").lower(),
        verb=header.get("Verb", "").lower(),
        language=header.get("Language", "") or ("" if block is None else block.language),
        name=header.get("File", ""),
        symbol=header.get("Symbol", ""),
        question=header.get("Question", ""),
        instruction=header.get("Instruction", ""),
        first_line=first_line,
        code="" if block is None else block.code,
        sections=sections,
        problems=tuple(
            Problem(int(line[:9]) - first_line, message) for line, _severity, message in _PROBLEM.findall(frame)
        ),
        wants_patches="<<<<<<< SEARCH" in frame,
        fence="```" if block is None else block.fence,
    )


def _sections(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The texts between tags, by name, and what is left without them."""
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    never_closed: set[str] = set()
    at = 0
    for match in _SECTION.finditer(text):
        name = match.group(1)
        if match.start() < at or name in never_closed:
            continue
        end = text.find(f"\n</{name}>", match.end() - 1)
        if end < 0:
            never_closed.add(name)
            continue
        found.append((name, text[match.end() : end]))
        rest.append(text[at : match.start()])
        at = end + len(f"\n</{name}>")
    return tuple(found), "".join((*rest, text[at:]))


def _last_block(text: str) -> _Block | None:
    """The last fenced block: its fence is longer than any within it, so the nearest one above that is as long opens it.

    Whatever stands before may hold fences of its own, closed or not.
    """
    closing = max(_CLOSING.finditer(text), key=re.Match.start, default=None)
    if closing is None:
        return None
    fence = closing.group(1)
    openings = re.finditer(rf"^{fence}(?!`)([\w+#.-]*)[^\n]*\n", text[: closing.start()], re.MULTILINE)
    opening = max(openings, key=re.Match.start, default=None)
    if opening is None:
        return None
    return _Block(opening.start(), fence, opening.group(1), text[opening.end() : closing.start()])
