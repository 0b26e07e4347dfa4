from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from aurelis.composition.project_watch import ProjectWatch
from aurelis.core.deadline import SystemClock
from aurelis.core.ports import Invalidation
from aurelis.core.request import Task
from aurelis.store.database import Database
from aurelis.store.project_files import ProjectFiles

Look = Callable[[], Awaitable[list[Invalidation]]]


@pytest_asyncio.fixture
async def process(tmp_path: Path) -> AsyncIterator[Callable[..., tuple[ProjectWatch, Look]]]:
    """Makes what one process has: a watch over a folder, and a look that tells what it dropped."""
    opened: list[Database] = []

    def make(*folders: Path) -> tuple[ProjectWatch, Look]:
        dropped: list[Invalidation] = []

        async def drop(invalidation: Invalidation) -> None:
            dropped.append(invalidation)

        opened.append(Database(tmp_path / "state" / "store.sqlite3"))
        watch = ProjectWatch(SystemClock(), ProjectFiles(opened[-1]), drop)
        watch.adopt(folders)

        async def look() -> list[Invalidation]:
            await watch.look(closely=True)
            await watch.aclose()
            found = list(dropped)
            dropped.clear()
            return found

        return watch, look

    yield make
    for database in opened:
        await database.aclose()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    (folder / "docs").mkdir(parents=True)
    (folder / ".prettierrc").write_text("{}")
    return folder


Process = Callable[..., tuple[ProjectWatch, Look]]


async def test_a_changed_file_drops_what_it_made_stale(process: Process, project: Path) -> None:
    """Written, added or removed, a configuration file raises its events once, for its project alone."""
    _, look = process(project)
    assert await look() == []
    (project / ".prettierrc").write_text('{"semi": false}')
    (dropped,) = await look()
    assert (Task.REFACTORING in dropped.tasks, dropped.project, dropped.path) == (True, "one", None)
    assert await look() == []
    (project / "docs" / "conf.py").write_text("extensions = []")
    assert [(item.tasks, item.language) for item in await look()] == [({Task.DOCUMENTATION}, "python")]
    (project / ".prettierrc").unlink()
    assert len(await look()) == 1
    assert await look() == []


async def test_a_file_that_says_the_same_changes_nothing(process: Process, project: Path) -> None:
    """A new time stamp alone, or another file of the project, drops nothing."""
    _, look = process(project)
    await look()
    os.utime(project / ".prettierrc", ns=(1, 1))
    (project / "main.py").write_text("x = 1")
    assert await look() == []


async def test_a_change_while_no_server_ran_is_found(process: Process, project: Path) -> None:
    """The next process compares with how the files were."""
    _, look = process(project)
    await look()
    (project / ".prettierrc").write_text('{"semi": false}')
    _, later = process(project)
    assert len(await later()) == 1


async def test_of_two_processes_one_is_told(process: Process, project: Path) -> None:
    """Both see the same change; the second to look, and a client that tells of it, find it dealt with."""
    watch, look = process(project)
    _, other = process(project)
    await look()
    await other()
    (project / ".prettierrc").write_text('{"semi": false}')
    assert sorted([len(await look()), len(await other())]) == [0, 1]
    await watch.changed([project / ".prettierrc"])
    assert await look() == []


async def test_a_client_tells_of_files_anywhere_in_the_project(process: Process, project: Path) -> None:
    """A package's own file counts for what lies below it; files of no interest and of other folders are passed over."""
    watch, look = process(project)
    inner = project / "packages" / "web"
    inner.mkdir(parents=True)
    (inner / "package.json").write_text("{}")
    await look()
    await watch.changed([inner / "package.json", inner / "index.js", project.parent / "package.json"])
    dropped = await look()
    assert {(item.project, item.path) for item in dropped} == {("one", "packages/web")}
    await watch.changed([inner / "package.json"])
    assert await look() == []


async def test_odd_files_are_passed_over(process: Process, project: Path) -> None:
    """A folder and a pipe with a configuration file's name hold nothing up, and a folder that is gone has no files."""
    (project / "pyproject.toml").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(project / "setup.cfg")
    watch, look = process(project, project / "gone")
    assert await look() == []
    await watch.changed([project / "setup.cfg"])
    assert await look() == []


async def test_a_change_that_could_not_be_compared_is_found_by_the_next_look(tmp_path: Path, project: Path) -> None:
    """When the store fails for a moment, the change is not forgotten."""

    class FailingOnce(ProjectFiles):
        fails = False

        async def changed(
            self, project: str, digests: Mapping[str, str], now: float, *, watched: bool
        ) -> frozenset[str]:
            if self.fails:
                self.fails = False
                raise OSError("gone for a moment")
            return await super().changed(project, digests, now, watched=watched)

    dropped: list[Invalidation] = []

    async def drop(invalidation: Invalidation) -> None:
        dropped.append(invalidation)

    database = Database(tmp_path / "state" / "store.sqlite3")
    files = FailingOnce(database)
    watch = ProjectWatch(SystemClock(), files, drop)
    watch.adopt([project])
    await watch.look(closely=True)
    await watch.aclose()
    (project / ".prettierrc").write_text('{"semi": false}')
    files.fails = True
    for _ in range(2):
        assert not dropped
        await watch.look(closely=True)
        await watch.aclose()
    assert dropped
    await database.aclose()
