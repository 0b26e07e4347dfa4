"""One task on many files from a terminal, answered by the sandbox or by a server that fails on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aurelis.__main__ import main

Run = Callable[..., tuple[int, str, str]]
NAMES = ("one", "two", "three")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program in a folder with three files, with the sandbox as its provider."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURELIS_PROVIDER", "sandbox")
    monkeypatch.setenv("AURELIS_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("cache.disk.enabled = false\n")
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"def {name}(number: int) -> int:\n    return number * 2\n")

    def runs(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return runs


def test_results_come_in_the_order_of_the_files(run: Run) -> None:
    """Each file has its heading and its answer, in the order in which the files were named."""
    code, output, _ = run("batch", "explain", "three.py", "one.py", "two.py")
    assert code == 0
    assert [line for line in output.splitlines() if line.startswith("# ")] == ["# three.py", "# one.py", "# two.py"]
    assert output.index("`three`") < output.index("`one`") < output.index("`two`")


def test_one_failure_does_not_sink_the_rest(run: Run) -> None:
    """The others are answered, the failed one is named on standard error, and the exit code is 1."""
    code, output, errors = run("batch", "explain", "one.py", "missing.py", "two.py", "--json")
    results = json.loads(output)
    assert code == 1
    assert [result["target"] for result in results] == ["one.py", "missing.py", "two.py"]
    assert ["error" in result for result in results] == [False, True, False]
    assert "1 of 3 failed" in errors


def test_a_target_is_named_once(run: Run) -> None:
    """A sentence that begins with the file's name does not get it a second time."""
    _, _, errors = run("batch", "explain", "missing.py")
    assert errors.startswith("missing.py is not there; check the path.\n")


def test_excluded_files_are_skipped_in_words(run: Run, tmp_path: Path) -> None:
    """An excluded file is no failure: it is skipped and said to be."""
    (tmp_path / ".env").write_text("KEY=value\n")
    code, output, errors = run("batch", "explain", "one.py", ".env")
    assert code == 0
    assert "# one.py" in output
    assert "Skipped .env stays here: files of this name hold keys" in errors


def test_changes_are_shown_or_written(run: Run, tmp_path: Path) -> None:
    """`--diff` prints one patch for all files and changes none; `--write` changes them."""
    before = (tmp_path / "one.py").read_text()
    code, output, _ = run("batch", "document", "one.py", "two.py", "--diff")
    assert code == 0
    assert ("+++ b/one.py" in output, "+++ b/two.py" in output) == (True, True)
    assert (tmp_path / "one.py").read_text() == before

    assert run("batch", "document", "one.py", "two.py", "--write")[0] == 0
    assert all('"""' in (tmp_path / f"{name}.py").read_text() for name in ("one", "two"))


def test_an_interrupted_batch_goes_on_where_it_stood(run: Run, tmp_path: Path) -> None:
    """With `--resume` what was answered is not asked for again; a file that changed since is."""
    names = [f"{name}.py" for name in NAMES]
    (tmp_path / "two.py").rename(tmp_path / "away.py")
    code, output, _ = run("batch", "explain", *names, "--json")
    first = {result["target"]: result for result in json.loads(output)}
    assert code == 1
    (tmp_path / "away.py").rename(tmp_path / "two.py")

    (tmp_path / "three.py").write_text("def changed() -> None:\n    pass\n")
    code, output, _ = run("batch", "explain", *names, "--json", "--resume")
    second = {result["target"]: result for result in json.loads(output)}

    assert code == 0
    assert second["one.py"]["requestId"] == first["one.py"]["requestId"]
    assert second["three.py"]["requestId"] != first["three.py"]["requestId"]
    assert "two" in second["two.py"]["text"]


def test_a_file_that_was_written_before_is_not_said_to_be_written_now(run: Run, tmp_path: Path) -> None:
    """Going on with a batch that is done changes nothing and says so."""
    _, _, first = run("batch", "document", "one.py", "--write")
    before = (tmp_path / "one.py").stat().st_mtime_ns
    _, _, second = run("batch", "document", "one.py", "--write", "--resume")
    assert "Wrote one.py." in first
    assert second == "one.py was finished before.\n"
    assert (tmp_path / "one.py").stat().st_mtime_ns == before


def test_a_new_file_is_named(run: Run, tmp_path: Path) -> None:
    """Tests go into a file of their own, and that is the one that was written."""
    source = (tmp_path / "one.py").read_bytes()
    code, _, errors = run("batch", "test", "one.py", "--write")
    assert (code, (tmp_path / "one.py").read_bytes()) == (0, source)
    assert [path.name for path in tmp_path.rglob("test_*.py")] == ["test_one.py"]
    assert errors == "Wrote test_one.py.\n"
