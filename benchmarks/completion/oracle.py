"""How models answer that know what is missing: as chat and fill-in-the-middle models really do, not as one would like.

A shape is a function from a hole to a reply, or None where the shape makes no sense for the hole. `cut` shapes are
answers that ended because they were too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs
from fence import fence
from holes import Hole, depth
from talking import TALKING

INVENTED: Final = MappingProxyType(
    {
        "python": "\n\n\ndef unrelated_example(first, second):\n    return first - second\n",
        "go": "\n\nfunc unrelatedExample(first int) int {\n\treturn first - 1\n}\n",
        "java": "\n\npublic static int unrelatedExample(int first) {\n    return first - 1;\n}\n",
        "javascript": "\n\nfunction unrelatedExample(first) {\n  return first - 1;\n}\n",
        "typescript": "\n\nfunction unrelatedExample(first: number): number {\n  return first - 1;\n}\n",
        "rust": "\n\nfn unrelated_example(first: i32) -> i32 {\n    first - 1\n}\n",
    }
)
"""What a model writes that goes on after the block, by language."""


@attrs.frozen
class Reply:
    """What the model says; `cut` tells that it stopped because it had said enough tokens."""

    text: str
    cut: bool = False


Shape = Callable[[Hole], str | Reply | None]


def raw(hole: Hole) -> str:
    """Just what is missing."""
    return hole.missing


def fenced(hole: Hole) -> str:
    """A fenced block."""
    return fence(hole, hole.missing)


def fenced_without_language(hole: Hole) -> str:
    """A fenced block that names no language, and a line break behind it."""
    return fence(hole, hole.missing, language=False) + "\n"


def fenced_with_line(hole: Hole) -> str | None:
    """A fenced block that begins with what stands on the line already."""
    return fence(hole, hole.line_before + hole.missing) if hole.line_before.strip() else None


def echoed_line(hole: Hole) -> str | None:
    """What stands on the line already, then what is missing."""
    return hole.line_before + hole.missing if hole.line_before.strip() else None


def echoed_line_without_indent(hole: Hole) -> str | None:
    """As before, the line beginning at the margin."""
    return hole.line_before.lstrip() + hole.missing if depth(hole.line_before) and hole.line_before.strip() else None


def echoed_lines(hole: Hole) -> str | None:
    """Three lines from before the cursor, then what is missing."""
    lines = hole.before.split("\n")[-4:]
    return "\n".join(lines) + hole.missing if len(lines) == 4 and lines[0].strip() else None


def echoed_many_lines_fenced(hole: Hole) -> str | None:
    """Ten lines from before the cursor, in a fence."""
    lines = hole.before.split("\n")[-11:]
    return fence(hole, "\n".join(lines) + hole.missing) if len(lines) == 11 and lines[0].strip() else None


def echoed_half_line(hole: Hole) -> str | None:
    """The second half of what stands on the line, from the beginning of a word on."""
    typed = hole.line_before
    middle = (depth(typed) + len(typed)) // 2
    found = re.compile(r"\b\w").search(typed, middle)
    if found is None or len(typed.strip()) < 8:
        return None
    return typed[found.start() :] + hole.missing


def echoed_word(hole: Hole) -> str | None:
    """The word that is half typed, from its beginning."""
    found = re.search(r"\w{3,}$", hole.line_before)
    return found.group() + hole.missing if found and hole.missing[:1].isalnum() else None


def with_rest_of_line(hole: Hole) -> str | None:
    """What stands behind the cursor on its line is said again."""
    rest = hole.after.partition("\n")[0]
    return hole.missing + rest if rest.strip() else None


def with_whole_line(hole: Hole) -> str | None:
    """All of the cursor's line: before, missing, behind."""
    rest = hole.after.partition("\n")[0]
    return hole.line_before + hole.missing + rest if rest.strip() and hole.line_before.strip() else None


def with_next_lines(hole: Hole) -> str | None:
    """What is missing, then the next three lines of the file."""
    rest = hole.after.split("\n")[:4]
    return hole.missing + "\n".join(rest) if "".join(rest[1:]).strip() else None


def with_many_next_lines(hole: Hole) -> str | None:
    """What is missing, then twelve lines of the file."""
    rest = hole.after.split("\n")[:13]
    return hole.missing + "\n".join(rest) if len(rest) == 13 else None


def with_half_a_next_line(hole: Hole) -> Reply | None:
    """What is missing and the next lines of the file, until the tokens end within a line."""
    rest = hole.after.split("\n")[:5]
    if len(rest) < 5 or len(rest[-1].strip()) < 8:
        return None
    return Reply(hole.missing + "\n".join(rest)[: -len(rest[-1]) // 2], cut=True)


def with_half_a_line_left(hole: Hole) -> str | None:
    """The same, ended by the model itself after half of the very next line."""
    rest = hole.after.split("\n")
    if len(rest) < 2 or rest[0].strip() or len(rest[1].strip()) < 10:
        return None
    return hole.missing + "\n" + rest[1][: depth(rest[1]) + len(rest[1].strip()) // 2]


def with_invented_code(hole: Hole) -> str | None:
    """What is missing, then a function that nobody asked for."""
    more = INVENTED.get(hole.file.language_id.removesuffix("react"))
    return hole.missing + more if more and not hole.after.partition("\n")[0].strip() else None


def whole_region(hole: Hole) -> str | None:
    """A fenced block of the file around the cursor: six lines before, what is missing, six lines behind."""
    before, after = hole.before.split("\n")[-7:], hole.after.split("\n")[:7]
    if len(before) < 7 or len(after) < 7 or not before[0].strip():
        return None
    return fence(hole, "\n".join(before) + hole.missing + "\n".join(after))


def carriage_returns(hole: Hole) -> str | None:
    """CRLF line breaks."""
    return hole.missing.replace("\n", "\r\n") + "\r\n"


def fenced_carriage_returns(hole: Hole) -> str:
    """A fence with CRLF line breaks throughout."""
    return fenced(hole).replace("\n", "\r\n")


def at_the_margin(hole: Hole) -> str | None:
    """Several lines, moved to the margin as if there were no code around them."""
    lines = hole.missing.split("\n")
    base = depth(hole.line_before)
    if len(lines) < 2 or not base or any(line.strip() and depth(line) < base for line in lines[1:]):
        return None
    return "\n".join([lines[0], *(line[base:] for line in lines[1:])])


def at_the_margin_fenced(hole: Hole) -> str | None:
    """The same in a fence."""
    text = at_the_margin(hole)
    return None if text is None else fence(hole, text)


def with_its_indent(hole: Hole) -> str | None:
    """The first line is indented although the cursor stands behind the indentation."""
    return hole.line_before + hole.missing if hole.line_before and not hole.line_before.strip() else None


def in_tabs(hole: Hole) -> str | None:
    """Tabs where the file has spaces."""
    lines = hole.missing.split("\n")
    if len(lines) < 2 or "\t" in hole.before + hole.missing or hole.file.language_id in {"markdown", "yaml"}:
        return None
    depths = [depth(line) for line in hole.file.text.split("\n") if line.strip() and depth(line) > 1]
    unit = 2 if 5 * sum(deep % 4 == 2 for deep in depths) > len(depths) else 4
    if any(depth(line) % unit for line in lines[1:]):
        return None
    return "\n".join([lines[0], *("\t" * (depth(line) // unit) + line.lstrip(" ") for line in lines[1:])])


def in_spaces(hole: Hole) -> str | None:
    """Four spaces where the file has tabs."""
    lines = hole.missing.split("\n")
    if len(lines) < 2 or not any(line.startswith("\t") for line in lines[1:]):
        return None
    indents = [line[: depth(line)] for line in lines[1:]]
    if any(" " in indent for indent in indents):
        return None
    return "\n".join([lines[0], *(line.replace("\t", "    ", depth(line)) for line in lines[1:])])


def after_a_sentence(hole: Hole) -> str:
    """A sentence first."""
    return f"Here is the missing code:\n\n{hole.missing}"


def after_a_sentence_fenced(hole: Hole) -> str:
    """A sentence, then a fence."""
    return f"Sure! Here's the code that belongs at the cursor:\n\n{fenced(hole)}"


def before_a_sentence(hole: Hole) -> str:
    """A fence, then a sentence."""
    return f"{fenced(hole)}\n\nThis completes the statement in the style of the surrounding code."


def between_sentences_echoed(hole: Hole) -> str | None:
    """Sentences around a fence that repeats the line."""
    if not hole.line_before.strip():
        return None
    return f"The completed line is:\n\n{fence(hole, hole.line_before + hole.missing)}\n\nLet me know if you need more."


def after_reasoning(hole: Hole) -> str:
    """Reasoning in tags first."""
    return f"<think>\nThe user wants the code at the cursor.\nIt must fit.\n</think>\n\n{hole.missing}"


def after_reasoning_fenced(hole: Hole) -> str:
    """Reasoning in tags, then a fence."""
    return f"<think>Look at `{hole.line_before.strip()[:20]}`.</think>{fenced(hole)}"


def with_tokens(hole: Hole) -> str:
    """The end token of a template shows."""
    return f"{hole.missing}<|endoftext|>"


def with_the_marker(hole: Hole) -> str:
    """The cursor's mark is said again."""
    return f"<<<CURSOR>>>{hole.missing}"


def with_blank_lines(hole: Hole) -> str:
    """Blanks and empty lines at the end."""
    return f"{hole.missing}  \n\n\n"


def after_a_line_break(hole: Hole) -> str | None:
    """A line break first."""
    return f"\n{hole.missing}" if not hole.missing.startswith("\n") else None


def in_backticks(hole: Hole) -> str | None:
    """A single line, as inline code."""
    single = "\n" not in hole.missing and "`" not in hole.missing and hole.file.language_id != "markdown"
    return f"`{hole.missing}`" if single and len(hole.missing) > 3 else None


def in_an_element(hole: Hole) -> str | None:
    """In HTML's element for code, which stands in lines of its own around several."""
    if hole.file.language_id in {"html", "markdown"}:
        return None
    return f"<code>\n{hole.missing}\n</code>" if "\n" in hole.missing else f"<code>{hole.missing}</code>"


def below_the_files_name(hole: Hole) -> str:
    """The file's name, then a fence."""
    return f"**{hole.file.name}**\n\n{fenced(hole)}"


def fence_left_open(hole: Hole) -> str | None:
    """A fence that is never closed."""
    return fenced(hole).rpartition("\n")[0] if hole.file.language_id != "markdown" else None


def as_a_diff(hole: Hole) -> str | None:
    """Whole lines as a diff adds them, below a line of context."""
    whole = not hole.line_before.strip() and not hole.after.partition("\n")[0].strip()
    if not whole or hole.inserted or hole.before.count("\n") < 1 or hole.file.language_id == "markdown":
        return None
    lines = (hole.line_before + hole.missing).split("\n")
    return fence(hole, "\n".join([" " + hole.before.split("\n")[-2], *("+" + line for line in lines)])).replace(
        f"```{hole.file.language_id}", "```diff", 1
    )


def with_line_numbers(hole: Hole) -> str | None:
    """The line and those that follow, numbered as in a listing."""
    if hole.file.language_id in {"markdown", "yaml", "json"}:
        return None
    first = hole.before.count("\n") + 1
    lines = (hole.line_before + hole.missing).split("\n")
    return "\n".join(f"{first + number:4} | {line}" for number, line in enumerate(lines))


def escaped(hole: Hole) -> str | None:
    """As it would stand in a page."""
    if hole.file.language_id in {"html", "markdown"} or not set(hole.missing) & set("<>&"):
        return None
    return hole.missing.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def running_away(hole: Hole) -> Reply | None:
    """The last line again and again, until the tokens end."""
    last = hole.missing.rpartition("\n")[2]
    if not hole.missing.count("\n") or len(last.strip()) < 8:
        return None
    return Reply(hole.missing + ("\n" + last) * 30, cut=True)


def closed_twice(hole: Hole) -> str | None:
    """The editor's own closer is said as well, and nothing behind it is missing."""
    if not hole.inserted or hole.missing.endswith(hole.inserted) is False:
        return None
    return hole.missing


def closer_left_out(hole: Hole) -> str | None:
    """The editor's own closer is left out of what is missing."""
    inner = hole.missing.removesuffix(hole.inserted)
    if not hole.inserted or inner == hole.missing or inner != inner.rstrip() or not inner:
        return None
    pairs = {")": "(", "]": "[", "}": "{"}
    opener = pairs.get(hole.inserted, hole.inserted)
    return inner if inner.count(opener) == inner.count(hole.inserted) else None


SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        shape.__name__.replace("_", " "): shape
        for shape in (
            raw,
            fenced,
            fenced_without_language,
            fenced_with_line,
            echoed_line,
            echoed_line_without_indent,
            echoed_lines,
            echoed_many_lines_fenced,
            echoed_half_line,
            echoed_word,
            with_rest_of_line,
            with_whole_line,
            with_next_lines,
            with_many_next_lines,
            with_half_a_next_line,
            with_half_a_line_left,
            with_invented_code,
            whole_region,
            carriage_returns,
            fenced_carriage_returns,
            at_the_margin,
            at_the_margin_fenced,
            with_its_indent,
            in_tabs,
            in_spaces,
            after_a_sentence,
            after_a_sentence_fenced,
            before_a_sentence,
            between_sentences_echoed,
            after_reasoning,
            after_reasoning_fenced,
            with_tokens,
            with_the_marker,
            with_blank_lines,
            after_a_line_break,
            in_backticks,
            in_an_element,
            below_the_files_name,
            fence_left_open,
            as_a_diff,
            with_line_numbers,
            escaped,
            running_away,
            closed_twice,
            closer_left_out,
            *TALKING,
        )
    }
)


def reply_of(shape: Shape, hole: Hole) -> Reply | None:
    """What a shape answers."""
    said = shape(hole)
    return Reply(said) if isinstance(said, str) else said
