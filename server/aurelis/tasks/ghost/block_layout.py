"""Where a completion's lower lines count their indentation from: the margin, or where the document stands.

Models repeat the document's indentation, or begin anew as if there were no code around. Which it is shows at the first
lines: below one that opens a block stands a deeper one, below any other one as deep, unless it leaves the block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.tasks.ghost.held_lines import AT_THE_MARGIN, is_held
from aurelis.tasks.ghost.hole import BRACKETS_CLOSE, COMPARED_LINES, HAVE_MACROS, NEAR_LINES, PROSE_LANGUAGES, Hole
from aurelis.tasks.ghost.level_width import BLOCK_WORD, CASE, WORDS_OPEN, step_below
from aurelis.tasks.ghost.word_places import leaves_text_open
from aurelis.tasks.replies.brackets import CLOSERS, LONG_QUOTES, unmatched_closers, unmatched_openers
from aurelis.tasks.replies.layout import indent_of

_OPENS: Final = re.compile(r"(?:[:{(\[]|[=-]>|\b(?:do|then))$")
"""What opens a block or a list at the end of a line."""
_REMARK: Final = re.compile(r"\s+(?:#|//|/\*|--)\s.*$")
"""What is noted behind a line of code; a mark of a comment set off by blanks."""
_SCOPE: Final = "::"
_MEMBERS: Final = HAVE_MACROS | {"perl", "php"}
"""Languages in which an arrow leads to a member."""
HEADS: Final = (":", "{", "=>", "->")
"""What ends the line above a block."""
_TEMPLATE: Final = "{{"
_LONGEST_ALIGNED: Final = 200
"""Characters of a line below whose bracket others may be aligned."""
_COMMENT_MARKS: Final = ("//", "#", "/*", "*", "--")
_HEAD: Final = re.compile(r"\s*(?:\}\s*)?(?:(?:if|else|for|while)\b[^;{]*|for\b[^{]*\))$")
"""A statement whose body is the next line, without a bracket."""
_LABEL: Final = re.compile(r"\s*(?:case\b.*|default\s*|public|private|protected):")
"""A line within a block that many styles do not indent deeper than the head of the block."""
_WORD_LABEL: Final = re.compile(r"\s*(?:(?:do|then|when)\b|[^\s()][^()]*\))")
"""The same where words open blocks: the shell's patterns, too."""
_TOP_LEVEL: Final = frozenset(
    {"def", "class", "async", "@", "function", "export", "func", "fn", "pub", "impl", "#if", "#else", "#endif"}
)
"""Words that begin a line at the margin rather than one of a block."""
_METHOD: Final = re.compile(r"(?:async )?def \w+\(\s*(?:self|cls)\b")
_BLANK_LINES: Final = 2
"""So many blank lines stand between definitions, not within one."""
ANNOTATES: Final = re.compile(r"@\w|#!?\[")
"""A line that belongs to the definition below it."""
_LINKS: Final = re.compile(r"\s*(?:\??->|\??\.\w|&&|\|\||[?:+] )")
"""What goes on with the line above."""
_ENDS_WORDS: Final = (*LONG_QUOTES, "*/", "-->")
_LISTS: Final = PROSE_LANGUAGES | {"yaml", "dockercompose"}
_MARK: Final = re.compile(r"\s*(?:[-*+]|\d+[.)]|>>>|\.\.\.)\s")
_LIST_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+\S|.*:\s*[|>][-+\d]*$")
"""An item of a list, or a key of YAML whose text follows."""
_TAGS: Final = frozenset({"astro", "html", "javascriptreact", "markdown", "svelte", "typescriptreact", "vue", "xml"})
_PAGES: Final = frozenset({"html", "xml"})
"""Languages whose texts may have any bracket and mark."""
_TAG_OPENS: Final = re.compile(
    r"<(?!(?:area|base|br|col|embed|frame|hr|img|input|link|meta|param|source|track|wbr)\b)[A-Za-z][\w:.-]*(?:\s[^<>]*)?>?[^<]*$"
)
"""A tag whose end is not in the same line; some HTML tags have none."""
_LINE_COMMENT: Final = re.compile(r"\s*(//+|#+|%+|--|\*)(?:\s|$)")
_CLOSES: Final = re.compile(r"\s*(?:[)\]}]|</[\w>]|(?:end|endif|done|esac|fi)\b(?! *[=(\[:])|\{%-? *end)")


def opens_block(line: str, hole: Hole) -> bool:
    """Whether a line ends with what opens a block, whatever is noted behind it."""
    bare = _REMARK.sub("", line).rstrip()
    return _OPENS.search(bare) is not None and not leads_to_name(bare, hole)


def leads_to_name(line: str, hole: Hole) -> bool:
    """Whether a line ends with what a name follows: an arrow to a member, `::` where brackets end blocks, `{{`."""
    if hole.language_id in _MEMBERS and line.endswith("->"):
        return True
    return line.endswith(_SCOPE if hole.language_id in BRACKETS_CLOSE else _TEMPLATE)


def closes_block(line: str) -> bool:
    """Whether a line begins with what closes a block: a bracket, an element's end, a word."""
    return _CLOSES.match(line) is not None


def counts_from_margin(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the lower lines count their indentation from the margin instead of from where the document is."""
    base = len(indent_of(hole.line_before))
    below = [line for line in lines[1:] if line.strip()]
    depth = len(indent_of(below[0]))
    above = hole.line_before + lines[0]
    if _goes_on_commenting(lines, hole):
        return depth < base
    if _in_words(hole) and hole.line_before.strip():
        return _words_count_from_margin(lines, base, hole)
    told = _below_opener(lines, below, hole)
    if told is not None:
        return told
    typed = [above, *lines[1:]]
    free = _first_free(typed, base)
    if free is not None and _stands_beside_head(typed, free, base, hole):
        return True
    if hole.line_before.strip():
        if not hole.in_words and ANNOTATES.match(above.lstrip()):
            return depth < base
        return is_held(lines, depth, hole) or (not depth and _stands_too_shallow(typed, base, hole))
    if free is not None and len(indent_of(lines[free])) == base and not lines[free - 1].rstrip().endswith(HEADS):
        return False  # It goes on in the block, counted as the document is.
    return not _leaves(lines, base, hole)


def _words_count_from_margin(lines: Sequence[str], base: int, hole: Hole) -> bool:
    """Whether lines of a text count from the margin, the first of which goes on with the cursor's line."""
    above = (hole.line_before + lines[0]).strip()
    below = next(line for line in lines[1:] if line.strip())
    depth = len(indent_of(below))
    if above.endswith(":") and depth == base > 0:
        return below.lstrip()[0] != above[0] or above[0].isalpha()
    if hole.language_id not in PROSE_LANGUAGES and not any(mark in lines[0] for mark in _ENDS_WORDS):
        return not depth and base > 0  # No line of an indented text stands outside of it.
    return depth < base and _OPENS.search(above) is not None and (depth > 0 or not above.endswith(":"))


def _stands_too_shallow(typed: Sequence[str], base: int, hole: Hole) -> bool:
    """Whether lines at the margin would stand where the document, which goes on deeper, has left no block."""
    last = next(line for line in reversed(typed) if line.strip())
    if not base or not typed[1].strip() or not indent_of(hole.next_line) or opens_block(last, hole):
        return False
    return (
        hole.language_id not in PROSE_LANGUAGES
        and AT_THE_MARGIN.match(typed[1]) is None
        and not leaves_the_block(typed, base)
    )


def is_aligned_at_margin(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the first lower line is aligned with the first word in an open bracket, if the first is at the margin."""
    line = (hole.line_before + lines[0]).lstrip(" \t")
    column = None if _is_text_of_page(hole) else column_in_bracket(line)
    if column is None or _OPENS.search(line.rstrip()) is not None:
        return False
    column += len(indent_of(line[column:]))
    return len(indent_of(next(line for line in lines[1:] if line.strip()))) == column


def column_in_bracket(line: str) -> int | None:
    """Where the innermost bracket that a line leaves open begins to hold something; None if it leaves none open."""
    depth = 0 if len(line) > _LONGEST_ALIGNED else len(unmatched_openers(line))
    if not depth:
        return None
    column = len(line)
    while len(unmatched_openers(line[: column - 1])) >= depth:
        column -= 1
    return column


def _is_text_of_page(hole: Hole) -> bool:
    """Whether brackets are text where the cursor is, and nothing but elements holds lines."""
    return hole.language_id in _PAGES and not hole.in_code_of_markup


def _below_opener(lines: Sequence[str], below: Sequence[str], hole: Hole) -> bool | None:
    """The same where the first line opens something, as far as that tells."""
    base, depth, above = len(indent_of(hole.line_before)), len(indent_of(below[0])), hole.line_before + lines[0]
    siblings = _MARK.match(above) is not None and _MARK.match(below[0]) is not None
    words = _in_words(hole) and above.rstrip().endswith(":") and not 0 < depth < base
    if not wants_deeper(above, hole) or siblings or words:
        return None
    outer = _depth_of_opened(lines[0], hole)
    if outer is not None and outer < depth <= outer + hole.widest_step and outer < base:
        return False  # What is opened where brackets close that were opened further above.
    held = bool(unmatched_openers(above)) and not leaves_text_open(lines[0])
    if depth >= base and not held and depth > hole.widest_step:
        return False  # Counted from the margin it would be deeper by several levels.
    if depth > base and depth == step_below(above, hole.steps_around, hole.language_id) != depth - base:
        return True
    closes = below[0].lstrip()[:1] in {",", "{"} or closes_block(below[0]) or _is_label(below[0], hole)
    if depth < base + (not closes) or closes or opens_block(above, hole):
        return depth < base + (not closes)
    return None


def _is_label(line: str, hole: Hole) -> bool:
    label = _WORD_LABEL if hole.language_id in WORDS_OPEN else _LABEL
    return label.match(line) is not None


def _depth_of_opened(first: str, hole: Hole) -> int | None:
    """How deep the line stands that opened what a text's first line closes, if it is one above the cursor's."""
    if hole.in_words or not unmatched_closers(hole.line_before + first):
        return None
    lines = [*hole.before.split("\n")[-COMPARED_LINES:-1], hole.line_before + first]
    opened = len(unmatched_closers(lines[-1]))
    for number in range(len(lines) - 2, -1, -1):
        if len(unmatched_closers("\n".join(lines[number:]))) < opened:
            return len(indent_of(lines[number]))
    return None


def _goes_on_commenting(lines: Sequence[str], hole: Hole) -> bool:
    """Whether the cursor's line is a comment of one line, and the line below it goes on with it."""
    here, below = _LINE_COMMENT.match(hole.line_before), _LINE_COMMENT.match(lines[1])
    return here is not None and below is not None and here.group(1) == below.group(1)


def _in_words(hole: Hole) -> bool:
    """Whether the lines below the cursor's may be words, too; none goes on with a comment that ends with its line."""
    comment = _LINE_COMMENT.match(hole.line_before)
    ends = (
        comment.group(1) != "*" if comment else _REMARK.search(hole.line_before) and opens_block(hole.line_before, hole)
    )
    return hole.in_words and not ends


def wants_deeper(line: str, hole: Hole) -> bool:
    """Whether the line below a line is indented deeper than it, or closes what it opens."""
    bare = line.strip()
    if bare.startswith(_COMMENT_MARKS) and not (bare.startswith("* ") and hole.language_id in _LISTS):
        return False
    if _is_text_of_page(hole):
        return _begins_element(bare)
    if bare.endswith((":", *"([{")) if _in_words(hole) else opens_block(bare, hole) or unmatched_openers(line):
        return True
    if hole.language_id in _LISTS and _LIST_ITEM.match(line):
        return True
    if hole.language_id in _TAGS:
        return _begins_element(bare)
    if hole.language_id in WORDS_OPEN:
        return BLOCK_WORD.match(bare) is not None or (
            hole.language_id == "shellscript" and CASE.match(bare) is not None
        )
    return not hole.in_words and hole.language_id != "python" and _HEAD.match(line) is not None


def _begins_element(bare: str) -> bool:
    return _TAG_OPENS.match(bare) is not None and not bare.endswith("/>")


def _first_free(lines: Sequence[str], base: int) -> int | None:
    """The first lower line, not deeper than the document, that no bracket of the lines above it holds."""
    for number, line in enumerate(lines[:NEAR_LINES]):
        shallow = number and line.strip() and len(indent_of(line)) <= base
        if shallow and not unmatched_openers("\n".join(lines[:number])):
            return number
    return None


def _stands_beside_head(lines: Sequence[str], number: int, base: int, hole: Hole) -> bool:
    """Whether a line is as deep as the cursor's although it is the body of a head that stands there."""
    line, head = lines[number], lines[number - 1]
    if hole.in_words or not base or len(indent_of(line)) != base or not head.rstrip().endswith(HEADS):
        return False
    return not closes_block(line) and not _is_label(line, hole) and wants_deeper(head, hole)


def _leaves(lines: Sequence[str], base: int, hole: Hole) -> bool:
    """Whether the first lower line that is less indented than the document surely stands outside the block."""
    number = _first_outside(lines, base)
    if number is None:
        return True
    line, above = lines[number], lines[number - 1]
    if number == 1 and (ANNOTATES.match(lines[0]) or (not hole.in_words and _LINKS.match(line))):
        return False
    if not hole.in_words and line.lstrip()[0] in CLOSERS and unmatched_closers("\n".join(lines[: number + 1])):
        return True
    if not hole.in_words and closes_block(line) and not any(wants_deeper(other, hole) for other in lines[:number]):
        return True
    if indent_of(line):
        levels = {len(indent_of(other)) for other in hole.before.split("\n")[-NEAR_LINES:] if other.strip()}
        return len(indent_of(line)) in levels
    if hole.language_id in PROSE_LANGUAGES:
        return not above.strip()
    if hole.in_words and not any(mark in "\n".join(lines[:number]) for mark in _ENDS_WORDS):
        return number > _BLANK_LINES and not "".join(lines[number - _BLANK_LINES : number]).strip()
    return leaves_the_block(lines, base)


def _first_outside(lines: Sequence[str], base: int) -> int | None:
    """The first lower line that is less indented than the cursor's."""
    return next((at for at, line in enumerate(lines) if at and line.strip() and len(indent_of(line)) < base), None)


def is_method(lines: Sequence[str], number: int) -> bool:
    """Whether a line begins a definition that belongs to a class, as its first parameter tells."""
    return _METHOD.match("\n".join(lines[number : number + 2])) is not None


def leaves_the_block(lines: Sequence[str], base: int) -> bool:
    """Whether the lower lines surely go on outside the block, so that their indentation is meant as it is."""
    number = _first_outside(lines, base)
    if number is None or indent_of(lines[number]) or is_method(lines, number):
        return False
    blank = number > _BLANK_LINES and not "".join(lines[number - _BLANK_LINES : number]).strip()
    return blank or lines[number].split()[0].rstrip(":({") in _TOP_LEVEL or _ends_block(lines[number - 1])


def _ends_block(line: str) -> bool:
    return line.strip().split(" ")[0].rstrip(";") in {"return", "break", "continue", "raise", "throw", "pass"}
