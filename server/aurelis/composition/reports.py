"""What people ask about the server: models and statistics; gathered from the parts, asking no model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from aurelis.composition.directory import SettingsDirectory
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.core.ports import Pricing, Provider
from aurelis.core.request import Task
from aurelis.observe.stats import usage_statistics
from aurelis.orchestrator.orchestrator import Orchestrator
from aurelis.orchestrator.policy import RoutingPolicy
from aurelis.orchestrator.route import chosen

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine


async def model_rows(
    directory: SettingsDirectory,
    orchestrator: Orchestrator,
    pricing: Pricing,
    routing: RoutingPolicy,
    *,
    refresh: bool,
) -> tuple[Mapping[str, Any], ...]:
    """A row for each model that can be routed to; a provider that cannot be listed gives one row with its error.

    All are asked at once, so that one that keeps silent delays nobody else's.
    """
    names = [entry.options.name for entry in directory.entries]
    listings = await asyncio.gather(*(_listing(directory, name, refresh=refresh) for name in names))
    found = zip(names, listings, strict=True)
    unlisted = {name: one.error for name, one in found if one.error is not None and not one.models}
    tasks = await _tasks_by_model(directory, routing, unlisted)
    rows: list[Mapping[str, Any]] = []
    for name, listing in zip(names, listings, strict=True):
        error, provider = listing.error, listing.provider
        if error is not None:
            rows.append({"provider": name, "model": None, "error": error.message, "kind": str(error.kind)})
            orchestrator.availability.provider_failed(name, error)
        elif refresh:
            orchestrator.availability.provider_answered(name)
        if provider is None or (error is not None and error.kind is ErrorKind.CONFIGURATION):
            continue
        listed = {info.reference: info for info in listing.models}
        for reference in tasks:
            if reference.provider == name:
                listed.setdefault(reference, provider.describe(reference.model))
        prices = await asyncio.to_thread(_prices, pricing, provider.host, tuple(listed.values()))
        for (reference, info), price in zip(listed.items(), prices, strict=True):
            rows.append(_model_row(provider, info, orchestrator, price, tasks.get(reference, ())))
    return tuple(rows)


@attrs.frozen
class _Listing:
    """What one provider lists, what it listed before where it cannot be asked anew, and why it cannot."""

    provider: Provider | None = None
    models: tuple[ModelInfo, ...] = ()
    error: RequestError | None = None


async def _listing(directory: SettingsDirectory, name: str, *, refresh: bool) -> _Listing:
    try:
        provider = directory.get(name)
    except RequestError as error:
        return _Listing(error=error)
    if provider is None:
        return _Listing()
    try:
        return _Listing(provider, await provider.models(refresh=refresh))
    except RequestError as error:
        kept: tuple[ModelInfo, ...] = ()
        with contextlib.suppress(RequestError):
            kept = await provider.models() if refresh else ()
        return _Listing(provider, kept, error)


async def _tasks_by_model(
    directory: SettingsDirectory, routing: RoutingPolicy, unlisted: Mapping[str, RequestError]
) -> Mapping[ModelReference, tuple[str, ...]]:
    """Which tasks go to which model, fallbacks included."""
    found: dict[ModelReference, list[str]] = {}
    for task in Task:
        try:
            choice = chosen(task, None, routing)
            references = choice.references if choice is not None else await directory.defaults(task, unlisted=unlisted)
        except RequestError:
            continue
        for reference in references:
            found.setdefault(reference, []).append(str(task))
    return {reference: tuple(tasks) for reference, tasks in found.items()}


def _prices(pricing: Pricing, host: str, listed: Sequence[ModelInfo]) -> list[Price | None]:
    """The prices of a whole list; a thread's work, as thousands of look-ups take a while."""
    return [pricing.price(info, host) for info in listed]


def _model_row(
    provider: Provider, info: ModelInfo, orchestrator: Orchestrator, price: Price | None, tasks: tuple[str, ...]
) -> Mapping[str, Any]:
    skipped = orchestrator.availability.skip(info.reference)
    return {
        "model": str(info.reference),
        "provider": provider.name,
        "host": provider.host,
        "local": provider.local,
        "tasks": list(tasks),
        "inputTokens": info.input_tokens,
        "outputTokens": info.output_tokens,
        "fim": info.fim,
        "price": {"input": price.input, "output": price.output} if price is not None else None,
        "health": f"skipped:{skipped.reason}" if skipped is not None else "ok",
    }


async def stats_report(engine: Engine) -> Mapping[str, Any]:
    """Statistics from the store, with the live numbers of this process and the caches'."""
    rows = await engine.usage.rows()
    statistics = await asyncio.to_thread(usage_statistics, rows, engine.clock.time())
    live = engine.orchestrator.live()
    return {**statistics, "live": live, "cache": await engine.cache.stats()}
