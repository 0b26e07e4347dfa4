"""First lines of what has only begun."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.sandbox.beginnings import begin_text

INIT = "class Point:\n    def __init__(self, x: int, y: int = 0) -> None:\n        "


@pytest.mark.parametrize(
    ("prefix", "suffix", "expected"),
    [
        pytest.param("def add(a, b):\n    ", "", "return a + b", id="an operation by its name"),
        pytest.param("def add(a, b):\n    return ", "\n", "a + b", id="the rest of a result"),
        pytest.param("def add(a, b):\n    ret", "\n", "urn a + b", id="the rest of a word"),
        pytest.param("def add(a: int, b: int = 1) -> int:", "", "\n    return a + b", id="right behind the head"),
        pytest.param("def add(a, b):\n", "\n", "    return a + b", id="a line without its indentation"),
        pytest.param("\tdef add(a, b):", "", "\n\t    return a + b", id="within something else"),
        pytest.param("function area(width, height) {\n  ", "\n}\n", "return width * height;", id="JavaScript"),
        pytest.param("func add(a int, b int) int {\n\t", "\n}\n", "return a + b", id="Go"),
        pytest.param("pub fn add(a: i32, b: i32) -> i32 {\n    ", "\n}\n", "return a + b;", id="Rust"),
        pytest.param(INIT, "", "self.x = x\n        self.y = y", id="an initializer"),
        pytest.param("def count_words(path):\n    ", "\n", '"""Count words."""', id="a docstring"),
        pytest.param("names = []\nfor name in ", "\n", "names:", id="a loop"),
        pytest.param("const boxes = [];\nfor (const box of ", "", "boxes) {", id="a loop in brackets"),
        pytest.param(
            "class A:\n    def __init__(self, x, y):\n        self.x", "", " = x\n        self.y = y", id="more of it"
        ),
        pytest.param("fn main() {", "", "", id="a head that says nothing"),
        pytest.param("for name in ", "", "", id="a loop over nothing known"),
        pytest.param("def add(a, b):\n    ", "\n    return a - b\n", "", id="a body that is there"),
        pytest.param("def add(a, b):\n    c = 1\n    ", "", "", id="a body that has begun"),
        pytest.param("def add(a, b):\n    ", " # here", "", id="something behind the cursor"),
        pytest.param("def add(a, b):\n    print", "", "", id="something else typed"),
        pytest.param("def add(a, b):\n\nx", "", "", id="outside of the definition"),
        pytest.param("add(a, b):\n    ", "", "", id="no definition"),
        pytest.param("", "", "", id="nothing at all"),
    ],
)
def test_what_has_only_begun_is_begun_by_its_names(prefix: str, suffix: str, expected: str) -> None:
    """Names and parameters decide the first lines; where they do not, or a body is there, nothing is said."""
    assert begin_text(prefix, suffix) == expected


@given(st.text(alphabet="def for(a,b):{ \n\tin_", max_size=200), st.text(alphabet="ab :\n", max_size=20))
def test_any_text_may_stand_around_the_hole(prefix: str, suffix: str) -> None:
    """Whatever stands there, the answer is nothing or holds more than blanks."""
    answer = begin_text(prefix, suffix)
    assert not answer or answer.strip()
