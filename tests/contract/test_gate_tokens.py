"""Tokens at the gate: each reaches the origin that it is bound to, and no other place in or outside this machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract.gate import SERVE, Desk, Upstream, desk, home_of
from fixtures.secret_service import SecretService

TOKEN = "planted-token-0123456789abcdef"
CODE = "def add(first, second):\n    return first + second\n"
STRAY = {
    "OPENAI_API_KEY": "sk-stray-key-000000000000",
    "OPENAI_ORG_ID": "stray-organisation",
    "OPENAI_PROJECT_ID": "stray-project",
    "OPENAI_CUSTOM_HEADERS": "x-stray: stray-header",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/stray",
}


async def check(place: Desk, upstream: Upstream, settings: dict[str, Any]) -> None:
    """The token goes to its own address, is refused to another, follows no redirect, and is told to nobody."""
    uri = place.open("a.py", CODE)
    await place.command("explain", textDocument={"uri": uri})
    assert upstream.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"
    assert not any(stray in upstream.wire for stray in STRAY.values())
    async with Upstream() as other:
        upstream.redirect = f"{other.url}/v1/chat/completions"
        await place.refused("ask", question="Where?", textDocument={"uri": uri})
        assert other.requests == []
        upstream.redirect = None
        moved = {**settings["providers"]["custom"], "baseUrl": f"{other.url}/v1"}
        place.configure({**settings, "providers": {"custom": moved}})
        error = await place.refused("ask", question="And now?", textDocument={"uri": uri})
        assert error["data"]["kind"] == "auth"
        assert "sign in again" in error["message"]
        assert TOKEN not in other.wire
        upstream.status = 401
        place.configure(settings)
        await place.refused("ask", question="Who?", textDocument={"uri": uri})
    for name in ("auth.status", "health", "models", "stats", "showRequest"):
        await place.command(name)


def settings_of(upstream: Upstream, **provider: Any) -> dict[str, Any]:
    return upstream.settings(provider, log={"level": "debug"}, privacy={"audit": {"enabled": True, "content": True}})


async def test_a_token_of_the_editor_stays_with_its_origin(tmp_path: Path) -> None:
    """What `aurelis/auth/setToken` hands over is bound at its first use; the SDK's variables go nowhere."""
    async with Upstream() as upstream:
        settings = settings_of(upstream)
        async with desk(tmp_path, settings, env=STRAY) as place:
            await place.editor.request("aurelis/auth/setToken", {"provider": "custom", "token": TOKEN})
            await check(place, upstream, settings)
            told = place.told()
    assert TOKEN not in told
    assert TOKEN not in (tmp_path / "errors").read_text()


async def test_a_vendors_variable_serves_its_configured_provider(tmp_path: Path) -> None:
    """A gateway on this machine in a vendor's place gets that vendor's key, and no variable of another vendor."""
    async with Upstream() as upstream:
        settings = upstream.settings(privacy={"audit": {"enabled": True, "content": True}})
        settings["providers"] = {"mistral": upstream.provider()}
        settings["models"] = dict.fromkeys(settings["models"], "mistral/m")
        async with desk(tmp_path, settings, env={**STRAY, "MISTRAL_API_KEY": TOKEN}) as place:
            await place.command("explain", textDocument={"uri": place.open("a.py", CODE)})
            told = place.told()
    assert upstream.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"
    assert not any(stray in upstream.wire for stray in STRAY.values())
    assert TOKEN not in told


async def test_a_token_of_the_private_file_stays_with_its_origin(tmp_path: Path) -> None:
    """`aurelis login --file` keeps it privately; nothing but that file has it afterwards, no output either."""
    async with Upstream() as upstream:
        settings = settings_of(upstream)
        config = tmp_path / "settings.toml"
        lines = f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\nmodels = ["m"]\n'
        await asyncio.to_thread(config.write_text, lines)
        env = {**os.environ, **home_of(tmp_path), "AURELIS_CONFIG": str(config)}
        outputs = b""
        for words in (["login", "custom", "--file"], ["auth", "status"], ["config", "show"]):
            process = await asyncio.create_subprocess_exec(
                *SERVE[:-1],
                *words,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            output, _ = await process.communicate(TOKEN.encode() + b"\n")
            assert process.returncode == 0, output
            outputs += output
        assert TOKEN.encode() not in outputs
        async with desk(tmp_path, settings, env=STRAY) as place:
            await check(place, upstream, settings)
            (file,) = place.home.rglob("credentials.toml")
            assert file.stat().st_mode & 0o077 == 0
            kept = file.read_text()
            file.unlink()
            told = place.told()
    assert TOKEN in kept
    assert TOKEN not in told


@pytest.mark.needs("secret-service")
async def test_a_token_of_the_keychain_stays_with_its_origin(tmp_path: Path, secret_service: SecretService) -> None:
    """The same holds for the real Secret Service: nothing in the home but the keychain's own files has it."""
    env = {**home_of(tmp_path), **secret_service.environment, **home_of(tmp_path)}
    async with Upstream() as upstream:
        settings = settings_of(upstream)
        config = tmp_path / "settings.toml"
        lines = f'[providers.custom]\nbaseUrl = "{upstream.url}/v1"\nmodels = ["m"]\n'
        await asyncio.to_thread(config.write_text, lines)
        process = await asyncio.create_subprocess_exec(
            *(*SERVE[:-1], "login", "custom"),
            env={**os.environ, **env, "AURELIS_CONFIG": str(config)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate(TOKEN.encode() + b"\n")
        assert process.returncode == 0, output
        async with desk(tmp_path, settings, env={**env, **STRAY}) as place:
            await check(place, upstream, settings)
            told = place.told()
    assert TOKEN not in told + output.decode()


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="limits of a process are read from /proc")
async def test_a_server_leaves_no_core_file(tmp_path: Path) -> None:
    """Whatever the user's limit was, the memory of the server is not written to a core file."""
    async with Upstream() as upstream, desk(tmp_path, upstream.settings()) as place:
        file = Path(f"/proc/{place.process.pid}/limits")
        limits = (await asyncio.to_thread(file.read_text)).splitlines()
    (line,) = [line for line in limits if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"]


@pytest.mark.parametrize("given", [("custom", TOKEN), ("custom", "--token", TOKEN), (f"--token={TOKEN}", "custom")])
def test_a_token_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path, given: tuple[str, ...]) -> None:
    """Who types a token as an argument is told why not, and no log of that run has it."""
    run = subprocess.run(
        [*SERVE[:-1], "login", *given],
        cwd=tmp_path,
        env={**os.environ, **home_of(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "never an argument" in run.stderr
    assert TOKEN not in run.stdout + run.stderr
