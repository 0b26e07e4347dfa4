"""What models put around a completion: reasoning, template tokens, fences, sentences, backticks.

Out come readings of the reply, the likeliest first: a fence may be a wrapper or part of the text, and which it was
shows only when the text stands in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost import rewriting
from aurelis.tasks.ghost.dressing import added_lines, undressed, undressed_readings
from aurelis.tasks.ghost.fitting import TYPED_BY_EDITORS
from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, PROSE_LANGUAGES, Hole, telling
from aurelis.tasks.ghost.quoting import without_backticks
from aurelis.tasks.ghost.remarks import without_sentences
from aurelis.tasks.ghost.sentences import introduces, is_about_the_answer, is_heading, names_a_file, says_yes
from aurelis.tasks.ghost.stray_fence import is_fence_open, without_stray_fence
from aurelis.tasks.ghost.word_places import leaves_text_open
from aurelis.tasks.replies.brackets import unmatched_count
from aurelis.tasks.replies.elisions import is_elision
from aurelis.tasks.replies.fences import Block, fenced_blocks, without_thinking

MOST_SENTENCES: Final = 4
"""Lines that may introduce a completion; more is an answer to another question."""

_TOKENS: Final = (
    r"<\|?(?:fim_\w+|file_sep|repo_name|endoftext|end_of_text|end_of_turn|im_end|im_start|eot_id|EOT)\|?>"
    r"|<\|[a-z]\w{1,30}\|>|<\uff5c\S{1,20}\uff5c>"
)
_END_TOKEN: Final = re.compile(rf"(?<![\"'`])(?:{_TOKENS})|(?:{_TOKENS})(?![\"'`])|</s>\s*$")
"""A template's token; between quotation marks it is text."""
_CLOSED_IN_LINE: Final = re.compile(r"(?<=[^`\s])[ \t]*`{3,}[ \t]*(?:\n.*)?\Z", re.DOTALL)
"""The end of a fence that does not stand in a line of its own, and all behind it."""
_MARKDOWN_NAMES: Final = frozenset({"markdown", "md", "text", "txt", "plaintext"})
_PROSE_MARK: Final = re.compile(
    r"\s*(?:#{2,6} \w|# <|[-*] (?:\w+ \w|\[[ x]\] )|> \w|\d+\. [A-Z]"
    r"|</?[a-z]+[ >]|\[[^\]]+\](?:\(|: ?\S)|!\[|\|.*\|\s*$|\*\*|.*\]\(\S)"
)
"""The beginning of a heading, an item, a quotation, an element, a link or a table's row."""
_CODE_IN_WORDS: Final = re.compile(r"\w[\w,.:]* `[^`]+`|`[^`]+` \w")
"""Code among words."""
_PROSE_WORD: Final = re.compile(
    r"\b(?:a|an|and|are|as|be|by|can|for|from|in|is|it|of|on|or|that|the|this|to|with|you|your|will|not|its)\b",
    re.IGNORECASE,
)


def readings(reply: str, hole: Hole) -> list[str]:
    """What may be meant, without what was put around it; line breaks become line feeds."""
    text = without_thinking(reply).replace("\r\n", "\n").replace("\r", "\n")
    bare = (one for written in rewriting.readings(text, hole) for one in undressed_readings(written, hole))
    return list(dict.fromkeys(one for text in bare for one in _unwrapped(text, hole)))


def _unwrapped(bare: str, hole: Hole) -> list[str]:
    text = bare[slice(*_said(bare, hole))]
    text = without_stray_fence(text, hole)
    blocks = [block for block in fenced_blocks(text) if block.closed or text[block.start :].lstrip().startswith("`")]
    found: list[str] = []
    if blocks and _wraps(text, blocks, hole):
        found.append(_inside(blocks[0], hole))
        if hole.language_id not in MARKDOWN_LANGUAGES and not is_fence_open(hole):
            return found
    plain = _without_elisions(without_sentences(text, hole), hole)
    return [*found, *(without_backticks(plain, hole, in_fence=is_fence_open(hole)) or [plain])]


def has_ended(reply: str, hole: Hole) -> bool:
    """Whether a model said that its answer is over, so that nothing of it was cut off."""
    start, end = _said(reply, hole)
    return start < end < len(reply)


def _said(text: str, hole: Hole) -> tuple[int, int]:
    """Where the answer begins and ends, template tokens before and behind it left out."""
    document = hole.before + hole.after
    start = 0
    for token in _END_TOKEN.finditer(text):
        if token.group() in document:
            continue
        if text[start : token.start()].strip():
            return start, token.start()
        start = token.end()
    return start, len(text)


def _inside(block: Block, hole: Hole) -> str:
    """What a fence is around: once more where there is another one within, what a diff adds."""
    content = block.content.removesuffix("\n")
    if not block.closed:
        content = _CLOSED_IN_LINE.sub("", content)
    if block.language == "diff" and hole.language_id != "diff":
        return added_lines(content)
    inner = fenced_blocks(content)
    if (
        len(inner) == 1
        and inner[0].language
        and inner[0].content.strip()
        and content[: inner[0].start + 1] in {"`", "~"}
        and not _is_an_example(content, inner[0], hole)
    ):
        return inner[0].content.removesuffix("\n")
    return _without_elisions(undressed(content, hole), hole)


def _is_an_example(content: str, block: Block, hole: Hole) -> bool:
    """Whether a fence within another one is part of a text, which goes on behind it or may hold examples."""
    return hole.in_words and (bool(content[block.end :].strip()) or (hole.multiline and not is_fence_open(hole)))


def _without_elisions(text: str, hole: Hole) -> str:
    """The text without first and last lines that stand for code which the document has, and what stands beside them.

    A model that leaves code out says again what the completion is next to.
    """
    lines = text.split("\n")
    known = {line.strip() for line in (hole.before + hole.after).split("\n") if is_elision(line)}
    out = [is_elision(line) and line.strip() not in known for line in lines]
    filled = [number for number, line in enumerate(lines) if line.strip() and not out[number]]
    if not filled or hole.language_id in PROSE_LANGUAGES:
        return text
    start = max((number + 1 for number in range(filled[0]) if out[number]), default=0)
    end = next((number for number in range(filled[-1], len(lines)) if out[number]), len(lines))
    own = lines[start:end]
    if start and not hole.line_before.strip():
        above = [line.strip() for line in hole.before.split("\n")[:-1] if line.strip()]
        own = own[_same_lines(own, above) :]
    if end < len(lines) and not set(hole.line_after.strip()) - TYPED_BY_EDITORS:
        same = _same_lines(own[::-1], hole.lines_below[::-1])
        ends = [own[: len(own) - count] for count in range(same, -1, -1)]
        # A closer that stands below as well may be the one of a block that the lines open themselves.
        told = any(map(telling, own[len(own) - same :]))
        own = ends[0] if told else min(ends, key=lambda lines: unmatched_count("\n".join(lines)))
    return "\n".join(own)


def _same_lines(lines: list[str], others: Sequence[str]) -> int:
    """How many first lines are the last ones of others."""
    said = [line.strip() for line in lines]
    counts = range(min(len(lines) - 1, len(others)), 0, -1)
    return next((count for count in counts if said[:count] == list(others[-count:])), 0)


def is_unfinished(so_far: str) -> bool:
    """Whether a fence that a sentence introduced is still open."""
    blocks = fenced_blocks(so_far)
    before = so_far[: blocks[0].start].split("\n") if blocks else []
    return bool(blocks) and not blocks[0].closed and any(introduces(line) for line in before)


def _wraps(text: str, blocks: Sequence[Block], hole: Hole) -> bool:
    """Whether the first fence is around the completion, not part of it."""
    first = blocks[0]
    if not first.closed and not first.content.strip() and hole.in_words:
        return False
    before = [line for line in text[: first.start].split("\n") if line.strip()]
    longer = text[first.start :].lstrip().startswith("````") and "```" in first.content
    if hole.language_id in MARKDOWN_LANGUAGES:
        alone = len(blocks) == 1 and not before and (not text[first.end :].strip() or first.language in _MARKDOWN_NAMES)
        introduced = (
            first.closed
            and 0 < len(before) <= MOST_SENTENCES
            and all(_speaks(line) or _names(line) for line in before)
            and (first.language in _MARKDOWN_NAMES or not any(map(_names, before)))
        )
        if alone and first.language == "json" and undressed(first.content, hole) != first.content:
            return True
        named = first.language in _MARKDOWN_NAMES or (
            not first.language and first.closed and (longer or _reads_as_prose(first.content, hole))
        )
        inside = bool(hole.line_before.strip()) or (is_fence_open(hole) and "```" not in first.content)
        return (alone or introduced) and (named or inside or introduced)
    if is_fence_open(hole):
        introduced = len(before) <= MOST_SENTENCES and all(
            _speaks(line) or (longer and _names(line)) for line in before
        )
        return introduced and len(blocks) == 1 and (bool(first.language) or longer)
    if hole.in_words:
        if not first.closed and _is_closed_deeper(first.content):
            return False
        # The last line may have been cut off while it came.
        until = blocks[1].start if len(blocks) > 1 and before else len(text)
        behind = [line for line in text[first.end : until].split("\n")[:-1] if line.strip() and hole.multiline]
        spoken_of = bool(before) and all(map(_speaks, before))
        return len(before) <= MOST_SENTENCES and (spoken_of or all(map(introduces, [*before, *behind])))
    return not leaves_text_open(text[: first.start]) and text[: first.start].count("`") % 2 == 0


def _is_closed_deeper(content: str) -> bool:
    """Whether a fence ends in a line that is indented as the document is, and is no text's own end, with more below."""
    lines = content.split("\n")
    marks = [number for number, line in enumerate(lines) if line.strip().startswith("```")]
    if len(marks) % 2 == 0 or lines[marks[0]].strip() != "```":
        return False
    return any(line.strip() for line in lines[marks[-1] + 1 :])


def _speaks(line: str) -> bool:
    return is_about_the_answer(line) or says_yes(line)


def _names(line: str) -> bool:
    return names_a_file(line) or is_heading(line)


def _reads_as_prose(text: str, hole: Hole) -> bool:
    """Whether what stands in a fence without a name is prose with its marks rather than code or output."""
    lines = [line for line in text.split("\n") if line.strip()]
    if hole.line_above.rstrip().endswith(":") and not any(_PROSE_MARK.match(line) for line in lines):
        return False
    return 2 * sum(map(_is_line_of_prose, lines)) > len(lines)


def _is_line_of_prose(line: str) -> bool:
    return bool(_PROSE_MARK.match(line) or len(_PROSE_WORD.findall(line)) > 1 or _CODE_IN_WORDS.search(line))
