"""The log: what may stand in it, and that nobody waits for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.observe.log_writer import MAX_WAITING, LogWriter
from aurelis.observe.logs import (
    MAX_LINE_CHARACTERS,
    QUIET_LOGGERS,
    SafeFormatter,
    set_log_level,
    set_up_logging,
    without_secrets,
)

LOGGER = logging.getLogger("aurelis.test")

Written = Callable[[], list[str]]


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Written:
    """What has reached standard error since the last look."""

    def look() -> list[str]:
        for handler in logging.getLogger().handlers:
            handler.flush()
        return capfd.readouterr().err.splitlines()

    return look


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


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("place", ["message", "argument", "failure"])
def test_no_written_line_holds_a_token(written: Written, plain: bool, place: str) -> None:
    """Wherever it came in, and in the server as in the terminal."""
    secret = "Bearer q7Zt2LmX9vRb4KcWq7Zt2LmX9vRb4KcW"
    set_up_logging("info", plain=plain)
    if place == "failure":
        LOGGER.error("It failed.", exc_info=ValueError(secret))
    elif place == "message":
        LOGGER.warning("sent " + secret)  # noqa: G003 - a message that is made elsewhere
    else:
        LOGGER.warning("sent %s", secret)
    (line,) = written()
    assert "q7Zt2" not in line


def test_plain_words_stay() -> None:
    """A line without secrets is left as it is."""
    line = "the disk cache cannot be used just now (database is locked); 12 tokens were counted."
    assert without_secrets(line) == line


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_message_is_one_short_line(text: str) -> None:
    """Each record is one line of bounded length that moves no cursor, whatever it says."""
    record = LOGGER.makeRecord("aurelis.test", logging.WARNING, "f", 1, "%s", (text,), None)
    line = SafeFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert not any(ord(character) < 32 for character in line)
    assert len(line) <= MAX_LINE_CHARACTERS + 3
    line.encode()


@pytest.mark.parametrize("level", ["warning", "debug", "nonsense"])
def test_a_failure_is_its_kind_and_place(written: Written, level: str) -> None:
    """No level shows a traceback, or the text of an error, which may quote a document."""
    set_up_logging(level)
    try:
        int("planted-value")
    except ValueError:
        LOGGER.exception("It failed")
    (line,) = written()
    assert "It failed (ValueError at test_logs.py:" in line
    assert "planted-value" not in line


def test_a_failure_names_no_folder(written: Written) -> None:
    """Folders hold people's names, whichever way a system divides them."""
    set_up_logging()
    for path in ("/some/person/one.py", r"X:\some\person\two.py"):
        try:
            exec(compile("raise KeyError", path, "exec"))  # noqa: S102 - a failure in a file of that name
        except KeyError:
            LOGGER.exception("It failed")
    lines = "".join(written())
    assert "person" not in lines
    assert "one.py:1" in lines
    assert "two.py:1" in lines


def test_levels_follow_the_setting(written: Written) -> None:
    """The product's own level changes without a second handler, and info of libraries never shows."""
    set_up_logging()
    for level in ("debug", "error", "info"):
        set_log_level(level)
    LOGGER.debug("too fine")
    LOGGER.info("just right")
    for name in QUIET_LOGGERS:
        logging.getLogger(name).info("source text")
    logging.getLogger("pygls.protocol").info("source text")
    (line,) = written()
    assert line.endswith("INFO aurelis.test: just right")


def test_a_library_that_set_its_own_level_is_held(written: Written) -> None:
    """Pygls logs whole documents at INFO; even at our debug level it stays silent."""
    logging.getLogger("pygls").setLevel(logging.DEBUG)
    set_up_logging("debug")
    logging.getLogger("pygls").info("Sending data: %s", "source text")
    assert written() == []


def test_a_command_of_the_terminal_says_sentences(written: Written) -> None:
    """Where a person reads along, a warning is a sentence; time and place come with a finer level."""
    set_up_logging(plain=True)
    LOGGER.warning("The shared cache is off.")
    assert written() == ["The shared cache is off."]
    set_log_level("debug")
    LOGGER.debug("More")
    assert written()[-1].endswith("DEBUG aurelis.test: More")


def test_a_wrong_message_does_not_raise(written: Written) -> None:
    """A record whose arguments do not fit is shown as it is."""
    set_up_logging("info")
    LOGGER.info("%d and %d", "one")  # noqa: PLE1206  # the mistake that the test is about
    assert "%d and %d" in written()[0]


def test_what_repeats_is_counted(written: Written) -> None:
    """A thousand messages that say the same are two lines."""
    set_up_logging("info")
    for _ in range(1_000):
        LOGGER.info("once %s", "more")
    LOGGER.info("something else")
    lines = written()
    assert len(lines) == 3
    assert lines[1] == "(the same 999 more times)"


def test_nobody_waits_for_a_reader_of_the_log() -> None:
    """Where standard error is a full pipe that nobody reads, lines are dropped and counted, and work goes on."""
    reading, writing = os.pipe()
    handler = LogWriter(writing)
    handler.setFormatter(SafeFormatter(plain=True))
    for number in range(20 * MAX_WAITING):
        handler.handle(LOGGER.makeRecord("aurelis.test", logging.WARNING, "f", 1, "x" * 500 + f" {number}", (), None))
    lines = bytearray()
    while b"were lost" not in lines:
        lines += os.read(reading, 65536)
        handler.handle(LOGGER.makeRecord("aurelis.test", logging.WARNING, "f", 1, f"after {len(lines)}", (), None))
    handler.close()
    os.close(reading)
