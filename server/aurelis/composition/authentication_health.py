"""Health of the tokens: who is asked without one that works, and the one step that makes it better.

What is asked first, whatever the task, has to work. A provider that is only fallen back to, or never asked, leaves
everything else as it is: what is wrong with it is told, and makes the health degraded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aurelis.core.errors import RequestError
from aurelis.core.request import Task
from aurelis.observe.health import ComponentHealth, HealthStatus
from aurelis.orchestrator.route import chosen

if TYPE_CHECKING:
    from aurelis.composition.engine import Engine

CORRECT_IT: Final = "Correct the setting that the message names; `aurelis config show` has them all."


async def authentication_health(engine: Engine) -> ComponentHealth:
    """What is known of the tokens of all providers; the one of the provider that comes first is tried."""
    now, began = engine.clock.time(), engine.clock.monotonic()
    rows = await engine.auth_status()
    took = (engine.clock.monotonic() - began) * 1000
    first = _asked_first(engine)
    lacking = [row for row in rows if _lacks_token(engine, row)]
    for row in lacking:
        if row["provider"] in first:
            return _lack(row, "unhealthy", now)
    tried = await _tried(engine, rows[0]["provider"], now) if rows and rows[0]["present"] else None
    if tried is not None and tried.status == "unhealthy":
        return tried
    unset = next((sentence for row in rows if not row["present"] and (sentence := _unset(row))), None)
    if unset is not None:
        advice = "Set the variable where the server or the editor is started, or take it out of the settings."
        return ComponentHealth("degraded", now, error=unset, next=advice)
    if tried is not None:
        return tried
    return _lack(lacking[0], "degraded", now) if lacking else ComponentHealth("healthy", now, took)


def _asked_first(engine: Engine) -> frozenset[str]:
    """The providers that come first for some task."""
    names = {engine.directory.preferred or ""}
    for task in Task:
        with contextlib.suppress(RequestError):  # a reference that cannot be read is told where models are
            choice = chosen(task, None, engine.routing())
            names |= {choice.references[0].provider} if choice is not None and choice.references else set()
    return frozenset(names)


def _lacks_token(engine: Engine, row: Mapping[str, Any]) -> bool:
    """Whether a provider cannot be asked as it is: it needs a token and has none, or its settings are wrong."""
    return row.get("required", True) and not row["present"] and not _is_local(engine, row["provider"])


def _is_local(engine: Engine, name: str) -> bool:
    try:
        provider = engine.directory.get(name)
    except RequestError:
        return False
    return provider is not None and provider.local


def _lack(row: Mapping[str, Any], status: HealthStatus, now: float) -> ComponentHealth:
    advice = CORRECT_IT if row.get("misconfigured") else f"Sign in with `aurelis login {row['provider']}`."
    error = row.get("message") or _unset(row) or f"There is no token for {row['provider']}."
    return ComponentHealth(status, now, error=error, next=advice)


def _unset(row: Mapping[str, Any]) -> str | None:
    """That the variable is of no use which the settings name for a provider's token, if they name one."""
    name, variable, fault = row["provider"], row.get("variable"), row.get("variableFault")
    return f"{variable}, which providers.{name}.apiKeyEnv names, {fault}." if fault else None


async def _tried(engine: Engine, name: str, now: float) -> ComponentHealth | None:
    """What is wrong with a provider's token, or with finding that out; None when it works."""
    check = await engine.token_check(name)
    if check is not None and check.state == "invalid":
        return ComponentHealth("unhealthy", now, error=check.message, next=f"Sign in with `aurelis login {name}`.")
    if check is not None and check.state == "unknown":
        error = f"Whether the token for {name} works could not be found out: {check.message}"
        return ComponentHealth("degraded", now, error=error, next="Try again when the provider can be reached.")
    return None
