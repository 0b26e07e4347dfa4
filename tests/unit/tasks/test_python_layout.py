"""Python's layout: what its tokenizer and parser would refuse, which its tree-sitter grammar takes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.tasks.ghost.python_layout import Place, layout_faults, place_of

WHOLE = (
    """\
@decorated
class A(
    B,
):
    '''Doc:
  at the margin
'''
    x = {
  1: "a:",
    }  # not: a head

    def f(self):
        try:
            return """
    '"""\nA string:\nx\n"""'
    """
        except X:
            raise
        else:
            y = 1 + \\
      2
        finally:
            pass
\t# a comment
        for a in b: print(a)
        else:
            pass
        return 1


async def g():
    if a:
        return 1
    elif b:
        return 2
    else:
        while c:
            break
    return
    yield
"""
)


def test_whole_code_has_no_faults() -> None:
    """Strings, comments, brackets and continued lines may stand anywhere."""
    ast.parse(WHOLE)
    assert layout_faults(WHOLE, Place(0)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n\n\ndef g():\n    pass\n",
        "x = 1\n    y = 2\n",
        "if a:\n        b\n    c\n",
        "try:\n    x\nz\n",
        "def f():\n    try:\n        x\ny\n",
        "@decorated\n\nx = 1\n",
        "x = 1\nelse:\n    y\n",
        "if a:\n    b\nexcept X:\n    c\n",
        "def f():\n    return 1\n    x = 2\n",
    ],
)
def test_a_line_out_of_place_is_a_fault(text: str) -> None:
    """A head without a body, a level of its own, a clause without its statement, what is never reached."""
    assert layout_faults(text, Place(0)) == 1


@given(st.integers(0, len(WHOLE)))
def test_a_text_has_the_same_faults_from_any_place_on(at: int) -> None:
    """Where reading begins at the statement that the cursor stands in, nothing that stands above counts anew."""
    place = place_of(WHOLE[:at])
    assert place is not None
    assert place.offset <= at
    assert layout_faults(WHOLE, place) == 0


@given(st.text(alphabet="ab:()[]{}\"'#\\@\n\r\t \f", max_size=60), st.integers(0, 60))
def test_any_text_is_read(text: str, at: int) -> None:
    """Nothing that somebody types makes it fail."""
    place = place_of(text[:at])
    assert place is not None
    assert layout_faults(text, place) >= 0


def test_the_standard_library_has_no_faults() -> None:
    """Code that Python runs has none, but for lines that are never reached."""
    library = Path(ast.__file__).parent
    for name in ("argparse", "dataclasses", "inspect", "tokenize", "typing"):
        text = (library / f"{name}.py").read_text(encoding="utf-8")
        assert layout_faults(text, Place(0)) == 0, (name, sys.version)


def test_nothing_is_known_far_below_the_beginning_of_a_definition() -> None:
    """Too long a definition is not read for every completion."""
    assert place_of("x = 1\n" * 5_000) is None
    assert place_of("x = 1\n" * 5_000 + "def f():\n    y = 2\n") == Place(30_019, ((0, "def"), (4, "y")))
