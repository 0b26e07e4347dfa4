"""From a task to its request."""

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Task
from aurelis.core.snapshot import Snapshot
from aurelis.tasks.asking import Asked, Policy, Wishes, build_request, fenced, safe_metadata
from aurelis.tasks.context.regions import Region
from aurelis.tasks.table import row_for
from aurelis.tasks.templates import load_prompt

TEXT = "import os\n\n\ndef one():\n    return os\n"
SNAPSHOT = Snapshot(uri="file:///w/src/a.py", language_id="python", text=TEXT, name="src/a.py")
CODE = Region(TEXT.index("def"), len(TEXT))
WISHES = Wishes(request_id="r1")


def _user(verb: str, asked: Asked, policy: Policy | None = None, wishes: Wishes = WISHES) -> str:
    row = row_for(verb)
    asking = build_request(row, load_prompt(row.prompt), asked, policy or Policy(), wishes)
    return asking.request.messages[1].content


def test_the_message_names_task_language_file_and_lines() -> None:
    """The head of the user's message says what it is about, and the code stands in its one fenced block."""
    text = _user("explain", Asked(snapshot=SNAPSHOT, region=CODE))
    assert text.splitlines()[:5] == [
        "Task: explanation",
        "Verb: explain",
        "Language: python",
        "File: src/a.py",
        "Lines: 4-5",
    ]
    assert text.count("```") == 2
    assert text.endswith("```python\ndef one():\n    return os\n```")
    assert "<before>\nimport os\n</before>" in text
    assert "file://" not in text


@pytest.mark.parametrize(
    ("code", "fence"), [("x", "```"), ("```\nx\n```\n", "````"), ("    `````py\n", "``````"), ("a ``` b", "```")]
)
def test_the_fence_is_longer_than_any_in_the_code(code: str, fence: str) -> None:
    """Code that holds a fence cannot end its block."""
    lines = fenced(code, "markdown").split("\n")
    assert lines[0] == f"{fence}markdown"
    assert lines[-1] == fence


def test_style_metadata_and_instructions_reach_prompt_and_key() -> None:
    """What changes the answer is said to the model and tells two requests apart; what looks secret is dropped."""
    policy = Policy(style={"target_audience": "beginners", "framework": ""}, instructions=(("AGENTS.md", "Be kind."),))
    asked = Asked(
        snapshot=SNAPSHOT, region=CODE, instruction="shorter", metadata={"team": "core", "apiKey": "x", "auth": "y"}
    )
    row = row_for("refactor")
    request = build_request(row, load_prompt(row.prompt), asked, policy, WISHES).request
    text = request.messages[1].content
    assert "Target audience: beginners\nTeam: core" in text
    assert '<project-instructions name="AGENTS.md">\nBe kind.\n</project-instructions>' in text
    assert "Instruction: shorter" in text
    assert "apiKey" not in text
    assert dict(request.facets) == {
        "language": "python",
        "path": "src/a.py",
        "project": "",
        "words": "Instruction: shorter",
        "names": "",
        "style.target_audience": "beginners",
        "metadata.team": "core",
    }


@pytest.mark.parametrize(
    "key",
    [
        *("token", "API_KEY", "apiKey", "my-password", "Authorization", "clientSecret", "cookie", "AWS_KEY", "key"),
        *("primaryKey", "db_pass", "PIN", "bearer", "pwd", "jwt"),
    ],
)
def test_metadata_that_looks_like_a_secret_is_dropped(key: str) -> None:
    """A key that names a secret never leaves."""
    assert safe_metadata({key: "x", "a b": "one\ntwo"}) == {"a b": "one two"}


@pytest.mark.parametrize("key", ["author", "keyboard", "passengers", "spin", "monkey", "compass"])
def test_metadata_with_a_harmless_name_stays(key: str) -> None:
    """A word that only holds such a name is no secret's."""
    assert safe_metadata({key: "x"}) == {key: "x"}


def test_wishes_come_before_settings_and_settings_before_the_row() -> None:
    """Temperature, tokens and the system prompt follow that order."""
    row = row_for("explain")
    asked = Asked(snapshot=SNAPSHOT, region=CODE)
    prompt = load_prompt(row.prompt)
    plain = build_request(row, prompt, asked, Policy(), WISHES).request
    assert (plain.parameters.temperature, plain.parameters.max_tokens) == (row.temperature, row.max_tokens)
    set_ = build_request(row, prompt, asked, Policy(temperature=0.0, max_tokens=7, system_prompt="Hi"), WISHES).request
    assert (set_.parameters.temperature, set_.parameters.max_tokens, set_.messages[0].content) == (0.0, 7, "Hi")
    wishes = Wishes(request_id="r", temperature=1.5, max_tokens=9, model="a/b", priority="cost", streams=False)
    wished = build_request(row, prompt, asked, Policy(temperature=0.0, max_tokens=7), wishes).request
    assert (wished.parameters.temperature, wished.parameters.max_tokens) == (1.5, 9)
    assert (wished.model, wished.priority, wished.streams, wished.task) == ("a/b", "cost", False, Task.EXPLANATION)
    assert wished.prompt_digest == prompt.digest


def test_long_code_to_read_is_cut_and_says_so_and_long_code_to_edit_is_refused() -> None:
    """An edit needs all of its lines, an explanation does not."""
    text = "x = 1\n" * 2_000
    snapshot = Snapshot(uri="u", language_id="python", text=text, name="a.py")
    asked = Asked(snapshot=snapshot, region=Region(0, len(text)))
    row = row_for("explain")
    asking = build_request(row, load_prompt(row.prompt), asked, Policy(max_prompt_chars=5_000), WISHES)
    assert asking.cut
    assert "lines left out" in asking.request.messages[1].content
    assert "too long to be shown whole" in asking.request.messages[1].content
    assert len(asking.request.messages[1].content) <= 5_000
    with pytest.raises(RequestError, match="select a smaller part") as caught:
        _user("fix", asked, Policy(max_prompt_chars=5_000))
    assert caught.value.kind is ErrorKind.TOO_LARGE


def test_long_code_is_changed_by_patches_and_short_code_written_again() -> None:
    """The form of the answer follows the length of the code."""
    text = "x = 1\n" * 100
    snapshot = Snapshot(uri="u", language_id="python", text=text, name="a.py")
    assert "<<<<<<< SEARCH" in _user("fix", Asked(snapshot=snapshot, region=Region(0, len(text))))
    assert "complete new text" in _user("fix", Asked(snapshot=snapshot, region=Region(0, 60)))


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("return os", "def one():\n    <<<HERE>>>\n    return os"),
        ("turn os", "    return os\n    <<<HERE>>>"),
        ("\n\ndef", "import os\n<<<HERE>>>\n\ndef one"),
    ],
)
def test_the_place_of_new_code_is_marked_on_a_line_of_its_own(place: str, shown: str) -> None:
    """The mark stands where the code will: on a blank line, above code or below it, indented alike."""
    at = TEXT.index(place)
    assert shown in _user("generate", Asked(snapshot=SNAPSHOT, region=Region(at, at), instruction="add"))
