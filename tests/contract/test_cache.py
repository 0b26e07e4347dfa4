"""Kept answers in server processes of their own, with a real Redis that is stopped and started in the middle."""

from __future__ import annotations

import asyncio
import os
import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Desk, Request, Upstream, desk
from fixtures.redis_server import RedisServer

pytestmark = pytest.mark.timeout(400)
"""Several processes one after the other, each of which starts slowly on a busy machine."""

CODE = "def add(first, second):\n    return first + second\n"
TEAM = {"TEAM_KEY": "a secret of the whole team"}
HELD_UP_SECONDS = 20.0
"""For twelve requests of a server whose Redis hangs; by themselves they are held up for two."""
MANY = 10_000


def explained(request: Request) -> str:
    """An explanation, or the code of the prompt with a docstring."""
    prompt = request.json["messages"][-1]["content"]
    if "Verb: explain" in prompt:
        return "It adds.\n"
    code = prompt.rpartition("```python\n")[2].partition("\n```")[0]
    return "```python\n" + code.replace("):\n", '):\n    """Do it."""\n', 1) + "\n```\n"


async def asked(at: Desk, command: str, uri: str, **more: Any) -> Any:
    """The layer that answered; None when a model did."""
    result = await at.command(command, textDocument={"uri": uri}, **more)
    return result["cached"]


def settings_of(upstream: Upstream, redis: RedisServer) -> dict[str, Any]:
    """One upstream, all three layers."""
    return upstream.settings(cache={"redis": {"url": redis.url, "keyEnv": "TEAM_KEY"}})


@pytest.mark.needs("redis-server")
async def test_the_nearest_layer_answers_over_restarts(tmp_path: Path, redis_server: RedisServer) -> None:
    """Memory, after a restart Redis, after Redis has gone the disk, all with the upstream down; and Redis again."""
    async with Upstream(explained) as upstream:
        settings = settings_of(upstream, redis_server)
        async with desk(tmp_path, settings, env=TEAM) as at:
            uri = at.open("a.py", CODE)
            assert [await asked(at, "explain", uri) for _ in range(2)] == [None, "memory"]
        upstream.status = 503
        async with desk(tmp_path, settings, env=TEAM) as at:
            at.open("a.py", CODE)
            assert [await asked(at, "explain", uri) for _ in range(2)] == ["redis", "memory"]
            redis_server.stop()
            assert await asked(at, "explain", uri) == "memory"
        async with desk(tmp_path, settings, env=TEAM) as at:
            at.open("a.py", CODE)
            result = await at.command("explain", textDocument={"uri": uri})
            assert (result["cached"], result["text"], result["costUsd"]) == ("disk", "It adds.\n", 0.0)
            assert [attempt["outcome"] for attempt in result["attempts"]] == ["cached"]
            streamed = [part for part in at.editor.all("aurelis/stream") if part["requestId"] == result["requestId"]]
            assert "".join(part["delta"] for part in streamed) == "It adds.\n"
            assert streamed[-1]["done"]
            redis_server.start()
        assert len(upstream.asked) == 1
        warnings = [line for line in at.errors.read_text("utf-8").split("\n") if "shared cache" in line]
        assert len(warnings) == 2  # One for each process that met the server gone.


@pytest.mark.needs("redis-server")
async def test_a_shared_cache_that_hangs_holds_nobody_up(tmp_path: Path, redis_server: RedisServer) -> None:
    """Redis hangs with its connections open, goes on, is killed while it hangs and started: all are answered soon."""
    only_redis = {"redis": {"url": redis_server.url, "keyEnv": "TEAM_KEY"}, "memory": {"enabled": False}}
    async with Upstream(explained) as upstream:
        settings = upstream.settings(cache={**only_redis, "disk": {"enabled": False}})
        settings["providers"]["custom"]["limits"] = {"requestsPerMinute": 10_000}  # The team's count is Redis's too.
        async with desk(tmp_path, settings, env=TEAM) as at:
            uri = at.open("a.py", CODE)
            assert [await asked(at, "explain", uri) for _ in range(2)] == [None, "redis"]
            for end in (redis_server.thaw, redis_server.kill):
                redis_server.freeze()
                async with asyncio.timeout(HELD_UP_SECONDS):
                    asking = [asked(at, "explain", uri, instruction=f"{end.__name__} {n}") for n in range(12)]
                    assert await asyncio.gather(*asking) == [None] * 12
                end()
                redis_server.start()
                while await asked(at, "explain", uri, instruction=f"after {end.__name__}") != "redis":
                    assert len(upstream.asked) < MANY


@pytest.mark.needs("redis-server")
async def test_a_teammate_shares_what_another_may_not(tmp_path: Path, redis_server: RedisServer) -> None:
    """Another machine with the team's key finds the answer in Redis; one with another key asks for itself."""
    async with Upstream(explained) as upstream:
        found = []
        for name, key in [("one", TEAM), ("two", TEAM), ("three", {"TEAM_KEY": "a secret of somebody else"})]:
            (tmp_path / name).mkdir()
            async with desk(tmp_path / name, settings_of(upstream, redis_server), env=key) as at:
                found.append(await asked(at, "explain", at.open("a.py", CODE)))
        assert found == [None, "redis", None]


async def test_near_identical_requests(tmp_path: Path) -> None:
    """The person's own words are folded for explanations and documentation, code and everything else is not."""
    async with Upstream(explained) as upstream, desk(tmp_path, upstream.settings()) as at:
        uri = at.open("a.py", CODE)
        spaced = at.open("b/a.py", CODE.replace("first + second", "first  + second"))
        table: list[tuple[str, str, dict[str, Any], Any]] = [
            ("explain", uri, {"instruction": "Focus on Errors"}, None),
            ("explain", uri, {"instruction": "  focus\n on   ERRORS "}, "memory"),
            ("explain", uri, {"instruction": "focus on `Errors`"}, None),
            ("document", uri, {"instruction": "Be short."}, None),
            ("document", uri, {"instruction": "be  SHORT."}, "memory"),
            ("refactor", uri, {"instruction": "Be short."}, None),
            ("refactor", uri, {"instruction": "be short."}, None),
            ("explain", spaced, {"instruction": "Focus on Errors"}, None),
            *(
                ("explain", uri, {"metadata": {name: value}}, found)
                for name in ("framework", "style", "complexity", "targetAudience", "codeStyle", "documentationFormat")
                for value, found in (("one", None), ("One", None), ("one", "memory"))
            ),
            ("explain", uri, {"temperature": 0.9}, None),
            ("explain", uri, {"maxTokens": 99}, None),
        ]
        found = [(command, more, await asked(at, command, where, **more)) for command, where, more, _ in table]
        assert found == [(command, more, layer) for command, _, more, layer in table]


async def test_a_secret_may_change_and_comes_back_as_it_is(tmp_path: Path) -> None:
    """An answer given with one secret serves another in its place, whose own value stands in the edit."""
    old, new = "ghp_" + "x9K2mQ7vR4tY8uW3eZ6aB1cD5fG0hJ2kL9nP", "ghp_" + "Q1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J7k8"

    def rewritten(request: Request) -> str:
        prompt = request.json["messages"][-1]["content"]
        code = prompt.rpartition("```python\n")[2].partition("\n```")[0]
        return "```python\n" + code.replace("call(", "recall(") + "\n```\n"

    async with Upstream(rewritten) as upstream, desk(tmp_path, upstream.settings()) as at:
        uri = at.open("a.py", f'def f():\n    return call("{old}")\n')
        assert await asked(at, "refactor", uri) is None
        text = f'def f():\n    return call("{new}")\n'
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]}
        at.editor.notify("textDocument/didChange", change)
        result = await at.command("refactor", textDocument={"uri": uri})
        assert result["cached"] == "memory"
        assert len(upstream.asked) == 1
        (edits,) = result["edit"]["documentChanges"]
        assert old not in str(edits)
        told = b"".join(path.read_bytes() for path in at.home.rglob("*") if path.is_file())
        assert old.encode() not in told
        assert new.encode() not in told


async def test_what_one_process_drops_no_other_serves(tmp_path: Path) -> None:
    """By command or because the project is configured anew: both processes ask again, for what became stale alone."""
    async with (
        Upstream(explained) as upstream,
        desk(tmp_path, upstream.settings()) as one,
        desk(tmp_path, upstream.settings()) as two,
    ):
        uri = one.open("a.py", CODE)
        two.open("a.py", CODE)

        async def kept(command: str) -> list[Any]:
            return [await asked(at, command, uri) for at in (one, two)]

        async def new(command: str) -> bool:
            """Whether one asked, and two found that on the disk or asked: a slow disk is not waited for long."""
            while (first := await asked(one, command, uri)) == "memory":
                pass
            while (second := await asked(two, command, uri)) == "memory":
                pass
            return first is None and second in {"disk", None}

        assert await new("explain")
        assert await new("document")
        for narrow in ({"language": "rust"}, {"path": "b.py"}, {"project": "other"}):
            dropped = await one.command("cache.invalidate", event="concept_change", **narrow)
            assert (dropped, await kept("explain")) == ({"removed": 0}, ["memory", "memory"])
        for narrow in ({"language": "python"}, {"path": "a.py"}, {"path": uri}, {"project": "work"}, {}):
            await one.command("cache.invalidate", event="concept_change", **narrow)
            assert await new("explain")
        (one.folder / "pyproject.toml").write_text("[tool.ruff.lint.pydocstyle]\nconvention = 'google'\n")
        assert await new("document")
        assert await kept("explain") == ["memory", "memory"]
        error = await one.refused("cache.invalidate", event="nonsense")
        assert error["data"]["kind"] == "configuration"
        assert "concept_change" in error["message"]


def _planted(column: str) -> Callable[[sqlite3.Connection, bytes], Any]:
    statements = {
        "value": "UPDATE Cache SET mode = 4, value = ?",
        "key": "UPDATE Cache SET raw = 0, key = ?",
    }
    return lambda connection, payload: connection.execute(statements[column], (payload,))


class _Plant:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self._path),))


@pytest.mark.parametrize("column", ["value", "key"])
async def test_a_planted_pickle_is_a_miss_and_never_runs(tmp_path: Path, column: str) -> None:
    """Whatever lies in the database is read as bytes or not at all; the same request is simply asked again."""
    async with Upstream(explained) as upstream:
        async with desk(tmp_path, upstream.settings()) as at:
            uri = at.open("a.py", CODE)
            await asked(at, "explain", uri)
        (database,) = (tmp_path / "home").rglob("cache.db")
        with closing(sqlite3.connect(database)) as connection:
            _planted(column)(connection, pickle.dumps(_Plant(tmp_path / "ran")))
            connection.commit()
        async with desk(tmp_path, upstream.settings()) as at:
            at.open("a.py", CODE)
            assert [await asked(at, "explain", uri) for _ in range(2)] == [None, "memory"]
            await at.command("cache.invalidate", event="concept_change")
            await at.command("cache.clear")
        assert not (tmp_path / "ran").exists()
