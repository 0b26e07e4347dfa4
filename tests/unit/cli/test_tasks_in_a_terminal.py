"""The tasks from a terminal, answered by the sandbox."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurelis.__main__ import main

CODE = "def double(number: int) -> int:\n    return number * 2\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program in a folder with one file, with the sandbox as its provider."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURELIS_PROVIDER", "sandbox")
    monkeypatch.setenv("AURELIS_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("cache.disk.enabled = false\n")
    (tmp_path / "code.py").write_text(CODE)

    def runs(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return runs


def test_an_explanation_is_printed(run: Run) -> None:
    """The answer goes to standard output and nothing else does."""
    code, output, _ = run("explain", "code.py")
    assert code == 0
    assert output.startswith("**`double`** is a function")
    assert output.endswith("\n")


@pytest.mark.parametrize(
    "arguments",
    [["explain", "code.py"], ["ask", "What is double?", "code.py"], ["review", "code.py"], ["document", "code.py"]],
)
def test_json_is_one_result(run: Run, arguments: list[str]) -> None:
    """`--json` prints the Result with the contract's keys and nothing beside it."""
    code, output, _ = run(*arguments, "--json")
    assert code == 0
    result = json.loads(output)
    assert {"requestId", "task", "text", "model", "cached", "usage", "attempts", "durationMs"} <= result.keys()
    assert result["model"] == "sandbox/default"


def test_a_diff_applies_with_git(run: Run, tmp_path: Path) -> None:
    """`--diff` prints a patch and changes nothing; `git apply` takes it."""
    code, output, _ = run("document", "code.py", "--diff")
    assert code == 0
    assert (tmp_path / "code.py").read_text() == CODE
    applied = subprocess.run(["git", "apply"], input=output, text=True, cwd=tmp_path, check=False)  # noqa: S607 - the machine's git
    assert applied.returncode == 0
    assert _docstring(tmp_path / "code.py", "double")


def test_a_diff_within_json_is_a_field_of_it(run: Run) -> None:
    """`--json --diff` prints one JSON document, which has what `--diff` alone prints."""
    _, diff, _ = run("document", "code.py", "--diff")
    code, output, _ = run("document", "code.py", "--json", "--diff")
    assert (code, json.loads(output)["diff"]) == (0, diff)


@pytest.mark.skipif(os.name != "posix", reason="names that only POSIX allows")
@pytest.mark.parametrize("name", ["a b.py", 'a"b.py', "a\\nb.py", "a\tb.py", "a\x01\n b.py", "ü b.py"])
def test_a_diff_of_a_file_of_any_name_applies(run: Run, tmp_path: Path, name: str) -> None:
    """Both `git apply` and `patch` find the file by what stands in the patch."""
    (tmp_path / name).write_text(CODE)
    patch = run("document", name, "--diff")[1].encode()
    subprocess.run(["git", "apply", "--check"], input=patch, cwd=tmp_path, check=True)  # noqa: S607 - the machine's git
    if shutil.which("patch"):
        subprocess.run(["patch", "-p1"], input=patch, cwd=tmp_path, check=True)  # noqa: S607 - the machine's patch
        assert _docstring(tmp_path / name, "double")


@pytest.mark.parametrize("odd", ["\x0c", "\x85", "\u2028", "\x1c"])
def test_a_diff_of_lines_with_odd_characters_applies_with_git(run: Run, tmp_path: Path, odd: str) -> None:
    """Only a line feed ends a line of a patch; form feeds, as old sources have them, do not."""
    file = tmp_path / "code.py"
    file.write_text(f"# a page{odd}ends here\n" + CODE, "utf-8")
    code, output, _ = run("document", "code.py", "--diff")
    assert code == 0
    applied = subprocess.run(["git", "apply"], input=output.encode(), cwd=tmp_path, check=False)  # noqa: S607 - the machine's git
    assert applied.returncode == 0
    assert _docstring(file, "double")


@pytest.mark.parametrize(
    "content", [CODE.encode(), b"\xef\xbb\xbf" + CODE.encode(), CODE.replace("\n", "\r\n").encode()]
)
def test_a_written_file_keeps_what_it_was(run: Run, tmp_path: Path, content: bytes) -> None:
    """`--write` applies the change; byte order mark, line endings and permissions stay."""
    file = tmp_path / "code.py"
    file.write_bytes(content)
    file.chmod(0o751)
    code, _, errors = run("document", "code.py", "--write")
    assert code == 0, errors
    assert "Wrote code.py." in errors
    written = file.read_bytes()
    assert b'"""Double.' in written
    assert written.startswith(content[:10])
    assert (b"\r\n" in content) == (b"\r\n" in written)
    assert written.count(b"\n") == written.count(b"\r\n") or b"\r\n" not in content
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o751
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".code.py")]


def test_an_answer_without_an_edit_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Where the model has no edit the command fails with 1 and the file stays."""
    code, _, errors = run("refactor", "code.py", "--write")
    assert code == 1
    assert "Nothing was changed" in errors
    assert (tmp_path / "code.py").read_text() == CODE


def test_an_empty_file_is_called_so(run: Run, tmp_path: Path) -> None:
    """Where nothing at all can be worked on, the message does not speak of chosen lines."""
    (tmp_path / "code.py").write_text("\n")
    code, _, errors = run("explain", "code.py")
    assert code == 2
    assert "code.py is empty; choose a file that holds code." in errors


@pytest.mark.parametrize("output", [(), ("--json",), ("--diff",), ("--write",)])
def test_the_words_of_an_answer_without_code_are_in_no_log(run: Run, tmp_path: Path, output: tuple[str, ...]) -> None:
    """Where nobody looks, standard error has the failure alone, and no file that is kept has the words."""
    code, printed, errors = run("refactor", "code.py", *output)
    assert (code, printed) == (1, "")
    assert errors.count("\n") == 1
    assert "holds no code" in errors
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and b"no rules for rewriting" in file.read_bytes()]
    assert kept == []


def test_new_tests_are_written_once(run: Run, tmp_path: Path) -> None:
    """`test --write` creates a file that parses; the second time another name is taken, nothing is overwritten."""
    assert run("test", "code.py", "--write")[0] == 0
    first = (tmp_path / "test_code.py").read_text()
    assert ast.parse(first)
    (tmp_path / "test_code.py").write_text("# mine\n")
    run("test", "code.py", "--write")
    assert (tmp_path / "test_code.py").read_text() == "# mine\n"


def test_generated_code_goes_to_the_line(run: Run, tmp_path: Path) -> None:
    """New code stands at the line, indented as it is, and the rest of the file stays."""
    text = "class A:\n    def first(self, door):\n        door.close_all(1)\n\n    def second(self, door):\n        \n"
    (tmp_path / "code.py").write_text(text)
    code, _, errors = run("generate", "close everything", "code.py:6", "--write")
    assert code == 0, errors
    assert (tmp_path / "code.py").read_text() == text.removesuffix("\n") + "door.close_all(1)\n"


def test_an_excluded_file_fails(run: Run, tmp_path: Path) -> None:
    """Files that hold keys never leave, and the exit code is 1."""
    (tmp_path / ".env").write_text("KEY=1\n")
    code, output, errors = run("explain", ".env")
    assert (code, output) == (1, "")
    assert ".env" in errors


def test_sarif_names_file_and_line(run: Run, tmp_path: Path) -> None:
    """`review --sarif` is a log with a result for each finding."""
    (tmp_path / "code.py").write_text("x = 1\n\n\ndef f(a, b=[]):\n    return a == None\n")
    code, output, _ = run("review", "code.py", "--sarif")
    assert code == 0
    (ran,) = json.loads(output)["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in ran["results"]]
    assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
        ("code.py", 4),
        ("code.py", 5),
    ]


def test_sarif_names_a_file_by_its_address(run: Run, tmp_path: Path) -> None:
    """What an address cannot hold as it is, is escaped (SARIF 2.1.0, 3.4.3)."""
    (tmp_path / "50% of it ü.py").write_text("def f(a, b=[]):\n    return a\n")
    (ran,) = json.loads(run("review", "50% of it ü.py", "--sarif")[1])["runs"]
    place = ran["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "50%25%20of%20it%20%C3%BC.py"}


@pytest.mark.skipif(os.name != "posix", reason="names that only POSIX allows")
def test_files_of_any_name_are_reviewed_since_a_revision(run: Run, tmp_path: Path) -> None:
    """Names that git spells like strings are found; a file that is empty now is passed over."""
    names = ["a b.py", 'a"b.py', "a\\nb.py", "a\tb.py", "a\x01b.py", 'b/ü"\n.py', "ü.py"]
    _git(tmp_path, "init", "-q")
    for name in [*names, "gone.py"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-q", "-m", "Begin")
    for name in names:
        (tmp_path / name).write_text("def f(a=[]):\n    return a\n")
    (tmp_path / "gone.py").write_text("")
    code, output, errors = run("review", "--since", "HEAD", "--json")
    assert code == 0, errors
    paths = {finding["path"] for result in json.loads(output) for finding in result["findings"]}
    assert paths == set(names)


def test_only_changes_are_reviewed_since_a_revision(run: Run, tmp_path: Path) -> None:
    """`review --since` looks at changed lines; nothing changed is said, an unknown revision is wrong usage."""
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "code.py")
    _git(tmp_path, "commit", "-q", "-m", "Begin")
    code, output, errors = run("review", "--since", "HEAD")
    assert (code, output) == (0, "")
    assert "Nothing changed" in errors
    (tmp_path / "code.py").write_text(CODE + "\n\ndef f(a=[]):\n    return a\n")
    results: list[Any] = json.loads(run("review", "--since", "HEAD", "--json")[1])
    assert [finding["firstLine"] for result in results for finding in result["findings"]] == [5]
    assert run("review", "--since", "nowhere")[0] == 2
    assert run("review", "--since", "--output=x")[0] == 2


def test_a_review_since_a_revision_passes_over_blank_lines(run: Run, tmp_path: Path) -> None:
    """Where a change left only blanks there is nothing to look at; the other places are reviewed."""
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "code.py")
    _git(tmp_path, "commit", "-q", "-m", "Begin")
    (tmp_path / "code.py").write_text("\n" + CODE + "\n\ndef f(a=[]):\n    return a\n")
    code, output, errors = run("review", "--since", "HEAD", "--json")
    assert (code, "no code" in errors) == (0, False)
    assert [finding["firstLine"] for result in json.loads(output) for finding in result["findings"]] == [6]


def test_a_review_since_a_revision_passes_over_what_is_no_text(run: Run, tmp_path: Path) -> None:
    """A changed file in another encoding is named, the others are reviewed, whatever git calls the two sides."""
    _git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_bytes(b"# \xfc\n")
    _git(tmp_path, "add", "a.py", "code.py")
    _git(tmp_path, "commit", "-q", "-m", "Begin")
    _git(tmp_path, "config", "diff.mnemonicPrefix", "true")
    (tmp_path / "a.py").write_bytes(b"# \xfc\xe4\n")
    (tmp_path / "code.py").write_text(CODE + "\n\ndef f(a=[]):\n    return a\n")
    code, output, errors = run("review", "--since", "HEAD", "--json")
    assert code == 0
    assert "a.py is not UTF-8 text" in errors
    assert [finding["firstLine"] for result in json.loads(output) for finding in result["findings"]] == [5]


def test_a_commit_message_is_of_the_staged_changes(run: Run, tmp_path: Path) -> None:
    """Without staged changes there is nothing to write a message for."""
    _git(tmp_path, "init", "-q")
    assert run("commit-message")[0] == 2
    _git(tmp_path, "add", "code.py")
    code, output, _ = run("commit-message")
    assert (code, output.splitlines()[0]) == (0, "Add code.py")


def test_a_setting_that_is_not_taken_is_told(run: Run, tmp_path: Path) -> None:
    """The wrong value is named on standard error and the command goes on; `config show` exits 2."""
    (tmp_path / "config.toml").write_text('requests.timeoutSeconds = "soon"\n')
    code, _, errors = run("explain", "code.py")
    assert code == 0
    assert "requests.timeoutSeconds" in errors
    code, output, errors = run("config", "show")
    assert (code, json.loads(output)["requests"]["timeoutSeconds"]) == (2, 60)
    assert "requests.timeoutSeconds" in errors


@pytest.mark.parametrize(
    "setting", ["", 'cache.disk.path = "~nobody-we-know/x"', 'privacy.audit.path = "~nobody-we-know/x"']
)
def test_a_home_that_is_not_known_stops_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """In a container a person may have no home, and a setting may name that of somebody else."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "config.toml").write_text(f"{setting}\n")
    if not setting:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("os.path.expanduser", lambda path: path)
    code, output, errors = run("explain", "code.py")
    assert (code, output[:12]) == (0, "**`double`**"), errors
    assert not list(tmp_path.glob("~*"))


def test_settings_are_shown_without_passwords(run: Run, tmp_path: Path) -> None:
    """`config show` goes into bug reports and screenshots: what may hold a secret is stars."""
    (tmp_path / "config.toml").write_text(
        'cache.redis.url = "redis://:first-value@127.0.0.1:6379/0"\n'
        '[providers.custom]\nbaseUrl = "https://host.example/v1"\n'
        'proxy = "http://me:second-value@127.0.0.1:3128"\nheaders = { X-Team = "third-value" }\n'
    )
    code, output, _ = run("config", "show")
    assert (code, json.loads(output)["providers"]["custom"]["proxy"]) == (0, "***")
    assert not [word for word in ("first-value", "second-value", "third-value") if word in output]


def test_a_token_is_read_from_standard_input_and_never_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`login --file` keeps it, `auth status` tells where it is without telling it, `logout` removes it."""
    import io  # noqa: PLC0415 - only here

    (tmp_path / "config.toml").write_text('[providers.custom]\nbaseUrl = "http://127.0.0.1:9/v1"\n')
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-invented-token\n"))
    shown = [run("login", "custom", "--file"), run("auth", "status"), run("logout", "custom"), run("auth", "status")]
    assert [code for code, _, _ in shown] == [0, 0, 0, 0]
    assert "sk-invented" not in str(shown)
    assert "present" in shown[1][1]
    assert "present" not in shown[3][1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["models", "--json"], '"sandbox/default"'),
        (["models"], "sandbox/default"),
        (["cache", "stats"], "memory"),
        (["cache", "clear"], "Dropped"),
        (["cache", "invalidate", "concept_change"], "Dropped"),
        (["config", "schema"], '"$schema"'),
        (["stats", "--json"], '"totals"'),
        (["audit", "verify"], "whole"),
    ],
)
def test_what_is_known_can_be_looked_at(run: Run, arguments: list[str], text: str) -> None:
    """Each of these commands exits 0 and prints what it is named for, without colours in a pipe."""
    run("explain", "code.py")
    code, output, errors = run(*arguments)
    assert code == 0, errors
    assert text in output
    assert "\x1b" not in output


def test_logs_that_share_a_data_folder_are_each_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each log has an anchor of its own, also where only the folder for state differs."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for place in ("one", "two", "one", "two"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / place))
        assert run("explain", "code.py")[0] == 0
        code, output, errors = run("audit", "verify")
        assert (code, "whole" in output) == (0, True), errors
    assert "audit_anchor_lost" not in (tmp_path / "one/aurelis/audit/audit.jsonl").read_text()


def test_an_unknown_event_is_wrong_usage(run: Run) -> None:
    """Only known events drop anything."""
    assert run("cache", "invalidate", "nothing")[0] == 2


def test_the_doctor_says_the_next_step(run: Run) -> None:
    """The exit code follows the overall health, and the record is the contract's."""
    code, output, _ = run("doctor", "--json")
    record = json.loads(output)
    assert code == {"healthy": 0, "degraded": 1, "unhealthy": 2}[record["overall"]]
    assert set(record["components"]) == {"models", "authentication", "network", "cache"}


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)  # noqa: S607 - the machine's git


def _docstring(file: Path, name: str) -> str | None:
    (node,) = (node for node in ast.parse(file.read_text()).body if getattr(node, "name", "") == name)
    assert isinstance(node, ast.FunctionDef)
    return ast.get_docstring(node)


def test_a_question_needs_no_file_and_a_missing_one_is_named(run: Run) -> None:
    """Files to answer from may be left out; without a question only the question is asked for."""
    assert run("ask", "What is a lock?")[0] == 0
    code, _, errors = run("ask")
    assert code == 2
    assert "required: question." in errors


def test_a_question_about_what_is_piped_in(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diff or a log needs no file, and its secrets are replaced as those of a file are."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'password = "hunter2hunter2xyz"\n')))
    code, output, errors = run("ask", "What is this?", "-", "--json")
    assert (code, errors, json.loads(output)["redactions"]) == (0, "", 1)
    code, output, errors = run("ask", "What is this?", "-")
    assert (code, output) == (2, "")
    assert "said nothing" in errors
