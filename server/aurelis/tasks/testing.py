"""Where the tests of a file go and how they are written: framework and folder, found from the project's files.

The path is computed here and never taken from a model: relative, inside the workspace, in no hidden folder, and free.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.snapshot import Snapshot

_SCRIPTS: Final = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_SCRIPT_FRAMEWORKS: Final = ("vitest", "jest", "mocha", "ava", "jasmine", "tap")
_TEST_FOLDERS: Final = ("tests", "test", "spec", "__tests__")
_SCRIPT_TEST: Final = re.compile(r"\.(test|spec)\.[cm]?[jt]sx?$")
_PYTHON_TEST: Final = re.compile(r"^(?:test_.*|.*_test)\.py$")
_CPP_FRAMEWORKS: Final = (("gtest", "GoogleTest"), ("catch2", "Catch2"), ("doctest", "doctest"))
_DEFAULT_SUFFIX: Final = MappingProxyType(
    {
        "c": ".c",
        "cpp": ".cpp",
        "go": ".go",
        "java": ".java",
        "javascript": ".js",
        "javascriptreact": ".jsx",
        "python": ".py",
        "rust": ".rs",
        "typescript": ".ts",
        "typescriptreact": ".tsx",
    }
)
_NUMBERED: Final = 1_000
"""The bound on names tried until one is free."""
MOST_NAMES: Final = 20_000
"""Names of project files that are looked at."""


@attrs.frozen
class ProjectFiles:
    """Files of the workspace by their names relative to its folder, and the texts of its manifests by name.

    Names have forward slashes. Manifests are files such as package.json, pyproject.toml, Cargo.toml, CMakeLists.txt.
    """

    names: tuple[str, ...] = ()
    manifests: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class TestPlan:
    """The file to create (`name`, relative to the workspace folder) and what its tests are written with.

    `example` is the name of an existing test file beside which the new one belongs, or empty.
    """

    __test__ = False

    name: str
    language_id: str
    framework: str
    example: str = ""

    def describe(self) -> str:
        """The plan in words of the prompt."""
        return f"Test framework: {self.framework}\nTest file: {self.name}"


def plan_tests(snapshot: Snapshot, project: ProjectFiles) -> TestPlan:
    """Where the tests of a document go; never a name that exists already."""
    names = project.names[:MOST_NAMES]
    source = _source(snapshot)
    existing = [name for name in names if _is_test(PurePosixPath(name), snapshot.language_id)]
    name = _name(source, snapshot.language_id, names, existing)
    if any(part.startswith(".") for part in name.parts):
        name = PurePosixPath("tests") / name.name
    example = max(existing, key=lambda other: _shared_parts(other, name.as_posix()), default="")
    return TestPlan(
        _free(name, frozenset(names)), snapshot.language_id, _framework(snapshot, project, existing), example
    )


def _source(snapshot: Snapshot) -> PurePosixPath:
    """The document's relative path, made harmless: no drive, no root, no way up."""
    parts = [part for part in re.split(r"[\\/]+", snapshot.name) if part not in {"", ".", ".."} and ":" not in part]
    path = PurePosixPath(*parts) if parts else PurePosixPath("untitled")
    if not path.suffix:
        path = path.with_name(path.name + _DEFAULT_SUFFIX.get(snapshot.language_id, ".txt"))
    return path


def _framework(snapshot: Snapshot, project: ProjectFiles, existing: Sequence[str]) -> str:
    language_id = snapshot.language_id
    manifests = "\n".join(text for _, text in project.manifests)
    if language_id == "python":
        known = "pytest" in manifests or any(PurePosixPath(name).name == "conftest.py" for name in project.names)
        unittest = "import unittest" in manifests or "unittest" in manifests
        return "pytest" if known or not unittest else "unittest"
    if language_id in _SCRIPTS:
        found = next((name for name in _SCRIPT_FRAMEWORKS if f'"{name}"' in manifests), None)
        return found or ("node:test" if "node --test" in manifests or not existing else "the one of the existing tests")
    if language_id == "java":
        return "JUnit 4" if "junit:junit" in manifests or "<artifactId>junit</artifactId>" in manifests else "JUnit 5"
    if language_id == "cpp":
        lower = manifests.lower()
        return next((name for mark, name in _CPP_FRAMEWORKS if mark in lower), "assert from <cassert>")
    fixed = {"go": "the package testing", "rust": "#[test] functions", "c": "assert from <assert.h>"}
    return fixed.get(language_id, "the one that is usual for the language")


def _name(source: PurePosixPath, language_id: str, names: Sequence[str], existing: Sequence[str]) -> PurePosixPath:
    if language_id == "python":
        folder = _test_folder(source, existing, names)
        suffixed = sum(PurePosixPath(name).stem.endswith("_test") for name in existing) * 2 > len(existing)
        return folder / (f"{source.stem}_test.py" if suffixed else f"test_{source.stem}.py")
    if language_id == "go":
        return source.with_name(f"{source.stem}_test.go")
    if language_id == "rust":
        return PurePosixPath(*_before(source.parts, "src"), "tests", f"{source.stem}.rs")
    if language_id == "java":
        parts = ["test" if part == "main" else part for part in source.parent.parts]
        return PurePosixPath(*parts, f"{source.stem}Test.java")
    if language_id in _SCRIPTS:
        marks = Counter(match.group(1) for match in map(_SCRIPT_TEST.search, existing) if match)
        mark = marks.most_common(1)[0][0] if marks else "test"
        beside = source.with_name(f"{source.stem}.{mark}{source.suffix}")
        return _test_folder(source, existing, names) / beside.name if existing else beside
    return _test_folder(source, existing, names) / f"{source.stem}_test{source.suffix}"


def _test_folder(source: PurePosixPath, existing: Sequence[str], names: Sequence[str]) -> PurePosixPath:
    """The folder of the tests that exist: beside their sources, or a tree of their own that mirrors the sources'."""
    parents = Counter(PurePosixPath(name).parent for name in existing)
    if not parents:
        top = next((folder for folder in _TEST_FOLDERS if any(name.startswith(f"{folder}/") for name in names)), None)
        return PurePosixPath(top) if top else source.parent
    if source.parent in parents:
        return source.parent
    trees = Counter(name.split("/", 1)[0] for name in existing if name.split("/", 1)[0] in _TEST_FOLDERS)
    if not trees:
        return source.parent
    top = trees.most_common(1)[0][0]
    inner = PurePosixPath(*source.parent.parts[1:])
    candidates = (PurePosixPath(top) / "unit" / inner, PurePosixPath(top) / inner, PurePosixPath(top) / source.parent)
    return next((folder for folder in candidates if folder in parents), parents.most_common(1)[0][0])


def _is_test(name: PurePosixPath, language_id: str) -> bool:
    if language_id == "python":
        return bool(_PYTHON_TEST.match(name.name))
    if language_id in _SCRIPTS:
        return bool(_SCRIPT_TEST.search(name.name))
    if language_id in {"c", "cpp"}:
        return name.stem.endswith("_test") or name.stem.startswith("test_")
    return False


def _before(parts: Sequence[str], part: str) -> Sequence[str]:
    return parts[: parts.index(part)] if part in parts else ()


def _shared_parts(one: str, other: str) -> int:
    shared = 0
    for first, second in zip(one.split("/"), other.split("/"), strict=False):
        if first != second:
            break
        shared += 1
    return shared


def _free(name: PurePosixPath, taken: frozenset[str]) -> str:
    stem, suffix = name.stem, name.suffix
    go = stem.endswith("_test") and suffix == ".go"
    for number in range(2, _NUMBERED):
        if name.as_posix() not in taken:
            break
        name = name.with_name(f"{stem[:-5]}_{number}_test.go" if go else f"{stem}_{number}{suffix}")
    return name.as_posix()
