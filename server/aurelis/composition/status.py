"""What the editor's status item shows, made of what requests have shown; asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aurelis.composition.directory import Entry
from aurelis.composition.health import CONNECT_A_MODEL, resting_sentence
from aurelis.core.errors import RequestError
from aurelis.core.request import Task
from aurelis.orchestrator.route import chosen
from aurelis.workflow.services import Status

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine


def status_of(engine: Engine) -> Status:
    """What the status item shows: who answers, whether something is under way, what is wrong and what to do."""
    busy = engine.orchestrator.statistics.active > 0
    name, fault = engine.directory.preferred, engine.directory.fault()
    entry = next((entry for entry in engine.directory.entries if entry.options.name == name), None)
    if name is None or entry is None:
        return Status("error", busy, name, fault)
    model = _answering(engine, entry)
    out = engine.orchestrator.availability.provider_error(name)
    if out is not None:
        return Status("error", busy, model, out.message)
    if fault is not None:
        return Status("error", busy, model, fault)
    limited = engine.orchestrator.availability.at_rate_limit()
    if limited is not None:
        until = round(engine.clock.time() + limited[1], 1)
        return Status("warning", busy, model, f"{limited[0]} is at its rate limit.", until)
    if entry.why == "nothing else is there":
        return Status("warning", busy, "sandbox/default", CONNECT_A_MODEL)
    resting = engine.orchestrator.availability.resting(name)
    if resting:
        return Status("warning", busy, model, resting_sentence(resting[0]))
    notice = _notice(engine)
    if notice is not None:
        return Status("warning", busy, model, notice)
    return Status("ok", busy, model)


def _answering(engine: Engine, entry: Entry) -> str:
    """The model that settings name for code, else the one asked last, else the first configured; else the provider."""
    try:
        choice = chosen(Task.CODE_GENERATION, None, engine.routing())
    except RequestError:
        choice = None
    if choice is not None:
        return str(choice.references[0])
    name = entry.options.name
    last = engine.orchestrator.statistics.asked_last(name)
    first = next(iter(entry.options.models), None)
    return str(last) if last is not None else f"{name}/{first}" if first is not None else name


def _notice(engine: Engine) -> str | None:
    """The first announcement of an end by a provider in use, heard in an answer, a list of models or a refusal."""
    for name in engine.directory.names():
        heard = engine.orchestrator.availability.notices.get(name) or engine.directory.notice(name)
        if heard is not None:
            return heard
    return None
