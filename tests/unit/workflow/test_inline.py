"""Ghost text from request to item."""

import threading
from typing import Any

import attrs
import pytest

from aurelis.config.settings import InlineCompletionSettings, Settings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo
from aurelis.core.redaction_map import Redaction, RedactionMap
from aurelis.core.reply import FinishReason
from aurelis.core.request import Task, Urgency
from aurelis.core.snapshot import Snapshot
from aurelis.core.source import Source
from aurelis.syntax.parses import ParseCache
from aurelis.workflow.inline import (
    LONGEST_LINE,
    SINGLE_LINE_TOKENS,
    Around,
    CompletionAsked,
    complete,
    prepare_completion,
    prepare_to_fit,
)
from unit.workflow.conftest import MODEL

HOLED = "import os\n\n\ndef add(a, b):\n    \n\n\ndef name():\n    return os.name\n"
PLACE = HOLED.index("    \n") + 4


@pytest.fixture
def asked(snapshot: Snapshot) -> CompletionAsked:
    """A cursor in an empty function."""
    return CompletionAsked(snapshot=attrs.evolve(snapshot, text=HOLED), position=PLACE)


async def test_a_chat_models_answer_becomes_an_item(services: Any, asked: CompletionAsked) -> None:
    """The fence goes, and the request has both a hole and a chat form."""
    services.reply = "```python\n    return a + b\n```"
    (completion,) = await complete(services, asked)
    assert (completion.item.start, completion.item.end, completion.item.text) == (PLACE, PLACE, "return a + b")
    request = services.requests[0]
    assert (request.task, request.urgency, request.streams, request.reasoning) == (
        Task.COMPLETION,
        Urgency.GHOST_TEXT,
        False,
        False,
    )
    assert request.fim.prefix + request.fim.suffix == HOLED
    assert HOLED[:PLACE].strip() + "\n    <<<CURSOR>>>" in request.messages[1].content
    assert request.enough("return a + b\n\n\ndef name():\n")
    assert request.judge("").usable is False


async def test_code_behind_the_cursor_means_one_line(services: Any, asked: CompletionAsked) -> None:
    """Then the answer may be short."""
    text = "total = f(, b)\n"
    one = attrs.evolve(asked, snapshot=attrs.evolve(asked.snapshot, text=text), position=10)
    services.reply = "a"
    (completion,) = await complete(services, one)
    assert completion.item.text == "a"
    assert services.requests[0].parameters.max_tokens == SINGLE_LINE_TOKENS
    assert services.requests[0].facets["lines"] == "one"


async def test_any_failure_is_no_item(services: Any, asked: CompletionAsked) -> None:
    """Ghost text never shows an error."""
    for reply in (RequestError(ErrorKind.NETWORK, "No network."), "", "Here is the code:"):
        services.reply = reply
        assert await complete(services, asked) == ()


@pytest.mark.parametrize(
    "answer",
    [
        {"finish": FinishReason.CONTENT_FILTER},
        {"redactions": RedactionMap((Redaction("AURELIS_SECRET_1", "hunter2", "x"),)), "text": "f(AURELIS_SECRET_1)"},
    ],
)
async def test_filtered_answers_and_placeholders_are_not_shown(
    services: Any, asked: CompletionAsked, answer: dict[str, Any]
) -> None:
    """A placeholder in the document would be worse than nothing."""
    services.reply = "return a"
    services.answer = answer
    assert await complete(services, asked) == ()


async def test_an_answer_cut_by_length_loses_its_last_line(services: Any, asked: CompletionAsked) -> None:
    """Half a line is not offered where whole ones are."""
    services.reply = "total = a + b\n    return tot"
    services.answer = {"finish": FinishReason.LENGTH}
    (completion,) = await complete(services, asked)
    assert completion.item.text == "total = a + b"


async def test_excluded_documents_are_neither_asked_about_nor_shown(services: Any, asked: CompletionAsked) -> None:
    """The document itself, and others that are open."""
    excluded = attrs.evolve(asked.snapshot, name="secret.py")
    assert prepare_completion(services, attrs.evolve(asked, snapshot=excluded)) is None
    assert await complete(services, attrs.evolve(asked, snapshot=excluded)) == ()
    similar = attrs.evolve(asked.snapshot, text=HOLED.replace("    \n", "    return a + b\n"))
    others = (attrs.evolve(similar, name="secret.py"), attrs.evolve(similar, name="open.py"))
    prepared = prepare_completion(services, attrs.evolve(asked, around=Around(others=others)))
    assert prepared is not None
    assert [neighbour.name for neighbour in prepared.request.fim.neighbours] == ["open.py"]  # type: ignore[union-attr] - there is one
    assert all(source.name != "secret.py" for source in prepared.request.sources)


async def test_settings_bound_the_number_of_lines(services: Any, asked: CompletionAsked) -> None:
    """No more lines than the user wants to see."""
    services.settings = Settings(inline_completion=InlineCompletionSettings(max_lines=2))
    services.reply = "x = 1\n    y = 2\n    z = 3\n    return x"
    (completion,) = await complete(services, asked)
    assert completion.item.text == "x = 1\n    y = 2"


async def test_a_prompt_is_cut_to_what_the_model_takes(services: Any, asked: CompletionAsked) -> None:
    """A model that takes little is shown less of a long document instead of being passed over."""
    long = attrs.evolve(asked.snapshot, text="value = compute(1)\n" * 2_000)
    wanted = attrs.evolve(asked, snapshot=long, position=20_000)
    sizes = []
    for tokens in (None, 2_000):
        services.info = ModelInfo(MODEL, input_tokens=tokens)
        prepared = await prepare_to_fit(services, wanted, ParseCache())
        assert prepared is not None
        assert long.text[:20_000].endswith(prepared.request.fim.prefix)  # type: ignore[union-attr] - there is one
        sizes.append(sum(len(message.content) for message in prepared.request.messages))
    assert sizes[0] > 8_000 - 700
    assert 2_000 < sizes[1] < 3 * 2_000


class NoticesThreads:
    """Lets every document out, and notes the threads that asked whether it may."""

    def __init__(self) -> None:
        self.threads: list[str] = []

    def refusal(self, _: Source) -> str | None:
        self.threads.append(threading.current_thread().name)
        return None


@pytest.mark.parametrize("slow", [True, False])
async def test_what_takes_long_to_parse_is_prepared_and_judged_beside_the_event_loop(
    services: Any, asked: CompletionAsked, monkeypatch: pytest.MonkeyPatch, *, slow: bool
) -> None:
    """A long document at first, and one whose last tree took long at every key; a known tree is not waited for."""
    monkeypatch.setattr("aurelis.syntax.parses.LONG_SECONDS", 0.0 if slow else 60.0)
    parses = ParseCache()
    services.egress = seen = NoticesThreads()
    short, long = asked.snapshot, attrs.evolve(asked.snapshot, uri="long", text="value = compute(1)\n" * 2_000)
    for snapshot, aside in (
        (short, False),
        (attrs.evolve(short, text=short.text + "x"), slow),
        (long, True),
        (long, False),
        (attrs.evolve(long, text=long.text + "x"), slow),
    ):
        seen.threads.clear()
        prepared = await prepare_to_fit(services, attrs.evolve(asked, snapshot=snapshot), parses)
        assert prepared is not None
        assert prepared.request.judged_apart("x = 1") is slow
        assert {thread == threading.main_thread().name for thread in seen.threads} == {not aside}


async def test_nonsense_keeps_the_event_loop_waiting_once_at_most(services: Any, asked: CompletionAsked) -> None:
    """A document that could not be parsed in the time that code takes is tried again in a thread."""
    parses = ParseCache()
    services.egress = seen = NoticesThreads()
    nonsense = attrs.evolve(asked.snapshot, text="<!--" * 4_000, language_id="go")
    for text in (nonsense.text, nonsense.text + "-"):
        seen.threads.clear()
        assert await prepare_to_fit(services, attrs.evolve(asked, snapshot=attrs.evolve(nonsense, text=text)), parses)
    assert threading.main_thread().name not in seen.threads


@pytest.mark.parametrize(("length", "parsed"), [(LONGEST_LINE - 100, True), (LONGEST_LINE + 100, False)])
def test_a_line_that_nobody_wrote_is_not_parsed_at_every_key(
    services: Any, asked: CompletionAsked, *, length: int, parsed: bool
) -> None:
    """A whole program in one line takes long to parse; what stands around the cursor is shown all the same."""
    line = "a=b;" * (length // 4)
    snapshot = attrs.evolve(asked.snapshot, text=f"x=1;\n{line}", language_id="javascript")
    prepared = prepare_completion(services, attrs.evolve(asked, snapshot=snapshot, position=1_000))
    assert prepared is not None
    assert (prepared.hole.tree is not None) is parsed
    assert prepared.request.fim is not None
    assert prepared.request.fim.prefix.endswith(snapshot.text[900:1_000])


@pytest.mark.parametrize(
    ("answer", "slow", "apart"),
    [("return a + b", 60.0, False), ("return a + b", -1.0, True), ("([{" * 3, 60.0, True)],
)
async def test_an_answer_that_takes_long_is_read_off_the_event_loop(
    services: Any, asked: CompletionAsked, monkeypatch: pytest.MonkeyPatch, *, answer: str, slow: float, apart: bool
) -> None:
    """Nonsense from the beginning, anything else once judging it has taken long."""
    monkeypatch.setattr("aurelis.workflow.completion_answers.SLOW_SECONDS", slow)
    prepared = await prepare_to_fit(services, asked, ParseCache())
    assert prepared is not None
    assert prepared.request.judged_apart(answer) is (slow > 0 and apart)
    prepared.request.judge(answer)
    assert prepared.request.judged_apart(answer) is apart
