"""What models put around a completion: reasoning, template tokens, fences, sentences, backticks.

Out come readings of the reply, the likeliest first: a fence may be a wrapper or part of the text, and which it was
shows only when the text stands in the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.dressing import added_lines, undressed
from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, Hole
from aurelis.tasks.ghost.quoting import without_backticks
from aurelis.tasks.replies.fences import Block, fenced_blocks, without_thinking

MOST_SENTENCES: Final = 4
"""Lines that may introduce a completion; more is an answer to another question."""

_TOKENS: Final = (
    r"<\|?(?:fim_\w+|file_sep|repo_name|endoftext|end_of_text|im_end|im_start|eot_id|EOT)\|?>|<\uff5c\S{1,20}\uff5c>"
)
_END_TOKEN: Final = re.compile(rf"(?<![\"'`])(?:{_TOKENS})|(?:{_TOKENS})(?![\"'`])|</s>\s*$")
"""A template's token; between quotation marks it is text."""
_ABOUT_THE_ANSWER: Final = re.compile(
    r"^\s*(?:(?:sure|certainly|of course|okay|ok|great|yes)\b[,.!]?\s*)?"
    r"(?:here(?:['\u2019]s| is| are)|this is|below is|the|to complete|completing"
    r"|i(?:['\u2019](?:ll|ve)| will| would| have))\b"
    r"[^{}();=<>\[\]]*\b(?:cod\w+|complet\w+|missing|cursor|answer|snippet|continu\w+|filled|text that)\b"
    r"[^{};=<>\[\]]*[.:!]\s*$",
    re.IGNORECASE,
)
"""A line that speaks of the completion itself; even prose does not begin so."""
_INTRODUCES: Final = re.compile(
    r"^\s*(?:sure|certainly|of course|okay|here(?:['\u2019]s| is| are)"
    r"|the (?:missing|complete|completion|code|text|line)|to complete|this (?:code|completes|will|is)"
    r"|i(?:['\u2019](?:ll|m)| will| would| am| can| cannot| can't)|below is"
    r"|note:|explanation:|completion:|answer:|output:)(?!\w)[^{}();=<>\[\]]*[.:!]?\s*$",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"^\s*(?:[-*\d.]+\s+)?[\w`\"'\u2018\u2019\u201c\u201d(][^{};=<>\[\]]*[.:!?,)`*]\s*$")
_PATH: Final = re.compile(
    r"^[\s*_`#/-]*(?:file(?:name)?: ?)?[*_`]*[\w./\\-]+\.\w{1,5}[\s*_`:]*$"
    r"|^\s*(\*\*|`|\*\*`)[\w./\\ -]+\.\w{1,5}(`\*\*|\*\*|`):?\s*$",
    re.IGNORECASE,
)
"""The name of the file, before its contents."""
_LEADS_OVER: Final = re.compile(r"^[A-Z][\w',`\u2019 -]*:$")
MOST_KEYWORDS: Final = 3
"""Words of a line that may still be code."""
_LABEL: Final = re.compile(r"\s*(?:answer|code|completion|output|result|solution): (?=\S)", re.IGNORECASE)
_MARKDOWN_NAMES: Final = frozenset({"markdown", "md", "text", "txt", "plaintext"})


_PROSE_MARK: Final = re.compile(
    r"\s*(?:#{2,6} \w|[-*] \w+ \w|> \w|\d+\. [A-Z]|</?[a-z]+[ >]|\[[^\]]+\](?:\(|: ?\S)|!\[|\|.*\|\s*$|\*\*|.*\]\(\S)"
)
"""The beginning of a heading, an item, a quotation, an element, a link or a table's row."""
_PROSE_WORD: Final = re.compile(
    r"\b(?:a|an|and|are|as|be|by|can|for|from|in|is|it|of|on|or|that|the|this|to|with|you|your|will|not|its)\b",
    re.IGNORECASE,
)


def readings(reply: str, hole: Hole) -> list[str]:
    """What may be meant, without what was put around it; line breaks become line feeds."""
    text = without_thinking(reply).replace("\r\n", "\n").replace("\r", "\n")
    text = undressed(text, hole)
    end = _END_TOKEN.search(text)
    while end is not None and not text[: end.start()].strip():
        text = text[end.end() :]
        end = _END_TOKEN.search(text)
    if end is not None:
        text = text[: end.start()]
    blocks = [block for block in fenced_blocks(text) if block.closed or text[block.start :].lstrip().startswith("`")]
    found: list[str] = []
    if blocks and _wraps(text, blocks, hole):
        found.append(_inside(blocks[0], hole))
        if hole.language_id not in MARKDOWN_LANGUAGES and not _open_fence(hole):
            return found
    plain = _without_sentences(text, hole)
    return [*found, *(without_backticks(plain, hole, in_fence=_open_fence(hole)) or [plain])]


def _inside(block: Block, hole: Hole) -> str:
    """What a fence is around: once more where there is another one within, what a diff adds."""
    content = block.content.removesuffix("\n")
    if block.language == "diff" and hole.language_id != "diff":
        return added_lines(content)
    inner = fenced_blocks(content)
    if len(inner) == 1 and inner[0].language and content[: inner[0].start + 1] in {"`", "~"}:
        return inner[0].content.removesuffix("\n")
    return undressed(content, hole)


def introduces(line: str) -> bool:
    """Whether a line may be the beginning of a sentence about the completion."""
    if _PATH.match(line):
        return True
    return len(line.split()) > 1 and (_INTRODUCES.match(line) or _ABOUT_THE_ANSWER.match(line)) is not None


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
    if hole.language_id in MARKDOWN_LANGUAGES:
        alone = len(blocks) == 1 and not before and (not text[first.end :].strip() or first.language in _MARKDOWN_NAMES)
        introduced = (
            first.closed
            and 0 < len(before) <= MOST_SENTENCES
            and all(_ABOUT_THE_ANSWER.match(line) or _PATH.match(line) for line in before)
            and (first.language in _MARKDOWN_NAMES or not any(_PATH.match(line) for line in before))
        )
        named = first.language in _MARKDOWN_NAMES or (
            not first.language and first.closed and _reads_as_prose(first.content, hole)
        )
        inside = bool(hole.line_before.strip()) or (_open_fence(hole) and "```" not in first.content)
        return (alone or introduced) and (named or inside or introduced)
    if _open_fence(hole):
        introduced = len(before) <= MOST_SENTENCES and all(_ABOUT_THE_ANSWER.match(line) for line in before)
        return introduced and len(blocks) == 1 and bool(first.language)
    return len(before) <= MOST_SENTENCES and all(
        _INTRODUCES.match(line) or _WORDS.match(line) or _PATH.match(line) for line in before
    )


def _ends_in_a_colon(lines: Sequence[str]) -> bool:
    """Whether a sentence leads over to what stands below an empty line."""
    words = lines[0].split()
    return len(words) > MOST_KEYWORDS and not "".join(lines[1:2]).strip() and _LEADS_OVER.match(lines[0]) is not None


def _reads_as_prose(text: str, hole: Hole) -> bool:
    """Whether what stands in a fence without a name is prose with its marks rather than code or output."""
    above = next((line for line in reversed(hole.before.split("\n")[:-1]) if line.strip()), "")
    lines = [line for line in text.split("\n") if line.strip()]
    if above.rstrip().endswith(":") and not any(_PROSE_MARK.match(line) for line in lines):
        return False
    prose = sum(1 for line in lines if _PROSE_MARK.match(line) or len(_PROSE_WORD.findall(line)) > 1)
    return 2 * prose > len(lines)


def _open_fence(hole: Hole) -> bool:
    """Whether the cursor stands in a docstring or comment that has a fence open, so that a fence is legitimate."""
    return len(re.findall(r"^[ \t/*#!]*```", hole.before[-4_000:], re.MULTILINE)) % 2 == 1


def _without_sentences(text: str, hole: Hole) -> str:
    """The text without sentences before it that introduce it."""
    label = None if hole.in_words else _LABEL.match(text)
    lines = (text if label is None else text[label.end() :]).split("\n")
    filled = sum(1 for line in lines if line.strip())
    removed = label is not None
    while lines and len(lines[0].split()) > 1:
        about = _ABOUT_THE_ANSWER.match(lines[0]) is not None
        if not about and (hole.in_words or not (_INTRODUCES.match(lines[0]) or _ends_in_a_colon(lines))):
            break
        if hole.in_words and filled == 1:
            break
        filled -= 1
        lines.pop(0)
        removed = True
        if lines and not lines[0].strip():
            lines.pop(0)
            if not hole.line_before.strip():
                while lines and not lines[0].strip():
                    lines.pop(0)
    return "\n".join(lines) if removed else text
