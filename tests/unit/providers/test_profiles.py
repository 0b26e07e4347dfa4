"""Each vendor's row, seen in the requests that it makes."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Parameters
from aurelis.providers import github
from aurelis.providers.azure import deployment_lists, normalise
from aurelis.providers.openai_compatible import open_provider
from aurelis.providers.options import ModelOptions, ProviderOptions, check_base_url, profile_of
from aurelis.providers.profile import Limits
from aurelis.providers.profiles import PROFILES, profile_for_host
from aurelis.providers.tokens import TokenSource
from unit.providers.raw_server import DONE, RawServer, ask, collect, delta, provider_for, stream, text_of, whole

EXPECTED = {
    *("custom", "litellm", "openai", "anthropic", "gemini", "mistral", "deepseek", "openrouter", "groq", "cohere"),
    *("foundry", "github", "ollama", "llamacpp", "lmstudio", "vllm", "foundry-local", "docker", "sandbox"),
}
ASKED = ask(system="Be brief.", parameters=Parameters(temperature=1.5, max_tokens=64, stop=("END",)))
QUIET = ask(parameters=Parameters(max_tokens=64), reasoning=False)


def test_all_profiles_are_there() -> None:
    """Every vendor, gateway and local server that the settings may name has a row under its own name."""
    assert set(PROFILES) == EXPECTED
    assert all(name == profile.name for name, profile in PROFILES.items())


@pytest.mark.parametrize("name", sorted(EXPECTED - {"custom", "foundry", "foundry-local", "sandbox"}))
def test_every_base_url_is_usable(name: str) -> None:
    """A row's own URL passes the checks that the user's must pass; local ones are on loopback."""
    options = ProviderOptions(name=name, profile=name)
    url = check_base_url(options, profile_of(options))
    assert url.startswith("http://127.0.0.1:" if PROFILES[name].local or name == "litellm" else "https://")


@pytest.mark.parametrize("name", sorted(EXPECTED - {"github"}))
async def test_every_row_makes_a_request_that_json_can_hold(server: RawServer, name: str) -> None:
    """With every profile a request goes out with model, messages and the bound of the answer."""
    async with provider_for(server.base_url, profile=name, token="t-1") as provider:
        assert text_of(await collect(provider, ASKED, "some-model")) == "hello"
    sent = server.received[-1].json
    assert sent["model"] == "some-model"
    assert sent["messages"][-1] == {"role": "user", "content": "Say hello."}
    assert 64 in {sent.get("max_tokens"), sent.get("max_completion_tokens")}
    assert ("stream_options" in sent) == PROFILES[name].stream_usage
    assert sent["temperature"] <= PROFILES[name].hottest


@pytest.mark.parametrize(
    ("profile", "model", "there", "absent"),
    [
        (
            "openai",
            "gpt-5",
            {"max_completion_tokens": 64, "reasoning_effort": "minimal"},
            {"max_tokens", "temperature"},
        ),
        ("openai", "gpt-5.4-mini", {"reasoning_effort": "none"}, {"max_tokens"}),
        ("openai", "o4-mini", {"max_completion_tokens": 64, "reasoning_effort": "low"}, {"max_tokens"}),
        ("openai", "gpt-4o", {"max_completion_tokens": 64}, {"reasoning_effort", "max_tokens"}),
        ("foundry", "o3", {"max_completion_tokens": 64}, {"max_tokens"}),
        ("foundry", "gpt-5-chat", {"max_tokens": 64}, {"reasoning_effort", "max_completion_tokens"}),
        ("openrouter", "openai/gpt-5", {"max_completion_tokens": 64, "reasoning": {"enabled": False}}, {"max_tokens"}),
        ("gemini", "gemini-flash", {"reasoning_effort": "none"}, set()),
        ("vllm", "qwen3", {"chat_template_kwargs": {"enable_thinking": False}}, set()),
        ("mistral", "codestral-latest", {"max_tokens": 64}, {"stream_options"}),
    ],
)
async def test_models_are_asked_in_their_own_words(
    server: RawServer, profile: str, model: str, there: dict[str, Any], absent: set[str]
) -> None:
    """The bound's name, the temperature and the switch for reasoning follow the model."""
    async with provider_for(server.base_url, profile=profile, token="t-1") as provider:
        await collect(provider, QUIET, model)
    sent = server.received[0].json
    assert there.items() <= sent.items()
    assert not absent & sent.keys()


def refusal(message: str, parameter: str | None = None, status: int = 400) -> Any:
    """An answer that does not take a parameter."""
    error = {"message": message, "type": "invalid_request_error", "param": parameter, "code": "unsupported_parameter"}
    return whole(status, json.dumps({"error": error}).encode())


@pytest.mark.parametrize(
    ("answer", "gone", "come"),
    [
        (
            refusal(
                "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
                "max_tokens",
            ),
            "max_tokens",
            "max_completion_tokens",
        ),
        (
            refusal("Unsupported value: 'temperature' does not support 1.5 with this model.", "temperature"),
            "temperature",
            None,
        ),
        (refusal("stream_options: Extra inputs are not permitted", status=422), "stream_options", None),
        (
            whole(422, b'{"detail":[{"loc":["body","stop"],"msg":"Extra inputs are not permitted","input":["END"]}]}'),
            "stop",
            None,
        ),
    ],
)
async def test_a_refused_parameter_is_learned(server: RawServer, answer: Any, gone: str, come: str | None) -> None:
    """The answer that names a parameter costs one request; from then on the model is asked without it."""
    ok = stream(delta("hello", "stop"), DONE)
    server.answers = [answer, ok]
    async with provider_for(server.base_url) as provider:
        assert text_of(await collect(provider, ASKED)) == "hello"
        assert text_of(await collect(provider, ASKED)) == "hello"
        assert text_of(await collect(provider, ASKED, "another")) == "hello"
    first, second, third, other = (received.json for received in server.received)
    assert gone in first
    assert gone not in second
    assert second == third
    assert come is None or second[come] == 64
    assert gone in other


async def test_a_refused_system_role_is_merged_into_the_question(server: RawServer) -> None:
    """A model without system messages gets their text before the user's."""
    server.answers = [
        refusal("Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        *server.answers,
    ]
    async with provider_for(server.base_url) as provider:
        await collect(provider, ASKED)
    assert server.received[1].json["messages"] == [{"role": "user", "content": "Be brief.\n\nSay hello."}]


async def test_the_user_may_say_that_there_is_no_system_role(server: RawServer) -> None:
    """`systemRole: false` saves the refused request."""
    async with provider_for(server.base_url, models={"m": ModelOptions(system_role=False)}) as provider:
        await collect(provider, ASKED)
    assert [message["role"] for message in server.received[0].json["messages"]] == ["user"]


async def test_endless_refusals_end(server: RawServer) -> None:
    """A server that refuses one word after the other is asked a bounded number of times."""
    server.answers = [refusal(f"'{name}' is not supported") for name in ("stop", "temperature", "stream_options")]
    server.answers += [refusal("'max_tokens' is not supported"), refusal("'max_completion_tokens' is not supported")]
    async with provider_for(server.base_url) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider, ASKED)
    assert caught.value.kind is ErrorKind.REJECTED
    assert len(server.received) <= 5


@pytest.mark.parametrize(
    ("profile", "base_url"),
    [
        ("github", None),
        ("github", "https://models.inference.ai.azure.com"),
        ("github", "https://models.github.ai/inference"),
        ("custom", "https://MODELS.github.ai./"),
        ("foundry", "https://models.inference.ai.azure.com"),
    ],
)
async def test_nothing_is_sent_to_a_retired_host(base_url: str | None, profile: str) -> None:
    """The hosts known to be gone are told from their names, whatever the profile, with the way on."""

    def never(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(request.url)

    async def token() -> str:
        return "ghp_x"

    options = ProviderOptions(name="github", profile=profile, base_url=base_url)
    provider = open_provider(options, TokenSource(token), transport=httpx2.MockTransport(never))
    for attempt in (collect(provider), provider.models()):
        with pytest.raises(RequestError) as caught:
            await attempt
        assert (caught.value.kind, caught.value.final_for_provider) == (ErrorKind.GONE, True)
    assert (await provider.check_token()).state == "invalid"
    await provider.aclose()


@pytest.mark.parametrize(
    ("tail", "model", "path", "wire"),
    [
        ("/inference", "gpt-4o", "/inference/chat/completions", "openai/gpt-4o"),
        ("/inference", "Codestral-2501", "/inference/chat/completions", "mistral-ai/codestral-2501"),
        ("/inference", "openai/gpt-4o", "/inference/chat/completions", "openai/gpt-4o"),
        ("", "openai/gpt-4o", "/chat/completions", "gpt-4o"),
        ("", "mistral-ai/codestral-2501", "/chat/completions", "Codestral-2501"),
        (
            "/inference",
            "openai/o3-mini",
            "/inference/chat/completions?api-version=2024-12-01-preview",
            "openai/o3-mini",
        ),
    ],
)
async def test_a_compatible_gateway_gets_its_own_spelling(
    server: RawServer, tail: str, model: str, path: str, wire: str
) -> None:
    """The two hosts' ways differ: publishers in the id, the path, the version of the API."""
    async with provider_for(server.base_url[: -len("/v1")] + tail, profile="github", token="ghp_x") as provider:
        await collect(provider, ask(), model)
    assert (server.received[0].path, server.received[0].json["model"]) == (path, wire)
    assert server.received[0].headers["x-github-api-version"] == "2022-11-28"


async def test_an_organization_has_its_own_route(server: RawServer) -> None:
    """Usage is attributed to an organization by the path (GitHub) or by a header (OpenAI)."""
    root = server.base_url[: -len("/v1")]
    async with provider_for(f"{root}/inference", profile="github", token="t", organization="acme") as provider:
        await collect(provider, ask(), "openai/gpt-4o")
    async with provider_for(server.base_url, profile="openai", token="t", organization="org-1") as provider:
        await collect(provider, ask(), "gpt-4o")
    assert server.received[0].path == "/orgs/acme/inference/chat/completions"
    assert server.received[1].headers["openai-organization"] == "org-1"


async def test_the_catalogue_of_a_gateway_is_a_bare_array(server: RawServer) -> None:
    """Limits are the free tier's where the catalogue names the model's whole window."""
    entry = {
        "id": "acme/big",
        "rate_limit_tier": "low",
        "limits": {"max_input_tokens": 1048576, "max_output_tokens": 32768},
    }
    server.answers = [whole(200, json.dumps([entry]).encode())]
    async with provider_for(f"{server.base_url[:-3]}/inference", profile="github", token="t") as provider:
        (info,) = await provider.models()
        assert server.received[0].path == "/catalog/models"
        assert (info.input_tokens, info.output_tokens) == (8000, 4000)
        assert provider.limits("acme/big") == github.GITHUB.tiers["low"]
        assert provider.limits("unknown") == github.GITHUB.tiers["high"]


async def test_streaming_is_left_out_where_it_does_not_exist(server: RawServer) -> None:
    """A model that cannot stream is asked for a whole answer."""
    server.answers = [whole(200, b'{"choices":[{"message":{"content":"hello"},"finish_reason":"stop"}]}')]
    async with provider_for(f"{server.base_url[:-3]}/inference", profile="github", token="t") as provider:
        assert text_of(await collect(provider, ask(), "openai/o1")) == "hello"
    assert server.received[0].json["stream"] is False
    assert "stream_options" not in server.received[0].json


async def test_an_old_model_names_its_successor(server: RawServer) -> None:
    """A refusal of one of the nine old models says what it became."""
    body = {"error": {"code": "unknown_model", "message": "Unknown model: mistral-nemo"}}
    server.answers = [whole(404, json.dumps(body).encode())]
    async with provider_for(f"{server.base_url[:-3]}/inference", profile="github", token="t") as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider, ask(), "Mistral-Nemo")
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "mistral-ai/mistral-small-2503" in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.openai.azure.com",
        "https://acme.openai.azure.com/",
        "https://acme.openai.azure.com/openai",
        "https://acme.openai.azure.com/openai/v1/",
        "acme.openai.azure.com",
        "https://acme.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
    ],
)
def test_azure_resource_urls_become_one(url: str) -> None:
    """Whatever part of a resource's URL was copied, the base is the same."""
    options = ProviderOptions(name="f", profile="foundry", base_url=url)
    assert check_base_url(options, profile_of(options)) == "https://acme.openai.azure.com/openai/v1"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://acme.services.ai.azure.com/api/projects/p1", "https://acme.services.ai.azure.com/openai/v1"),
        ("https://acme.services.ai.azure.com/models", "https://acme.services.ai.azure.com/openai/v1"),
        ("https://acme.cognitiveservices.azure.com/", "https://acme.cognitiveservices.azure.com/openai/v1"),
        ("https://x1.models.ai.azure.com", "https://x1.models.ai.azure.com/v1"),
        ("https://gateway.example/azure", "https://gateway.example/azure"),
        ("https://gateway.example/v1", "https://gateway.example/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/openai/v1"),
        ("http://127.0.0.1:8000/api/projects/p1", "http://127.0.0.1:8000/openai/v1"),
        (
            "https://gateway.example/azure/openai/deployments/d/chat/completions?api-version=2024-10-21",
            "https://gateway.example/azure/openai/v1",
        ),
        ("https://gateway.example/azure/openai/v1/", "https://gateway.example/azure/openai/v1"),
        ("https://acme.openai.azure.com.evil.example/x", "https://acme.openai.azure.com.evil.example/x"),
        ("https://acme.openai.azure.com/?api-key=secret", "https://acme.openai.azure.com/?api-key=secret"),
        ("https://[bad", "https://[bad"),
        ("", ""),
    ],
)
def test_azure_urls_are_recognised_by_host_or_route(url: str, base: str) -> None:
    """Azure's hosts and a gateway's Azure routes are rewritten; a key in the URL is left for the check to refuse."""
    assert normalise(url) == base


def test_deployments_are_listed_in_two_places() -> None:
    """A project URL lists the project's deployments, then the resource's; another base has no such list."""
    project, resource = deployment_lists("https://acme.services.ai.azure.com/api/projects/p1")
    assert project == "https://acme.services.ai.azure.com/api/projects/p1/deployments?api-version=v1"
    assert resource == "https://acme.services.ai.azure.com/openai/deployments?api-version=2023-03-15-preview"
    assert deployment_lists("https://gateway.example/v1") == ()
    (behind,) = deployment_lists("https://gateway.example/azure/openai/v1")
    assert behind == "https://gateway.example/azure/openai/deployments?api-version=2023-03-15-preview"


async def test_deployments_that_are_not_listed_are_asked_for(server: RawServer) -> None:
    """A resource without such a list says which setting takes the names; with names there, no list is needed."""
    missing = json.dumps({"error": {"code": "404", "message": "Resource not found"}}).encode()
    server.answers = [whole(404, missing), whole(404, missing), *server.answers]
    url = f"{server.base_url[:-3]}/openai/v1"
    async with provider_for(url, profile="foundry", token="k") as provider:
        with pytest.raises(RequestError, match=r"providers\.mine\.deployments") as caught:
            await provider.models()
    assert caught.value.kind is ErrorKind.CONFIGURATION
    async with provider_for(url, profile="foundry", token="k", deployments={"mine": "o3"}) as provider:
        assert [info.reference.model for info in await provider.models()] == ["mine"]


async def test_foundry_lists_what_is_deployed() -> None:
    """Only deployments that succeeded are offered, each with its base model, after those that were typed in."""
    asked: list[str] = []
    deployments = [
        {"id": "fast", "object": "deployment", "model": "gpt-5-mini", "status": "succeeded"},
        {"id": "broken", "object": "deployment", "model": "gpt-5", "status": "failed"},
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        if "projects" in request.url.path:
            return httpx2.Response(404, json={"error": {"code": "404", "message": "Resource not found"}})
        return httpx2.Response(200, json={"data": deployments})

    async def token() -> str:
        return "key"

    url = "https://acme.services.ai.azure.com/api/projects/p1"
    options = ProviderOptions(name="f", profile="foundry", base_url=url, deployments={"typed": "o3"})
    provider = open_provider(options, TokenSource(token), transport=httpx2.MockTransport(answer))
    found = {info.reference.model: info for info in await provider.models()}
    await provider.aclose()
    assert list(found) == ["typed", "fast"]
    assert (found["typed"].base_model, found["typed"].reasoning) == ("o3", True)
    assert (found["fast"].base_model, found["fast"].reasoning) == ("gpt-5-mini", True)
    assert asked == list(deployment_lists(url))


def test_vendors_are_recognised_by_host() -> None:
    """A base URL tells its vendor, and no look-alike does."""
    found = {host: profile_for_host(host) for host in ("api.openai.com", "acme.openai.azure.com", "xapi.openai.com")}
    assert [profile.name if profile else None for profile in found.values()] == ["openai", "foundry", None]


def test_limits_have_an_order() -> None:
    """The user's word replaces the row's field by field."""
    assert Limits(concurrent=1).over(Limits(concurrent=5, requests_per_day=9)) == Limits(
        concurrent=1, requests_per_day=9
    )
