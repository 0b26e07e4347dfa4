"""Hover: kept explanations, and those asked for."""

import asyncio
from typing import Any

import attrs
import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Urgency
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.events import Outcome
from aurelis.workflow.hover import Hovers
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.run import prepare, run


async def test_an_explanation_that_was_asked_for_is_found_again(services: Any, snapshot: Snapshot) -> None:
    """On the definition's name and wherever it is used, whichever way the explanation was asked for."""
    text = snapshot.text + "\n\nprint(add(1, 2))\n"
    document = attrs.evolve(snapshot, text=text)
    asked = Invocation(verb="explain", snapshot=document, position=text.index("a-b"))
    services.kept[(await prepare(services, asked)).request.messages[1].content] = "It *adds*."
    hovers = Hovers(services)
    for place in (text.index("add"), text.index("add(1")):
        found = await hovers.answer(document, place)
        assert found is not None
        assert found.markdown == "It *adds*."
    assert services.requests == []


async def test_on_demand_asks_no_model(services: Any, snapshot: Snapshot) -> None:
    """It tells what to explain, and nothing more."""
    found = await Hovers(services).answer(snapshot, snapshot.text.index("name()"))
    assert found is not None
    assert found.markdown is None
    assert snapshot.text[found.region.start : found.region.end] == "def name():\n    return os.name\n"
    assert services.requests == []


@pytest.mark.parametrize("place", ["def", "Sums", "  return", "\n\n\n"])
async def test_only_identifiers_are_explained(services: Any, snapshot: Snapshot, place: str) -> None:
    """Keywords, strings and blanks have no hover."""
    assert await Hovers(services).answer(snapshot, snapshot.text.index(place) + 1, automatic=True) is None


async def test_automatic_mode_asks_once_for_a_symbol(services: Any, snapshot: Snapshot) -> None:
    """Two hovers at the same time share one request, of a hover's urgency and about the definition."""
    services.reply = "Adds [it](https://example.com)."
    services.gate = asyncio.Event()
    hovers = Hovers(services, seconds=5.0)
    place = snapshot.text.index("add")
    both = asyncio.gather(*(hovers.answer(snapshot, place, automatic=True) for _ in range(2)))
    await services.asked.wait()
    services.gate.set()
    first, second = await both
    assert first.markdown == second.markdown
    assert "Adds" in first.markdown
    assert len(services.requests) == 1
    request = services.requests[0]
    assert request.urgency is Urgency.HOVER
    assert "Symbol: add" in request.messages[1].content
    assert "def add(a, b):" in request.messages[1].content
    await hovers.aclose()


async def test_a_slow_model_does_not_keep_the_editor_waiting(services: Any, snapshot: Snapshot) -> None:
    """After the deadline there is no text, but the request goes on so that the cache has it next time."""
    services.gate = asyncio.Event()
    services.reply = "Late."
    hovers = Hovers(services, seconds=0.0)
    found = await hovers.answer(snapshot, snapshot.text.index("add"), automatic=True)
    assert found is not None
    assert found.markdown is None
    assert (len(services.requests), services.closed) == (1, 0)
    await hovers.aclose()
    assert services.closed == 1


async def test_a_failure_is_no_text(services: Any, snapshot: Snapshot) -> None:
    """Hover never shows an error, and nothing is asked about an excluded file."""
    services.reply = RequestError(ErrorKind.AUTH, "Sign in.")
    hovers = Hovers(services, seconds=5.0)
    found = await hovers.answer(snapshot, snapshot.text.index("add"), automatic=True)
    assert found is not None
    assert found.markdown is None
    excluded = attrs.evolve(snapshot, name="secret.py")
    assert await hovers.answer(excluded, snapshot.text.index("add"), automatic=True) is None
    await hovers.aclose()


async def test_an_explanation_outlives_changes_elsewhere(services: Any, snapshot: Snapshot) -> None:
    """It is found as long as the explained lines stay as they are, and no longer."""
    asked = Invocation(verb="explain", snapshot=snapshot, position=snapshot.text.index("a-b"))
    services.reply = "It *adds*."
    hovers = Hovers(services)
    async for event in run(services, asked):
        if isinstance(event, Outcome):
            hovers.remember(event)
    services.kept[services.requests[0].messages[1].content] = "It *adds*."
    later = attrs.evolve(snapshot, text="# new\n" + snapshot.text, version=9)
    found = await hovers.answer(later, later.text.index("add"))
    assert found is not None
    assert found.markdown == "It *adds*."
    changed = attrs.evolve(snapshot, text=snapshot.text.replace("a-b", "a - b"), version=10)
    found = await hovers.answer(changed, changed.text.index("add"))
    assert found is not None
    assert found.markdown is None


async def test_a_symbol_is_asked_about_again_only_when_it_changed(services: Any, snapshot: Snapshot) -> None:
    """What is sent for a definition holds nothing of the rest of the document."""
    hovers = Hovers(services)
    services.reply = "Adds."
    for text in (snapshot.text, "# new\n" + snapshot.text + "# last\n", snapshot.text.replace("a-b", "a - b")):
        document = attrs.evolve(snapshot, text=text)
        await hovers.answer(document, text.index("add"), automatic=True)
    first, second, third = [request.messages for request in services.requests]
    assert first == second
    assert first != third


@pytest.mark.parametrize("language_id", ["plaintext", "markdown"])
async def test_words_of_prose_are_no_identifiers(services: Any, snapshot: Snapshot, language_id: str) -> None:
    """A text for people has nothing to hover."""
    prose = attrs.evolve(snapshot, language_id=language_id)
    assert await Hovers(services).answer(prose, prose.text.index("add"), automatic=True) is None


HOME = "def read_port(text):\n    return int(text)\n"
USE = "from settings import read_port\n\nport = read_port('1')\nread_port_twice = 2\n"


def two_documents(snapshot: Snapshot, use: str = USE) -> tuple[Snapshot, Snapshot]:
    """A document with a definition, and one that uses it."""
    home = attrs.evolve(snapshot, uri="file:///w/settings.py", name="settings.py", text=HOME)
    return home, attrs.evolve(snapshot, uri="file:///w/app.py", name="app.py", text=use)


async def test_an_imported_name_is_explained_by_its_definition_elsewhere(services: Any, snapshot: Snapshot) -> None:
    """The explanation asked for in another open document is found, and the link explains the definition there."""
    home, use = two_documents(snapshot)
    hovers = Hovers(services)
    place = use.text.index("read_port('")
    found = await hovers.answer(use, place, others=(use, home))
    assert found is not None
    assert (found.document.uri, found.region.text(HOME), found.markdown) == (home.uri, HOME, None)
    asked = Invocation(verb="explain", snapshot=home, position=2)
    services.kept[(await prepare(services, asked)).request.messages[1].content] = "It reads."
    found = await hovers.answer(use, place, others=(use, home))
    assert found is not None
    assert (found.markdown, use.text[found.identifier.start : found.identifier.end]) == ("It reads.", "read_port")
    services.reply = "Reads a port."
    services.kept.clear()
    found = await hovers.answer(use, place, others=(home,), automatic=True)
    assert found is not None
    assert "def read_port(text):" in services.requests[0].messages[1].content


@pytest.mark.parametrize(
    "use",
    ["read_port = 1\nprint(read_port)\n", "import settings\n\nread_port = settings\n", "def read_port(): ...\n"],
)
async def test_a_name_of_its_own_is_not_explained_by_another_document(
    services: Any, snapshot: Snapshot, use: str
) -> None:
    """Only what the document imports is looked for elsewhere."""
    home, user = two_documents(snapshot, use)
    found = await Hovers(services).answer(user, use.rindex("read_port"), others=(home,))
    assert found is not None
    assert found.document.uri == user.uri


async def test_a_definition_that_must_stay_here_explains_nothing(services: Any, snapshot: Snapshot) -> None:
    """An excluded document is not looked into for another's sake."""
    home, use = two_documents(snapshot)
    services.egress.refusal = lambda source: "no" if source.uri == home.uri else None
    found = await Hovers(services).answer(use, use.text.index("read_port('"), others=(home,), automatic=True)
    assert found is not None
    assert found.document.uri == use.uri
    assert all("def read_port" not in request.messages[1].content for request in services.requests)
