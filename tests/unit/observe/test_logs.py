from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.observe.logs import MAX_LINE_CHARACTERS, QUIET_LOGGERS, SafeFormatter, set_up_logging, without_secrets

LOGGER = logging.getLogger("aurelis.test")


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Give the levels and handlers back that the tests change."""
    names = ("", "aurelis", *QUIET_LOGGERS)
    before = [(name, logging.getLogger(name).level) for name in names]
    raising = logging.raiseExceptions
    yield
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.get_name() == "aurelis"]:
        root.removeHandler(handler)
        handler.close()
    for name, level in before:
        logging.getLogger(name).setLevel(level)
    logging.raiseExceptions = raising


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer {}",
        "authorization='Basic {}'",
        '{{"api_key": "{}"}}',
        "x-api-key={}",
        "token = {}",
        "password: {}",
        "https://user:{}@host/v1",
        "sent Bearer {} to host",
    ],
)
def test_what_looks_like_a_token_is_removed(line: str) -> None:
    """Values behind the names of secrets never reach the log."""
    cleaned = without_secrets(line.format("Zx81secretvalue"))
    assert "Zx81" not in cleaned
    assert "[removed]" in cleaned


@pytest.mark.parametrize(
    "token",
    [
        "ghp_" + "a" * 36,
        "github_pat_" + "a1" * 20,
        "sk-" + "proj-" + "A1b2" * 8,
        "xoxb-" + "1" * 12 + "-abc",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "AIza" + "x" * 35,
        "hf_" + "b" * 30,
        "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".abc",
    ],
)
def test_a_bare_token_is_removed(token: str) -> None:
    """Tokens of known shapes are removed wherever they stand."""
    assert token not in without_secrets(f"refused {token} again")


def test_plain_words_stay() -> None:
    """A line without secrets is left as it is."""
    line = "the disk cache cannot be used just now (database is locked); 12 tokens were counted."
    assert without_secrets(line) == line


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_message_is_one_short_line(text: str) -> None:
    """At the default level each record is one line of bounded length, whatever it says."""
    record = LOGGER.makeRecord("aurelis.test", logging.WARNING, "f", 1, "%s", (text,), None)
    line = SafeFormatter(tracebacks=False).format(record)
    assert "\n" not in line
    assert "\r" not in line
    assert len(line) <= MAX_LINE_CHARACTERS + 3


@pytest.mark.parametrize(("level", "shown"), [("warning", False), ("debug", True), ("nonsense", False)])
def test_a_traceback_is_for_debugging(capsys: pytest.CaptureFixture[str], level: str, *, shown: bool) -> None:
    """A failure is one line with the kind of error; source lines and values appear at debug only."""
    set_up_logging(level)
    try:
        int("planted-value")
    except ValueError:
        LOGGER.exception("It failed")
    written = capsys.readouterr().err
    assert "It failed" in written
    assert ("Traceback" in written) is shown
    assert ("planted-value" in written) is shown
    assert shown or "(ValueError)" in written


def test_levels_follow_the_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """The product's own level changes without a second handler, and info of libraries never shows."""
    for level in ("debug", "error", "info"):
        set_up_logging(level)
    LOGGER.debug("too fine")
    LOGGER.info("just right")
    for name in QUIET_LOGGERS:
        logging.getLogger(name).info("source text")
    logging.getLogger("pygls.protocol").info("source text")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("INFO aurelis.test: just right")


def test_a_library_that_set_its_own_level_is_held(capsys: pytest.CaptureFixture[str]) -> None:
    """Pygls logs whole documents at INFO; even at our debug level it stays silent."""
    logging.getLogger("pygls").setLevel(logging.DEBUG)
    set_up_logging("debug")
    logging.getLogger("pygls").info("Sending data: %s", "source text")
    assert capsys.readouterr().err == ""


def test_a_file_is_private(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log file is the user's alone and takes the place of stderr."""
    path = tmp_path / "logs" / "aurelis.log"
    set_up_logging("info", path)
    LOGGER.info("to the file \ud800")
    assert "to the file" in path.read_text()
    assert capsys.readouterr().err == ""
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the file cannot be, stderr takes the log."""
    (tmp_path / "file").write_text("in the way")
    set_up_logging("info", tmp_path / "file" / "log")
    LOGGER.info("heard")
    assert "heard" in capsys.readouterr().err


def test_a_wrong_message_does_not_raise(capsys: pytest.CaptureFixture[str]) -> None:
    """A record whose arguments do not fit is shown as it is."""
    set_up_logging("info")
    LOGGER.info("%d and %d", "one")  # noqa: PLE1206  # the mistake that the test is about
    assert "%d and %d" in capsys.readouterr().err
