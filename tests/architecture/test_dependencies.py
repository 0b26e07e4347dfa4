"""Declared dependencies, their locks and the packages that the source really imports agree."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from typing import Any

import pytest

from fixtures.source_tree import PACKAGE, ROOT, modules, parsed, relative

_LOCKS = ("runtime", "build", "dev")
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[\w.!+]+)(?P<marker> ;.*?)?(?P<more>\s*\\)?$")
_HASH = re.compile(r"^ {4}--hash=sha256:[0-9a-f]{64}( \\)?$")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _name(requirement: str) -> str:
    """The normalised name of a requirement."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def _pins(name: str) -> set[tuple[str, str, str]]:
    """Name, version and marker of each locked package."""
    matches = (_PIN.match(line) for line in _lock(name).splitlines())
    return {(match["name"], match["version"], match["marker"] or "") for match in matches if match}


@pytest.mark.parametrize("name", _LOCKS)
def test_every_locked_package_has_a_version_and_hashes(name: str) -> None:
    """A lock consists of exact versions, each followed by at least one hash, and of nothing else."""
    lines = _lock(name).splitlines()
    assert [line for line in lines if not (_PIN.match(line) or _HASH.match(line))] == []
    after = [following for line, following in zip(lines, [*lines[1:], ""], strict=True) if _PIN.match(line)]
    assert after
    assert [line for line in after if not _HASH.match(line)] == []


def test_the_locks_agree() -> None:
    """A package that stands in several locks has one version for each marker."""
    versions: dict[tuple[str, str], set[str]] = {}
    for lock in _LOCKS:
        for name, version, marker in _pins(lock):
            versions.setdefault((name, marker), set()).add(version)
    assert {key: found for key, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize(("lock", "section"), [("runtime", "project.dependencies"), ("build", "build-system.requires")])
def test_the_lock_covers_what_is_declared(lock: str, section: str) -> None:
    """Every declared package is locked."""
    table, key = section.split(".")
    assert {_name(requirement) for requirement in _project()[table][key]} <= {name for name, _, _ in _pins(lock)}


def test_the_build_requirements_are_those_of_the_project() -> None:
    """requirements/build.in repeats what pyproject.toml builds with."""
    lines = (ROOT / "requirements" / "build.in").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == _project()["build-system"]["requires"]


def test_the_npm_lock_holds_no_addresses() -> None:
    """package-lock.json says what, with hashes, and never from where."""
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert 'resolved": "http' not in text


def test_every_imported_package_is_declared() -> None:
    """What the product imports from outside is a dependency of its own, not one that something else brings."""
    declared = {_name(requirement) for requirement in _project()["project"]["dependencies"]}
    optional = _project()["project"].get("optional-dependencies", {})
    declared |= {_name(requirement) for group in optional.values() for requirement in group}
    distributions = packages_distributions()
    stray = set()
    for path in modules(PACKAGE):
        for node in ast.walk(parsed(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for top in {name.split(".")[0] for name in names} - {"aurelis"} - sys.stdlib_module_names:
                if not {_name(owner) for owner in distributions.get(top, [top])} & declared:
                    stray.add(f"{relative(path)}: {top}")
    assert stray == set()


def test_every_exception_from_ruff_has_its_reason() -> None:
    """Each rule that pyproject.toml switches off has a comment that says why, and so has each `noqa`."""
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    ruff = lines[lines.index("[tool.ruff.lint]") : lines.index("[tool.ruff.lint.pydocstyle]")]
    rules = [line for line in ruff if re.match(r'\s+"[A-Z]+\d*",', line)]
    assert rules
    assert [line for line in rules if not re.search(r"#\s+\S+ \S+", line)] == []
    bare = [
        f"{relative(path)}:{number}"
        for path in (*modules(ROOT / "server"), *modules(ROOT / "tests"), *modules(ROOT / "benchmarks"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"#\s*(noqa|type: ignore)", line)
        and not re.search(r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\W+\w+ \w+", line)
    ]
    assert bare == []
