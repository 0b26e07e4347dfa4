"""Lists of models of every kind, kept on disk, and tokens tried against them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import Price
from aurelis.providers.catalogue import parse_models
from aurelis.providers.openai_compatible import open_provider
from aurelis.providers.options import ModelOptions, ProviderOptions
from aurelis.providers.profiles import PROFILES
from aurelis.providers.tokens import TokenSource, format_warning
from unit.providers.raw_server import RawServer, collect, provider_for, whole


def parse(value: Any) -> dict[str, Any]:
    """The parsed models by id."""
    return {entry.info.reference.model: entry.info for entry in parse_models(json.dumps(value).encode(), "p")}


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}, {"id": "b"}], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        ([{"id": "azureml://registries/azure-openai/models/gpt-4o/versions/2", "name": "GPT-4o"}], ["gpt-4o"]),
        ({"models": [{"name": "models/a"}, {"model": "b"}]}, ["a", "b"]),
        ({"value": [{"name": "a", "modelName": "gpt-4o", "type": "ModelDeployment"}]}, ["a"]),
        (
            {"data": [{"id": "a"}, None, 7, {}, {"id": ""}, {"id": 5}, {"id": "x\n"}, {"id": "y" * 999}, {"id": "a"}]},
            ["a", "x"],
        ),
        ({"data": []}, []),
    ],
)
def test_lists_of_every_shape_are_read(value: Any, ids: list[str]) -> None:
    """Entries that are none are skipped, doubles are one."""
    assert list(parse(value)) == ids


@pytest.mark.parametrize(
    ("entry", "tokens"),
    [
        ({"max_model_len": 32768}, (32768, None)),
        ({"meta": {"n_ctx_train": 4096}}, (4096, None)),
        ({"meta": {"n_ctx_train": 40960, "n_ctx": 8192}}, (8192, None)),
        ({"context_length": 200000, "top_provider": {"max_completion_tokens": 8192}}, (200000, 8192)),
        ({"context_window": 131072, "max_completion_tokens": 32768}, (131072, 32768)),
        ({"limits": {"max_input_tokens": 8, "max_output_tokens": 4}}, (8, 4)),
        ({"inputTokenLimit": 9, "outputTokenLimit": 3}, (9, 3)),
        ({"context_length": "many", "max_model_len": -1, "limits": []}, (None, None)),
        ({"context_length": True}, (None, None)),
    ],
)
def test_limits_are_found_in_the_known_fields(entry: dict[str, Any], tokens: tuple[int | None, int | None]) -> None:
    """Whatever a server calls its context, it is found; nonsense is unknown."""
    info = parse([{"id": "a", **entry}])["a"]
    assert (info.input_tokens, info.output_tokens) == tokens


@pytest.mark.parametrize(
    ("pricing", "price"),
    [
        ({"prompt": "0.000001", "completion": "0.000002"}, Price(1.0, 2.0)),
        ({"prompt": "0", "completion": "0"}, Price(0.0, 0.0)),
        ({"prompt": "-1", "completion": "-1"}, None),
        ({"prompt": "nan", "completion": "nan"}, None),
        ({"prompt": "free"}, None),
        ({"prompt": 10**400, "completion": 10**400}, None),
        ("free", None),
    ],
)
def test_listed_prices_are_read(pricing: Any, price: Price | None) -> None:
    """Dollars for a token become dollars for a million."""
    assert parse([{"id": "a", "pricing": pricing}])["a"].price == price


def test_ten_thousand_models_are_fine() -> None:
    """A large list takes a moment, not a minute."""
    started = time.perf_counter()
    assert (
        len(parse({"data": [{"id": f"vendor/model-{number}", "context_length": 8192} for number in range(10_000)]}))
        == 10_000
    )
    assert time.perf_counter() - started < 10


@given(
    value=st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["data", "id", "models", "name", "meta", "limits"]), inner)
        ),
        max_leaves=20,
    )
)
def test_garbage_is_a_list_or_an_error(value: Any) -> None:
    """No JSON breaks the parser."""
    try:
        models = parse(value)
    except ValueError:
        return
    assert all(models)


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"hello": 1}', b"null", b"[" * 100_000, b'{"data": {"a": 1}}'])
async def test_what_is_no_list_is_an_error(server: RawServer, body: bytes) -> None:
    """The message names the setting to look at."""
    server.answers = [whole(200, body)]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await provider.models()
    assert caught.value.kind is ErrorKind.INVALID_RESPONSE
    assert "providers.mine.baseUrl" in caught.value.message


@pytest.mark.parametrize(
    ("entry", "reasons"),
    [
        ({"capabilities": ["streaming", "reasoning"]}, True),
        ({"capabilities": {"completion_chat": True, "reasoning": True}}, True),
        ({"capabilities": {"completion_chat": True, "reasoning": False}}, False),
        ({"supported_parameters": ["reasoning", "tools"]}, True),
        ({"tags": [["reasoning"], {}]}, False),
        ({}, False),
    ],
)
def test_lists_tell_which_models_reason(entry: dict[str, Any], reasons: bool) -> None:
    """Capabilities are a list of words or a table of yes and no."""
    assert parse([{"id": "a", **entry}])["a"].reasoning is reasons


async def test_the_list_is_fetched_once(server: RawServer) -> None:
    """Within five minutes only a refresh asks again; the user's own models come first."""
    server.answers = [whole(200, b'{"data": [{"id": "a"}, {"id": "b"}]}')]
    async with provider_for(server.base_url, models={"b": ModelOptions(input_tokens=5)}) as provider:
        assert [info.reference.model for info in await provider.models()] == ["b", "a"]
        assert (await provider.models())[0].input_tokens == 5
        assert len(server.received) == 1
        await provider.models(refresh=True)
    assert [received.path for received in server.received] == ["/v1/models"] * 2


async def test_nobody_waits_twice_for_a_silent_server() -> None:
    """Who asks right after somebody waited in vain hears the same at once; a refresh tries again."""
    asked: list[str] = []

    def silent(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        raise httpx2.ReadTimeout("silent", request=request)

    async def token() -> None:
        return None

    options = ProviderOptions(name="mine", base_url="http://127.0.0.1:9/v1")
    provider = open_provider(options, TokenSource(token), transport=httpx2.MockTransport(silent))
    for refresh in (False, False, True):
        with pytest.raises(RequestError) as caught:
            await provider.models(refresh=refresh)
        assert caught.value.kind is ErrorKind.TIMEOUT
    await provider.aclose()
    assert asked == ["/v1/models"] * 2


async def test_models_that_were_typed_in_need_no_list(server: RawServer) -> None:
    """A server without a list offers what the user named."""
    server.answers = [whole(404, b"404 page not found")]
    async with provider_for(server.base_url, models={"mine": ModelOptions()}) as provider:
        for refresh in (False, True):
            assert [str(info.reference) for info in await provider.models(refresh=refresh)] == ["mine/mine"]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await provider.models()
    assert caught.value.kind is ErrorKind.CONFIGURATION


async def test_the_kept_list_serves_without_a_network(server: RawServer, tmp_path: Path) -> None:
    """What was listed once is known after a restart, before and without any answer."""
    path = str(tmp_path / "new" / "mine.json")
    entry = {"id": "a", "context_length": 8192, "pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    server.answers = [whole(200, json.dumps({"data": [entry]}).encode())]
    async with provider_for(server.base_url, catalogue_path=path) as provider:
        fresh = await provider.models()
    base_url = server.base_url
    await server.stop()
    async with provider_for(base_url, catalogue_path=path) as provider:
        assert provider.describe("a").input_tokens == 8192
        assert await provider.models() == fresh
    async with provider_for("http://127.0.0.1:9/v1", catalogue_path=path) as provider:
        assert provider.describe("a").input_tokens is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"form": 1}', '{"form": 99}', "\x00"])
async def test_a_damaged_copy_counts_as_none(server: RawServer, tmp_path: Path, text: str) -> None:
    """A corrupt file neither stops the start nor hides the real list, and is replaced."""
    path = tmp_path / "mine.json"
    path.write_text(text)
    server.answers = [whole(200, b'{"data": [{"id": "a"}]}')]
    async with provider_for(server.base_url, catalogue_path=str(path)) as provider:
        assert len(await provider.models()) == 1
    kept = await asyncio.to_thread(path.read_text)
    assert json.loads(kept)["models"][0]["id"] == "a"
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - within a coroutine


async def test_a_folder_that_cannot_be_written_is_forgiven(server: RawServer, tmp_path: Path) -> None:
    """Without a place for the copy the list works as before."""
    (tmp_path / "file").write_text("")
    server.answers = [whole(200, b'{"data": [{"id": "a"}]}')]
    async with provider_for(server.base_url, catalogue_path=str(tmp_path / "file" / "mine.json")) as provider:
        assert len(await provider.models()) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (whole(200, b'{"data": []}'), "valid"),
        (whole(401, b"{}"), "invalid"),
        (whole(403, b"{}"), "invalid"),
        (whole(500, b"{}"), "unknown"),
        (whole(429, b"{}"), "unknown"),
    ],
)
async def test_a_token_is_tried_against_the_list(server: RawServer, answer: Any, state: str) -> None:
    """Only a clear refusal makes a token invalid."""
    server.answers = [answer]
    async with provider_for(server.base_url, token="t-1") as provider:
        assert (await provider.check_token()).state == state


async def test_no_network_and_no_token_are_told_apart(server: RawServer) -> None:
    """A server that cannot be reached says nothing about the token."""
    async with provider_for("http://127.0.0.1:9/v1", token="t-1") as provider:
        assert (await provider.check_token()).state == "unknown"
    async with provider_for(server.base_url) as provider:
        assert (await provider.check_token()).state == "none"
    assert server.received == []


async def test_a_checked_token_is_remembered_until_it_is_refused(server: RawServer) -> None:
    """One question suffices, until a request meets a 401."""
    ok = whole(200, b'{"data": []}')
    server.answers = [ok, whole(401, b"{}"), ok]
    async with provider_for(server.base_url, token="t-1") as provider:
        assert [(await provider.check_token()).state for _ in range(3)] == ["valid"] * 3
        with pytest.raises(RequestError):
            await collect(provider)
        assert (await provider.check_token()).state == "valid"
    assert len(server.received) == 3


async def test_openrouter_and_anthropic_have_their_own_ways(server: RawServer) -> None:
    """A list that anybody may read says nothing of a token; a list that wants another header gets it."""
    server.answers = [whole(200, b'{"data": []}')]
    async with provider_for(server.base_url, profile="openrouter", token="t-1") as provider:
        assert (await provider.check_token()).state == "valid"
    async with provider_for(server.base_url, profile="anthropic", token="t-2") as provider:
        await provider.models()
    assert server.received[0].path == "/v1/key"
    assert server.received[1].headers["x-api-key"] == "t-2"
    assert server.received[1].headers["anthropic-version"]


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "grüße", "nul\x00"])
async def test_a_token_that_cannot_be_sent_is_an_auth_error(server: RawServer, token: str) -> None:
    """Nothing is sent, and no part of it is shown."""
    async with provider_for(server.base_url, token=token) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert caught.value.kind is ErrorKind.AUTH
    assert token not in caught.value.message
    assert server.received == []


async def test_blanks_around_a_token_are_dropped(server: RawServer) -> None:
    """A pasted newline does no harm."""
    async with provider_for(server.base_url, token=" t-1\n") as provider:
        await collect(provider)
    assert server.received[0].headers["authorization"] == "Bearer t-1"


async def test_a_missing_token_is_told_before_anything_is_sent() -> None:
    """A vendor that needs a key is not asked without one."""
    async with provider_for(None, profile="openai") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.final_for_provider) == (ErrorKind.AUTH, True)
    assert "aurelis login mine" in caught.value.message
    assert "OPENAI_API_KEY" in caught.value.message


@pytest.mark.parametrize(
    ("profile", "token", "warns"),
    [
        *[("github", f"{prefix}abc", False) for prefix in ("ghp_", "github_pat_", "gho_", "ghu_", "ghs_")],
        ("github", "sk-abc", True),
        ("openai", "sk-proj-abc", False),
        ("mistral", "anything", False),
        ("mistral", "two words", True),
    ],
)
def test_an_unfamiliar_form_only_warns(profile: str, token: str, warns: bool) -> None:
    """The warning names the usual forms and nothing of the token."""
    warning = format_warning(PROFILES[profile], token)
    assert (warning is not None) == warns
    assert warning is None or token not in warning
