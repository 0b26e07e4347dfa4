"""`aurelis batch TASK PATH...`: one task on many files or symbols, with progress, in input order, resumable."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from aurelis.app import Application
from aurelis.cli.command_line import DONE, FAILED, say
from aurelis.cli.documents import Chosen, open_target, read_target
from aurelis.cli.invocations import invocation_for
from aurelis.cli.outcomes import add_output_options, ask, diff_of, edit_json, print_json, write_change
from aurelis.cli.request_options import add_request_options, request_options
from aurelis.cli.services import opened_services
from aurelis.core.deadline import SystemClock
from aurelis.core.errors import RequestError
from aurelis.core.request import Urgency
from aurelis.orchestrator.batch import Batch, run_batch
from aurelis.workflow.result import result_of

TASKS: Final = ("explain", "fix", "refactor", "optimize", "document", "test", "review")


@attrs.frozen
class _Item:
    """One place to work on, as the person wrote it, with what was read there."""

    name: str
    chosen: Chosen


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
        results = await _results(services, arguments)
    failures = sum("error" in result for _, result in results)
    if arguments.json:
        print_json([{"target": name, **result} for name, result in results])
    else:
        for name, result in results:
            _show(name, result, diff=arguments.diff)
    if failures:
        say(f"{failures} of {len(results)} failed.")
    return FAILED if failures else DONE


async def _results(services: Application, arguments: argparse.Namespace) -> list[tuple[str, Mapping[str, Any]]]:
    items: list[_Item] = []
    ended: dict[str, Mapping[str, Any]] = {}
    for name in arguments.targets:
        try:
            chosen = await open_target(read_target(name))
        except RequestError as error:
            ended[name] = _failure(error)
            continue
        refusal = services.egress.refusal(chosen.snapshot.source)
        if refusal is None:
            items.append(_Item(name, chosen))
        else:
            say(f"Skipped {name}: {refusal}")
            ended[name] = {"skipped": refusal}
    found = await _asked(services, items, arguments)
    ended |= {item.name: result for item, result in zip(items, found, strict=True)}
    return [(name, ended[name]) for name in arguments.targets]


async def _asked(services: Application, items: list[_Item], arguments: argparse.Namespace) -> list[Mapping[str, Any]]:
    progress = await services.batch_progress()
    name = _digest(arguments.task, str(Path.cwd()), *arguments.targets)
    keys = [_key(item, arguments) for item in items]
    if not arguments.resume:
        await progress.forget(name)
    kept = await progress.load(name)
    finished = {number: json.loads(kept[key]) for number, key in enumerate(keys) if key in kept}
    clock = SystemClock()
    saving: set[asyncio.Task[None]] = set()  # Bounded by the items.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        line = bar.add_task(arguments.task, total=len(items), completed=len(finished))

        def done(number: int, result: Mapping[str, Any] | RequestError) -> None:
            bar.advance(line)
            if not isinstance(result, RequestError):
                saving.add(asyncio.create_task(progress.done(name, keys[number], json.dumps(result), clock.time())))

        batch = Batch[_Item, Mapping[str, Any]](
            items=items, ask=lambda item: _one(services, item, arguments), done=done, finished=finished
        )
        results = await run_batch(batch, clock)
    await asyncio.gather(*saving)
    return [_failure(result) if isinstance(result, RequestError) else result for result in results]


async def _one(services: Application, item: _Item, arguments: argparse.Namespace) -> Mapping[str, Any]:
    invocation = await invocation_for(
        services,
        arguments.task,
        item.chosen,
        instruction=arguments.instruction,
        streams=False,
        urgency=Urgency.BATCH,
        **request_options(arguments),
    )
    outcome = await ask(services, invocation, show=False)
    changes = bool(outcome.edits) or outcome.new_file is not None
    applied = False
    if arguments.write and changes:
        await asyncio.to_thread(write_change, outcome, item.chosen.folder)
        applied = True
    result = result_of(outcome, edit=edit_json(outcome, item.chosen.folder), applied=applied)
    return {**result, "diff": diff_of(outcome)} if changes else result


def _show(name: str, result: Mapping[str, Any], *, diff: bool) -> None:
    if "skipped" in result:
        return
    if "error" in result:
        say(f"{name}: {result['error']['message']}")
        return
    if result.get("applied"):
        say(f"Wrote {name}.")
    text = result.get("diff", "") if diff else result["text"]
    sys.stdout.write(text if diff else f"# {name}\n\n{text.rstrip()}\n\n")


def _failure(error: RequestError) -> Mapping[str, Any]:
    return {"error": {"kind": str(error.kind), "message": error.message}}


def _key(item: _Item, arguments: argparse.Namespace) -> str:
    """What an item's kept result is good for: this text, this range, these wishes."""
    options = json.dumps([arguments.instruction, request_options(arguments), arguments.write], default=str)
    return _digest(item.name, item.chosen.snapshot.text, str(item.chosen.range), options)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
