"""The audit log signed with a key of a real keychain, checked with the program that a person would use."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.gate import Upstream, desk, home_of
from fixtures.secret_service import SecretService

pytestmark = pytest.mark.needs("secret-service")

SOURCE = "def add(first, second):\n    return first + second\n"


@pytest.fixture
def keychain(secret_service: SecretService) -> Mapping[str, str]:
    """Variables that lead to an unlocked keychain."""
    names = ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND", "HOME", "XDG_RUNTIME_DIR")
    return {name: secret_service.environment[name] for name in names}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a server works and keeps its files, away from the keychain's own."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


async def asked(place: Path, env: Mapping[str, str], *questions: str) -> None:
    """A server answers some questions and leaves."""
    async with Upstream() as upstream, desk(place, upstream.settings(), env=env) as here:
        for question in questions:
            await here.command("ask", question=question)


async def verify(place: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """What `aurelis audit verify` exits with and says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "aurelis", "audit", "verify"),
        env={**os.environ, **home_of(place), **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=place,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def rewrite(place: Path, change: dict[str, Any]) -> None:
    """Change the first line and chain all lines anew, as somebody without the key could."""
    (path,) = place.glob("home/**/audit.jsonl")
    (anchor_file,) = place.glob("home/**/audit-*.anchor")
    lines, previous = [], "0" * 64
    for number, raw in enumerate(path.read_text("ascii").splitlines()):
        body = {**json.loads(raw), **(change if number == 0 else {})}
        body = {name: value for name, value in body.items() if name not in {"hash", "mac"}}
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
        lines.append(json.dumps({**body, "hash": previous}, separators=(",", ":")) + "\n")
    path.write_text("".join(lines), "ascii")
    anchor = json.loads(anchor_file.read_text("ascii"))
    del anchor["mac"]
    anchor_file.write_text(json.dumps({**anchor, "last": previous, "offset": path.stat().st_size}), "ascii")


async def test_a_chain_that_was_written_anew_is_found(place: Path, keychain: Mapping[str, str]) -> None:
    """Signed lines pass; a whole new chain with a matching anchor, but without the key, does not."""
    await asked(place, keychain, "one?", "two?")
    await asked(place, keychain, "three?")
    code, said = await verify(place, keychain)
    assert (code, "3 lines, whole." in said) == (0, True)
    await asyncio.to_thread(rewrite, place, {"outcome": "cancelled"})
    code, said = await verify(place, keychain)
    assert code == 1
    assert "not sealed with the key" in said
    assert "No line was written with the key" in said


async def test_without_the_keychain_the_check_says_what_it_left_out(place: Path, keychain: Mapping[str, str]) -> None:
    """Where the key cannot be had the chain alone is checked, in words; a line added there is told later."""
    await asked(place, keychain, "one?")
    code, said = await verify(place, {})
    assert code == 0
    assert "1 line is signed, which cannot be checked" in said
    await asked(place, {}, "two?")
    code, said = await verify(place, keychain)
    assert code == 1
    assert "line 2 was written without the key" in said
