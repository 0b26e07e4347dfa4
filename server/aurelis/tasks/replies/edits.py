"""From a reply to the new text of a document, changed in the asked-for lines and nowhere else, plain imports aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from aurelis.core.positions import split_lines
from aurelis.core.snapshot import line_ending
from aurelis.core.text_edits import line_hunks
from aurelis.syntax.parses import does_parse
from aurelis.tasks.replies.blocks import (
    DIFF_LANGUAGES,
    code_blocks,
    import_blocks,
    meant_block,
    quoted_changes,
)
from aurelis.tasks.replies.echoes import TELLING, without_echo
from aurelis.tasks.replies.elisions import leaves_code_out
from aurelis.tasks.replies.fences import Block, fenced_blocks, without_thinking
from aurelis.tasks.replies.imports import import_rows, is_import_line, leading_imports, with_imports
from aurelis.tasks.replies.layout import (
    bare_lines,
    blank_count,
    first_indent,
    keep_endings,
    reindented,
    shared_lines,
    stripped,
)
from aurelis.tasks.replies.partial import is_of_other_definitions, with_definitions
from aurelis.tasks.replies.patches import (
    Change,
    apply_changes,
    is_patch_envelope,
    search_replace_blocks,
    unified_diff,
)

BYTE_ORDER_MARK: Final = "\ufeff"
"""Some editors hand it over as the first character of the text; it belongs to no line that a model is shown."""
WHOLE_FILE_SHARE: Final = 0.6
"""A reply that holds this share of the lines outside the region is taken for the whole file."""
LEAST_SHARE: Final = 0.2
"""Below this, imports included, nobody needs to look closer whether a reply is the whole file."""
WHOLE_FILE_LINES: Final = 3
"""So many lines outside the region must there be, to tell a whole file by them."""
BARE_CODE_SHARE: Final = 0.3
"""A reply without a block is taken for code if it holds this share of the region's lines."""

ONLY_OUTSIDE: Final = "the answer changes only lines outside the range"


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
    if document.startswith(BYTE_ORDER_MARK):
        reply = reply.replace(BYTE_ORDER_MARK, "")
        reading = read_edit(document[1:], max(0, start - 1), max(0, end - 1), language_id, reply)
        return reading if reading.text is None else attrs.evolve(reading, text=BYTE_ORDER_MARK + reading.text)
    reply = without_thinking(reply)
    if not reply.strip():
        return EditReading(None, "the answer is empty")
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    changes = _changes(reply, blocks, language_id)
    if changes is not None:
        return _patched(document, start, end, language_id, changes)
    if not blocks:
        if not _looks_like_code(reply, document, start, end, language_id):
            return EditReading(None, "the answer holds no code")
        return _rewritten(document, start, end, language_id, bare_lines(reply.strip("\r\n")))
    blocks = code_blocks(blocks, language_id)
    if not blocks:
        return EditReading(None, f"the answer holds no code in {language_id}")
    return _from_blocks(document, start, end, language_id, blocks)


def _from_blocks(document: str, start: int, end: int, language_id: str, blocks: Sequence[Block]) -> EditReading:
    region = document[start:end]
    quoted = quoted_changes(blocks, region)
    if quoted is not None:
        return _patched(document, start, end, language_id, quoted)
    partial = with_definitions(document, start, end, language_id, [block.content for block in blocks])
    if partial is not None:
        return EditReading(partial)
    block = meant_block(blocks, region, language_id)
    if is_of_other_definitions(document, start, end, language_id, block.content):
        return EditReading(None, ONLY_OUTSIDE)
    reading = _rewritten(document, start, end, language_id, bare_lines(block.content))
    if reading.text is None:
        return reading
    if not block.closed and does_parse(reading.text, language_id) is False and does_parse(document, language_id):
        return EditReading(None, "the answer is unfinished")
    imports = import_blocks([other for other in blocks if other is not block], language_id)
    return attrs.evolve(reading, text=with_imports(reading.text, imports, language_id))


def _rewritten(document: str, start: int, end: int, language_id: str, lines: list[str]) -> EditReading:
    """The document with the region, or all of it, as these lines say."""
    if leaves_code_out(lines, language_id, bare_lines(document)):
        return EditReading(None, "the answer leaves code out")
    if _is_whole_file(document, start, end, language_id, lines):
        whole = keep_endings(document, _as_ended(document, lines), line_ending(document))
        return within(document, whole, start, end, language_id, excerpt=True)
    text = _replaced(document, start, end, language_id, lines)
    if does_parse(text, language_id) is False and does_parse(document, language_id):
        shorter = _replaced(document, start, end, language_id, lines, least_telling=0)
        text = shorter if does_parse(shorter, language_id) else text
    return EditReading(text)


def within(
    document: str, changed: str, start: int, end: int, language_id: str, *, excerpt: bool = False
) -> EditReading:
    """The part of a change that lies in the region, and imports; none where a change runs across a border.

    With `excerpt` the lines that are missing at the document's start and end were not repeated rather than taken out.
    """
    old = split_lines(document)
    new = split_lines(changed)
    imports: tuple[frozenset[int], frozenset[int]] | None = None  # Found when a change outside needs it.
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
        elif not any(line.strip() for line in (*before, *after)) and (last <= start or first >= end):
            kept += before  # Blank lines are easily lost and added, and nobody asked for it.
        elif last <= start or first >= end:
            imports = imports or (import_rows(document, language_id), import_rows(changed, language_id))
            wanted = (
                _are_imports(before, hunk.old_start, imports[0])
                and _are_imports(after, hunk.new_start, imports[1])
                and _named(before) <= _named(after)
                and not _named(after) <= _named([old[row] for row in imports[0]])
            )
            at_an_end = hunk.old_start == 0 or hunk.old_end == len(old)
            outside = outside or not (wanted or (excerpt and at_an_end and not after))
            kept += after if wanted else before
        else:
            return EditReading(None, "the answer changes lines outside the range")
    text = "".join((*kept, *old[at:]))
    if outside and not inside:
        return EditReading(None, ONLY_OUTSIDE)
    return EditReading(text, outside=outside)


def _are_imports(lines: Sequence[str], first_row: int, rows: frozenset[int]) -> bool:
    return all(not line.strip() or first_row + at in rows for at, line in enumerate(lines))


def _named(lines: Sequence[str]) -> frozenset[str]:
    """What import lines name: none may go, because code outside the region may use it."""
    return frozenset(name for line in lines for name in re.findall(r"\"[^\"\n]*\"|'[^'\n]*'|\w+", line))


def _changes(reply: str, blocks: Sequence[Block], language_id: str) -> tuple[Change, ...] | None:
    changes = search_replace_blocks(reply)
    if changes is not None or language_id in DIFF_LANGUAGES:
        return changes
    if is_patch_envelope(reply):
        return unified_diff(reply) or ()
    found: list[Change] = []
    for block in blocks:
        labelled = block.language in DIFF_LANGUAGES
        if labelled or "\n@@" in "\n" + block.content:
            found += unified_diff(block.content, headless=labelled) or ()
    if found:
        return tuple(found)
    if blocks and all(block.language in DIFF_LANGUAGES for block in blocks):
        return ()
    return unified_diff(reply) if not blocks and "\n@@ " in "\n" + reply else None


def _patched(document: str, start: int, end: int, language_id: str, changes: Sequence[Change]) -> EditReading:
    if not changes:
        return EditReading(None, "the answer's changes are unfinished")
    first = len(split_lines(document[:start])) - 1
    last = first + len(bare_lines(document[start:end]))
    changed = apply_changes(document, changes, first, last)
    if changed is None:
        return EditReading(None, "the answer's changes do not fit the code")
    return within(document, changed, start, end, language_id)


def _replaced(
    document: str, start: int, end: int, language_id: str, lines: list[str], *, least_telling: int = TELLING
) -> str:
    region = document[start:end]
    old = bare_lines(region)
    before = bare_lines(document[:start])
    lines = without_echo(lines, before, bare_lines(document[end:]), old, least_telling=least_telling)
    lead = blank_count(old)
    tail = blank_count(old[::-1]) if lead < len(old) else 0
    lines = stripped(lines)
    imports: list[str] = []
    if before and not any(is_import_line(line) for line in old):
        imports, rest = leading_imports(lines, language_id)
        lines = stripped(rest)
    lines = reindented(lines, first_indent(old), document, old)
    lines = [*old[:lead], *lines, *(old[len(old) - tail :] if tail else ())]
    text = document[:start] + keep_endings(region, lines, line_ending(document)) + document[end:]
    return with_imports(text, imports, language_id)


def _looks_like_code(reply: str, document: str, start: int, end: int, language_id: str) -> bool:
    region = document[start:end]
    if shared_lines(bare_lines(region), bare_lines(reply)) < BARE_CODE_SHARE:
        return False
    candidate = _replaced(document, start, end, language_id, bare_lines(reply.strip("\r\n")))
    return does_parse(candidate, language_id) is not False or does_parse(document, language_id) is False


def _is_whole_file(document: str, start: int, end: int, language_id: str, lines: list[str]) -> bool:
    """Whether the lines hold most of what lies outside the region, and not just imports and neighbours repeated."""
    before, after = bare_lines(document[:start]), bare_lines(document[end:])
    if shared_lines([*before, *after], lines) < LEAST_SHARE:
        return False
    imports = import_rows(document, language_id)
    head = [line for row, line in enumerate(before) if row not in imports]
    outside = [line for line in (*head, *after) if line.strip()]
    if len(outside) < WHOLE_FILE_LINES:
        first = next((line.strip() for line in head if line.strip()), None)
        return first is not None and first == lines[blank_count(lines)].strip() and shared_lines(outside, lines) == 1
    if shared_lines(outside, lines) < WHOLE_FILE_SHARE:
        return False
    own = bare_lines(document[start:end])
    rest = without_echo(lines, before, after, own)
    known = {line.strip() for line in own}
    return shared_lines([line for line in outside if line.strip() not in known], rest) > 0


def _as_ended(document: str, lines: list[str]) -> list[str]:
    """The lines of a whole file with the blank lines that the document begins and ends with."""
    old = bare_lines(document)
    lead = blank_count(old)
    tail = blank_count(old[::-1]) if lead < len(old) else 0
    return [*old[:lead], *stripped(lines), *(old[len(old) - tail :] if tail else ())]
