"""The stand-in's dialects through clients that were not written for it, and through our own provider."""

from __future__ import annotations

from typing import Any

import ollama
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from openai import APIStatusError, AsyncOpenAI, AuthenticationError, InternalServerError, RateLimitError

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import FillInTheMiddle, Parameters, Task
from aurelis.providers.default_models import default_models
from aurelis.providers.profiles import PROFILES as PROVIDER_PROFILES
from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import run_sandbox
from aurelis.sandbox.vendors import PROFILES
from unit.providers.raw_server import ask, collect, end_of, provider_for, text_of

CODE = "Task: explanation\nLanguage: python\n\n```python\ndef add(a, b):\n    return a + b\n```"
MESSAGES: Any = [{"role": "user", "content": CODE}]
PREFIX = "def f(path):\n    raise RequestError(ErrorKind.CONFIGURATION, message)\n\ndef g(path):\n    raise RequestErr"
SUFFIX = "\n\nprint()\n"
FILL = "or(ErrorKind.CONFIGURATION, message)"
HOLE = FillInTheMiddle(PREFIX, SUFFIX, "a.py", ())
NAMES = sorted(PROFILES)


@pytest.mark.parametrize("name", NAMES)
async def test_the_openai_package_speaks_to_every_vendor(name: str) -> None:
    """A chat is answered whole and as a stream with the same words, and an unknown model is refused with 404."""
    model = PROFILES[name].models[0]
    async with (
        run_sandbox(profile=name) as sandbox,
        AsyncOpenAI(base_url=sandbox.base_url, api_key="unused", max_retries=0, timeout=30) as client,
    ):
        whole = await client.chat.completions.create(model=model, messages=MESSAGES)
        stream = await client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
        chunks = [chunk async for chunk in stream]
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        with pytest.raises(APIStatusError) as refused:
            await client.chat.completions.create(model="nothing", messages=MESSAGES)
    assert "`add`" in str(whole.choices[0].message.content)
    assert "".join(pieces) == whole.choices[0].message.content
    assert whole.usage is not None
    assert whole.usage.completion_tokens > 0
    assert refused.value.status_code == 404


CLASSES = ((401, AuthenticationError), (429, RateLimitError), (503, InternalServerError))


@pytest.mark.parametrize("name", NAMES)
async def test_the_openai_package_meets_errors_and_lists_models(name: str) -> None:
    """Each vendor's refusals become the package's own classes, whole and streamed, with the vendor's words in them.

    The list is read where the vendor has it beside the chat.
    """
    model = PROFILES[name].models[0]
    async with (
        run_sandbox(profile=name) as sandbox,
        AsyncOpenAI(base_url=sandbox.base_url, api_key="unused", max_retries=0, timeout=30) as client,
    ):
        if f"{PROFILES[name].base_path}/models" in PROFILES[name].documents:
            listed = {entry.id.removeprefix("models/") async for entry in client.models.list()}
            assert listed == set(PROFILES[name].models)
        for status, kind in CLASSES:
            sandbox.add(Step(status=status), Step(status=status))
            with pytest.raises(kind) as refused:
                await client.chat.completions.create(model=model, messages=MESSAGES)
            assert PROFILES[name].refusal(status).message in refused.value.response.text or status == 401
            with pytest.raises(kind):
                await client.chat.completions.create(model=model, messages=MESSAGES, stream=True)


async def test_github_models_as_it_was() -> None:
    """Any organization has its route, a rate limit is told in words and headers, and the end has its code."""
    async with (
        run_sandbox(profile="github") as sandbox,
        AsyncOpenAI(
            base_url=f"{sandbox.root_url}/orgs/acme/inference", api_key="unused", max_retries=0, timeout=30
        ) as client,
    ):
        whole = await client.chat.completions.create(model="openai/gpt-4o", messages=MESSAGES)
        assert whole.model == "openai/gpt-4o"
        sandbox.add(Step(status=429), Step(status=410))
        with pytest.raises(RateLimitError) as limited:
            await client.chat.completions.create(model="openai/gpt-4o", messages=MESSAGES)
        assert limited.value.code == "RateLimitReached"
        assert limited.value.response.headers["x-ratelimit-timeremaining"] == "46"
        with pytest.raises(APIStatusError) as gone:
            await client.chat.completions.create(model="openai/gpt-4o", messages=MESSAGES)
        assert (gone.value.status_code, gone.value.code) == (410, "github_models_retirement_brownout")


@pytest.mark.parametrize(("name", "seconds"), [("github", 46.0), ("foundry", 37.0)])
async def test_our_provider_hears_how_long_to_wait(name: str, seconds: float) -> None:
    """The wait that the vendor tells with its 429 is the one that we pass on."""
    async with (
        run_sandbox(profile=name, scenario=[Step(status=429)]) as sandbox,
        provider_for(sandbox.base_url, profile=name, token="unused", organization="acme") as provider,
    ):
        with pytest.raises(RequestError) as limited:
            await collect(provider, ask(CODE), PROFILES[name].models[0], 30.0)
        assert limited.value.retry_after_seconds == seconds
        assert text_of(await collect(provider, ask(CODE), PROFILES[name].models[0], 30.0))


@pytest.mark.parametrize("name", [name for name in NAMES if name in PROVIDER_PROFILES])
async def test_our_provider_reads_every_vendor(name: str) -> None:
    """Our provider of the same name lists the model, chats, fills the hole, and tells the vendor's errors apart.

    Cohere refuses to be asked for counts in a stream.
    """
    async with (
        run_sandbox(profile=name) as sandbox,
        provider_for(sandbox.base_url, profile=name, token="unused") as provider,
    ):
        listed = [info.reference.model for info in await provider.models()]
        assert listed == list(PROFILES[name].models)
        (model, *_) = default_models(provider.profile.routes.get(Task.GENERAL, ()), listed, provider.spelling)
        events = await collect(provider, ask(CODE), model, 30.0)
        assert text_of(events)
        assert (end_of(events).usage is not None) == (name != "cohere")
        assert text_of(await collect(provider, ask(hole=HOLE, parameters=Parameters(max_tokens=40)), model, 30.0))
        for status, kind in (
            (401, ErrorKind.AUTH),
            (410, ErrorKind.GONE),
            (413, ErrorKind.TOO_LARGE),
            (429, ErrorKind.RATE_LIMIT),
            (503, ErrorKind.UNAVAILABLE),
        ):
            sandbox.add(Step(status=status))
            with pytest.raises(RequestError) as failed:
                await collect(provider, ask(CODE), model, 30.0)
            assert failed.value.kind is kind
        with pytest.raises(RequestError) as unknown:
            await collect(provider, ask(CODE), "nothing", 30.0)
        assert unknown.value.kind is ErrorKind.CONFIGURATION
        assert "does not offer the model 'nothing'" in unknown.value.message


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mistral", "/v1/fim/completions"),
        ("deepseek", "/beta/completions"),
        ("ollama", "/api/generate"),
        ("llamacpp", "/infill"),
    ],
)
async def test_each_vendor_fills_holes_by_its_own_route(name: str, path: str) -> None:
    """The dialect that the profile names is the one that is asked, and the fill fits."""
    models = {"default": "mistral"} if name == "mistral" else {}
    async with (
        run_sandbox(profile=name) as sandbox,
        provider_for(sandbox.base_url, profile=name, token="unused", models=_dialects(models)) as provider,
    ):
        text = text_of(await collect(provider, ask(hole=HOLE), "default", 30.0))
        assert text == FILL
        assert sandbox.requests[-1].path == path


async def test_the_mistralai_package() -> None:
    """Its client lists, chats, streams, fills holes, and meets both shapes of error."""
    async with run_sandbox(profile="mistral") as sandbox:
        client = Mistral(api_key="unused", server_url=sandbox.root_url)
        async with client:
            listed = await client.models.list_async()
            assert [getattr(model, "id", None) for model in listed.data or []] == ["default"]
            whole = await client.chat.complete_async(model="default", messages=MESSAGES)
            text = str(whole.choices[0].message.content)  # type: ignore[union-attr]  # None fails too
            assert "`add`" in text
            stream = await client.chat.stream_async(model="default", messages=MESSAGES)
            events = [event.data async for event in stream]
            assert "".join(str(event.choices[0].delta.content or "") for event in events) == text
            assert events[-1].usage is not None
            fill = await client.fim.complete_async(model="default", prompt=PREFIX, suffix=SUFFIX)
            assert str(fill.choices[0].message.content) == FILL  # type: ignore[union-attr]  # None fails too
            pieces = await client.fim.stream_async(model="default", prompt=PREFIX, suffix=SUFFIX)
            filled = "".join([str(event.data.choices[0].delta.content or "") async for event in pieces])
            assert filled == FILL
            for status in (401, 429, 503):
                sandbox.add(Step(status=status))
                with pytest.raises(SDKError) as failed:
                    await client.chat.complete_async(model="default", messages=MESSAGES)
                assert failed.value.status_code == status
            sandbox.add(
                Step(status=422, body={"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "required"}]})
            )
            with pytest.raises(HTTPValidationError) as invalid:
                await client.chat.complete_async(model="default", messages=MESSAGES)
            assert "required" in str(invalid.value.data)


async def test_a_field_that_mistral_does_not_know() -> None:
    """An unknown field is refused with 422 and the place of the field."""
    async with (
        run_sandbox(profile="mistral") as sandbox,
        AsyncOpenAI(base_url=sandbox.base_url, api_key="unused", max_retries=0, timeout=30) as client,
    ):
        with pytest.raises(APIStatusError) as refused:
            await client.chat.completions.create(model="default", messages=MESSAGES, extra_body={"think": False})
    assert refused.value.status_code == 422
    assert refused.value.response.json()["detail"][0]["loc"] == ["body", "think"]


async def test_the_ollama_package() -> None:
    """Its client lists, shows, chats, streams, fills holes and reads errors."""
    async with run_sandbox(profile="ollama") as sandbox:
        client = ollama.AsyncClient(host=sandbox.root_url)
        try:
            assert [model.model for model in (await client.list()).models] == ["default"]
            assert (await client.show("default")).capabilities == ["completion", "insert"]
            whole = await client.chat("default", MESSAGES)
            assert "`add`" in str(whole.message.content)
            parts = [part async for part in await client.chat("default", MESSAGES, stream=True)]
            assert "".join(str(part.message.content) for part in parts) == whole.message.content
            assert (parts[-1].done, parts[-1].done_reason) == (True, "stop")
            fill = await client.generate("default", PREFIX, suffix=SUFFIX)
            assert fill.response == FILL
            short = await client.chat("default", MESSAGES, options={"num_predict": 3})
            assert (short.done_reason, short.eval_count) == ("length", 3)
            with pytest.raises(ollama.ResponseError) as unknown:
                await client.chat("nothing", MESSAGES)
            assert (unknown.value.status_code, "nothing" in unknown.value.error) == (404, True)
            sandbox.add(Step(status=503))
            with pytest.raises(ollama.ResponseError) as failed:
                await client.generate("default", "x")
            assert failed.value.status_code == 503
        finally:
            await client._client.aclose()


def _dialects(models: dict[str, str]) -> dict[str, Any]:
    from aurelis.providers.options import ModelOptions  # noqa: PLC0415 - used here alone

    return {name: ModelOptions(fim=fim) for name, fim in models.items()}
