"""The provider against llama.cpp's own server, which nobody here wrote."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.reply import FinishReason
from aurelis.core.request import FillInTheMiddle, Neighbour, Parameters
from aurelis.providers.discovery import Probe, find_servers
from aurelis.providers.options import ModelOptions
from fixtures.llama_server import LlamaServer
from unit.providers.raw_server import ask, collect, end_of, provider_for, text_of

pytestmark = pytest.mark.needs("llama-server")
SHORT = Parameters(max_tokens=8, temperature=0.0)
HOLE = FillInTheMiddle("def add(a, b):\n    ", "\n", "a.py", (Neighbour("b.py", "def sub(a, b): ..."),))


async def test_a_chat_streams(llama_server: LlamaServer) -> None:
    """The end by length and the token counts arrive, in requests close upon each other too."""
    async with provider_for(llama_server.base_url, profile="llamacpp") as provider:
        for _ in range(10):
            end = end_of(await collect(provider, ask(parameters=SHORT, system="Be brief."), llama_server.model, 30.0))
            assert end.reason in {FinishReason.LENGTH, FinishReason.STOP}
            assert end.usage is not None
            assert 0 < end.usage.completion_tokens <= 8


async def test_a_hole_is_filled(llama_server: LlamaServer) -> None:
    """`/infill` is used, with the neighbouring file, and its last event has the counts."""
    async with provider_for(llama_server.base_url, profile="llamacpp") as provider:
        assert provider.describe(llama_server.model).fim == "llamacpp"
        end = end_of(await collect(provider, ask(hole=HOLE, parameters=SHORT), llama_server.model, 30.0))
        assert end.usage is not None
        assert 0 < end.usage.completion_tokens <= 8
        assert provider.describe(llama_server.model).fim == "llamacpp"


async def test_a_token_family_on_the_raw_route(llama_server: LlamaServer) -> None:
    """A prompt in a family's own tokens goes to `/completions`."""
    models = {llama_server.model: {"fim": "qwen"}}
    async with provider_for(llama_server.base_url, profile="llamacpp", models=_options(models)) as provider:
        end = end_of(await collect(provider, ask(hole=HOLE, parameters=SHORT), llama_server.model, 30.0))
        assert end.usage is not None
        assert provider.describe(llama_server.model).fim == "qwen"


async def test_a_refused_dialect_is_remembered(llama_server: LlamaServer) -> None:
    """A route that this server lacks gives way to the chat, and the dialect is not tried again."""
    models = {llama_server.model: {"fim": "mistral"}}
    async with provider_for(llama_server.base_url, profile="llamacpp", models=_options(models)) as provider:
        assert end_of(await collect(provider, ask(hole=HOLE, parameters=SHORT), llama_server.model, 30.0)).usage
        assert provider.describe(llama_server.model).fim is None


async def test_the_list_tells_the_context(llama_server: LlamaServer) -> None:
    """The model's name and its context come from the list."""
    async with provider_for(llama_server.base_url, profile="llamacpp") as provider:
        (info,) = await provider.models()
        assert info.reference.model == llama_server.model
        assert info.input_tokens


async def test_a_prompt_too_long_is_too_large(llama_server: LlamaServer) -> None:
    """A prompt beyond the context is named as such."""
    async with provider_for(llama_server.base_url, profile="llamacpp") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider, ask("word " * 20_000, parameters=SHORT), llama_server.model, 60.0)
    assert caught.value.kind is ErrorKind.TOO_LARGE


async def test_busy_slots_make_requests_wait(llama_server: LlamaServer) -> None:
    """More requests than slots are all answered, and one that is closed frees its slot."""
    async with provider_for(llama_server.base_url, profile="llamacpp") as provider:
        long = ask(parameters=Parameters(max_tokens=100_000))
        async with aclosing(provider.stream(long, llama_server.model, 30.0)) as events:
            await anext(events)
        answers = await asyncio.gather(
            *(collect(provider, ask(parameters=SHORT), llama_server.model, 60.0) for _ in range(6))
        )
    assert all(end_of(events).usage is not None for events in answers)
    assert all(isinstance(text_of(events), str) for events in answers)


async def test_it_is_found_on_this_machine(llama_server: LlamaServer) -> None:
    """Discovery recognises it by its list, on whatever port."""
    (found,) = await find_servers([Probe(llama_server.port, "vllm")], seconds=10.0)
    assert (found.profile, found.base_url) == ("llamacpp", llama_server.base_url)
    assert [info.reference.model for info in found.models] == [llama_server.model]


def _options(models: dict[str, dict[str, str]]) -> dict[str, ModelOptions]:

    return {name: ModelOptions(fim=values["fim"]) for name, values in models.items()}
