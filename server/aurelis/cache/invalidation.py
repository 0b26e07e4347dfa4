"""Which answers an event makes stale, and which events the change of a file raises."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from aurelis.cache.configuration_files import CONFIGURATION_FILES
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

    A file in an inner folder, such as a package of a larger project, concerns what lies below that folder.

    Args:
        relative_path: the file, relative to its project, with slashes.
        project: the project's name in the tags.
    """
    parts = PurePosixPath(relative_path).parts
    found = []
    for row in CONFIGURATION_FILES:
        length = row.pattern.count("/") + 1
        if fnmatchcase("/".join(parts[-length:]), row.pattern):
            below = "/".join(parts[:-length]) or None
            found.append(invalidation_for(row.event, language=row.language, path=below, project=project))
    return tuple(found)


def watched_globs() -> tuple[str, ...]:
    """Globs, as a language client takes them, of every file that raises an event."""
    return tuple(dict.fromkeys(f"**/{row.pattern}" for row in CONFIGURATION_FILES))
