"""From a running task to the terminal: what is waited for, the text as it streams, and who answered."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import Final

from aurelis.cli.command_line import DONE, FAILED, counted, say
from aurelis.cli.waiting import end_waiting, show_waiting
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference
from aurelis.core.plain_text import plain_text
from aurelis.core.reply import FinishReason, Received, Waiting
from aurelis.workflow.events import Outcome, Started, StreamText
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.result import summary_of
from aurelis.workflow.run import run
from aurelis.workflow.services import Services

UNUSABLE_CHARACTERS: Final = 2_000
UNUSABLE_LINES: Final = 30
"""How much of an answer without use is shown."""
_TOO_LONG: Final = "The answer ended at its limit of tokens; --max-tokens raises it."
_BROKEN_OFF: Final = "The answer broke off before its end; run the command again for all of it."


async def ask(services: Services, invocation: Invocation, *, show: bool) -> Outcome:
    """Run a task and show how it goes; `show` prints the text as it comes.

    Raises:
        RequestError: as the task does. At a terminal, what a model said whose answer is of no use was shown then.
    """
    screen = _Screen(show=show)
    try:
        outcome = await ask_quietly(services, invocation, screen)
    except RequestError as error:
        if error.kind is ErrorKind.INVALID_RESPONSE:
            screen.unusable(said(services, error.request_id))
        raise
    finally:
        screen.end()
    screen.answered(outcome)
    return outcome


def exit_code(*outcomes: Outcome) -> int:
    """Whether an answer broke off, which a script would take for whole; one as long as was allowed has not failed."""
    return FAILED if any(_broke_off(outcome) for outcome in outcomes) else DONE


def _broke_off(outcome: Outcome) -> bool:
    return outcome.answer.incomplete and outcome.answer.finish is not FinishReason.LENGTH


async def ask_quietly(services: Services, invocation: Invocation, screen: _Screen | None = None) -> Outcome:
    """Run a task and show nothing, unless on the screen that is given.

    Raises:
        RequestError: as the task does.
    """
    outcome: Outcome | None = None
    async with aclosing(run(services, invocation)) as events:
        async for event in events:
            if isinstance(event, Outcome):
                outcome = event
            elif screen is not None:
                screen.hear(event)
    if outcome is None:
        raise RequestError(ErrorKind.INVALID_RESPONSE, "The model ended without an answer; try again.")
    return outcome


class _Screen:
    """What a person sees of one request; `show` prints the text of the answer."""

    def __init__(self, *, show: bool) -> None:
        self._show = show
        self._shown = ""
        self._asked: ModelReference | None = None
        show_waiting("Preparing the request ...")

    def hear(self, event: Started | Waiting | StreamText | Received) -> None:
        """Take what the task tells."""
        match event:
            case Started(model=model):
                self._asked = model
                show_waiting(f"Asking {model} ...")
            case Waiting(model, reason) if sys.stderr.isatty():
                say(f"{model}: {reason}")
            case Received(characters):
                show_waiting(f"{self._asked} answers: {counted(characters, 'character')} ...")
            case StreamText(delta) if self._show:
                self._print(delta)
            case Waiting() | StreamText():
                pass

    def answered(self, outcome: Outcome) -> None:
        """Say who answered, once the text is there."""
        if not self._show:
            return
        if not self._shown:
            self._print(outcome.text)
            self.end()
        if outcome.answer.incomplete:
            say(_BROKEN_OFF if _broke_off(outcome) else _TOO_LONG)
        if sys.stderr.isatty():
            say(summary_of(outcome))

    def unusable(self, words: str) -> None:
        """Show what a model said that is of no use, unless it was seen as it came."""
        if not self._shown:
            show_unusable(words)

    def end(self) -> None:
        """Leave the cursor at the beginning of a line."""
        if not self._shown:
            end_waiting()
        elif not self._shown.endswith("\n"):
            self._print("\n")

    def _print(self, text: str) -> None:
        if not self._shown:
            end_waiting()
        sys.stdout.write(text)
        sys.stdout.flush()
        self._shown = text or self._shown


def show_unusable(words: str) -> None:
    """Show what a model said that is of no use: it may tell why, and a person can judge it; a log must not."""
    if not words or not sys.stderr.isatty():
        return
    lines = words[:UNUSABLE_CHARACTERS].splitlines()[:UNUSABLE_LINES]
    if len("\n".join(lines)) < len(words):
        lines.append("...")
    say("\n".join(("The model said:", *(f"  {line}" if line else "" for line in lines))))


def said(services: Services, request_id: str | None) -> str:
    """What a model said to one of the last requests."""
    sent = services.sent(request_id) if request_id is not None else ()
    return plain_text(sent[-1].answer).strip() if sent else ""
