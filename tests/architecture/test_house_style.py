"""House rules that a linter does not know."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.source_tree import PACKAGE, ROOT, modules, parsed, relative

_VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
# Files of about 100 to 250 lines read well; this is where a file has to be divided.
_MOST_LINES = 400
_LONGER = {
    "server/aurelis/config/settings.py": 480,  # The whole tree of settings, one data class after the other.
}


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions at the top level and methods of classes there."""
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        for member in members:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                yield member


def test_every_test_says_what_it_shows() -> None:
    """Each test function has a docstring of at least a few words."""
    silent = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in modules(ROOT / "tests")
        for function in _functions(parsed(path))
        if function.name.startswith("test_") and len((ast.get_docstring(function) or "").split()) < 4
    ]
    assert silent == []


@pytest.mark.parametrize("folder", ["server", "tests", "benchmarks", "scripts", "client-vscode/src"])
def test_no_file_has_a_name_that_says_nothing(folder: str) -> None:
    """No module or folder is called utils, helpers, manager and the like."""
    paths = (path for path in (ROOT / folder).rglob("*") if not {"node_modules", "__pycache__"} & set(path.parts))
    assert [relative(path) for path in paths if _VAGUE_NAME.search(path.stem.replace("-", "_").lower())] == []


def test_every_module_of_the_product_says_why_it_exists() -> None:
    """Each module has a docstring, and so has the package of each room."""
    assert [relative(path) for path in modules(PACKAGE) if not ast.get_docstring(parsed(path))] == []


@pytest.mark.parametrize("folder", ["server", "tests", "benchmarks"])
def test_no_file_is_too_long(folder: str) -> None:
    """No Python file is longer than can be read in one go."""
    lengths = {relative(path): len(path.read_text("utf-8").splitlines()) for path in modules(ROOT / folder)}
    assert {name: lines for name, lines in lengths.items() if lines > _LONGER.get(name, _MOST_LINES)} == {}


def _module_level_state(path: Path) -> Iterator[str]:
    """Names bound at the top of a module to a fresh list, dict or set that is not declared `Final`."""
    for node in parsed(path).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        constant = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith("Final")
        if constant or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"):
            continue
        display = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
        call = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
        if display or call in {"list", "dict", "set"}:
            yield f"{relative(path)}:{node.lineno}"


def test_no_module_holds_mutable_state() -> None:
    """Module-level tables are tuples, frozen sets, mapping proxies, or declared `Final` and only read."""
    assert [place for path in modules(PACKAGE) for place in _module_level_state(path)] == []


def test_only_the_marker_skips_for_a_missing_tool() -> None:
    """`pytest.skip` and `importorskip` stand in the needs marker alone: CI makes its skips failures."""
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in modules(ROOT / "tests")
        if path != ROOT / "tests" / "fixtures" / "needs.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"skip", "importorskip"}
        and ast.unparse(node.value) == "pytest"
    ]
    assert found == []
