"""The application for one command: configured for the folder that the person is in, started, and closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aurelis.app import Application
from aurelis.cli.command_line import say
from aurelis.cli.waiting import end_waiting
from aurelis.observe.logs import set_log_level
from aurelis.workflow.services import Status


@asynccontextmanager
async def opened_services(*, tell_status: bool = True) -> AsyncIterator[Application]:
    """The services, with every setting that was not taken and anything amiss with the models told on standard error."""
    application = Application(log_level=set_log_level)
    for problem in await application.configure(folders=[Path.cwd()]):
        say(f"{problem.path}: {problem.message}")
    try:
        await application.start()
        end_waiting()
        if tell_status:
            application.on_status(_StatusTeller().hear)
        yield application
    finally:
        await application.aclose()


class _StatusTeller:
    """Says a warning when the first status comes; later changes, and what fails, are seen in the answer."""

    def __init__(self) -> None:
        self._told = False

    def hear(self, status: Status) -> None:
        """Take a status."""
        if not self._told and status.health == "warning" and status.message:
            say(status.message)
        self._told = True
