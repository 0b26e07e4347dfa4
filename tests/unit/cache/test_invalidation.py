from __future__ import annotations

import pytest

from aurelis.cache.configuration_files import CONFIGURATION_FILES
from aurelis.cache.invalidation import (
    EVENT_TASKS,
    invalidation_for,
    invalidations_for_file,
    watched_globs,
)
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Task

EDITS = {Task.CODE_GENERATION, Task.COMPLETION, Task.REFACTORING, Task.OPTIMIZATION, Task.TESTING, Task.FIX}


@pytest.mark.parametrize(
    ("event", "tasks"),
    [
        ("code_style_change", EDITS),
        ("framework_update", EDITS),
        ("api_change", {Task.DOCUMENTATION}),
        ("documentation_standard_update", {Task.DOCUMENTATION}),
        ("concept_change", {Task.EXPLANATION}),
    ],
)
def test_an_event_drops_its_tasks(event: str, tasks: set[Task]) -> None:
    """Each event drops what the contract says, everywhere unless it is narrowed."""
    invalidation = invalidation_for(event)
    assert invalidation.tasks == tasks
    assert (invalidation.language, invalidation.path, invalidation.project) == (None, None, None)


def test_an_event_is_narrowed() -> None:
    """Language, path and project narrow an event; empty ones do not."""
    narrowed = invalidation_for("api_change", language="python", path="src", project="one")
    assert (narrowed.language, narrowed.path, narrowed.project) == ("python", "src", "one")
    assert invalidation_for("api_change", language="", path="", project="") == invalidation_for("api_change")


def test_an_unknown_event_is_an_error() -> None:
    """An event that does not exist is a wrong configuration, and the error names those that do."""
    with pytest.raises(RequestError) as raised:
        invalidation_for("code_style")
    assert raised.value.kind is ErrorKind.CONFIGURATION
    assert all(event in raised.value.message for event in EVENT_TASKS)


@pytest.mark.parametrize(
    ("path", "events"),
    [
        ("pyproject.toml", {"code_style_change", "framework_update", "documentation_standard_update"}),
        ("packages/one/pyproject.toml", {"code_style_change", "framework_update", "documentation_standard_update"}),
        ("requirements-dev.txt", {"framework_update"}),
        (".prettierrc.json", {"code_style_change"}),
        ("Cargo.toml", {"framework_update"}),
        ("docs/conf.py", {"documentation_standard_update"}),
        ("other/conf.py", set()),
        ("mkdocs.yml", {"documentation_standard_update"}),
        ("src/main.py", set()),
        ("Makefile", set()),
    ],
)
def test_a_configuration_file_raises_its_events(path: str, events: set[str]) -> None:
    """Formatter, linter, dependency and documentation settings raise events; other files raise none."""
    found = invalidations_for_file(path, "one")
    assert {item.project for item in found} <= {"one"}
    expected = {invalidation_for(event).tasks for event in events}
    assert {item.tasks for item in found} == expected


@pytest.mark.parametrize(
    ("path", "below"),
    [
        (".prettierrc", None),
        ("docs/conf.py", None),
        ("packages/one/.prettierrc", "packages/one"),
        ("packages/one/docs/conf.py", "packages/one"),
    ],
)
def test_a_file_in_an_inner_folder_concerns_what_lies_below(path: str, below: str | None) -> None:
    """A package's own settings drop the answers to its own files, those of the project's folder all of them."""
    assert {item.path for item in invalidations_for_file(path)} == {below}


def test_every_row_names_a_known_event_and_is_watched() -> None:
    """The table holds no event that does not exist, and an editor is asked to watch every row."""
    assert {row.event for row in CONFIGURATION_FILES} <= set(EVENT_TASKS)
    assert len(set(watched_globs())) == len(watched_globs()) == len({row.pattern for row in CONFIGURATION_FILES})
