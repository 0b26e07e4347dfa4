"""`aurelis batch TASK PATH...`: one task on many files or symbols, with progress, in input order, resumable."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from aurelis.app import Application
from aurelis.cli.asking import ask_quietly, said, show_unusable
from aurelis.cli.batch_changes import FileChanges, Written, write_file
from aurelis.cli.batch_memory import BatchMemory, Kept
from aurelis.cli.command_line import DONE, FAILED, say
from aurelis.cli.documents import Chosen, open_target, read_target
from aurelis.cli.invocations import invocation_for
from aurelis.cli.outcomes import add_output_options, diff_of, edit_json, print_json
from aurelis.cli.request_options import add_request_options
from aurelis.cli.services import opened_services
from aurelis.core.deadline import SystemClock
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Urgency
from aurelis.orchestrator.batch import Batch, run_batch
from aurelis.workflow.events import Outcome
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.result import result_of
from aurelis.workflow.run import likely_model, replay

TASKS: Final = ("explain", "fix", "refactor", "optimize", "document", "test", "review")


@attrs.frozen
class _Item:
    """One place to work on, as the person wrote it, with what was read there and the model that is likely asked."""

    name: str
    chosen: Chosen
    invocation: Invocation
    model: str | None = None


@attrs.frozen
class _Answered:
    """An item's Result, and the outcome that it came from, unless all of it was done in an earlier run."""

    result: Mapping[str, Any]
    outcome: Outcome | None = None


def configure(parser: argparse.ArgumentParser, _word: str) -> None:
    """Add the options."""
    parser.add_argument("task", choices=TASKS, help="what to do with each")
    parser.add_argument("targets", nargs="+", metavar="PATH[:A[-B]]", help="files, definitions or lines")
    parser.add_argument("--instruction", default="", metavar="TEXT", help="what you want in particular")
    parser.add_argument("--resume", action="store_true", help="go on with the same batch where it was interrupted")
    add_request_options(parser)
    add_output_options(parser, edits=True)


async def run(arguments: argparse.Namespace) -> int:
    """Ask for each; print the results in input order; 1 when any failed."""
    async with opened_services() as services:
        results, work = await _results(services, arguments)
    failures = sum("error" in result for _, result in results)
    if arguments.json:
        print_json([{"target": name, **result} for name, result in results])
    else:
        earlier, words, created = work.earlier(), work.words(), work.created()
        for name, result in results:
            show_unusable(words.get(name, ""))
            done = f"{name} was finished before." if name in earlier else f"Wrote {created.get(name, name)}."
            _show(name, result, done, diff=arguments.diff)
    if failures:
        say(f"{failures} of {len(results)} failed.")
    return FAILED if failures else DONE


async def _results(
    services: Application, arguments: argparse.Namespace
) -> tuple[list[tuple[str, Mapping[str, Any]]], _Run]:
    """The results in input order, and the run that they come from."""
    items: list[_Item] = []
    ended: dict[str, Mapping[str, Any]] = {}
    for name in dict.fromkeys(arguments.targets):
        try:
            chosen = await open_target(read_target(name))
        except RequestError as error:
            ended[name] = _failure(error)
            continue
        refusal = services.egress.refusal(chosen.snapshot.source)
        if refusal is None:
            items.append(await _item(services, name, chosen, arguments))
        else:
            say(f"Skipped {_named(name, refusal)}")
            ended[name] = {"skipped": refusal}
    work = _Run(services, arguments, items)
    found = await work.results()
    ended |= {item.name: result for item, result in zip(items, found, strict=True)}
    return [(name, ended[name]) for name in arguments.targets], work


async def _item(services: Application, name: str, chosen: Chosen, arguments: argparse.Namespace) -> _Item:
    invocation = await invocation_for(services, arguments.task, chosen, arguments, streams=False, urgency=Urgency.BATCH)
    return _Item(name, chosen, invocation, await likely_model(services, invocation))


class _Run:
    """One run of a batch."""

    def __init__(self, services: Application, arguments: argparse.Namespace, items: Sequence[_Item]) -> None:
        self._services = services
        self._arguments = arguments
        self._items = items
        self._changes = FileChanges([item.chosen.snapshot for item in items])
        self._writing: set[asyncio.Task[list[Written]]] = set()  # Bounded by the items.
        self._kept: Mapping[int, Kept] = {}
        self._ended = 0
        self._words: dict[int, str] = {}  # Of answers that are of no use; bounded by the items.
        self._created: dict[int, str] = {}  # Names of new files; bounded by the items.

    async def results(self) -> list[Mapping[str, Any]]:
        """Ask for what is not done yet; the results in the order of the items."""
        arguments, clock = self._arguments, SystemClock()
        self._memory = await BatchMemory.open(await self._services.batch_progress(), clock, arguments)
        places = [(item.name, item.chosen) for item in self._items]
        self._kept = {n: kept for n, place in enumerate(places) if (kept := self._memory.kept(*place)) is not None}
        finished = {n: _Answered(kept.result) for n, kept in self._kept.items() if kept.whole}
        for number in finished:
            self._changes.ended(number, None)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            line = bar.add_task(arguments.task, total=len(self._items), completed=len(finished))

            def done(number: int, ended: _Answered | RequestError) -> None:
                bar.advance(line)
                self._take(number, ended)

            batch = Batch[int, _Answered](
                items=range(len(self._items)),
                ask=self._ask,
                group_of=lambda number: self._items[number].model,
                done=done,
                finished=finished,
            )
            try:
                answers = await run_batch(batch, clock)
                written = [each for task in self._writing for each in await task]
            except asyncio.CancelledError:
                count = len(finished) + self._ended
                say(f"{count} of {len(self._items)} were done; the same command with --resume goes on from there.")
                raise
        by_number = {each.number: each for each in written}
        return [self._result(n, answer, by_number.get(n)) for n, answer in enumerate(answers)]

    def earlier(self) -> frozenset[str]:
        """The targets that nothing was left to be done for."""
        return frozenset(self._items[number].name for number, kept in self._kept.items() if kept.whole)

    def created(self) -> Mapping[str, str]:
        """The new files that hold the answers, by target."""
        return {self._items[number].name: name for number, name in self._created.items()}

    def words(self) -> Mapping[str, str]:
        """What models said whose answers are of no use, by target."""
        return {self._items[number].name: words for number, words in self._words.items()}

    async def _ask(self, number: int) -> _Answered:
        item, kept = self._items[number], self._kept.get(number)
        if kept is not None:
            try:
                outcome = await replay(self._services, item.invocation, kept.answer())
            except RequestError:
                pass  # It is of no use any more, for example because settings changed: ask anew.
            else:
                return _Answered(kept.result, outcome)
        outcome = await ask_quietly(self._services, item.invocation)
        result = result_of(outcome)
        await self._memory.answered(item.name, item.chosen, Kept.of(result, outcome))
        return _Answered(result, outcome)

    def _take(self, number: int, ended: _Answered | RequestError) -> None:
        self._ended += not isinstance(ended, RequestError)
        if isinstance(ended, RequestError) and ended.kind is ErrorKind.INVALID_RESPONSE:
            self._words[number] = said(self._services, ended.request_id)
        outcomes = self._changes.ended(number, None if isinstance(ended, RequestError) else ended.outcome)
        if outcomes and self._arguments.write:
            work = write_file(outcomes, self._items[number].chosen.folder, self._note)
            self._writing.add(asyncio.create_task(work))

    async def _note(self, number: int, text: str) -> None:
        item = self._items[number]
        await self._memory.written(item.name, item.chosen, text)

    def _result(self, number: int, ended: _Answered | RequestError, written: Written | None) -> Mapping[str, Any]:
        if isinstance(ended, RequestError):
            return _failure(ended)
        outcome = ended.outcome
        if outcome is None or not (outcome.edits or outcome.new_file):
            return ended.result
        if written is not None and written.error is not None:
            return _failure(written.error)
        if outcome.new_file is not None:
            self._created[number] = outcome.new_file.name
        if outcome.confirmation is not None:
            say(f"Look at the change of {self._items[number].name}: {outcome.confirmation}")
        edit = edit_json(outcome, self._items[number].chosen.folder)
        return {**ended.result, "edit": edit, "applied": written is not None, "diff": diff_of(outcome)}


def _show(name: str, result: Mapping[str, Any], done: str, *, diff: bool) -> None:
    if "skipped" in result:
        return
    if "error" in result:
        say(_named(name, result["error"]["message"]))
        return
    if result.get("applied"):
        say(done)
    text = result.get("diff", "") if diff else result["text"]
    sys.stdout.write(text if diff else f"# {name}\n\n{text.rstrip()}\n\n")


def _named(name: str, sentence: str) -> str:
    """The sentence, with the target's name before it unless it begins with that anyway."""
    return sentence if sentence.startswith(f"{name} ") else f"{name}: {sentence}"


def _failure(error: RequestError) -> Mapping[str, Any]:
    return {"error": {"kind": str(error.kind), "message": error.message}}
