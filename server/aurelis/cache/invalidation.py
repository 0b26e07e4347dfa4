"""Which answers an event makes stale, and which files of a project raise an event when they change: all of it data."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import Invalidation
from aurelis.core.request import Task

GENERATED_CODE: Final = frozenset(
    {Task.CODE_GENERATION, Task.COMPLETION, Task.REFACTORING, Task.OPTIMIZATION, Task.TESTING, Task.FIX}
)
"""Code generation and edits: whatever answers with code."""

EVENT_TASKS: Final[Mapping[str, frozenset[Task]]] = MappingProxyType(
    {
        "code_style_change": GENERATED_CODE,
        "framework_update": GENERATED_CODE,
        "api_change": frozenset({Task.DOCUMENTATION}),
        "documentation_standard_update": frozenset({Task.DOCUMENTATION}),
        "concept_change": frozenset({Task.EXPLANATION}),
    }
)


@attrs.frozen
class ConfigurationFile:
    """A file whose change raises `event`; `pattern` is a glob for the file's name, or for its last folders and name."""

    pattern: str
    event: str
    language: str | None = None


CONFIGURATION_FILES: Final = (
    # Formatters and linters.
    ConfigurationFile(".editorconfig", "code_style_change"),
    ConfigurationFile("pyproject.toml", "code_style_change", "python"),
    ConfigurationFile("setup.cfg", "code_style_change", "python"),
    ConfigurationFile("tox.ini", "code_style_change", "python"),
    ConfigurationFile("ruff.toml", "code_style_change", "python"),
    ConfigurationFile(".ruff.toml", "code_style_change", "python"),
    ConfigurationFile(".flake8", "code_style_change", "python"),
    ConfigurationFile(".pylintrc", "code_style_change", "python"),
    ConfigurationFile(".style.yapf", "code_style_change", "python"),
    ConfigurationFile(".prettierrc*", "code_style_change"),
    ConfigurationFile("prettier.config.*", "code_style_change"),
    ConfigurationFile(".eslintrc*", "code_style_change"),
    ConfigurationFile("eslint.config.*", "code_style_change"),
    ConfigurationFile("biome.json*", "code_style_change"),
    ConfigurationFile("tsconfig*.json", "code_style_change"),
    ConfigurationFile("rustfmt.toml", "code_style_change", "rust"),
    ConfigurationFile(".rustfmt.toml", "code_style_change", "rust"),
    ConfigurationFile("clippy.toml", "code_style_change", "rust"),
    ConfigurationFile(".clang-format", "code_style_change"),
    ConfigurationFile(".clang-tidy", "code_style_change"),
    ConfigurationFile(".golangci.y*ml", "code_style_change", "go"),
    ConfigurationFile("checkstyle.xml", "code_style_change", "java"),
    # Dependencies.
    ConfigurationFile("pyproject.toml", "framework_update", "python"),
    ConfigurationFile("setup.cfg", "framework_update", "python"),
    ConfigurationFile("setup.py", "framework_update", "python"),
    ConfigurationFile("requirements*.txt", "framework_update", "python"),
    ConfigurationFile("Pipfile", "framework_update", "python"),
    ConfigurationFile("poetry.lock", "framework_update", "python"),
    ConfigurationFile("uv.lock", "framework_update", "python"),
    ConfigurationFile("package.json", "framework_update"),
    ConfigurationFile("package-lock.json", "framework_update"),
    ConfigurationFile("pnpm-lock.yaml", "framework_update"),
    ConfigurationFile("yarn.lock", "framework_update"),
    ConfigurationFile("Cargo.toml", "framework_update", "rust"),
    ConfigurationFile("Cargo.lock", "framework_update", "rust"),
    ConfigurationFile("go.mod", "framework_update", "go"),
    ConfigurationFile("pom.xml", "framework_update", "java"),
    ConfigurationFile("build.gradle*", "framework_update"),
    ConfigurationFile("CMakeLists.txt", "framework_update"),
    ConfigurationFile("conanfile.*", "framework_update"),
    ConfigurationFile("vcpkg.json", "framework_update"),
    # Documentation.
    ConfigurationFile("mkdocs.y*ml", "documentation_standard_update"),
    ConfigurationFile(".readthedocs.y*ml", "documentation_standard_update"),
    ConfigurationFile("docs/conf.py", "documentation_standard_update", "python"),
    ConfigurationFile("doc/conf.py", "documentation_standard_update", "python"),
    ConfigurationFile(".pydocstyle*", "documentation_standard_update", "python"),
    ConfigurationFile("pyproject.toml", "documentation_standard_update", "python"),
    ConfigurationFile("typedoc.json", "documentation_standard_update"),
    ConfigurationFile("jsdoc.json", "documentation_standard_update"),
    ConfigurationFile("Doxyfile", "documentation_standard_update"),
)


def invalidation_for(
    event: str, *, language: str | None = None, path: str | None = None, project: str | None = None
) -> Invalidation:
    """What an event drops.

    `path` is relative to its project, with slashes; a folder covers what is below it.

    Raises:
        RequestError: of kind `configuration`, for an unknown event; it names the known ones.
    """
    tasks = EVENT_TASKS.get(event)
    if tasks is None:
        message = f"'{event}' is not an event of the cache; use one of {', '.join(sorted(EVENT_TASKS))}."
        raise RequestError(ErrorKind.CONFIGURATION, message)
    return Invalidation(tasks, language.lower() if language else None, path or None, project or None)


def invalidations_for_file(relative_path: str, project: str | None = None) -> tuple[Invalidation, ...]:
    """What the change of a project's file drops: nothing for most files.

    Args:
        relative_path: the file, relative to its project, with slashes.
        project: the project's name in the tags.
    """
    path = PurePosixPath(relative_path)
    return tuple(
        invalidation_for(row.event, language=row.language, project=project)
        for row in CONFIGURATION_FILES
        if fnmatchcase("/".join(path.parts[-(row.pattern.count("/") + 1) :]), row.pattern)
    )


def watched_globs() -> tuple[str, ...]:
    """Globs, as a language client takes them, of every file that raises an event."""
    return tuple(dict.fromkeys(f"**/{row.pattern}" for row in CONFIGURATION_FILES))
