"""What people ask about the server: models, health, statistics, status; gathered from the parts, asking no model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aurelis.composition.directory import Entry, SettingsDirectory
from aurelis.core.errors import RequestError
from aurelis.core.model import ModelInfo
from aurelis.core.ports import Pricing, Provider
from aurelis.observe.health import ComponentHealth, HealthStatus, health_record
from aurelis.observe.stats import usage_statistics
from aurelis.orchestrator.orchestrator import Orchestrator
from aurelis.workflow.services import Status

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine

CONNECT_A_MODEL = (
    "Answers come from the built-in sandbox, which is no language model. Connect one: set "
    'providers.custom.baseUrl and models.code = "custom/<model>".'
)


async def model_rows(
    directory: SettingsDirectory, orchestrator: Orchestrator, pricing: Pricing, *, refresh: bool
) -> tuple[Mapping[str, Any], ...]:
    """A row for each model that can be routed to; a provider that cannot be listed gives one row with its error."""
    rows: list[Mapping[str, Any]] = []
    for entry in directory.entries:
        name = entry.options.name
        try:
            provider = directory.get(name)
            if provider is None:
                continue
            listed = await _listed(provider, refresh=refresh)
        except RequestError as error:
            rows.append({"provider": name, "model": None, "error": error.message, "kind": str(error.kind)})
            continue
        rows += [_model_row(provider, info, orchestrator, pricing) for info in listed]
    return tuple(rows)


async def _listed(provider: Provider, *, refresh: bool) -> tuple[ModelInfo, ...]:
    again = getattr(provider, "models", None)
    if refresh and again is not None:
        listed: tuple[ModelInfo, ...] = await again(refresh=True)
        return listed
    return await provider.models()


def _model_row(provider: Provider, info: ModelInfo, orchestrator: Orchestrator, pricing: Pricing) -> Mapping[str, Any]:
    price = pricing.price(info, provider.host)
    skipped = orchestrator.availability.skip(info.reference)
    return {
        "model": str(info.reference),
        "provider": provider.name,
        "host": provider.host,
        "local": provider.local,
        "inputTokens": info.input_tokens,
        "outputTokens": info.output_tokens,
        "fim": info.fim,
        "price": {"input": price.input, "output": price.output} if price is not None else None,
        "health": f"skipped:{skipped.reason}" if skipped is not None else "ok",
    }


async def health_report(engine: Engine, *, deep: bool) -> Mapping[str, Any]:
    """The contract's record; `deep` lists the models anew instead of believing what is known."""
    now = engine.clock.time()
    entries = engine.directory.entries
    models, network = await _models_and_network(engine, entries[0] if entries else None, deep=deep)
    authentication = await _authentication(engine)
    cache = ComponentHealth("healthy", now, 0.0)
    parts = {"models": models, "authentication": authentication, "network": network, "cache": cache}
    return health_record(parts, now)


async def _models_and_network(
    engine: Engine, entry: Entry | None, *, deep: bool
) -> tuple[ComponentHealth, ComponentHealth]:
    now, began = engine.clock.time(), engine.clock.monotonic()
    if entry is None:
        missing = ComponentHealth("unhealthy", now, error="No provider is configured.", next=CONNECT_A_MODEL)
        return missing, ComponentHealth("healthy", now)
    try:
        provider = engine.directory.get(entry.options.name)
        listed = await _listed(provider, refresh=deep) if provider is not None else ()
    except RequestError as error:
        failed = ComponentHealth("unhealthy", now, error=error.message, next="Correct the settings, then try again.")
        reachable: HealthStatus = "unhealthy" if error.status is None else "healthy"
        return failed, ComponentHealth(reachable, now, error=error.message if reachable == "unhealthy" else None)
    took = (engine.clock.monotonic() - began) * 1000
    network = ComponentHealth("healthy", now, took)
    if entry.options.name == "sandbox" and entry.why == "nothing else is there":
        return ComponentHealth("degraded", now, took, "No language model is connected.", CONNECT_A_MODEL), network
    if not listed:
        advice = "Name a model in the setting models.code."
        return ComponentHealth("degraded", now, took, "The provider lists no model.", advice), network
    return ComponentHealth("healthy", now, took), network


async def _authentication(engine: Engine) -> ComponentHealth:
    now, began = engine.clock.time(), engine.clock.monotonic()
    rows = await engine.auth_status()
    took = (engine.clock.monotonic() - began) * 1000
    for row in rows:
        if row.get("required", True) and not row["present"] and not _is_local(engine, row["provider"]):
            advice = f"Sign in with `aurelis login {row['provider']}`."
            error = row.get("message") or f"There is no token for {row['provider']}."
            return ComponentHealth("unhealthy", now, took, error, advice)
    return ComponentHealth("healthy", now, took)


def _is_local(engine: Engine, name: str) -> bool:
    try:
        provider = engine.directory.get(name)
    except RequestError:
        return False
    return provider is not None and provider.local


async def stats_report(engine: Engine) -> Mapping[str, Any]:
    """Statistics from the store, with the live numbers of this process and the caches'."""
    rows = await engine.usage.rows()
    statistics = await asyncio.to_thread(usage_statistics, rows, engine.clock.time())
    live = engine.orchestrator.statistics.snapshot()
    return {**statistics, "live": live, "cache": await engine.cache.stats()}


def status_of(engine: Engine) -> Status:
    """What the status item shows: who answers, whether something is under way, what is wrong and what to do."""
    busy = engine.orchestrator.statistics.active > 0
    entries = engine.directory.entries
    if not entries:
        return Status("error", busy, None, "No provider is configured.")
    entry = entries[0]
    name = entry.options.name
    out = engine.orchestrator.availability.provider_error(name)
    if out is not None:
        return Status("error", busy, name, out.message)
    if entry.fault is not None:
        return Status("error", busy, name, f"The provider '{name}' is not used: {entry.fault}")
    wait = engine.orchestrator.availability.cooldown_until()
    if wait is not None:
        until = round(engine.clock.time() + wait, 1)
        return Status("warning", busy, name, "A rate limit is reached.", until)
    if entry.why == "nothing else is there":
        return Status("warning", busy, "sandbox/default", CONNECT_A_MODEL)
    notice = engine.orchestrator.availability.notices.get(name)
    if notice is not None:
        return Status("warning", busy, name, notice)
    return Status("ok", busy, name)
