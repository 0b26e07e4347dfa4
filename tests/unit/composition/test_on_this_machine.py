"""Model servers on this machine: where they are looked for, and which of them a chosen provider gets."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from aurelis.composition import on_this_machine
from aurelis.composition.directory import Entry
from aurelis.composition.on_this_machine import found_entries, located, ollama_port, places
from aurelis.providers.discovery import PROBES, Probe
from aurelis.providers.options import ProviderOptions
from aurelis.sandbox.server import run_sandbox

STATUS = """#!/bin/sh
[ "$1" = "{word}" ] && echo "Ready   Web URLs   http://127.0.0.1:53494/v1 (since today)" && exit 0
echo "unknown command" >&2; exit 1
"""


@pytest.mark.parametrize(
    ("value", "port"),
    [
        ("127.0.0.1:11500", 11500),
        ("http://localhost:11500/", 11500),
        ("0.0.0.0:11500", 11500),
        (":11500", 11500),
        ("[::1]:11500", 11500),
        ("127.0.0.1", 11434),
        ("192.168.1.7:11500", None),
        ("models.example", None),
        ("127.0.0.1:port", None),
        ("", None),
    ],
)
def test_ollama_may_listen_elsewhere_on_this_machine(value: str, port: int | None) -> None:
    """`OLLAMA_HOST` tells the port; another machine is never asked."""
    assert ollama_port({"OLLAMA_HOST": value}) == port


@pytest.mark.parametrize("word", ["server", "service"])
def test_foundry_local_says_where_it_listens(tmp_path: Path, word: str) -> None:
    """Its command is asked, in the newer words and in the older ones; without it nothing is added."""
    assert places(None, {"PATH": str(tmp_path)}) == PROBES
    program = tmp_path / "foundry"
    program.write_text(STATUS.format(word=word))
    program.chmod(0o755)
    assert Probe(53494, "foundry-local") in places(None, {"PATH": f"{tmp_path}:/bin:/usr/bin"})


async def test_a_chosen_local_server_is_found_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address the one that answers is taken; an address of the user's own and a fault stay as they are."""
    async with run_sandbox(profile="llamacpp") as ours, run_sandbox(profile="llamacpp") as other:
        around = tuple(Probe(port, "llamacpp") for port in (ours.port, other.port))
        monkeypatch.setattr(on_this_machine.local_server, "PROBES", around)
        chosen = Entry(ProviderOptions(name="llamacpp", profile="llamacpp"), "chosen")
        own = Entry(ProviderOptions(name="mine", profile="llamacpp", base_url="http://127.0.0.1:9/v1"), "configured")
        remote = Entry(ProviderOptions(name="openai", profile="openai"), "configured")
        found = await located([chosen, own, remote], None, {"PATH": ""})
        assert [entry.options.base_url for entry in found] == [ours.base_url, "http://127.0.0.1:9/v1", None]
        assert found[0] == attrs.evolve(chosen, options=attrs.evolve(chosen.options, base_url=ours.base_url))
        (first,) = await found_entries(None, {"PATH": ""})
        assert first.options.base_url == ours.base_url
        await ours.aclose()
        await other.aclose()
        assert await located([chosen], None, {"PATH": ""}) == [chosen]
        nowhere = Entry(ProviderOptions(name="foundry-local", profile="foundry-local"), "chosen")
        assert await located([nowhere], None, {"PATH": ""}) == [nowhere]
        assert await found_entries(None, {"PATH": ""}) == []
