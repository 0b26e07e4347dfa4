"""The dashboard that ships with the documentation, asked of a real Prometheus that reads two people's servers."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from aurelis.observe.numbers import LABELS
from contract.gate import ROLES, Desk, Upstream, desk
from fixtures.processes import free_port
from fixtures.prometheus_server import PrometheusServer

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"
SOURCE = "def add(first, second):\n    return first + second\n"
PATIENCE = 90.0
VARIABLES = {"$model": ".*", "$__rate_interval": "1m", "$__range": "5m"}


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard with the title of its panel, the variables as Grafana would fill them in."""
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield panel["title"], expression


def test_every_metric_is_on_the_dashboard_and_nothing_else() -> None:
    """No query names what is not there, and no metric is left out."""
    suffixes = re.compile(r"_(total|bucket)$")
    shown = {suffixes.sub("", name) for _, query in queries() for name in re.findall(r"aurelis_\w+", query)}
    assert shown == set(LABELS)


def settings(upstream: Upstream, port: int) -> dict[str, Any]:
    """A model with a price, one that fails, and the page for Prometheus."""
    models = {"m": {"price": {"input": 3.0, "output": 15.0}}, "broken": {}}
    return {
        "providers": {"custom": {**upstream.provider(), "models": models}},
        "models": dict.fromkeys(ROLES, "custom/m"),
        "metrics": {"prometheusPort": port},
        "retry": {"server": {"attempts": 1}},
    }


@pytest.mark.needs("prometheus")
async def test_every_query_returns_data(tmp_path: Path, prometheus_server: PrometheusServer) -> None:
    """Two servers of one person share a page, another person's has its own; each query has an answer in figures."""
    ports = [free_port(), free_port()]
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(Upstream())
        desks: list[Desk] = []
        for name, port in (("ann", ports[0]), ("ann", ports[0]), ("bob", ports[1])):
            (tmp_path / name).mkdir(exist_ok=True)
            desks.append(await stack.enter_async_context(desk(tmp_path / name, settings(upstream, port))))
        await asyncio.to_thread(prometheus_server.start, ports)
        missing = dict.fromkeys(query for _, query in queries())
        limit = asyncio.get_running_loop().time() + PATIENCE
        number = 0
        while missing:
            assert asyncio.get_running_loop().time() < limit, list(missing)
            number += 1
            await work(upstream, desks, number)
            for query in list(missing):
                if await asyncio.to_thread(has_figures, prometheus_server.query, query):
                    del missing[query]
        found = await asyncio.to_thread(prometheus_server.query, "sum by (instance) (aurelis_requests_total)")
        assert {row["metric"]["instance"] for row in found} == {f"127.0.0.1:{port}" for port in ports}


async def work(upstream: Upstream, desks: list[Desk], number: int) -> None:
    """A fresh answer, the same from the cache, and a failure; each server its share."""
    for place in desks:
        uri = place.open(f"file{number}.py", f"{SOURCE}# {number}\n")
        for _ in range(2):
            await place.command("explain", textDocument={"uri": uri})
    upstream.status = 500
    for place in desks:
        await place.refused("ask", question=f"what of {number}?")
    upstream.status = 200


def has_figures(ask: Callable[[str], list[dict[str, Any]]], query: str) -> bool:
    """Whether a query gives at least one value that is a number."""
    return any(math.isfinite(float(row["value"][1])) for row in ask(query))
