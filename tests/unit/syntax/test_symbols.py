"""Identifiers and names."""

import pytest

from aurelis.syntax.parses import parse
from aurelis.syntax.symbols import Identifier, identifier_at, names_in

TEXT = 'def größe(a):  # note\n    return "text" + a.b\n'


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("größe", "größe"),
        ("a):", "a"),
        ("b\n", "b"),
        ("def", None),
        ("note", None),
        ("text", None),
        ("+", None),
        ("return", None),
    ],
)
def test_the_identifier_at_a_place(place: str, name: str | None) -> None:
    """Names are identifiers; keywords, words of comments and of strings are none."""
    tree = parse(TEXT, "python")
    start = TEXT.index(place)
    found = identifier_at(TEXT, start, tree)
    assert found == (None if name is None else Identifier(name, start, start + len(name)))


def test_the_end_of_an_identifier_belongs_to_it() -> None:
    """A cursor just behind a name is on it, without a grammar too."""
    assert identifier_at("foo bar", 3) == Identifier("foo", 0, 3)
    assert identifier_at("foo  bar", 4) is None
    assert identifier_at("", 0) is None
    assert identifier_at("a\nb", 2) == Identifier("b", 2, 3)


def test_the_names_used_in_a_range() -> None:
    """Each name once, in order of use."""
    tree = parse("x = f(y, x)\nz = g\n", "python")
    assert tree is not None
    assert names_in(tree, 0, 11) == ("x", "f", "y")
    assert names_in(tree, 0, 100, limit=2) == ("x", "f")
