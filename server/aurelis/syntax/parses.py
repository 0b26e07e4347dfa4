"""Texts as syntax trees: parsing with a bound, offsets of the text in and out, and "does it parse"."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import attrs

from aurelis.syntax.languages import LanguageRules, grammar, rules_for
from aurelis.syntax.parsing import common_ends, edited, parsed_within
from aurelis.syntax.unclosed import Change, Closers, closers_for

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

LONGEST_PARSED: Final = 1_000_000
"""Characters; a longer text is not parsed (tree-sitter needs about 0.25 s for so much)."""

MOST_SECONDS: Final = 0.25
MOST_SECONDS_PER_BYTE: Final = 1e-5
"""Time on the processor after which a text counts as one that cannot be parsed: a hundred times what code takes, and
four times what pages of comments do. Nonsense of a few thousand characters, as of a model that repeats itself, would
take minutes."""

CLOSING_SECONDS: Final = 0.02
"""Time after which brackets that were left open are no longer taken to be all that a text lacks."""

MOST_FAULTS: Final = 3
"""Places at which it is tried to close the brackets of a document that takes long, once."""

LONG_SECONDS: Final = 0.005
"""Parsing that took longer is done in a thread the next time."""
SHORT_TEXT: Final = 20_000
"""Characters of a text that is parsed quickly even if nothing is known about it, unless it is nonsense."""

MOST_NODES: Final = 20_000
"""The bound on nodes that one search gives."""
_KEPT_QUERIES: Final = 64
"""The bound on compiled searches: a few for each language."""

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


@attrs.frozen
class SyntaxTree:
    """A parsed text. Nodes count UTF-16 units of two bytes each; `offset` and `byte` translate.

    The tree may be that of the text with brackets closed that are left open in it; those have no offsets.
    """

    text: str = attrs.field(repr=False)
    rules: LanguageRules = attrs.field(repr=False)
    tree: Tree = attrs.field(repr=False, eq=False)
    wide: tuple[int, ...] = attrs.field(default=(), repr=False)
    """Offsets, in UTF-16 units, of the characters that need two."""
    closers: Closers | None = None

    @property
    def parsed(self) -> str:
        """The text that the tree is of."""
        return _with_closers(self.text, self.closers)

    @property
    def root(self) -> Node:
        """The node of the whole text."""
        return self.tree.root_node

    @property
    def complete(self) -> bool:
        """Whether the text parses: no error and nothing that had to be supposed."""
        return self.closers is None and not self.root.has_error

    def offset(self, byte: int) -> int:
        """The text's offset of one of the tree's byte offsets."""
        units = byte // 2
        offset = units - bisect_left(self.wide, units) if self.wide else units
        if self.closers is not None and offset > self.closers.at:
            return max(self.closers.at, offset - len(self.closers.brackets))
        return offset

    def byte(self, offset: int) -> int:
        """The tree's byte offset of an offset in the text."""
        before = len(_ASTRAL.findall(self.text, 0, offset)) if self.wide else 0
        if self.closers is not None and offset > self.closers.at:
            before += len(self.closers.brackets)
        return 2 * (offset + before)

    def start(self, node: Node) -> int:
        """Offset at which a node starts."""
        return self.offset(node.start_byte)

    def end(self, node: Node) -> int:
        """Offset behind a node's end."""
        return self.offset(node.end_byte)

    def text_of(self, node: Node) -> str:
        """A node's text."""
        return self.text[self.start(node) : self.end(node)]

    def node_at(self, start: int, end: int | None = None) -> Node:
        """The smallest node that holds a range; the root if none does."""
        first = self.byte(start)
        last = first if end is None else self.byte(end)
        return self.root.descendant_for_byte_range(first, last) or self.root

    def ancestors(self, node: Node) -> Iterator[Node]:
        """The node itself and what stands around it, inside out."""
        current: Node | None = node
        while current is not None:
            yield current
            current = current.parent


def parse(text: str, language_id: str, previous: SyntaxTree | None = None) -> SyntaxTree | None:
    """The syntax tree of a text, or None where the language has no grammar, or the text is too long or takes too long.

    `previous`, a tree of an earlier version of the same document, makes it cheap: only what changed is parsed again.
    """
    rules = rules_for(language_id)
    if rules is None or len(text) > LONGEST_PARSED:
        return None
    earlier = previous if previous is not None and previous.rules == rules else None
    if earlier is not None and (len(text) > SHORT_TEXT or earlier.closers is not None):
        tree = _parsed_closed(text, rules, earlier)
        if tree is not None:
            return tree
    return _parsed(text, rules, earlier, None, MOST_SECONDS + MOST_SECONDS_PER_BYTE * 2 * len(text))


def _parsed_closed(text: str, rules: LanguageRules, previous: SyntaxTree) -> SyntaxTree | None:
    """The tree of a text whose only fault is that brackets are left open, as if they were closed."""
    old = previous.text
    head, tail = common_ends(old, text)
    change = Change(head, len(text) - tail, len(text) - len(old))
    return _closed(text, rules, previous, closers_for(text, change, previous.closers), CLOSING_SECONDS)


def _closed_at_fault(tree: SyntaxTree, seconds: float) -> SyntaxTree | None:
    """The tree of the same text as if the brackets were closed that a line leaves open in which its faults begin."""
    tried = []
    for fault in _first_faults(tree):
        closers = closers_for(tree.text, Change(fault, fault, 0), None)
        if closers is not None and closers not in tried:
            tried.append(closers)
            found = _closed(tree.text, tree.rules, None, closers, seconds)
            if found is not None:
                return found
    return None


def _first_faults(tree: SyntaxTree) -> list[int]:
    """Where what does not parse begins: the smallest first."""
    found: list[int] = []
    node: Node | None = tree.root
    while node is not None:
        node = next((child for child in node.children if child.has_error or child.is_missing), None)
        if node is not None and node.is_error:
            found.append(tree.start(node))
    return found[: -MOST_FAULTS - 1 : -1]


def _closed(
    text: str, rules: LanguageRules, previous: SyntaxTree | None, closers: Closers | None, seconds: float
) -> SyntaxTree | None:
    """The tree with these closers, if they are all that the text lacks."""
    tree = None if closers is None else _parsed(text, rules, previous, closers, seconds)
    if tree is None or closers is None or tree.root.has_error:
        return None
    first = tree.byte(closers.at)
    node = tree.root.descendant_for_byte_range(first, first + 2)
    return tree if node is not None and node.type == closers.brackets[0] else None  # In a comment nothing is open.


def _with_closers(text: str, closers: Closers | None) -> str:
    return text if closers is None else text[: closers.at] + closers.brackets + text[closers.at :]


def _parsed(
    text: str, rules: LanguageRules, previous: SyntaxTree | None, closers: Closers | None, seconds: float
) -> SyntaxTree | None:
    """The tree, or None where it takes more time on the processor."""
    from tree_sitter import Parser  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    whole = _with_closers(text, closers)
    data = whole.encode("utf-16-le", "surrogatepass")
    old = None if previous is None else edited(previous.tree, previous.parsed, whole, data)
    try:
        tree = parsed_within(seconds, Parser(grammar(rules)), data, old)
    except ValueError:
        return None
    wide: tuple[int, ...] = ()
    if not whole.isascii():
        wide = tuple(match.start() + index for index, match in enumerate(_ASTRAL.finditer(whole)))
    return SyntaxTree(text, rules, tree, wide, closers)


def does_parse(text: str, language_id: str) -> bool | None:
    """Whether a text parses, and in the time that code takes; None where nobody can say."""
    if rules_for(language_id) is None or len(text) > LONGEST_PARSED:
        return None
    tree = parse(text, language_id)
    return tree is not None and tree.complete


def nodes_of(
    tree: SyntaxTree, types: frozenset[str], *, start: int = 0, end: int | None = None, limit: int = MOST_NODES
) -> list[Node]:
    """The nodes of some types that touch a range (offsets), in the order of the text, at most `limit`."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    cursor = QueryCursor(_query(tree.rules, types))
    if start or end is not None:
        cursor.set_byte_range(tree.byte(start), tree.byte(len(tree.text) if end is None else end))
    found = cursor.captures(tree.root).get("node", [])
    return sorted(found, key=lambda node: (node.start_byte, -node.end_byte))[:limit]


def syntax_errors(tree: SyntaxTree, start: int, end: int) -> int:
    """How many places in a range (offsets) do not parse, and one more if the text as a whole does not.

    What had to be supposed counts as one: a bracket too many may show only far behind the place where it stands.
    """
    if tree.complete:
        return 0
    from tree_sitter import QueryCursor  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    cursor = QueryCursor(_error_query(tree.rules))
    cursor.set_byte_range(tree.byte(start), tree.byte(min(end, len(tree.text))))
    return 1 + len(cursor.captures(tree.root).get("error", ()))


@lru_cache(maxsize=_KEPT_QUERIES)
def _error_query(rules: LanguageRules) -> Query:
    from tree_sitter import Query  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    return Query(grammar(rules), "[(ERROR) (MISSING)] @error")


@lru_cache(maxsize=_KEPT_QUERIES)
def _query(rules: LanguageRules, types: frozenset[str]) -> Query:
    from tree_sitter import Query  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    language = grammar(rules)
    known = sorted(name for name in types if language.id_for_node_kind(name, True))
    return Query(language, "[" + " ".join(f"({name})" for name in known) + "] @node")


@attrs.frozen
class _Parsed:
    """The last tree of a document, if there could be one, and the processor time that its parsing took."""

    tree: SyntaxTree | None
    seconds: float


class ParseCache:
    """The last tree of each of a few documents, so that the next version of one is parsed incrementally.

    Holds at most `limit` trees; the one not asked for longest goes first.
    """

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._parsed: OrderedDict[tuple[str, str], _Parsed] = OrderedDict()

    def tree(self, uri: str, language_id: str, text: str) -> SyntaxTree | None:
        """The tree of a document's text, or None as `parse` says."""
        key = (uri, language_id)
        parsed = self._parsed.pop(key, None)
        known = parsed.tree if parsed is not None else None
        if parsed is None or known is None or known.text != text:
            began = time.thread_time()
            tree = parse(text, language_id, known)
            seconds = time.thread_time() - began
            if tree is not None and tree.root.has_error and seconds > CLOSING_SECONDS and not _had_faults(known):
                tree = _closed_at_fault(tree, seconds) or tree
            parsed = _Parsed(tree, seconds)
        self._parsed[key] = parsed
        while len(self._parsed) > self._limit:
            self._parsed.popitem(last=False)
        return parsed.tree

    def takes_long(self, uri: str, language_id: str, text: str) -> bool:
        """Whether the tree of a text may take longer than an event loop should wait for it."""
        parsed = self._parsed.get((uri, language_id))
        if parsed is None:
            return len(text) > SHORT_TEXT
        return self.took_long(uri, language_id) and (parsed.tree is None or parsed.tree.text != text)

    def took_long(self, uri: str, language_id: str) -> bool:
        """Whether a document's last tree took longer than an event loop should wait: it is long, or hardly parses."""
        parsed = self._parsed.get((uri, language_id))
        return parsed is not None and parsed.seconds > LONG_SECONDS


def _had_faults(known: SyntaxTree | None) -> bool:
    return known is not None and known.root.has_error
