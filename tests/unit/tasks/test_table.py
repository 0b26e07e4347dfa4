"""The table of tasks and the prompt files."""

import re
from pathlib import Path

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.request import Task
from aurelis.tasks import table, templates
from aurelis.tasks.table import ROWS, ReplyKind, row_for
from aurelis.tasks.templates import fill, load_prompt


@pytest.mark.parametrize(
    ("name", "task", "reply"),
    [
        ("explain", Task.EXPLANATION, ReplyKind.MARKDOWN),
        ("fix", Task.FIX, ReplyKind.EDIT),
        ("refactor", Task.REFACTORING, ReplyKind.EDIT),
        ("optimize", Task.OPTIMIZATION, ReplyKind.EDIT),
        ("document", Task.DOCUMENTATION, ReplyKind.EDIT),
        ("test", Task.TESTING, ReplyKind.NEW_FILE),
        ("generateTests", Task.TESTING, ReplyKind.NEW_FILE),
        ("generate", Task.CODE_GENERATION, ReplyKind.INSERTION),
        ("ask", Task.GENERAL, ReplyKind.MARKDOWN),
        ("commitMessage", Task.GENERAL, ReplyKind.MARKDOWN),
        ("commit-message", Task.GENERAL, ReplyKind.MARKDOWN),
        ("review", Task.REVIEW, ReplyKind.MARKDOWN),
        ("completion", Task.COMPLETION, ReplyKind.GHOST_TEXT),
        ("hover", Task.EXPLANATION, ReplyKind.MARKDOWN),
    ],
)
def test_each_verb_and_command_has_a_row(name: str, task: Task, reply: ReplyKind) -> None:
    """The terminal's and the protocol's names lead to the same row."""
    row = row_for(name)
    assert (row.task, row.reply) == (task, reply)


def test_an_unknown_verb_is_named() -> None:
    """A person learns what there is instead."""
    with pytest.raises(RequestError, match=r"'frobnicate' is not a task; use one of explain, fix") as caught:
        row_for("frobnicate")
    assert caught.value.kind is ErrorKind.CONFIGURATION


def test_automatic_rows_do_not_reason_and_do_not_keep_anyone_waiting() -> None:
    """Ghost text has five seconds, and nothing automatic thinks or streams for long."""
    assert row_for("completion").timing.answer == 5.0
    assert table.HOVER_SECONDS == 1.5
    assert all(not row.reasoning for row in ROWS if row.urgency.automatic)
    assert row_for("explain").timing.first_token == 60.0
    assert row_for("explain").timing.answer == 600.0


@pytest.mark.parametrize("name", sorted({row.prompt for row in ROWS}))
def test_each_prompt_file_says_its_task_and_knows_its_blanks(name: str) -> None:
    """The user's message names the task near its top, and no blank is misspelt."""
    known = {"task", "verb", "language", "name", "lines", "first_line", "audience", "instruction", "question", "extent"}
    known |= {"diagnostics", "context", "format", "cut", "code", "documentation_style", "tests", "symbol"}
    prompt = load_prompt(name)
    assert prompt.system
    assert "Task: {{task}}" in prompt.user.splitlines()[:2]
    assert "{{code}}" in prompt.user
    assert set(re.findall(r"\{\{(\w+)\}\}", prompt.system + prompt.user)) <= known


def test_no_prompt_file_is_left_over() -> None:
    """Every file belongs to a row."""
    folder = Path(templates.__file__).parent / "prompts"
    assert {path.stem for path in folder.glob("*.md")} == {row.prompt for row in ROWS}


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("a {{x}} b", {"x": "1"}, "a 1 b"),
        ("a {{missing}} b", {}, "a  b"),
        ("a\n{{x}}\nb", {"x": ""}, "a\nb"),
        ("a\n\n{{x}}\n\nb", {}, "a\n\nb"),
        ("{{x}}", {"x": "{{y}}", "y": "never"}, "{{y}}"),
        ("{{x}}\nz", {"x": "1\n\n\n2"}, "1\n\n\n2\nz"),
        ("Lines: {{x}}", {}, "Lines:"),
    ],
)
def test_blanks_are_filled_in_once(template: str, values: dict[str, str], text: str) -> None:
    """Empty lines of blanks go, and what is filled in is not searched for blanks."""
    assert fill(template, values).rstrip() == text


def test_the_users_own_prompt_file_replaces_ours(tmp_path: Path) -> None:
    """A file in the user's folder is used with its own digest; without one ours is."""
    (tmp_path / "explain.md").write_text("Be brief.\r\n---\r\nTask: {{task}}\r\n{{code}}", encoding="utf-8")
    own = load_prompt("explain", tmp_path)
    assert (own.system, own.user) == ("Be brief.", "Task: {{task}}\n{{code}}")
    assert own.digest != load_prompt("explain").digest
    assert load_prompt("fix", tmp_path) == load_prompt("fix")


@pytest.mark.parametrize("content", [b"no separator", b"\xff\n---\nx", b"a\n---\n" + b"x" * 200_000])
def test_a_prompt_file_that_cannot_be_used_is_reported(tmp_path: Path, content: bytes) -> None:
    """The file is named, and what to do."""
    (tmp_path / "explain.md").write_bytes(content)
    with pytest.raises(RequestError, match=r"explain\.md .* correct or remove it") as caught:
        load_prompt("explain", tmp_path)
    assert caught.value.kind is ErrorKind.CONFIGURATION
