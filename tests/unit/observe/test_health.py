from __future__ import annotations

from itertools import product

import pytest

from aurelis.observe.health import COMPONENTS, ComponentHealth, alerts, health_record, overall

GOOD = ComponentHealth("healthy", 1_000.0, 12.34)
BAD = ComponentHealth("unhealthy", 1_000.0, None, "No answer.", "Check the network.")


@pytest.mark.parametrize("statuses", list(product(["healthy", "degraded", "unhealthy"], repeat=3)))
def test_overall_follows_the_contract(statuses: tuple[str, ...]) -> None:
    """All healthy is healthy, any unhealthy is unhealthy, else degraded."""
    found = overall(dict(enumerate(statuses)))  # type: ignore[arg-type]  # any names serve
    if "unhealthy" in statuses:
        assert found == "unhealthy"
    else:
        assert found == ("degraded" if "degraded" in statuses else "healthy")


def test_the_record_has_every_component() -> None:
    """Components that were not reported are degraded; errors and next steps stand where there are any."""
    record = health_record({"models": GOOD, "network": BAD}, 2_000.0)
    assert tuple(record["components"]) == COMPONENTS
    assert record["timestamp"] == "1970-01-01T00:33:20.000+00:00"
    assert record["overall"] == "unhealthy"
    assert record["components"]["models"] == {
        "status": "healthy",
        "lastCheck": "1970-01-01T00:16:40.000+00:00",
        "responseMs": 12.3,
    }
    assert record["components"]["network"]["next"] == "Check the network."
    assert record["components"]["cache"]["status"] == "degraded"


def test_all_healthy_is_healthy() -> None:
    """A record of four healthy components is healthy."""
    assert health_record(dict.fromkeys(COMPONENTS, GOOD), 0.0)["overall"] == "healthy"


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({}, {"cache": GOOD}, 0),
        ({}, {"cache": BAD}, 1),
        ({"cache": BAD}, {"cache": BAD}, 0),
        ({"cache": BAD}, {"cache": GOOD}, 1),
    ],
)
def test_a_change_is_told_once(
    before: dict[str, ComponentHealth], after: dict[str, ComponentHealth], count: int
) -> None:
    """There is one alert when a component's state changes and none while it stays."""
    assert len(alerts(before, after)) == count


def test_an_alert_says_what_to_do() -> None:
    """An alert names the component, its state, the error and the next step."""
    (alert,) = alerts({}, {"network": BAD})
    assert (alert.component, alert.worse) == ("network", True)
    assert alert.message == "Network: unhealthy. No answer. Check the network."
