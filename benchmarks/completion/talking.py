"""More ways in which chat models talk around what is missing: other languages, headings, wrappers, code left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from fence import fence
from holes import Hole, depth

WORDS: Final = frozenset({"markdown", "restructuredtext"})
"""Languages in which a sentence more is text."""
_COMMENT_MARKS: Final = MappingProxyType(
    {
        **dict.fromkeys(("dockerfile", "makefile", "perl", "python", "ruby", "shellscript", "toml", "yaml"), "#"),
        **dict.fromkeys(("lua", "sql"), "--"),
        "latex": "%",
    }
)
"""What begins a comment, where it is not `//`."""
_NO_LINE_COMMENTS: Final = frozenset({"css", "html", "json", "xml"}) | WORDS
_EXISTING: Final = "... existing code ..."


def between_german_sentences(hole: Hole) -> str:
    """Sentences of another language around a fence."""
    return f"Hier ist der fehlende Code:\n\n{fence(hole, hole.missing)}\n\nDamit ist die Funktion vollst\u00e4ndig."


def between_chinese_sentences(hole: Hole) -> str:
    """The same in a script without blanks between words."""
    introduction, afterword = (
        "\u4ee5\u4e0b\u662f\u8865\u5168\u7684\u4ee3\u7801\uff1a",
        "\u5e0c\u671b\u8fd9\u5bf9\u4f60\u6709\u5e2e\u52a9\uff01",
    )
    return f"{introduction}\n\n{fence(hole, hole.missing)}\n\n{afterword}"


def after_a_yes(hole: Hole) -> str:
    """One word of agreement, then a fence."""
    return f"Sure!\n\n{fence(hole, hole.missing)}"


def below_a_heading(hole: Hole) -> str:
    """A heading, then a fence."""
    return f"### Completed code\n\n{fence(hole, hole.missing)}"


def above_an_explanation(hole: Hole) -> str:
    """A fence, then a heading and a list."""
    explanation = "**Explanation:**\n\n- It goes on as the lines above do.\n- It is *not* tested.\n"
    return f"{fence(hole, hole.missing)}\n\n{explanation}"


def after_reasoning_that_has_not_begun(hole: Hole) -> str:
    """Reasoning whose first tag the template of the prompt has said already."""
    return f"The user wants what stands at the cursor.\nIt must fit.\n</think>\n\n{hole.missing}"


def between_code_left_out(hole: Hole) -> str | None:
    """The line above, the cursor's and the one below, between lines that stand for the rest of the file."""
    above, rest = hole.before.split("\n")[-2:], hole.after.split("\n")[:2]
    if hole.file.language_id in _NO_LINE_COMMENTS or len(above) < 2 or len(rest) < 2:
        return None
    if not above[0].strip() or not rest[1].strip():
        return None
    mark = _COMMENT_MARKS.get(hole.file.language_id, "//")
    code = "\n".join(above) + hole.missing + "\n".join(rest)
    return fence(hole, f"{mark} {_EXISTING}\n{code}\n{mark} {_EXISTING}")


def fence_closed_in_its_line(hole: Hole) -> str | None:
    """A fence that ends behind the last word."""
    fenced = fence(hole, hole.missing)
    return "".join(fenced.rpartition("\n")[::2]) if hole.file.language_id not in WORDS else None


def above_a_stray_fence(hole: Hole) -> str | None:
    """The end of a fence that has not begun."""
    return f"{hole.missing}\n```" if hole.file.language_id not in WORDS else None


def above_a_sentence(hole: Hole) -> str | None:
    """What is missing without a fence, then a sentence."""
    if hole.file.language_id in WORDS:
        return None
    return f"{hole.missing}\n\nThis completes the statement in the style of the surrounding code."


def in_json(hole: Hole) -> str | None:
    """An object of JSON in a fence."""
    if hole.file.language_id == "json":
        return None
    return f"```json\n{json.dumps({'completion': hole.missing}, ensure_ascii=False, indent=2)}\n```"


def echoed_lines_at_the_margin(hole: Hole) -> str | None:
    """Four lines from before the cursor and what is missing, moved to the margin together."""
    lines = (hole.before + hole.missing).split("\n")
    lines = lines[-4 - hole.missing.count("\n") - 1 :]
    base = min((depth(line) for line in lines if line.strip()), default=0)
    if not base or len(lines) < 5 or not lines[0].strip() or any(line[:base].strip() for line in lines):
        return None
    return fence(hole, "\n".join(line[base:] for line in lines))


TALKING: Final[tuple[Callable[[Hole], str | None], ...]] = (
    between_german_sentences,
    between_chinese_sentences,
    after_a_yes,
    below_a_heading,
    above_an_explanation,
    after_reasoning_that_has_not_begun,
    between_code_left_out,
    fence_closed_in_its_line,
    above_a_stray_fence,
    above_a_sentence,
    in_json,
    echoed_lines_at_the_margin,
)
