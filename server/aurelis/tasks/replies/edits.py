"""From a reply to the new text of a document, changed in the asked-for lines and nowhere else, plain imports aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.positions import content_length, split_lines
from aurelis.core.snapshot import line_ending
from aurelis.core.text_edits import line_hunks
from aurelis.syntax.languages import rules_for
from aurelis.syntax.parses import does_parse
from aurelis.tasks.replies.fences import Block, fenced_blocks, without_thinking
from aurelis.tasks.replies.imports import is_import_line, with_imports
from aurelis.tasks.replies.layout import first_indent, indent_of, keep_endings, reindented, shared_lines
from aurelis.tasks.replies.partial import with_definitions
from aurelis.tasks.replies.patches import Change, apply_changes, search_replace_blocks, unified_diff

DIFF_LANGUAGES: Final = frozenset({"diff", "patch", "udiff"})
WHOLE_FILE_SHARE: Final = 0.6
"""A reply that holds this share of the lines outside the region is taken for the whole file."""
WHOLE_FILE_LINES: Final = 3
"""So many lines outside the region must there be, to tell a whole file by them."""
BARE_CODE_SHARE: Final = 0.3
"""A reply without a block is taken for code if it holds this share of the region's lines."""
TELLING: Final = 3
"""Letters and digits that a repeated line needs, for its repetition to be no accident."""
ECHOED_LINES: Final = 50
"""How many lines around the region a reply may repeat."""

_ELISION: Final = re.compile(
    r"^\s*(?:#|//|/\*|--|<!--|\.\.\.|…)[\s.…]*"
    r"(?:\.\.\.|…|\(?(?:the )?(?:rest|remaining|remainder|existing|previous|other|same|unchanged)\b.*"
    r"(?:code|implementation|methods?|functions?|lines|unchanged|same|as before|here|omitted|remains?)\b.*)"
    r"\s*(?:\*/|-->)?\s*$",
    re.IGNORECASE,
)


@attrs.frozen
class EditReading:
    """What a reply makes of a document.

    `text` is the document's new text, None where the reply holds no usable edit; `reason` then says why, in a phrase
    without any of the reply's words. `outside` tells that changes outside the lines were left out.
    """

    text: str | None = attrs.field(repr=False)
    reason: str = ""
    outside: bool = False


def read_edit(document: str, start: int, end: int, language_id: str, reply: str) -> EditReading:
    """What the reply makes of the lines from `start` to `end` (offsets of whole lines)."""
    reply = without_thinking(reply)
    if not reply.strip():
        return EditReading(None, "the answer is empty")
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    changes = _changes(reply, blocks, language_id)
    if changes is not None:
        return _patched(document, start, end, changes)
    if blocks:
        partial = with_definitions(document, start, end, language_id, _code_of(blocks, language_id))
        if partial is not None:
            return EditReading(partial)
        lines = _bare(_chosen(blocks, document[start:end], language_id).content)
    elif _looks_like_code(reply, document, start, end, language_id):
        lines = _bare(reply.strip("\r\n"))
    else:
        return EditReading(None, "the answer holds no code")
    present = {line.strip() for line in _bare(document)}
    if any(_ELISION.match(line) and line.strip() not in present for line in lines):
        return EditReading(None, "the answer leaves code out")
    if _is_whole_file(document, start, end, lines):
        whole = keep_endings(document, _as_ended(document, lines), line_ending(document))
        return within(document, whole, start, end)
    return EditReading(_replaced(document, start, end, language_id, lines))


def within(document: str, changed: str, start: int, end: int) -> EditReading:
    """The part of a change that lies in the region, and imports; none where a change runs across a border."""
    old = split_lines(document)
    new = split_lines(changed)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    kept: list[str] = []
    at = 0
    outside = inside = False
    for hunk in line_hunks(old, new):
        kept += old[at : hunk.old_start]
        at = hunk.old_end
        first, last = offsets[hunk.old_start], offsets[hunk.old_end]
        before, after = old[hunk.old_start : hunk.old_end], new[hunk.new_start : hunk.new_end]
        if start <= first and last <= end:
            inside = True
            kept += after
        elif last <= start or first >= end:
            imports = all(not line.strip() or is_import_line(line) for line in (*before, *after))
            outside = outside or not imports
            kept += after if imports else before
        else:
            return EditReading(None, "the answer changes lines outside the range")
    text = "".join((*kept, *old[at:]))
    if outside and not inside:
        return EditReading(None, "the answer changes only lines outside the range")
    return EditReading(text, outside=outside)


def read_insertion(document: str, place: int, language_id: str, reply: str) -> EditReading:
    """The document with the reply's code at a place, on lines of its own, indented as the place's line.

    On a blank line the code takes the line's place; behind code it starts on the next line, before code on its own.
    """
    reply = without_thinking(reply)
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    if blocks:
        content = max(blocks, key=lambda block: (_same_language(block, language_id), len(block.content))).content
    elif does_parse(reply, language_id) or (rules_for(language_id) is None and reply.strip()):
        content = reply
    else:
        return EditReading(None, "the answer holds no code")
    before, after = around_insertion(document, place)
    indent = split_lines(before)[-1]
    above, below = _bare(before[: len(before) - len(indent)]), _bare(after)
    lines = _stripped(_without_echo(_bare(content), above[-ECHOED_LINES:], below[:ECHOED_LINES]))
    if not lines:
        return EditReading(None, "the answer holds no code")
    body = reindented(lines, indent, document)
    body[0] = body[0].removeprefix(indent)
    return EditReading(before + line_ending(document).join(body) + after)


def around_insertion(document: str, place: int) -> tuple[str, str]:
    """The text before and after code that is inserted at a place: the code's own line, its indentation given.

    On a blank line the code takes that line; behind code it comes on the next line, before code on the line above.
    """
    line_start = max(document.rfind("\n", 0, place), document.rfind("\r", 0, place)) + 1
    line_end = place + next((at for at, mark in enumerate(document[place:]) if mark in "\r\n"), len(document) - place)
    line = document[line_start:line_end]
    eol = line_ending(document)
    if not line.strip():
        return document[:line_end], document[line_end:]
    if not document[line_start:place].strip():
        return document[:line_start] + indent_of(line), eol + document[line_start:]
    return document[:line_end] + eol + indent_of(line), document[line_end:]


def read_new_file(reply: str, language_id: str, eol: str) -> str | None:
    """The content of a new file: the largest block, in the source's language by preference; or code without a fence."""
    reply = without_thinking(reply)
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    if blocks:
        content = max(blocks, key=lambda block: (_same_language(block, language_id), len(block.content))).content
    elif does_parse(reply, language_id) and "\n" in reply.strip():
        content = reply
    else:
        return None
    lines = [line.rstrip() if not line.strip() else line for line in _stripped(_bare(content))]
    if any(_ELISION.match(line) for line in lines):
        return None
    return "".join(line + eol for line in lines) or None


def _changes(reply: str, blocks: Sequence[Block], language_id: str) -> tuple[Change, ...] | None:
    changes = search_replace_blocks(reply)
    if changes is not None or language_id in DIFF_LANGUAGES:
        return changes
    found: list[Change] = []
    for block in blocks:
        hunks = (
            unified_diff(block.content) if block.language in DIFF_LANGUAGES or "\n@@" in "\n" + block.content else None
        )
        found += hunks or ()
    if found:
        return tuple(found)
    if any(block.language in DIFF_LANGUAGES for block in blocks):
        return ()
    return unified_diff(reply) if not blocks and "\n@@ " in "\n" + reply else None


def _patched(document: str, start: int, end: int, changes: Sequence[Change]) -> EditReading:
    if not changes:
        return EditReading(None, "the answer's changes are unfinished")
    first = len(split_lines(document[:start])) - 1
    last = first + len(_bare(document[start:end]))
    changed = apply_changes(document, changes, first, last)
    if changed is None:
        return EditReading(None, "the answer's changes do not fit the code")
    return within(document, changed, start, end)


def _replaced(document: str, start: int, end: int, language_id: str, lines: list[str]) -> str:
    region = document[start:end]
    old = _bare(region)
    before = _bare(document[:start])[:-1] if document[:start].endswith("\n") else _bare(document[:start])
    lines = _without_echo(lines, _bare(document[:start])[-ECHOED_LINES:], _bare(document[end:])[:ECHOED_LINES], old)
    lead = _blank_count(old)
    tail = _blank_count(old[::-1]) if lead < len(old) else 0
    lines = _stripped(lines)
    imports: list[str] = []
    if before and not (old and any(is_import_line(line) for line in old)):
        while lines and (is_import_line(lines[0]) or (imports and not lines[0].strip())):
            imports.append(lines.pop(0))
        imports = [line.strip() for line in imports if line.strip()]
    lines = reindented(lines, first_indent(old), document, old)
    lines = [*old[:lead], *lines, *(old[len(old) - tail :] if tail else ())]
    text = document[:start] + keep_endings(region, lines, line_ending(document)) + document[end:]
    return with_imports(text, imports, language_id) if imports else text


def _chosen(blocks: Sequence[Block], region: str, language_id: str) -> Block:
    """The block that is meant: most of the region's lines, then the right language, then the longest."""
    lines = _bare(region)
    return max(
        blocks,
        key=lambda block: (
            round(shared_lines(lines, _bare(block.content)), 2),
            _same_language(block, language_id),
            len(block.content),
        ),
    )


def _code_of(blocks: Sequence[Block], language_id: str) -> list[str]:
    """The contents of the blocks that are in the document's language, or say none."""
    return [block.content for block in blocks if not block.language or _same_language(block, language_id)]


def _same_language(block: Block, language_id: str) -> bool:
    short = {
        "javascript": "js",
        "typescript": "ts",
        "python": "py",
        "rust": "rs",
        "cpp": "c++",
        "typescriptreact": "tsx",
    }
    return block.language in {language_id, short.get(language_id, language_id)}


def _looks_like_code(reply: str, document: str, start: int, end: int, language_id: str) -> bool:
    region = document[start:end]
    if shared_lines(_bare(region), _bare(reply)) < BARE_CODE_SHARE:
        return False
    candidate = _replaced(document, start, end, language_id, _bare(reply.strip("\r\n")))
    return does_parse(candidate, language_id) is not False or does_parse(document, language_id) is False


def _is_whole_file(document: str, start: int, end: int, lines: list[str]) -> bool:
    """Whether the lines hold most of what lies outside the region, and not just its neighbours repeated."""
    before, after = _bare(document[:start]), _bare(document[end:])
    outside = [line for line in (*before, *after) if line.strip()]
    if len(outside) < WHOLE_FILE_LINES or shared_lines(outside, lines) < WHOLE_FILE_SHARE:
        return False
    own = _bare(document[start:end])
    rest = _without_echo(lines, before[-ECHOED_LINES:], after[:ECHOED_LINES], own)
    return shared_lines([line for line in outside if line not in own], rest) > 0


def _without_echo(
    lines: list[str], before: Sequence[str], after: Sequence[str], region: Sequence[str] = ()
) -> list[str]:
    """The lines without those around the region that a reply repeats at its start or end."""
    before = [line.strip() for line in before if line.strip()]
    after = [line.strip() for line in after if line.strip()]
    own = [line.strip() for line in region if line.strip()]
    head = _echoed(lines, before, own)
    tail = _echoed(lines[::-1], after[::-1], own[::-1])
    if head + tail >= len(lines):
        return lines
    return lines[head : len(lines) - tail]


def _echoed(lines: Sequence[str], around: Sequence[str], own: Sequence[str]) -> int:
    """How many lines at the start repeat the last ones of `around`; one that tells nothing (`}`) repeats nothing."""
    filled = [(index, line.strip()) for index, line in enumerate(lines) if line.strip()]
    for count in range(min(len(around), len(filled)), 0, -1):
        said = [text for _, text in filled[:count]]
        if said != list(around[-count:]) or said == list(own[:count]):
            continue
        telling = any(len(re.findall(r"\w", text)) >= TELLING for text in said)
        goes_on = count < len(filled) and bool(own) and filled[count][1] == own[0]
        if telling or goes_on or count > 1:
            return filled[count - 1][0] + 1
    return 0


def _as_ended(document: str, lines: list[str]) -> list[str]:
    """The lines of a whole file with the blank lines that the document begins and ends with."""
    old = _bare(document)
    lead = _blank_count(old)
    tail = _blank_count(old[::-1]) if lead < len(old) else 0
    return [*old[:lead], *_stripped(lines), *(old[len(old) - tail :] if tail else ())]


def _bare(text: str) -> list[str]:
    """Lines without their breaks; no empty one after a final break."""
    lines = [line[: content_length(line)] for line in split_lines(text)]
    if not lines[-1]:
        lines.pop()
    return lines


def _blank_count(lines: Sequence[str]) -> int:
    return next((index for index, line in enumerate(lines) if line.strip()), len(lines))


def _stripped(lines: list[str]) -> list[str]:
    first = _blank_count(lines)
    last = len(lines) - _blank_count(lines[::-1])
    return lines[first:last]
