"""The place that ghost text is for, and what is put there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.positions import split_lines
from aurelis.syntax.parses import SyntaxTree, parse
from aurelis.tasks.ghost.distances import Distances, distances
from aurelis.tasks.ghost.level_width import WIDTH, level_width, step_counts, usual_steps
from aurelis.tasks.ghost.python_layout import Place, place_of
from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_openers
from aurelis.tasks.replies.layout import blank_count, indent_of

PROSE_LANGUAGES: Final = frozenset({"asciidoc", "markdown", "mdx", "plaintext", "quarto", "restructuredtext"})
MARKDOWN_LANGUAGES: Final = PROSE_LANGUAGES - {"restructuredtext"}
"""Languages in which Markdown's fences and HTML's elements are text."""
BRACKETS_CLOSE: Final = frozenset(
    {"c", "cpp", "csharp", "css", "dart", "go", "java", "javascript", "javascriptreact", "json", "kotlin", "less"}
    | {"perl", "php", "rust", "scala", "scss", "swift", "typescript", "typescriptreact"}
)
"""Languages in which nothing but a bracket ends a block."""
HAVE_MACROS: Final = frozenset({"c", "cpp", "cuda-cpp", "objective-c", "objective-cpp"})
"""Languages whose grammars see macros as if they were no more than names and calls."""
COMPARED_LINES: Final = 30
"""How many lines before and after the cursor a reply may repeat."""
COMPARED_CHARACTERS: Final = 6_000
"""And how many characters."""
NEAR_CHARACTERS: Final = 2_000
"""Characters before and after the cursor in which errors and brackets are counted for each reading."""
FAR_CHARACTERS: Final = 50_000
"""Characters beyond those in which it is looked up, once for all readings, what is open or closed."""
NEAR_LINES: Final = 80
"""Lines above the cursor, and below it, that show how the document is laid out."""
NEAREST_LINES: Final = 6
"""And that count more than the others for how wide a level is."""
KEPT_TREES: Final = 4
"""The bound on syntax trees of possible documents that are kept for one place."""
TELLING: Final = 3
"""Letters and digits that a repetition needs, to be taken for one."""

_COMMENT: Final = re.compile(r"^\s*(?://|/\*|<!--)")
_FENCE_LINE: Final = re.compile(r"^[ \t/*#!]*```", re.MULTILINE)
_LINE_COMMENTS: Final = MappingProxyType(
    {
        **dict.fromkeys(("haskell", "lua", "sql"), "--"),
        **dict.fromkeys(("dockerfile", "elixir", "makefile", "perl", "python", "r", "ruby"), "#"),
        **dict.fromkeys(("shellscript", "toml", "yaml"), "#"),
        "latex": "%",
    }
)
"""What begins a comment, where it is nothing that most languages have."""
_PAGES: Final = frozenset({"html", "svelte", "vue"})
"""Languages of pages, which have scripts and style sheets within them."""
_CLOSING_MORE: Final = frozenset({"shellscript"})
"""Languages that have closing brackets without opening ones: `a)`, a case."""


@attrs.frozen
class GhostText:
    """An item: put `text` in place of what stands from `start` to `end`, one line's characters around the cursor."""

    start: int
    end: int
    text: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True, slots=False)
class Hole:
    """The place that is to be filled.

    `multiline` says whether more than the rest of the line is wanted; `tree` is the document's syntax tree where its
    language has a grammar.
    """

    prefix: str = attrs.field(repr=False)
    suffix: str = attrs.field(repr=False)
    language_id: str
    multiline: bool
    eol: str = "\n"
    max_lines: int = 20
    tree: SyntaxTree | None = attrs.field(default=None, repr=False, eq=False)

    @cached_property
    def before(self) -> str:
        """The text before the cursor as far as it is compared, its line breaks as models write them."""
        return _line_feeds(self.prefix[-COMPARED_CHARACTERS:])

    @cached_property
    def after(self) -> str:
        """The text behind the cursor as far as it is compared, its line breaks as models write them."""
        return _line_feeds(self.suffix[:COMPARED_CHARACTERS])

    @cached_property
    def squeezed_before(self) -> str:
        """The text before the cursor without its blanks."""
        return "".join(self.before.split())

    @cached_property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        near = self.prefix[-COMPARED_CHARACTERS:]
        lines = split_lines(near)
        return lines[-1] if len(lines) > 1 or len(near) == len(self.prefix) else split_lines(self.prefix)[-1]

    @cached_property
    def line_after(self) -> str:
        """The cursor's line from the cursor on, without its break."""
        lines = split_lines(self.suffix[:COMPARED_CHARACTERS])
        return (lines[0] if len(lines) > 1 else split_lines(self.suffix)[0]).rstrip("\r\n")

    @cached_property
    def lines_below(self) -> list[str]:
        """The lines below the cursor's, blank ones left out, as far as a reply may repeat them."""
        return [line.strip() for line in self.after.split("\n")[1:] if line.strip()][:COMPARED_LINES]

    @cached_property
    def lines_around(self) -> list[str]:
        """The lines near the cursor, which show how the document is laid out."""
        return [*self.before.split("\n")[-NEAR_LINES:], *self.after.split("\n")[:NEAR_LINES]]

    @cached_property
    def steps_around(self) -> list[Counter[int]]:
        """How much deeper lines near the cursor stand below those that open something."""
        return step_counts(self.lines_around, self.language_id)

    @cached_property
    def steps_nearest(self) -> list[Counter[int]]:
        """The same of the lines next to the cursor's."""
        nearest = [*self.before.split("\n")[-NEAREST_LINES:], *self.after.split("\n")[:NEAREST_LINES]]
        return step_counts(nearest, self.language_id)

    @cached_property
    def level_width(self) -> int | None:
        """How many characters a level has near the cursor; None where nothing tells."""
        return level_width(self.steps_around)

    @cached_property
    def widest_step(self) -> int:
        """The same, the wider where blocks and brackets differ, and the usual one where nothing tells."""
        usual = 1 if "\t" in indent_of(self.line_before) else WIDTH
        return max(filter(None, usual_steps(self.steps_around)), default=usual)

    @cached_property
    def line_above(self) -> str:
        """The nearest line above the cursor's that is not blank; nothing where there is none."""
        return next((line for line in reversed(self.before.split("\n")[:-1]) if line.strip()), "")

    @cached_property
    def blank_lines_above(self) -> int:
        """How many blank lines stand between the cursor's line and the nearest one above that is not blank."""
        return blank_count(self.before.split("\n")[:-1][::-1])

    @cached_property
    def distances_around(self) -> Distances:
        """How far lines above the cursor, and below it, stand apart."""
        return distances([self.before.split("\n")[:-1], self.after.split("\n")[1:]], in_words=self.in_words)

    @cached_property
    def next_line(self) -> str:
        """The next line below the cursor's that is not blank, as it is indented; nothing where there is none."""
        return next((line for line in self.after.split("\n")[1:] if line.strip()), "")

    @cached_property
    def near_start(self) -> int:
        """Where the lines near the cursor begin."""
        start = len(self.prefix) - NEAR_CHARACTERS
        return 0 if start <= 0 else self.prefix.find("\n", start) + 1 or start

    @cached_property
    def near_end(self) -> int:
        """Where the lines near the cursor end, counted from it."""
        if len(self.suffix) <= NEAR_CHARACTERS:
            return len(self.suffix)
        return self.suffix.rfind("\n", 0, NEAR_CHARACTERS) + 1 or NEAR_CHARACTERS

    @cached_property
    def opened_far_above(self) -> str:
        """The brackets that are still open where the lines near the cursor begin."""
        if self.language_id in _CLOSING_MORE:
            return ""
        return unmatched_openers(self.prefix[max(0, self.near_start - FAR_CHARACTERS) : self.near_start])

    @cached_property
    def closed_far_below(self) -> str:
        """The brackets that are closed below the lines near the cursor and not opened there."""
        if self.language_id in _CLOSING_MORE:
            return ""
        return unmatched_closers(self.suffix[self.near_end : self.near_end + FAR_CHARACTERS])

    @cached_property
    def near_before(self) -> str:
        """The text near the cursor before it, with the brackets that are open where it begins."""
        return self.opened_far_above + self.prefix[self.near_start :]

    @cached_property
    def near_after(self) -> str:
        """The text near the cursor behind it, with the brackets that are closed where it ends."""
        return self.suffix[: self.near_end] + self.closed_far_below

    @cached_property
    def open_brackets(self) -> str:
        """The brackets that are open at the cursor, outermost first."""
        return unmatched_openers(self.near_before)

    @cached_property
    def left_open(self) -> str:
        """The brackets that the document leaves open as it is, outermost first."""
        return unmatched_openers(self.near_before + self.near_after)

    @cached_property
    def block_depth(self) -> int:
        """How deep the lines of the cursor's block are at least; one that goes on with another is deeper than that."""
        depth = len(indent_of(self.line_before))
        if self.language_id not in BRACKETS_CLOSE or self.in_words:
            return depth
        lines = self.before.split("\n")[-COMPARED_LINES:]
        for number in range(len(lines) - 2, -1, -1):
            indent = len(indent_of(lines[number]))
            if not lines[number].strip() or indent >= depth:
                continue
            opened = unmatched_openers("\n".join(lines[number:]))
            if opened:
                return indent + 1 if opened.endswith("{") else depth
        return depth

    @cached_property
    def leaves_fence_open(self) -> bool:
        """Whether a fence is open before the cursor, in a comment's lines too.

        Counted from the beginning: one of a pair alone would be taken for an open one.
        """
        return len(_FENCE_LINE.findall(self.prefix)) % 2 == 1

    @cached_property
    def layout_place(self) -> Place | None:
        """Where the statement begins that the cursor stands in, in a language whose layout is checked."""
        return place_of(self.prefix) if self.language_id == "python" else None

    @cached_property
    def in_code_of_markup(self) -> bool:
        """Whether the cursor stands in a page's script or style sheet, or in PHP's code."""
        before = self.prefix.lower()
        if self.language_id == "php":
            return before.rfind("<?") > before.rfind("?>")
        if self.language_id in _PAGES:
            return any(before.rfind(f"<{name}") > before.rfind(f"</{name}") for name in ("script", "style"))
        return False

    @cached_property
    def tree_of(self) -> Callable[[str], SyntaxTree | None]:
        """The syntax tree of what the document may become; the last few are kept, as each is wanted again."""
        return lru_cache(KEPT_TREES)(lambda text: parse(text, self.language_id, self.tree))

    @cached_property
    def in_words(self) -> bool:
        """Whether words are as likely here as code: in prose, a comment or a longer string."""
        if self.language_id in PROSE_LANGUAGES or _COMMENT.match(self.line_before):
            return True
        if self.tree is None or not self.prefix:
            mark = _LINE_COMMENTS.get(self.language_id)
            return mark is not None and self.line_before.lstrip().startswith(mark)
        node = self.tree.node_at(len(self.prefix) - 1, len(self.prefix))
        quiet = node.type in self.tree.rules.quiet
        return quiet and ("comment" in node.type or node.start_point[0] < node.end_point[0])


def telling(text: str) -> bool:
    """Whether a text has enough letters and digits for its repetition to be no accident."""
    return len(re.findall(r"\w", text)) >= TELLING


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
