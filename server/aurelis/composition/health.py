"""The health record: what works, what does not, since when, and the one step that makes it better.

A check asks the provider for its list of models and nobody for an answer, unless it is a deep one. What requests have
shown meanwhile (`known_state`) costs nothing; its changes are told once each (`HealthWatch`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from aurelis.composition.authentication_health import CORRECT_IT, authentication_health
from aurelis.composition.directory import Entry
from aurelis.core.deadline import Timing
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference
from aurelis.core.reply import Completed
from aurelis.core.request import Message, Parameters, Request, Task
from aurelis.observe.health import ComponentHealth, HealthAlert, HealthStatus, alerts, health_record
from aurelis.orchestrator.route import chosen
from aurelis.store.health_history import HealthChange, HealthHistory

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine

HISTORY: Final = 20
"""Changes that a record shows, newest first."""

NAMED_MODELS: Final = 5
"""Models that a sentence names; `aurelis models` has them all."""

DEEP_SECONDS: Final = 30.0
DEEP_TOKENS: Final = 64
"""Room for a model that thinks before it says one word."""

CONNECT_A_MODEL: Final = (
    "Answers come from the built-in sandbox, which is no language model. Connect one: run `aurelis local` for a model "
    "on this machine, or sign in with `aurelis login PROVIDER`."
)
_NOBODY_ASKED: Final = "No server was asked, so nothing is known of the network."

_REASONS: Final = MappingProxyType(
    {
        "chosen": "the setting provider names it",
        "configured": "it is configured, and comes first",
        "signed in": "you signed in to it",
        "found on this machine": "no provider is configured, and it answers on this machine",
        "nothing else is there": "no provider is configured, and no model server answers on this machine",
    }
)


async def health_report(engine: Engine, *, deep: bool) -> Mapping[str, Any]:
    """The contract's record, with what was chosen, why, and the one step that makes it better.

    Only `deep` asks a model: for one word.
    """
    now = engine.clock.time()
    entries = engine.directory.entries
    entry = next((entry for entry in entries if entry.options.name == engine.directory.preferred), None)
    found = await _reached(engine, entry, refresh=deep)
    if deep and found["models"].status != "unhealthy":
        found["models"] = await _asked(engine, found["models"])
    shown = known_state(engine)
    token = await authentication_health(engine)
    parts = {
        "models": _worse(found["models"], shown["models"]),
        "authentication": _worse(token, found.get("authentication", token)),
        "network": _worse(found["network"], shown["network"]),
        "cache": await _cache(engine),
    }
    for component, part in parts.items():
        engine.health_history.note(_change(component, part))
    mentioned = engine.authentication.mentioned(engine.directory.entries)
    advice = next((part.next for part in parts.values() if part.next), None)
    unlisted = await _unlisted(engine) if parts["models"].status == "healthy" else None
    return {
        **health_record(parts, now),
        "chosen": await _chosen(engine, entry) if entry is not None else None,
        "history": [_row(change) for change in await engine.health_history.changes(limit=HISTORY)],
        "mentioned": [row["message"] for row in mentioned],
        "next": _use_of_a_key(entries, mentioned) or advice or unlisted or await _better_ghost_text(engine),
    }


def known_state(engine: Engine) -> dict[str, ComponentHealth]:
    """What requests have shown of the preferred provider; asks nobody. What nothing bad is known of is healthy."""
    now = engine.clock.time()
    state = dict.fromkeys(("models", "authentication", "network"), ComponentHealth("healthy", now))
    name = engine.directory.preferred or ""
    availability = engine.orchestrator.availability
    out = availability.provider_error(name)
    if out is not None:
        state[_concerned(out)] = ComponentHealth("unhealthy", now, error=out.message)
    elif resting := availability.resting(name):
        state[_concerned(resting[0][1])] = ComponentHealth("degraded", now, error=resting_sentence(resting[0]))
    return state


class HealthWatch:
    """Keeps the changes of health, and tells of each once.

    Args:
        history: where changes are kept.
        tell: told of each.
    """

    def __init__(self, history: HealthHistory, tell: Callable[[HealthAlert], None]) -> None:
        self._history = history
        self._tell = tell
        self._before: Mapping[str, ComponentHealth] = {}

    def look(self, state: Mapping[str, ComponentHealth]) -> None:
        """Compare the present state with the one before."""
        changed = alerts(self._before, state)
        self._before = state
        for alert in changed:
            self._history.note(_change(alert.component, state[alert.component]))
            self._tell(alert)


def _concerned(error: RequestError) -> str:
    """The component that an error speaks of."""
    if error.kind is ErrorKind.AUTH:
        return "authentication"
    return "network" if error.kind in {ErrorKind.NETWORK, ErrorKind.TIMEOUT} else "models"


def resting_sentence(failed: tuple[ModelReference, RequestError]) -> str:
    """That a model is left alone, and how it failed last."""
    model, error = failed
    return f"{model} failed several times in a row and is left alone for a while. {error.message}"


def _worse(found: ComponentHealth, shown: ComponentHealth) -> ComponentHealth:
    """What requests have shown counts where a check saw nothing wrong."""
    return shown if found.status == "healthy" and shown.status != "healthy" else found


def _change(component: str, part: ComponentHealth) -> HealthChange:
    return HealthChange(part.checked_at, component, part.status, part.response_ms, part.error)


def _row(change: HealthChange) -> Mapping[str, Any]:
    row: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(change.at, UTC).isoformat(timespec="milliseconds"),
        "component": change.component,
        "status": change.status,
        "responseMs": None if change.response_ms is None else round(change.response_ms, 1),
    }
    return row if change.error is None else {**row, "error": change.error}


async def _chosen(engine: Engine, entry: Entry) -> Mapping[str, Any]:
    """Who answers, and why that one."""
    name = entry.options.name
    try:
        provider = engine.directory.get(name)
        references = await _asked_for(engine, Task.CODE_GENERATION) if provider is not None else ()
    except RequestError:
        provider, references = None, ()
    return {
        "provider": name,
        "host": provider.host if provider is not None else None,
        "model": next((str(reference) for reference in references if reference.provider == name), None),
        "why": _REASONS[entry.why],
    }


def _use_of_a_key(entries: Sequence[Entry], mentioned: Sequence[Mapping[str, Any]]) -> str | None:
    """How to use a key that lies ready, where nothing better than the sandbox answers."""
    if not mentioned or (entries and entries[0].why != "nothing else is there"):
        return None
    message: str = mentioned[0]["message"]
    return message


async def _asked_for(engine: Engine, task: Task) -> tuple[ModelReference, ...]:
    """The models that a task is for, by the settings or else by what the provider lists first."""
    choice = chosen(task, None, engine.routing())
    return choice.references if choice is not None else await engine.directory.defaults(task)


async def _unlisted(engine: Engine) -> str | None:
    """Tell of a model for code that its provider does not list: it is asked all the same, but may be misspelt."""
    try:
        asked_for = (await _asked_for(engine, Task.CODE_GENERATION))[0]
        provider = engine.directory.get(asked_for.provider)
        listed = [info.reference.model for info in await provider.models()] if provider else []
    except (RequestError, IndexError):
        return None
    # Ollama lists a model with its tag, and takes it without.
    if not listed or any(model == asked_for.model or model.startswith(f"{asked_for.model}:") for model in listed):
        return None
    some = ", ".join(listed[:NAMED_MODELS]) + (" and others" if len(listed) > NAMED_MODELS else "")
    return (
        f"{asked_for.provider} lists no model {asked_for.model}; if it does not answer, set models.code to one that is "
        f"listed: {some}."
    )


async def _better_ghost_text(engine: Engine) -> str | None:
    """What a completion model that cannot fill holes could be replaced by."""
    try:
        references = await _asked_for(engine, Task.COMPLETION)
        provider = engine.directory.get(references[0].provider) if references else None
    except RequestError:
        return None
    if provider is None or provider.describe(references[0].model).fim is not None:
        return None
    return (
        f"{references[0]} completes code by way of a chat; a model that fills holes is faster: set models.completion, "
        'for example to "mistral/codestral-latest", or run `aurelis local`.'
    )


async def _reached(engine: Engine, entry: Entry | None, *, refresh: bool) -> dict[str, ComponentHealth]:
    """Models and network as a list of the preferred provider's models shows them, and what it says of the token."""
    now, began = engine.clock.time(), engine.clock.monotonic()
    if entry is None:
        advice = "Set provider to one that you configured, to one of the known vendors, or to auto."
        missing = ComponentHealth("unhealthy", now, error=engine.directory.fault(), next=advice)
        return {"models": missing, "network": _not_asked(now)}
    out = engine.orchestrator.availability.provider_error(entry.options.name)
    try:
        provider = engine.directory.get(entry.options.name)
    except RequestError as error:
        return _unreachable(error, now, asked=False)
    try:
        if out is not None and not refresh:
            raise out
        listed: tuple[ModelInfo, ...] = ()
        if provider is not None:
            listed = await provider.models(refresh=refresh)
            await provider.reach()  # A list that is known already says nothing about the network.
    except RequestError as error:
        return _unreachable(error, now, asked=not error.unsent)
    took = (engine.clock.monotonic() - began) * 1000
    models = network = ComponentHealth("healthy", now, took)
    if entry.why == "nothing else is there":
        models = ComponentHealth("degraded", now, took, "No language model is connected.", CONNECT_A_MODEL)
    elif not listed:
        advice = "Name a model in the setting models.code."
        models = ComponentHealth("degraded", now, took, "The provider lists no model.", advice)
    return {"models": models, "network": network}


def _unreachable(error: RequestError, now: float, *, asked: bool) -> dict[str, ComponentHealth]:
    """What a failure says of the components; `asked` is whether it came from outside."""
    status: HealthStatus = "degraded" if error.kind is ErrorKind.RATE_LIMIT else "unhealthy"
    failed = ComponentHealth(status, now, error=error.message, next=_next_step(error))
    found = {"models": failed, "network": ComponentHealth("healthy", now) if asked else _not_asked(now)}
    # A list that is forbidden says nothing about the token; there are tokens that may only ask.
    if error.status != HTTPStatus.FORBIDDEN:
        found[_concerned(error)] = failed
    return found


def _not_asked(now: float) -> ComponentHealth:
    advice = "Correct what is wrong with the models, then look again."
    return ComponentHealth("degraded", now, error=_NOBODY_ASKED, next=advice)


def _next_step(error: RequestError) -> str:
    if error.kind is ErrorKind.AUTH:
        return f"Sign in with `aurelis login {error.provider or 'PROVIDER'}`, or correct the key."
    if error.kind is ErrorKind.GONE:
        return (
            "Run `aurelis local` for a model on this machine, or sign in to another provider: `aurelis login PROVIDER`."
        )
    if error.kind in {ErrorKind.NETWORK, ErrorKind.TIMEOUT}:
        return "Check that the address in baseUrl is right and that the server runs."
    if error.kind in {ErrorKind.RATE_LIMIT, ErrorKind.UNAVAILABLE}:
        return "Try again later, or name another provider's model in models.code."
    return CORRECT_IT


async def _asked(engine: Engine, models: ComponentHealth) -> ComponentHealth:
    """Ask the first model for a word; the answer's time is the component's."""
    request = Request(
        request_id=f"health-{uuid.uuid4().hex}",
        task=Task.GENERAL,
        messages=(Message("user", "Reply with the word: ok"),),
        parameters=Parameters(max_tokens=DEEP_TOKENS),
        timing=Timing(first_token=DEEP_SECONDS, chunk=DEEP_SECONDS, answer=DEEP_SECONDS),
        streams=False,
        cacheable=False,
    )
    now = engine.clock.time()
    try:
        async with aclosing(engine.stream(request)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    took = float(event.answer.duration_ms)
                    return ComponentHealth(models.status, now, took, models.error, models.next)
    except RequestError as error:
        return ComponentHealth("unhealthy", now, error=error.message, next=_next_step(error))
    return models


async def _cache(engine: Engine) -> ComponentHealth:
    now, began = engine.clock.time(), engine.clock.monotonic()
    stats = await engine.cache.stats()
    took = (engine.clock.monotonic() - began) * 1000
    faulty = [layer for layer in stats.get("layers", ()) if layer.get("error")]
    if engine.cache_faults:
        advice = "Correct the setting or the folder; until then answers are kept where that is possible."
        return ComponentHealth("degraded", now, took, " ".join(engine.cache_faults), advice)
    if faulty:
        checks = {"redis": "the server of cache.redis"}
        what = " and ".join(checks.get(layer["name"], "the disk") for layer in faulty)
        said = " ".join(str(layer["error"]) for layer in faulty)
        return ComponentHealth("degraded", now, took, said, f"Answers are asked for anew; check {what}.")
    return ComponentHealth("healthy", now, took)
