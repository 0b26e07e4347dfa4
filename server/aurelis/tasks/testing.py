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
from aurelis.tasks.frameworks import SCRIPT_TEST, SCRIPTS, framework_of

_TEST_FOLDERS: Final = ("tests", "test", "spec", "__tests__")
_PYTHON_TEST: Final = re.compile(r"^(?:test_.*|.*_test)\.py$")
_TEST_NAMES: Final = MappingProxyType(
    {
        "c": re.compile(r"^test_|_test\.\w+$"),
        "cpp": re.compile(r"^test_|_test\.\w+$"),
        "go": re.compile(r"_test\.go$"),
        "java": re.compile(r"(?:Test|Tests|IT)\.java$"),
        "python": _PYTHON_TEST,
        **dict.fromkeys(SCRIPTS, SCRIPT_TEST),
    }
)
_CRATE_NAME: Final = re.compile(r"^\s*name\s*=\s*\"([\w-]+)\"", re.MULTILINE)
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
MOST_SAMPLES: Final = 3
"""Existing tests that are read to learn how tests are written; a prompt shows the nearest."""


@attrs.frozen
class ProjectFiles:
    """Files of the workspace by their names relative to its folder, and some of their texts.

    Names have forward slashes. Manifests, by name, are files such as package.json, pyproject.toml, Cargo.toml; samples
    are files from which a task learns how the project does a thing. Both have the nearest first.
    """

    names: tuple[str, ...] = ()
    manifests: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    samples: tuple[Snapshot, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class TestPlan:
    """The file to create (`name`, relative to the workspace folder) and what its tests are written with.

    `hint` is a sentence for the model, or empty; `example` an existing test, None where there is none.
    """

    __test__ = False

    name: str
    language_id: str
    framework: str
    hint: str = ""
    example: Snapshot | None = attrs.field(default=None, repr=False)

    def describe(self) -> str:
        """The plan in words of the prompt."""
        return f"Test framework: {self.framework}\nTest file: {self.name}\n{self.hint}".rstrip()


def plan_tests(snapshot: Snapshot, project: ProjectFiles) -> TestPlan:
    """Where the tests of a document go; never a name that exists already."""
    names = project.names[:MOST_NAMES]
    source = _source(snapshot)
    existing = [name for name in names if _is_test(PurePosixPath(name), snapshot.language_id)]
    name = _name(source, snapshot.language_id, names, existing)
    if any(part.startswith(".") for part in name.parts):
        name = PurePosixPath("tests") / name.name
    manifests = [text for _, text in project.manifests]
    framework = framework_of(snapshot.language_id, names, manifests, [sample.text for sample in project.samples])
    return TestPlan(
        _free(name, frozenset(names)),
        snapshot.language_id,
        framework,
        _crate_hint(manifests) if snapshot.language_id == "rust" else "",
        next(iter(project.samples), None),
    )


def existing_tests(snapshot: Snapshot, names: Sequence[str]) -> tuple[str, ...]:
    """The names of a few tests from which to learn, the nearest to where the document's own would be first."""
    names = names[:MOST_NAMES]
    source = _source(snapshot)
    existing = [name for name in names if _is_test(PurePosixPath(name), snapshot.language_id)]
    place = _name(source, snapshot.language_id, names, existing).as_posix()
    return tuple(sorted(existing, key=lambda name: -_shared_parts(name, place))[:MOST_SAMPLES])


def _crate_hint(manifests: Sequence[str]) -> str:
    """How tests in a folder of their own reach the code."""
    found = next((match.group(1) for text in manifests if (match := _CRATE_NAME.search(text))), None)
    reach = f"by the crate's name, {found.replace('-', '_')}" if found else "by the crate's name"
    return f"The file is a crate of its own: it uses what is public, {reach}, and has no module around the tests."


def _source(snapshot: Snapshot) -> PurePosixPath:
    """The document's relative path, made harmless: no drive, no root, no way up."""
    parts = [part for part in re.split(r"[\\/]+", snapshot.name) if part not in {"", ".", ".."} and ":" not in part]
    path = PurePosixPath(*parts) if parts else PurePosixPath("untitled")
    if not path.suffix:
        path = path.with_name(path.name + _DEFAULT_SUFFIX.get(snapshot.language_id, ".txt"))
    return path


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
    if language_id in SCRIPTS:
        marks = Counter(match.group(1) for match in map(SCRIPT_TEST.search, existing) if match)
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
    beside = next((source.parent / folder for folder in _TEST_FOLDERS if source.parent / folder in parents), None)
    if beside is not None:
        return beside
    trees = Counter(name.split("/", 1)[0] for name in existing if name.split("/", 1)[0] in _TEST_FOLDERS)
    if not trees:
        kept_in = sorted({parent.name for parent in parents}.intersection(_TEST_FOLDERS))
        return source.parent / kept_in[0] if kept_in else source.parent
    top = trees.most_common(1)[0][0]
    inner = PurePosixPath(*source.parent.parts[1:])
    candidates = (PurePosixPath(top) / "unit" / inner, PurePosixPath(top) / inner, PurePosixPath(top) / source.parent)
    return next((folder for folder in candidates if folder in parents), parents.most_common(1)[0][0])


def _is_test(name: PurePosixPath, language_id: str) -> bool:
    if language_id == "rust":
        return name.suffix == ".rs" and name.parent.name == "tests"
    pattern = _TEST_NAMES.get(language_id)
    return pattern is not None and pattern.search(name.name) is not None


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
