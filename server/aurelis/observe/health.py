"""The contract's health record from what the parts report, and which of its changes are worth an alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import attrs

HealthStatus = Literal["healthy", "degraded", "unhealthy"]

COMPONENTS: Final = ("models", "authentication", "network", "cache")


@attrs.frozen
class ComponentHealth:
    """One component: `checked_at` is seconds since the epoch, `next` what the user can do, in one sentence."""

    status: HealthStatus
    checked_at: float
    response_ms: float | None = None
    error: str | None = None
    next: str | None = None


def health_record(parts: Mapping[str, ComponentHealth], now: float) -> dict[str, Any]:
    """The record of all `COMPONENTS`, as JSON data; `now` is seconds since the epoch.

    A component that nobody reported counts as degraded: nothing is known of it.
    """
    unknown = ComponentHealth("degraded", now, error="It has not been checked yet.")
    found = {name: parts.get(name, unknown) for name in COMPONENTS}
    return {
        "timestamp": _iso(now),
        "overall": overall({name: part.status for name, part in found.items()}),
        "components": {name: _component(part) for name, part in found.items()},
    }


def overall(statuses: Mapping[str, HealthStatus]) -> HealthStatus:
    """All healthy is healthy, any unhealthy is unhealthy, anything else is degraded."""
    present = set(statuses.values())
    if "unhealthy" in present:
        return "unhealthy"
    return "healthy" if present <= {"healthy"} else "degraded"


@attrs.frozen
class HealthAlert:
    """A component's state has changed; `worse` is whether there is something to be done."""

    component: str
    message: str
    worse: bool


def alerts(before: Mapping[str, ComponentHealth], after: Mapping[str, ComponentHealth]) -> tuple[HealthAlert, ...]:
    """One for each component whose status changed; the first report of a healthy one is no change."""
    changed = []
    for name in COMPONENTS:
        new, old = after.get(name), before.get(name)
        if new is None or new.status == (old.status if old is not None else "healthy"):
            continue
        words = [f"{name.capitalize()}: {new.status}.", new.error or "", new.next or ""]
        changed.append(HealthAlert(name, " ".join(word for word in words if word), new.status != "healthy"))
    return tuple(changed)


def _component(part: ComponentHealth) -> dict[str, Any]:
    fields = {
        "status": part.status,
        "lastCheck": _iso(part.checked_at),
        "responseMs": None if part.response_ms is None else round(part.response_ms, 1),
    }
    optional = {"error": part.error, "next": part.next}
    return {**fields, **{name: value for name, value in optional.items() if value is not None}}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
