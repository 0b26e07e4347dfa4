"""Parsing, offsets and the cache of trees."""

import gc
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.syntax.parses import LONGEST_PARSED, ParseCache, does_parse, nodes_of, parse

TEXTS = st.text(st.sampled_from("ab=(): \n\r😀é漢'#\t"), max_size=30)


@pytest.mark.parametrize(
    ("text", "language_id", "answer"),
    [
        ("x = 1\n", "python", True),
        ("x = (\n", "python", False),
        ("def f(:\n", "python", False),
        ("", "python", True),
        ("fn f() {}", "rust", True),
        ("fn f( {}", "rust", False),
        ("words", "plaintext", None),
        ("x" * (LONGEST_PARSED + 1), "python", None),
        ("<!--" * 10_000, "python", False),
        ("<!--" * 10_000, "go", False),
    ],
)
def test_whether_a_text_parses(text: str, language_id: str, answer: bool | None) -> None:
    """Yes, no (nonsense that would take minutes, too), or nobody can say: no grammar, or too long."""
    assert does_parse(text, language_id) is answer


def test_nonsense_is_forgotten_and_parsed_again_once_it_is_code() -> None:
    """A version of a document that takes too long has no tree; the next one that is code has."""
    cache = ParseCache()
    assert cache.tree("uri", "python", "x = 1\n") is not None
    assert cache.tree("uri", "python", "x = 1\n" + "<!--" * 10_000) is None
    tree = cache.tree("uri", "python", "x = 2\n")
    assert tree is not None
    assert tree.complete


@given(TEXTS)
def test_offsets_survive_the_way_through_the_tree(text: str) -> None:
    """Offsets of the text and bytes of the tree agree, whatever the text holds."""
    tree = parse(text, "python")
    assert tree is not None
    for offset in range(len(text) + 1):
        assert tree.offset(tree.byte(offset)) == offset


@given(TEXTS, TEXTS)
def test_parsing_again_equals_parsing_afresh(before: str, after: str) -> None:
    """A tree made from an earlier version's is the same as one made from nothing."""
    shared = "def f():\n    return 1\n"
    old = parse(shared + before + shared, "python")
    assert old is not None
    again = parse(shared + after + shared, "python", old)
    afresh = parse(shared + after + shared, "python")
    assert again is not None
    assert afresh is not None
    assert str(again.root) == str(afresh.root)


def test_the_cache_keeps_the_tree_of_an_unchanged_text() -> None:
    """The same text gives the same tree; another version, language or document gives its own; old ones go."""
    cache = ParseCache(limit=2)
    first = cache.tree("a", "python", "x = 1")
    assert cache.tree("a", "python", "x = 1") is first
    changed = cache.tree("a", "python", "x = 2")
    assert changed is not None
    assert changed.text == "x = 2"
    assert cache.tree("a", "javascript", "x = 2") is not changed
    assert cache.tree("b", "python", "x = 3") is not None
    assert cache.tree("a", "python", "x = 2") is not changed
    assert cache.tree("b", "unknown", "x") is None


def test_nothing_of_a_text_stays_when_its_tree_is_gone() -> None:
    """A hundred keys in a document leave no more behind than one; the binding would keep what it read each time."""
    document = "value = compute(value)\n" * 2_000
    tracemalloc.start()
    try:
        tree = parse(document, "python")
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        for key in range(100):
            tree = parse(document + "x" * key, "python", tree)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - first
    finally:
        tracemalloc.stop()
    assert tree is not None
    assert kept < 1.2 * len(document)


def test_nodes_come_in_the_order_of_the_text_and_bounded() -> None:
    """A search gives the wanted nodes of a range."""
    tree = parse("a = b\nc = d\n", "python")
    assert tree is not None
    names = frozenset({"identifier"})
    assert [tree.text_of(node) for node in nodes_of(tree, names)] == ["a", "b", "c", "d"]
    assert [tree.text_of(node) for node in nodes_of(tree, names, start=6)] == ["c", "d"]
    assert [tree.text_of(node) for node in nodes_of(tree, names, limit=1)] == ["a"]


def test_deeply_nested_text_is_survived() -> None:
    """Ten thousand open brackets are no program and no crash."""
    depth = sys.getrecursionlimit() * 10
    assert does_parse("(" * depth + ")" * depth, "python") in {True, False}
    assert does_parse("(" * depth, "python") is False
