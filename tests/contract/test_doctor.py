"""`aurelis doctor` in good days and bad: its exit code, the record's shape, and that it asks no model by itself."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Upstream, home_of

COMPONENTS = ("models", "authentication", "network", "cache")
FIELDS = {"status", "lastCheck", "responseMs", "error", "next"}
MODEL = '[models]\ncode = "custom/m"\n'


async def doctor(place: Path, settings: str, *options: str) -> tuple[int, dict[str, Any]]:
    """What the doctor exits with and finds, under the settings of a person."""
    file = place / "config.toml"
    await asyncio.to_thread(file.write_text, settings, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "aurelis", "doctor", "--json", *options),
        env={**os.environ, **home_of(place), "AURELIS_CONFIG": str(file)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=place,
    )
    said, _ = await process.communicate()
    record: dict[str, Any] = json.loads(said)
    return process.returncode or 0, record


@pytest.mark.parametrize(
    ("status", "overall", "ill"),
    [
        (200, "healthy", set()),
        (401, "unhealthy", {"models", "authentication"}),
        (410, "unhealthy", {"models"}),
        (429, "degraded", {"models"}),
        (500, "unhealthy", {"models"}),
    ],
)
async def test_what_the_provider_says_is_what_the_doctor_finds(
    tmp_path: Path, status: int, overall: str, ill: set[str]
) -> None:
    """The record has the contract's shape, what is ill says why and what to do, and nothing is paid."""
    async with Upstream() as upstream:
        upstream.status = status
        code, record = await doctor(tmp_path, f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n{MODEL}')
        assert upstream.asked == []
    assert code == ("healthy", "degraded", "unhealthy").index(overall)
    assert record["overall"] == overall
    assert tuple(record["components"]) == COMPONENTS
    datetime.fromisoformat(record["timestamp"])
    for name, component in record["components"].items():
        assert component.keys() <= FIELDS
        datetime.fromisoformat(component["lastCheck"])
        assert (component["status"] != "healthy") is (name in ill)
        assert ({"error", "next"} <= component.keys()) is (name in ill)


async def test_only_a_deep_check_asks_the_model(tmp_path: Path) -> None:
    """One word is asked for, and the time of the answer is the component's."""
    async with Upstream("ok") as upstream:
        settings = f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n{MODEL}'
        code, record = await doctor(tmp_path, settings, "--deep")
        assert (code, record["overall"]) == (0, "healthy")
        assert len(upstream.asked) == 1
        assert record["components"]["models"]["responseMs"] >= 0


async def test_a_server_that_is_not_there_is_the_networks_fault(tmp_path: Path) -> None:
    """Nobody listens at the address: models and network are unhealthy."""
    code, record = await doctor(tmp_path, f'[providers.custom]\nbaseUrl = "http://127.0.0.1:9/v1"\n{MODEL}')
    assert code == 2
    assert record["components"]["network"]["status"] == "unhealthy"


@pytest.mark.parametrize(
    "unusable", ['proxy = "socks5://127.0.0.1:1080"', 'tls = { caFile = "/nowhere.pem" }', 'apiKeyEnv = "UNSET"']
)
async def test_a_network_that_nobody_used_is_not_called_healthy(tmp_path: Path, unusable: str) -> None:
    """Where the settings let nothing out, the doctor says that no server was asked."""
    settings = f'[providers.mine]\nprofile = "openai"\nbaseUrl = "https://host.invalid/v1"\n{unusable}\n'
    code, record = await doctor(tmp_path, f'{settings}[models]\ncode = "mine/m"\n')
    assert (code, record["components"]["models"]["status"]) == (2, "unhealthy")
    network = record["components"]["network"]
    assert (network["status"], network["responseMs"]) == ("degraded", None)
    assert network["error"] == "No server was asked, so nothing is known of the network."
    assert network["next"]


async def test_a_cache_that_cannot_be_had_is_degraded(tmp_path: Path) -> None:
    """A shared cache without its team's key is told by the doctor, not by the log alone."""
    async with Upstream() as upstream:
        settings = (
            f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n{MODEL}[cache.redis]\nurl = "redis://127.0.0.1:9"\n'
        )
        code, record = await doctor(tmp_path, settings)
    assert code == 1
    assert record["components"]["cache"]["status"] == "degraded"
    assert "keyEnv" in record["components"]["cache"]["error"]


async def test_a_shared_cache_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the disk for what ails the team's server."""
    monkeypatch.setenv("TEAM_KEY", "a team's own secret")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        redis = f'[cache.redis]\nurl = "redis://127.0.0.1:{free.getsockname()[1]}/0"\nkeyEnv = "TEAM_KEY"\n'
        async with Upstream() as upstream:
            code, record = await doctor(tmp_path, f'{redis}[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n{MODEL}')
    assert (code, record["overall"]) == (1, "degraded")
    cache = record["components"]["cache"]
    assert (cache["status"], cache["error"]) == ("degraded", "ConnectionError")
    assert cache["next"] == "Answers are asked for anew; check the server of cache.redis."


async def test_a_provider_without_an_address_is_no_matter_of_signing_in(tmp_path: Path) -> None:
    """A model of a provider that the settings say nothing about: the next step is the address, not a token."""
    code, record = await doctor(
        tmp_path, 'provider = "sandbox"\n[models]\ncode = "sandbox/default"\nfast = "custom/m"\n'
    )
    assert code == 2
    found = record["components"]["authentication"]
    assert found["error"].startswith("providers.custom.baseUrl")
    assert "setting" in found["next"]
    assert "login" not in found["next"]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("", 1),
        ('provider = "custom"\n', 1),
        ('models.completion = ["custom/m", "broken/m"]\n', 1),
        ('models.completion = "broken/m"\n', 2),
        ('routing.tasks.review = ["broken/m", "custom/m"]\n', 2),
        ('provider = "broken"\n', 2),
    ],
)
async def test_a_provider_that_nothing_asks_first_is_a_warning(tmp_path: Path, named: str, code: int) -> None:
    """What is wrong with a second provider is told, and unhealthy is only what some task would ask first."""
    async with Upstream() as upstream:
        settings = f'{named}[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n[providers.broken]\nprofile = "custom"\n'
        found, record = await doctor(tmp_path, settings)
    assert found == code
    component = record["components"]["authentication"]
    assert component["status"] == ("healthy", "degraded", "unhealthy")[code]
    assert component["error"].startswith("providers.broken.baseUrl")
    assert component["next"]


async def test_a_second_provider_without_a_token_is_a_warning(tmp_path: Path) -> None:
    """Everything that is asked works; whoever configured another vendor reads how to sign in to it."""
    async with Upstream() as upstream:
        settings = f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\n[providers.mistral]\n{MODEL}'
        code, record = await doctor(tmp_path, settings)
    found = record["components"]["authentication"]
    assert (code, found["status"], found["next"]) == (1, "degraded", "Sign in with `aurelis login mistral`.")
