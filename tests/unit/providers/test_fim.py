"""Fill-in-the-middle: each dialect's request, and what happens when a server refuses one."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import FinishReason
from aurelis.core.request import FillInTheMiddle, Neighbour, Parameters
from aurelis.providers import fim
from aurelis.providers.options import ModelOptions
from unit.providers.raw_server import (
    DONE,
    Answer,
    Exchange,
    RawServer,
    ask,
    collect,
    delta,
    end_of,
    provider_for,
    stream,
    text_of,
    whole,
)

HOLE = FillInTheMiddle("before", "after", "a.py", (Neighbour("b.py", "other"),))
BARE = FillInTheMiddle("before", "after", "a.py")
BOUNDED = Parameters(temperature=0.1, max_tokens=32, stop=("\n\n",))
FILL = ask(hole=HOLE, parameters=BOUNDED)
QWEN = "<|file_sep|>b.py\nother\n<|file_sep|>a.py\n<|fim_prefix|>before<|fim_suffix|>after<|fim_middle|>"
REFUSED = whole(400, b'{"error": {"message": "Unsupported param: suffix"}}')
CHAT = stream(delta("from chat", "stop"), DONE)


def paths(server: RawServer) -> list[str]:
    """Where the requests went."""
    return [received.path for received in server.received]


@pytest.mark.parametrize(
    ("dialect", "path", "body"),
    [
        ("mistral", "/v1/fim/completions", {"prompt": "before", "suffix": "after", "max_tokens": 32, "stop": ["\n\n"]}),
        ("suffix", "/v1/completions", {"prompt": "before", "suffix": "after", "max_tokens": 32, "stop": ["\n\n"]}),
        (
            "llamacpp",
            "/infill",
            {
                "input_prefix": "before",
                "input_suffix": "after",
                "n_predict": 32,
                "input_extra": [{"filename": "b.py", "text": "other"}],
            },
        ),
        (
            "ollama",
            "/api/generate",
            {
                "prompt": "before",
                "suffix": "after",
                "think": False,
                "options": {"temperature": 0.1, "stop": ["\n\n"], "num_predict": 32},
            },
        ),
        (
            "qwen",
            "/v1/completions",
            {"prompt": QWEN},
        ),
        ("codellama", "/v1/completions", {"prompt": "<PRE> before <SUF>after <MID>"}),
        ("codestral", "/v1/completions", {"prompt": "[SUFFIX]after[PREFIX]before"}),
        ("granite", "/v1/completions", {"prompt": "<|fim_prefix|>before<|fim_suffix|>after<|fim_middle|>"}),
    ],
)
async def test_each_dialect_has_its_request(server: RawServer, dialect: str, path: str, body: dict[str, Any]) -> None:
    """The route, the hole, the bound and the stops in the server's own words."""
    ok = stream(b'data: {"content": "x", "stop": true}\n\n')
    server.answers = [whole(200, b'{"capabilities": ["insert"]}'), ok] if dialect == "ollama" else [ok]
    async with provider_for(server.base_url, models={"m": ModelOptions(fim=dialect)}) as provider:
        assert provider.describe("m").fim == dialect
        assert text_of(await collect(provider, FILL)) == "x"
    received = server.received[-1]
    assert received.path == path
    assert body.items() <= received.json.items()
    assert received.json["stream"] is True


@pytest.mark.parametrize("dialect", sorted(fim.FAMILIES))
def test_families_stop_at_their_own_tokens(dialect: str) -> None:
    """The request's own stops come first, the family's follow, and text stands on its side of the hole."""
    body = fim.call(dialect, "m", BARE, BOUNDED).body
    assert body["stop"][0] == "\n\n"
    assert set(fim.FAMILIES[dialect].stops) <= set(body["stop"])
    assert body["prompt"].count("before") == body["prompt"].count("after") == 1


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen2.5-Coder-7B-Instruct-GGUF", "qwen"),
        ("qwen/qwen3-coder-30b", "qwen"),
        ("deepseek-coder-v2-lite", "deepseek"),
        ("starcoder2:3b", "starcoder"),
        ("codellama:7b-code", "codellama"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("codegemma-2b", "codegemma"),
        ("granite-4.0-h-small", "granite"),
        ("llama-3.3-70b", None),
    ],
)
def test_a_name_tells_the_family(model: str, family: str | None) -> None:
    """Only families that are trained for it are recognised."""
    assert fim.family_of(model) == family


@pytest.mark.parametrize(
    ("profile", "model", "dialect"),
    [
        ("mistral", "codestral-latest", "mistral"),
        ("mistral", "mistral-small", None),
        ("deepseek", "deepseek-v4-flash", "suffix"),
        ("llamacpp", "anything", "llamacpp"),
        ("ollama", "qwen2.5-coder", "ollama"),
        ("vllm", "qwen2.5-coder", "qwen"),
        ("lmstudio", "llama-3", None),
        ("openai", "gpt-4o", None),
        ("custom", "qwen2.5-coder", None),
        ("foundry", "Codestral-2501", None),
    ],
)
async def test_the_profile_tells_the_dialect(server: RawServer, profile: str, model: str, dialect: str | None) -> None:
    """A dialect is promised only where the server is known to speak it."""
    async with provider_for(server.base_url, profile=profile) as provider:
        assert provider.describe(model).fim == dialect


async def test_deepseek_fills_on_its_beta_route(server: RawServer) -> None:
    """The route with a suffix lies beside the base, not below it."""
    async with provider_for(server.base_url, profile="deepseek", token="t") as provider:
        await collect(provider, FILL, "deepseek-v4-flash")
    assert paths(server) == ["/beta/completions"]


@pytest.mark.parametrize(
    "refused",
    [
        REFUSED,
        whole(501, b'{"error": {"message": "Infill is not supported by this model"}}'),
        whole(404, b"404 page not found"),
        whole(200, b"<!doctype html><title>Gateway</title>", content_type="text/html; charset=utf-8"),
        whole(500, b'{"error": "registry.ollama.ai/library/llama does not support insert"}'),
    ],
)
async def test_a_refused_dialect_gives_way_to_the_chat(server: RawServer, refused: Answer) -> None:
    """The chat prompt answers at once, and the dialect is not tried again for that model."""
    server.answers = [refused, CHAT]
    async with provider_for(server.base_url, profile="llamacpp") as provider:
        assert text_of(await collect(provider, FILL, "plain")) == "from chat"
        assert provider.describe("plain").fim is None
        assert provider.describe("other").fim == "llamacpp"
        await collect(provider, FILL, "plain")
    assert paths(server) == ["/infill", "/v1/chat/completions", "/v1/chat/completions"]


@pytest.mark.parametrize(
    "troubles",
    [
        [whole(404, b'{"error": "model \'plain\' not found, try pulling it first"}')] * 2,
        [whole(500, b'{"error": {"message": "out of memory"}}')],
    ],
)
async def test_other_troubles_teach_nothing_about_the_dialect(server: RawServer, troubles: list[Answer]) -> None:
    """A model that is not there yet, or a server in trouble, keeps its dialect for the next time."""
    ready = stream(b'data: {"content": "filled", "stop": true, "stop_type": "eos"}\n\n')
    server.answers = [*troubles, ready]
    async with provider_for(server.base_url, profile="llamacpp") as provider:
        with pytest.raises(RequestError):
            await collect(provider, FILL, "plain")
        assert text_of(await collect(provider, FILL, "plain")) == "filled"
    assert paths(server)[-1] == "/infill"


async def test_a_refused_parameter_is_no_refused_dialect(server: RawServer) -> None:
    """What a fill can do without is left out, and the dialect stays."""
    refusal = whole(422, b'{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}')
    server.answers = [refusal, stream(b'data: {"choices":[{"text":"x","finish_reason":"stop"}]}\n\n', DONE)]
    async with provider_for(server.base_url, models={"m": ModelOptions(fim="suffix")}) as provider:
        assert text_of(await collect(provider, FILL)) == "x"
        assert provider.describe("m").fim == "suffix"
    assert paths(server) == ["/v1/completions"] * 2
    assert server.received[0].json["stream_options"] == {"include_usage": True}
    assert "stream_options" not in server.received[1].json


async def test_the_family_is_tried_before_the_chat(server: RawServer) -> None:
    """Where raw prompts are taken, the family's own tokens come second."""
    server.answers = [REFUSED, stream(b'data: {"choices":[{"text":"raw","finish_reason":"stop"}]}\n\n', DONE)]
    async with provider_for(server.base_url, profile="llamacpp") as provider:
        assert text_of(await collect(provider, FILL, "qwen2.5-coder")) == "raw"
        assert provider.describe("qwen2.5-coder").fim == "qwen"
    assert paths(server) == ["/infill", "/v1/completions"]


@pytest.mark.parametrize(
    ("model", "dialect", "asked"),
    [
        ("qwen2.5-coder-7b", "suffix", ["/v1/completions", "/v1/completions"]),
        ("unknown-model", "suffix", ["/v1/completions", "/v1/chat/completions"]),
        ("qwen2.5-coder-7b", "codellama", ["/v1/completions", "/v1/chat/completions"]),
    ],
)
async def test_a_refused_suffix_goes_into_a_raw_prompt(
    server: RawServer, model: str, dialect: str, asked: list[str]
) -> None:
    """The route takes prompts, so the family's tokens are tried there; tokens that the user chose are not replaced."""
    refusal = whole(400, b'{"error": {"message": "suffix is not currently supported", "code": 400}}')
    server.answers = [refusal, stream(b'data: {"choices":[{"text":"raw","finish_reason":"stop"}]}\n\n', DONE)]
    async with provider_for(server.base_url, models={model: ModelOptions(fim=dialect)}) as provider:
        assert text_of(await collect(provider, FILL, model)) == "raw"
        await collect(provider, FILL, model)
    assert paths(server) == [*asked, asked[-1]]


@pytest.mark.parametrize("status", [401, 413, 429, 503])
async def test_other_failures_are_no_refusal(server: RawServer, status: int) -> None:
    """A busy or strict server says nothing about the dialect."""
    server.answers = [whole(status, b"{}")]
    async with provider_for(server.base_url, profile="llamacpp") as provider:
        with pytest.raises(RequestError):
            await collect(provider, FILL)
        assert provider.describe("m").fim == "llamacpp"
    assert paths(server) == ["/infill"]


async def test_a_prompt_too_large_is_no_refusal(server: RawServer) -> None:
    """The context's bound is the request's fault, not the dialect's."""
    server.answers = [whole(400, b'{"error": {"message": "the request exceeds the available context size"}}')]
    async with provider_for(server.base_url, profile="llamacpp") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider, FILL)
        assert provider.describe("m").fim == "llamacpp"
    assert caught.value.kind is ErrorKind.TOO_LARGE


async def test_ollama_is_asked_once_whether_it_can_insert(server: RawServer) -> None:
    """A template without a suffix is not even tried; one with it is tried without asking again."""

    async def answer(exchange: Exchange) -> None:
        if exchange.received.path == "/api/show":
            insert = ["insert"] if exchange.received.json["model"] == "coder" else []
            await whole(200, json.dumps({"capabilities": ["completion", *insert]}).encode())(exchange)
        elif exchange.received.path == "/api/generate":
            lines = (
                b'{"response":"fill","done":false}\n{"response":"","done":true,"done_reason":"length","eval_count":3}\n'
            )
            await stream(lines, content_type="application/x-ndjson")(exchange)
        else:
            await CHAT(exchange)

    server.answers = [answer]
    async with provider_for(server.base_url, profile="ollama") as provider:
        for _ in range(2):
            events = await collect(provider, FILL, "coder")
            assert (text_of(events), end_of(events).reason) == ("fill", FinishReason.LENGTH)
        assert text_of(await collect(provider, FILL, "talker")) == "from chat"
        assert provider.describe("talker").fim is None
    assert paths(server) == ["/api/show", "/api/generate", "/api/generate", "/api/show", "/v1/chat/completions"]


async def test_code_that_looks_like_reasoning_is_kept_in_a_fill(server: RawServer) -> None:
    """Only a block at the very beginning is taken out of a fill."""
    server.answers = [stream(delta("    x = '<think>"), delta("no</think>'", "stop"), DONE)]
    async with provider_for(server.base_url, models={"m": ModelOptions(fim="mistral")}) as provider:
        assert text_of(await collect(provider, FILL)) == "    x = '<think>no</think>'"


async def test_a_dialect_can_be_switched_off(server: RawServer) -> None:
    """`fim: false` asks by chat."""
    server.answers = [CHAT]
    async with provider_for(server.base_url, profile="llamacpp", models={"m": ModelOptions(fim=False)}) as provider:
        assert provider.describe("m").fim is None
        assert text_of(await collect(provider, FILL)) == "from chat"


async def test_an_unknown_dialect_is_named() -> None:
    """The message names the setting and the choices."""
    with pytest.raises(RequestError) as caught:
        async with provider_for("http://127.0.0.1:9/v1", models={"m": ModelOptions(fim="klingon")}):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "providers.mine.models.m.fim" in caught.value.message
    assert "llamacpp" in caught.value.message


@pytest.mark.parametrize("dialect", sorted(fim.DIALECTS))
def test_what_other_files_hold_reaches_every_kind_of_model(dialect: str) -> None:
    """As files where the dialect has them, in comments above the code where it has not; the code stands last."""
    hole = FillInTheMiddle("x = ", "\ny = 2\n", "a.py", (Neighbour("b.py", "def near():\n\n    pass\n"),), "#")
    made = json.dumps(fim.call(dialect, "m", hole, Parameters()).body)
    assert "b.py" in made
    assert "def near():" in made
    if dialect in {"mistral", "suffix", "ollama"}:
        prompt = fim.call(dialect, "m", hole, Parameters()).body["prompt"]
        assert prompt == "# b.py:\n# def near():\n#\n#     pass\n\nx = "
    unmarked = attrs.evolve(hole, line_comment="")
    assert "# def near" not in json.dumps(fim.call(dialect, "m", unmarked, Parameters()).body)
