"""Consent at the gate: nothing automatic reaches a remote host before one yes, and no more than the day's money."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from contract.gate import Desk, Upstream, desk

CODE = "def add(first, second):\n    return first + second\n"
HOST = "models.test"


def remote(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """Settings whose provider is a remote host; all that goes there arrives at the upstream, which is its proxy."""
    address = {"baseUrl": f"http://{HOST}/v1", "allowInsecureHttp": True, "proxy": upstream.url}
    provider = {**address, **more.pop("provider", {})}
    return upstream.settings(provider, hover={"mode": "automatic"}, **more)


async def automatic(place: Desk, uri: str) -> tuple[list[Any], str | None]:
    """Ghost text and hover, as they come while somebody types."""
    return await place.ghost(uri, 1, 11, invoked=False), await place.hover(uri, 0, 5)


async def test_nothing_automatic_is_sent_before_a_yes_that_is_remembered(tmp_path: Path) -> None:
    """One question names the host; commands need none; a yes holds after a restart."""
    async with Upstream() as upstream:
        settings = remote(upstream)
        async with desk(tmp_path, settings) as place:
            uri = place.open("a.py", CODE)
            await automatic(place, uri)
            await automatic(place, uri)
            question = await place.editor.wait_for(lambda message: message.get("method") == "window/showMessageRequest")
            assert HOST in question["params"]["message"]
            assert upstream.asked == []
            await place.command("explain", textDocument={"uri": uri})
            assert [request.target for request in upstream.asked] == [f"http://{HOST}/v1/chat/completions"]
            assert len(place.editor.all("window/showMessageRequest")) == 1
            place.editor.send({"jsonrpc": "2.0", "id": question["id"], "result": {"title": "Allow"}})
            while not await asyncio.to_thread(lambda: list(tmp_path.glob("home/**/consent.json"))):
                await place.editor.settle()
        upstream.requests.clear()
        async with desk(tmp_path, settings) as place:
            uri = place.open("b.py", CODE.replace("add", "sum"))
            items, _ = await automatic(place, uri)
            assert items
            assert place.editor.all("window/showMessageRequest") == []
            assert upstream.asked


async def test_a_no_holds_for_the_session_and_never_asks_nobody(tmp_path: Path) -> None:
    """After "Not now" nothing automatic is sent and nobody is asked again; `never` does not ask at all."""
    async with Upstream() as upstream:
        answers = {"window/showMessageRequest": lambda _: {"title": "Not now"}}
        async with desk(tmp_path, remote(upstream), answers=answers) as place:
            uri = place.open("a.py", CODE)
            await automatic(place, uri)
            await place.editor.message("window/showMessageRequest")
            # Another setting that is of no matter here makes the server try ghost text again at once.
            place.configure(remote(upstream, inlineCompletion={"maxLines": 3}))
            await automatic(place, place.open("c.py", CODE))
            await place.editor.settle()
            assert len(place.editor.all("window/showMessageRequest")) == 1
            assert upstream.asked == []
        async with desk(tmp_path, remote(upstream, automatic={"remote": "never"})) as place:
            uri = place.open("b.py", CODE)
            await automatic(place, uri)
            await place.editor.settle()
            assert place.editor.all("window/showMessageRequest") == []
            assert upstream.asked == []
            await place.command("explain", textDocument={"uri": uri})
            assert len(upstream.asked) == 1


async def test_the_day_s_money_stops_automatic_features_alone(tmp_path: Path) -> None:
    """With the user's own prices the first answer uses up the sum; then only commands are answered."""
    prices = {"models": {"m": {"price": {"input": 1000.0, "output": 1000.0}}}}
    async with Upstream() as upstream:
        settings = remote(upstream, provider=prices, automatic={"remote": "allow", "dailyUsd": 0.05})
        async with desk(tmp_path, settings) as place:
            uri = place.open("a.py", CODE)
            assert await place.ghost(uri, 1, 11, invoked=False)
            assert len(upstream.asked) == 1
            place.editor.edit(uri, 2, CODE + "\n\ndef twice(value):\n    return \n")
            assert await place.ghost(uri, 5, 11, invoked=False) == []
            assert await place.hover(uri, 0, 5) is not None
            assert len(upstream.asked) == 1
            result = await place.command("explain", textDocument={"uri": uri})
            assert result["costUsd"] > 0.5


async def test_a_key_in_the_environment_is_mentioned_and_not_used(tmp_path: Path) -> None:
    """Keys of providers that nobody configured are named in the status and in the health record; no host gets them."""
    async with Upstream() as upstream:
        secrets = {"OPENAI_API_KEY": "sk-planted-openai", "MISTRAL_API_KEY": "planted-mistral"}
        async with desk(tmp_path, upstream.settings(), env=secrets) as place:
            uri = place.open("a.py", CODE)
            await place.command("explain", textDocument={"uri": uri})
            rows = (await place.command("auth.status"))["providers"]
            health = await place.command("health")
            models = await place.command("models")
            told = place.told()
        said = " ".join(row.get("message", "") for row in rows)
        assert "OPENAI_API_KEY" in said
        assert "MISTRAL_API_KEY" in said
        assert "OPENAI_API_KEY" in " ".join(health["mentioned"])
        assert {row["provider"] for row in models["models"]} == {"custom"}
        assert not any(secret in upstream.wire + told for secret in secrets.values())
