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
_FENCE: Final = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[\w+#.-]*)[^\n`]*\n(?P<code>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)
_SECTION: Final = re.compile(
    r'^<(?P<tag>[a-z-]+)(?: name="[^"\n]*")?>\n(?P<text>.*?)\n</(?P=tag)>$', re.MULTILINE | re.DOTALL
)
_PROBLEM: Final = re.compile(r"^- line (\d+): (\w+): (.*)$", re.MULTILINE)
_FIRST_LINE: Final = re.compile(r"\d+")


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
    blocks = tuple(_FENCE.finditer(text))
    block = blocks[-1] if blocks else None
    frame = text if block is None else text[: block.start()]
    sections = tuple((match["tag"], match["text"]) for match in _SECTION.finditer(frame))
    frame = _SECTION.sub("", frame)
    header: dict[str, str] = {}
    for name, value in _HEADER.findall(frame):
        header.setdefault(name.rstrip("s") if name == "Lines" else name, value.strip())
    number = _FIRST_LINE.match(header.get("Line", ""))
    first_line = int(number.group()[:9]) if number else 1
    return Prompt(
        task=header.get("Task", "").lower(),
        verb=header.get("Verb", "").lower(),
        language=header.get("Language", "") or ("" if block is None else block["language"]),
        name=header.get("File", ""),
        symbol=header.get("Symbol", ""),
        question=header.get("Question", ""),
        first_line=first_line,
        code="" if block is None else block["code"],
        sections=sections,
        problems=tuple(
            Problem(int(line[:9]) - first_line, message) for line, _severity, message in _PROBLEM.findall(frame)
        ),
        wants_patches="<<<<<<< SEARCH" in frame,
        fence="```" if block is None else block["fence"],
    )
