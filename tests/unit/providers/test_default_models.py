"""Which model a task goes to when the user names none."""

from __future__ import annotations

import asyncio

import pytest

from aurelis.core.request import Task
from aurelis.providers import github
from aurelis.providers.catalogue import Catalogue
from aurelis.providers.default_models import default_models, listed_writers
from aurelis.providers.options import ProviderOptions
from aurelis.providers.profiles import PROFILES
from unit.providers.raw_server import provider_for


@pytest.mark.parametrize(
    ("wanted", "listed", "chosen"),
    [
        (("a", "b"), (), ("a", "b")),
        (("a", "b"), ("b", "a", "c"), ("a", "b")),
        (("gpt-4o",), ("GPT-4o",), ("GPT-4o",)),
        (("claude-haiku-4-5",), ("claude-haiku-4-5-20251001",), ("claude-haiku-4-5-20251001",)),
        (("gpt-5.4",), ("gpt-5.4-mini",), ("gpt-5.4-mini",)),
        (("gpt-5.4",), ("gpt-5.4-mini", "gpt-5.4-2026-03-05"), ("gpt-5.4-2026-03-05",)),
        (("gone",), ("text-embedding-3-small", "whisper-1", "writer", "other"), ("writer",)),
        ((), ("nomic-embed-text:latest", "qwen2.5-coder:1.5b"), ("qwen2.5-coder:1.5b",)),
        ((), ("nomic-embed-text:latest",), ("nomic-embed-text:latest",)),
        ((), (), ()),
    ],
)
def test_a_route_counts_where_the_list_has_it(
    wanted: tuple[str, ...], listed: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    """Listed models of the route come in its order, dated names too; otherwise the first that writes text."""
    assert default_models(wanted, listed) == chosen


def test_writers_are_told_by_their_names() -> None:
    """Models for vectors, sound and pictures are left out."""
    names = ("bge-m3", "tts-1", "gpt-image-1", "codestral-embed-2505", "gpt-4o-transcribe", "codestral-latest")
    assert listed_writers(names) == ("codestral-latest",)


@pytest.mark.parametrize(
    ("task", "published"),
    [
        (Task.CODE_GENERATION, ("Codestral-2501", "gpt-4o", "Meta-Llama-3.1-70B-Instruct")),
        (Task.DOCUMENTATION, ("Cohere-command-r", "Cohere-command-r-plus", "gpt-4o-mini")),
        (Task.COMPLEX_REASONING, ("gpt-4o", "Meta-Llama-3.1-405B-Instruct", "Mistral-large")),
        (Task.GENERAL, ("gpt-4o-mini",)),
    ],
)
@pytest.mark.parametrize("folder", ["", "/inference"])
async def test_github_routes_follow_the_host_spelling(task: Task, published: tuple[str, ...], folder: str) -> None:
    """Each task goes to the models made for it, written as the host at hand writes them."""
    expected = tuple(github.PUBLISHED[name] for name in published) if folder else published
    async with provider_for(f"http://127.0.0.1:1{folder}", profile="github") as provider:
        assert default_models(provider.profile.routes[task], (), provider.spelling) == expected


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.routes])
def test_every_table_is_whole(name: str) -> None:
    """A profile that routes at all has models for every task."""
    assert set(PROFILES[name].routes) == set(Task)
    assert all(PROFILES[name].routes.values())


async def test_an_old_list_serves_while_it_is_renewed() -> None:
    """After a first list nobody waits for the next one, and what it brings is known as soon as it came."""
    answers = [b'{"data": [{"id": "old"}]}', b'{"data": [{"id": "new"}]}']
    asked, may_answer = asyncio.Event(), asyncio.Event()
    may_answer.set()

    async def fetch() -> bytes:
        asked.set()
        await may_answer.wait()
        return answers.pop(0)

    catalogue = Catalogue(ProviderOptions(name="a"), PROFILES["custom"], "http://127.0.0.1:1/v1", fetch)
    await catalogue.load()
    may_answer.clear()
    asked.clear()
    catalogue._fetched_at = None
    await catalogue.load()
    assert catalogue.ids() == ("old",)
    await asked.wait()
    may_answer.set()
    assert catalogue._refreshing is not None
    await catalogue._refreshing
    assert catalogue.ids() == ("new",)
    assert not answers
    await catalogue.aclose()
