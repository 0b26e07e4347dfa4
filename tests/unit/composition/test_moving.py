"""A model server of this machine takes over from the sandbox and gives way to it; an announced end is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aurelis.app import Application
from aurelis.composition import on_this_machine
from aurelis.composition.health import CONNECT_A_MODEL
from aurelis.composition.on_this_machine import LOOK_SECONDS
from aurelis.core.deadline import SystemClock, Timing
from aurelis.core.reply import Completed
from aurelis.core.request import Message, Request, Task
from aurelis.providers.discovery import Probe
from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import run_sandbox
from aurelis.workflow.services import Status


class AdvancedClock(SystemClock):
    """The machine's clock, which a test can put forward."""

    ahead = 0.0

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return super().monotonic() + self.ahead


async def who_answers(application: Application, text: str) -> str:
    """Ask something, and name the provider whose answer it was."""
    request = Request(
        request_id=text,
        task=Task.GENERAL,
        messages=(Message("user", text),),
        timing=Timing(first_token=20.0, chunk=20.0, answer=20.0),
        cacheable=False,
    )
    async for event in application.stream(request):
        if isinstance(event, Completed):
            return event.answer.model.provider
    raise AssertionError(text)


async def test_a_server_that_is_started_later_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While only the sandbox answers, the end of a request now and then is the moment to look around again."""
    places: list[Probe] = []
    monkeypatch.setattr(on_this_machine, "places", lambda *_: tuple(places))
    clock = AdvancedClock()
    application = Application({"HOME": str(tmp_path), "PATH": ""}, clock)
    await application.configure()
    await application.start()
    moved = asyncio.Event()
    application.on_status(lambda status: moved.set() if status.model == "llamacpp" else None)
    try:
        async with run_sandbox(profile="llamacpp") as server, asyncio.timeout(40):
            places.append(Probe(server.port, "llamacpp"))
            assert await who_answers(application, "first") == "sandbox"
            assert not moved.is_set()
            clock.ahead = LOOK_SECONDS
            assert await who_answers(application, "second") == "sandbox"
            await moved.wait()
            assert await who_answers(application, "third") == "llamacpp"
    finally:
        await application.aclose()


async def test_a_server_that_stops_gives_way_until_it_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody chose the server that was found, so that without it the sandbox answers and the status says what to do."""
    places: list[Probe] = []
    monkeypatch.setattr(on_this_machine, "places", lambda *_: tuple(places))
    clock = AdvancedClock()
    application = Application({"HOME": str(tmp_path), "PATH": ""}, clock)
    statuses: list[Status] = []
    moved = asyncio.Event()
    await application.configure()
    try:
        async with asyncio.timeout(40):
            async with run_sandbox(profile="llamacpp") as server:
                places.append(Probe(server.port, "llamacpp"))
                await application.start()
                application.on_status(statuses.append)
                assert await who_answers(application, "first") == "llamacpp"
            assert await who_answers(application, "second") == "sandbox"
            assert (statuses[-1].health, statuses[-1].message) == ("warning", CONNECT_A_MODEL)
            async with run_sandbox(profile="llamacpp") as server:
                places[:] = [Probe(server.port, "llamacpp")]
                application.on_status(lambda status: moved.set() if "llamacpp" in str(status.model) else None)
                clock.ahead += LOOK_SECONDS
                assert await who_answers(application, "third") == "sandbox"
                await moved.wait()
                assert await who_answers(application, "fourth") == "llamacpp"
    finally:
        await application.aclose()


async def test_the_health_of_a_server_that_stopped_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record and the list of models speak of who would answer now."""
    places: list[Probe] = []
    monkeypatch.setattr(on_this_machine, "places", lambda *_: tuple(places))
    clock = AdvancedClock()
    application = Application({"HOME": str(tmp_path), "PATH": ""}, clock)
    await application.configure()
    try:
        async with run_sandbox(profile="llamacpp") as server, asyncio.timeout(40):
            places.append(Probe(server.port, "llamacpp"))
            await application.start()
            assert (await application.health(deep=False))["chosen"]["provider"] == "llamacpp"
        record = await application.health(deep=False)
        assert (record["chosen"]["provider"], record["next"]) == ("sandbox", CONNECT_A_MODEL)
        assert {row["provider"] for row in await application.models()} == {"sandbox"}
    finally:
        await application.aclose()


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions"])
async def test_an_announced_end_reaches_the_status(tmp_path: Path, path: str) -> None:
    """Whether the list of models or an answer brings the `Sunset` header, a warning names the day."""
    headers = {"sunset": "Thu, 30 Jul 2099 00:00:00 GMT", "deprecation": "@1777939200"}
    application = Application({"HOME": str(tmp_path)})
    warned: asyncio.Queue[Status] = asyncio.Queue()
    async with run_sandbox(scenario=[Step(path=path, headers=headers)]) as sandbox, asyncio.timeout(40):
        await application.configure(editor={"providers": {"mine": {"baseUrl": sandbox.base_url}}})
        await application.start()
        application.on_status(lambda status: warned.put_nowait(status) if status.health == "warning" else None)
        try:
            if path != "/v1/models":
                assert await who_answers(application, "hello") == "mine"
            status = await warned.get()
        finally:
            await application.aclose()
    assert "2099-07-30" in (status.message or "")
