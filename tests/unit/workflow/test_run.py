"""One task from a document to its outcome."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from aurelis.config.settings import RequestSettings, Settings, StyleSettings, TaskSettings
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.redaction_map import Redaction, RedactionMap
from aurelis.core.reply import FinishReason
from aurelis.core.request import Task, Urgency
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import TextEdit, apply_edits
from aurelis.tasks.context.diagnostics import Diagnostic
from aurelis.tasks.replies.findings import Finding
from aurelis.tasks.testing import ProjectFiles
from aurelis.workflow.events import NewFile, Started
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.reading import CUT_NOTE
from aurelis.workflow.result import result_of, summary_of
from aurelis.workflow.run import run

FIXED = "```python\ndef add(a, b):\n    return a + b\n```"
Run = Callable[..., Any]


def _at(snapshot: Snapshot, place: str) -> int:
    return snapshot.text.index(place)


async def test_an_explanation_streams_and_ends_as_sanitised_markdown(
    ran: Run, snapshot: Snapshot, services: Any
) -> None:
    """First which model, then text as it comes, then the outcome without edits."""
    told = await ran(
        "explain", "It *adds* \x1b[31mtwo\x1b[0m numbers.", snapshot=snapshot, position=_at(snapshot, "a-b")
    )
    assert isinstance(told.events[0], Started)
    assert told.streamed == told.outcome.text == "It *adds* two numbers."
    assert told.outcome.edits is None
    assert told.outcome.base is snapshot
    request = services.requests[0]
    assert (request.task, request.urgency, request.streams) == (Task.EXPLANATION, Urgency.EXPLICIT, True)
    assert request.sources == (snapshot.source,)
    assert "Lines: 6-7" in request.messages[1].content


@pytest.mark.parametrize("verb", ["fix", "refactor", "optimize", "document"])
async def test_an_edit_is_the_smallest_that_makes_the_answer(ran: Run, snapshot: Snapshot, verb: str) -> None:
    """Only the characters that change are touched."""
    told = await ran(verb, FIXED, snapshot=snapshot, position=_at(snapshot, "a-b"))
    at = _at(snapshot, "-b")
    assert told.outcome.edits == (TextEdit(at, at + 1, " + "),)
    assert told.outcome.confirmation is None
    assert told.outcome.answer.verdict.usable
    assert told.outcome.answer.verdict.parses is True


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\x1b[8m", "\x00", "\U000e0041"])
async def test_an_edit_brings_in_nothing_that_cannot_be_seen(ran: Run, snapshot: Snapshot, hidden: str) -> None:
    """Marks that hide or reorder what is read do not come into the code (invariant 14)."""
    told = await ran("fix", FIXED.replace("a + b", f"a {hidden}+ b"), snapshot=snapshot, position=_at(snapshot, "a-b"))
    at = _at(snapshot, "-b")
    assert told.outcome.edits == (TextEdit(at, at + 1, " + "),)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("", "the answer is empty"),
        ("I cannot.", "holds no code"),
        ("teapot lantern gravel marble", "holds no code"),
        ("```python\ndef add(a, b):\n    return a-b\n```", "changes nothing"),
        ("```python\ndef add(a, b):\n    # ... rest of the code ...\n```", "leaves code out"),
    ],
)
async def test_an_answer_without_a_usable_edit_is_an_error(
    ran: Run, snapshot: Snapshot, reply: str, words: str
) -> None:
    """Nothing changes, the person learns why, and the verdict would have sent it to the next model."""
    with pytest.raises(RequestError, match=words) as caught:
        await ran("fix", reply, snapshot=snapshot, position=_at(snapshot, "a-b"), request_id="r7")
    assert caught.value.kind is ErrorKind.INVALID_RESPONSE
    assert caught.value.request_id == "r7"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"finish": FinishReason.LENGTH}, "cut off at its longest length"),
        ({"finish": FinishReason.CUT}, "incomplete"),
        ({"incomplete": True}, "incomplete"),
    ],
)
@pytest.mark.parametrize("verb", ["fix", "test", "generate"])
async def test_a_cut_answer_changes_nothing(
    ran: Run, snapshot: Snapshot, services: Any, answer: dict[str, Any], words: str, verb: str
) -> None:
    """However good the part that arrived looks."""
    services.answer = answer
    with pytest.raises(RequestError, match=words):
        await ran(verb, FIXED, snapshot=snapshot, position=_at(snapshot, "a-b"))


async def test_a_cut_explanation_is_still_shown(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """Words are of use even without their end."""
    services.answer = {"finish": FinishReason.LENGTH, "incomplete": True}
    assert (await ran("explain", "It adds", snapshot=snapshot)).outcome.text == "It adds"


async def test_code_that_takes_too_long_to_parse_asks_for_confirmation(ran: Run, snapshot: Snapshot) -> None:
    """Nonsense of a model that repeats itself is not taken for code because nobody can wait for the parser."""
    endless = "```python\ndef add(a, b):\n    return " + "<!--" * 2_500 + "\n```"
    told = await ran("fix", endless, snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert told.outcome.confirmation == "The changed code does not parse any more."


async def test_code_that_no_longer_parses_asks_for_confirmation(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """And says why; so does a confidence below the task's, and a change that was left out."""
    broken = "```python\ndef add(a, b):\n    return (a + b\n```"
    told = await ran("fix", broken, snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert told.outcome.confirmation == "The changed code does not parse any more."
    assert told.outcome.answer.verdict.parses is False
    services.settings = Settings(tasks={"fix": TaskSettings(min_confidence=0.95)})
    services.answer = {"confidence_reasons": ("the model was unsure",)}
    told = await ran("fix", FIXED, snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert told.outcome.confirmation == "The confidence of 0.90 is below 0.95: the model was unsure."
    services.settings = Settings()
    told = await ran("refactor", "```python\nADD = 1\n```", snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert told.outcome.confirmation == "The change removes functions or classes that were there."
    whole = snapshot.text.replace("a-b", "a + b").replace("os.name", "os.sep")
    services.settings = Settings()
    told = await ran("fix", f"```\n{whole}```", snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert told.outcome.confirmation == "Changes that the model made outside the range were left out."


async def test_code_that_did_not_parse_before_need_not_parse_after(ran: Run, snapshot: Snapshot) -> None:
    """Repairing half of a broken file is allowed."""
    broken = attrs.evolve(snapshot, text=snapshot.text + "def (\n")
    told = await ran("fix", FIXED, snapshot=broken, range=(_at(snapshot, "def add"), _at(snapshot, "a-b")))
    assert told.outcome.confirmation is None
    assert told.outcome.answer.verdict.parses is None


async def test_a_secret_comes_back_in_the_edit_and_nowhere_else(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """The document gets its own secret back where it stood; text and stream keep the placeholder."""
    text = 'KEY = "hunter2hunter2"\nx = 1\n'
    document = attrs.evolve(snapshot, text=text)
    services.answer = {"redactions": RedactionMap((Redaction("AURELIS_SECRET_1", "hunter2hunter2", "password"),))}
    told = await ran("fix", '```\nKEY = "AURELIS_SECRET_1"\nx = 2\n```', snapshot=document)
    assert apply_edits(text, told.outcome.edits) == 'KEY = "hunter2hunter2"\nx = 2\n'
    assert "hunter2" not in told.outcome.text + told.streamed
    patch = '<<<<<<< SEARCH\nKEY = "AURELIS_SECRET_1"\n=======\nKEY = "AURELIS_SECRET_1"  # old\n>>>>>>> REPLACE'
    told = await ran("fix", patch, snapshot=document)
    assert apply_edits(text, told.outcome.edits) == 'KEY = "hunter2hunter2"  # old\nx = 1\n'
    assert told.outcome.answer.verdict.usable


@pytest.mark.parametrize(
    "reply",
    [
        '```\nKEY = "AURELIS_SECRET_1"\nx = "AURELIS_SECRET_1"\n```',
        '```\nKEY = "x"\nx = "https://example.com/AURELIS_SECRET_1"\n```',
        '```\nKEY = "AURELIS_SECRET_9"\nx = 1\n```',
    ],
)
async def test_a_secret_is_not_moved(ran: Run, snapshot: Snapshot, services: Any, reply: str) -> None:
    """An answer that puts a secret, or an invented one, anywhere else is refused as a whole."""
    services.answer = {"redactions": RedactionMap((Redaction("AURELIS_SECRET_1", "hunter2hunter2", "password"),))}
    with pytest.raises(RequestError, match="puts a secret where none stood"):
        await ran("fix", reply, snapshot=attrs.evolve(snapshot, text='KEY = "hunter2hunter2"\nx = 1\n'))
    assert services.events == ["restore_refused"]


async def test_excluded_documents_are_refused_before_anything_is_asked(
    ran: Run, snapshot: Snapshot, services: Any
) -> None:
    """Neither the document nor a document of the context leaves the machine."""
    excluded = attrs.evolve(snapshot, name="secret.py", uri="file:///w/secret.py")
    for changes in ({"snapshot": excluded}, {"snapshot": snapshot, "context": (excluded,)}):
        with pytest.raises(RequestError, match=r"secret\.py is excluded") as caught:
            await ran("explain", "x", **changes)
        assert caught.value.kind is ErrorKind.EXCLUDED
    assert services.requests == []


@pytest.mark.parametrize(
    ("verb", "changes", "words"),
    [
        ("ask", {}, "no question"),
        ("fix", {}, "no document"),
        ("nonsense", {}, "not a task"),
    ],
)
async def test_what_makes_no_sense_is_said(ran: Run, verb: str, changes: dict[str, Any], words: str) -> None:
    """A missing document or question, or an unknown verb, is a matter of usage."""
    with pytest.raises(RequestError, match=words) as caught:
        await ran(verb, "x", **changes)
    assert caught.value.kind is ErrorKind.CONFIGURATION


@pytest.mark.parametrize("verb", ["explain", "fix", "test", "review"])
@pytest.mark.parametrize("chosen", [None, (0, 0), (9_000, 9_999)])
async def test_nothing_is_asked_about_no_code(
    ran: Run, snapshot: Snapshot, services: Any, verb: str, chosen: tuple[int, int] | None
) -> None:
    """An empty document, blank lines, or a range behind the document's end; each is called what it is."""
    for text, words in (("\n \n", "sums.py is empty"), ("\n" * 10_000 + "x\n", "no code in the chosen lines")):
        if chosen is not None or "x" not in text:
            with pytest.raises(RequestError, match=words) as caught:
                await ran(verb, FIXED, snapshot=attrs.evolve(snapshot, text=text), range=chosen)
            assert caught.value.kind is ErrorKind.CONFIGURATION
    assert services.requests == []


async def test_new_tests_are_a_new_file(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """At a path of ours, free, and with code that parses or a reason to look."""
    files = ProjectFiles(("tests/test_sums.py",))
    told = await ran(
        "generateTests", "```python\ndef test_add():\n    pass\n```", snapshot=snapshot, project_files=files
    )
    assert told.outcome.new_file == NewFile("tests/test_sums_2.py", "def test_add():\n    pass\n")
    assert told.outcome.edits is None
    assert "Test file: tests/test_sums_2.py" in services.requests[0].messages[1].content
    told = await ran("test", "```python\ndef test_add(:\n```", snapshot=snapshot)
    assert told.outcome.confirmation == "The new file does not parse."
    with pytest.raises(RequestError, match="holds no code"):
        await ran("test", "I would test it.", snapshot=snapshot)


async def test_generated_code_stands_at_the_cursor(ran: Run, snapshot: Snapshot) -> None:
    """Indented as its line, and nothing else changes."""
    told = await ran(
        "generate", "```\nx = 1\n```", snapshot=snapshot, position=_at(snapshot, "return a-b"), instruction="x"
    )
    text = apply_edits(snapshot.text, told.outcome.edits)
    assert text == snapshot.text.replace("    return a-b", "    x = 1\n    return a-b")


async def test_a_review_has_findings(ran: Run, snapshot: Snapshot) -> None:
    """Those about reviewed lines, beside its text."""
    told = await ran("review", "- L7: error: Subtracts.\n- L99: error: Invented.", snapshot=snapshot)
    assert told.outcome.findings == (Finding(7, 7, "error", "Subtracts."),)


async def test_questions_and_commit_messages_need_no_document(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """Their sources are the documents of the context alone."""
    told = await ran("ask", "Because.", question="Why?", context=(snapshot,))
    assert told.outcome.base is None
    assert services.requests[0].sources == (snapshot.source,)
    assert "Question: Why?" in services.requests[0].messages[1].content
    assert '<document name="sums.py">' in services.requests[0].messages[1].content
    diff = Snapshot(uri="diff:", language_id="diff", text="+x\n", name="changes")
    assert (await ran("commit-message", "Add x", snapshot=diff)).outcome.text == "Add x"


async def test_only_diagnostics_in_the_range_are_to_be_corrected(ran: Run, snapshot: Snapshot, services: Any) -> None:
    """Those elsewhere do not confuse the model."""
    near, far = _at(snapshot, "a-b"), _at(snapshot, "os.name")
    diagnostics = (Diagnostic(near, near + 3, "wrong sign"), Diagnostic(far, far + 2, "unrelated"))
    await ran("fix", FIXED, snapshot=snapshot, position=near, diagnostics=diagnostics)
    prompt = services.requests[0].messages[1].content
    assert "- line 7: error: wrong sign" in prompt
    assert "unrelated" not in prompt


async def test_settings_reach_the_request(ran: Run, snapshot: Snapshot, services: Any, tmp_path: Path) -> None:
    """Style, the task's own temperature and time, the user's prompt file; instructions only where there is trust."""
    services.settings = Settings(
        style=StyleSettings(target_audience="experts"),
        tasks={"explanation": TaskSettings(temperature=0.1, answer_seconds=9.0)},
    )
    (tmp_path / "explain.md").write_text("Mine.\n---\nTask: {{task}}\n{{audience}}\n{{context}}\n{{code}}\n")
    changes = {"snapshot": snapshot, "prompts_folder": tmp_path, "instructions": (("AGENTS.md", "Be kind."),)}
    await ran("explain", "x", **changes)
    services.trusted = False
    await ran("explain", "x", **changes)
    trusted, untrusted = services.requests
    assert trusted.messages[0].content == "Mine."
    assert "Target audience: experts" in trusted.messages[1].content
    assert (trusted.parameters.temperature, trusted.timing.answer, trusted.timing.first_token) == (0.1, 9.0, 60.0)
    assert "Be kind." in trusted.messages[1].content
    assert "Be kind." not in untrusted.messages[1].content


async def test_closing_the_generator_closes_the_stream(services: Any, snapshot: Snapshot) -> None:
    """A cancelled task leaves no upstream request behind."""
    services.gate = asyncio.Event()
    events = run(services, Invocation(verb="explain", snapshot=snapshot))
    assert isinstance(await anext(events), Started)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await events.aclose()
    assert services.closed == 1


async def test_leaving_between_two_events_closes_the_stream_at_once(services: Any, snapshot: Snapshot) -> None:
    """When the reader has gone, nothing is left for the garbage collector to close."""
    events = run(services, Invocation(verb="explain", snapshot=snapshot))
    assert isinstance(await anext(events), Started)
    await events.aclose()
    assert services.closed == 1


async def test_large_documents_are_handled_off_the_loop(ran: Run, snapshot: Snapshot) -> None:
    """A document above the limit gives the same outcome."""
    large = attrs.evolve(snapshot, text=snapshot.text + f"# {'x' * 98}\n" * 1_100)
    told = await ran("fix", FIXED, snapshot=large, position=_at(snapshot, "a-b"))
    assert len(told.outcome.edits) == 1


async def test_the_result_has_the_keys_of_the_contract(ran: Run, snapshot: Snapshot) -> None:
    """Exactly these, in camelCase; the optional ones only when given."""
    told = await ran("explain", "It adds.", snapshot=snapshot, request_id="r1")
    plain = result_of(told.outcome)
    assert plain == {
        "requestId": "r1",
        "task": "explanation",
        "text": "It adds.",
        "model": "test/model",
        "cached": None,
        "usage": {"promptTokens": 3, "completionTokens": 4, "totalTokens": 7},
        "costUsd": 0.5,
        "confidence": 0.9,
        "incomplete": False,
        "durationMs": 12,
        "timeToFirstTokenMs": 5,
        "attempts": [],
        "redactions": 0,
    }
    assert result_of(told.outcome, edit={}, applied=False, conflict=True).keys() - plain.keys() == {
        "edit",
        "applied",
        "conflict",
    }


async def test_an_answer_about_part_of_the_code_says_so(ran: Run, services: Any, snapshot: Snapshot) -> None:
    """A file that had to be cut is told in the streamed text, in the Result's text and as a field of it."""
    services.settings = Settings(requests=RequestSettings(max_prompt_chars=4_000))
    long = attrs.evolve(snapshot, text=snapshot.text + "\n\ndef more(a):\n    return a\n" * 200)
    told = await ran("explain", "It adds.", snapshot=long)
    assert told.outcome.text == f"It adds.{CUT_NOTE}" == told.streamed
    assert result_of(told.outcome)["cut"] is True
    assert summary_of(told.outcome) == "test/model, $0.5000, 0.0 s, confidence 0.90, from part of the code"


async def test_a_filtered_edit_is_of_its_own_kind(services: Any, ran: Run, snapshot: Snapshot) -> None:
    """An answer that the provider filtered changes nothing and is no mistake of the model."""
    services.answer = {"finish": FinishReason.CONTENT_FILTER}
    with pytest.raises(RequestError) as caught:
        await ran("fix", FIXED, snapshot=snapshot, position=_at(snapshot, "a-b"))
    assert caught.value.kind is ErrorKind.CONTENT_FILTER


async def test_doubtful_tests_ask_for_confirmation_too(ran: Run, services: Any, snapshot: Snapshot) -> None:
    """Below the task's least confidence a new file is to be looked at first, and it says why."""
    services.settings = Settings(tasks={"testing": TaskSettings(min_confidence=0.95)})
    told = await ran("test", "```python\ndef test_add():\n    assert True\n```", snapshot=snapshot)
    assert told.outcome.new_file is not None
    assert told.outcome.confirmation == "The confidence of 0.90 is below 0.95."
