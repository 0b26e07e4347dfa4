"""A long document in which a bracket is left open is parsed as if it was closed, and told to be incomplete."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.syntax.parses import SHORT_TEXT, ParseCache, SyntaxTree, nodes_of, parse, syntax_errors

PYTHON = "".join(f"def work_{n}(value, other):\n    '''Wörk 😀.'''\n    return value + {n}\n\n\n" for n in range(400))
SCRIPT = "".join(f"export function work{n}(value: number) {{\n  return other(value) + {n};\n}}\n\n" for n in range(400))
TYPED = ("(", ")", "[", "]", "{", "}", "f(", "x = ", "1, ", "\n", "\r\n", "    ", "# ", "'", '"', "😀", "é", "")


def _typed(language_id: str, text: str, at: int, keys: str) -> tuple[list[SyntaxTree], float]:
    """The tree at each key, and the seconds that all of them took."""
    tree = parse(text, language_id)
    trees = []
    began = time.thread_time()
    for end in range(1, len(keys) + 1):
        tree = parse(text[:at] + keys[:end] + text[at:], language_id, tree)
        assert tree is not None
        trees.append(tree)
    return trees, time.thread_time() - began


@pytest.mark.parametrize(("language_id", "text"), [("python", PYTHON * 3), ("typescript", SCRIPT * 3)])
def test_a_key_in_an_open_bracket_costs_no_more_than_another(language_id: str, text: str) -> None:
    """The rest of the document is not read again at each of them."""
    text = "\n" + text
    opened, seconds = _typed(language_id, text, 0, "x = compute(value, [a, other")
    closed, usual = _typed(language_id, text, 0, "x = compute + value + a + oth")
    assert not any(tree.complete for tree in opened[11:])
    assert closed[-1].complete
    assert seconds < 8 * usual


def test_what_stands_below_an_open_bracket_keeps_its_place() -> None:
    """Definitions are found there as ever, in Unicode too; the document does not parse, by one fault."""
    trees, _ = _typed("python", "\n" + PYTHON, 0, "x = f([a, 'é😀")
    trees += _typed("python", "\n" + PYTHON, 0, "x = f([a, 'é😀'")[0][-1:]
    tree = trees[-1]
    definitions = nodes_of(tree, frozenset({"function_definition"}))
    assert [tree.text_of(node) for node in definitions[:2]] == [
        f"def work_{n}(value, other):\n    '''Wörk 😀.'''\n    return value + {n}" for n in range(2)
    ]
    assert len(definitions) == 400
    assert not tree.complete
    assert syntax_errors(tree, 0, 100) == 1
    assert syntax_errors(trees[-2], 0, 100) >= 1
    for offset in range(60):
        assert tree.offset(tree.byte(offset)) == offset


def test_arguments_over_several_lines_belong_to_their_call() -> None:
    """As long as the bracket is open the lines below are within it, until another line closes it."""
    trees, _ = _typed("python", "\n" + PYTHON, 0, "x = f(\n    a,\n    b\n)")
    line = trees[-3].text.index("b")
    assert "argument_list" in [node.type for node in trees[-3].ancestors(trees[-3].node_at(line, line + 1))]
    assert [tree.complete for tree in trees[-3:]] == [False, False, True]


def test_a_bracket_stays_open_while_other_lines_are_edited() -> None:
    """Above it and below."""
    text = PYTHON + "x = f(a,\n" + PYTHON
    tree = parse(text.replace("f(a,", "f"), "python")
    for at in (len(PYTHON) + 8, 0, len(text) + 1):
        text = text if at == len(PYTHON) + 8 else f"{text[:at]}\n{text[at:]}"
        tree = parse(text, "python", tree)
        assert tree is not None
        assert tree.text == text
        assert len(nodes_of(tree, frozenset({"function_definition"}))) == 800
        assert not tree.complete


@pytest.mark.parametrize(("language_id", "text"), [("python", PYTHON * 4), ("typescript", SCRIPT * 4)])
@pytest.mark.parametrize("line", ["x = f(a", "x = [1, 2", "y = f(\n    a,\n    b"])
def test_a_document_opened_with_an_open_bracket_is_slow_once(language_id: str, text: str, line: str) -> None:
    """Its first fault tells which line is to be closed; later keys anywhere do not read the document again."""
    cache = ParseCache()
    opened = f"{text}{line}\n{text}"
    tree = cache.tree("uri", language_id, opened)
    for changed in (f"{opened}\n", f"\n{opened}\n", opened):
        assert tree is not None
        assert not tree.complete
        assert not tree.root.has_error
        tree = cache.tree("uri", language_id, changed)
    tree = cache.tree("uri", language_id, opened.replace(line, "x = 1"))
    assert tree is not None
    assert tree.complete


def test_a_bracket_in_a_comment_is_not_open() -> None:
    """Nothing is to be closed in words."""
    trees, _ = _typed("python", "\n" + PYTHON, 0, "# f(a")
    assert trees[-1].complete


@pytest.mark.parametrize("language_id", ["python", "typescript"])
@given(edits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4), st.sampled_from(TYPED)), max_size=8))
def test_a_document_parses_as_it_would_afresh(language_id: str, edits: list[tuple[int, int, str]]) -> None:
    """Whatever was typed or deleted before, and where: whether it parses, and each offset."""
    text = PYTHON if language_id == "python" else SCRIPT
    tree = parse(text, language_id)
    for at, deleted, typed in edits:
        text = text[:at] + typed + text[at + deleted :]
        tree = parse(text, language_id, tree)
        afresh = parse(text, language_id)
        assert tree is not None
        assert afresh is not None
        assert tree.text == text
        assert tree.complete == afresh.complete
        assert all(tree.offset(tree.byte(offset)) == offset for offset in range(0, 400, 3))
        assert tree.end(tree.root) <= len(text)
        if tree.complete:
            assert str(tree.root) == str(afresh.root)
    assert len(text) > SHORT_TEXT
