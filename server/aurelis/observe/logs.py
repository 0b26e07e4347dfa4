"""Where the product's own log goes and what may stand in it.

Never stdout, which is the language server's wire. pygls logs every message with the documents in it at INFO, and HTTP
libraries log headers at DEBUG: they are held at WARNING whatever level the user asks for. No level shows a traceback or
an error's own text, which may quote a document; what looks like a token is removed from every line.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from aurelis.core.failures import describe_failure
from aurelis.observe.log_writer import LogWriter

LEVELS: Final = ("debug", "info", "warning", "error")

QUIET_LOGGERS: Final = (
    *("pygls", "asyncio", "openai", "httpx2", "httpcore2", "httpx", "httpcore", "h11", "h2"),
    *("keyring", "redis", "diskcache", "urllib3", "opentelemetry"),
)
"""Libraries that may log messages, headers or keys below WARNING."""

MAX_LINE_CHARACTERS: Final = 4_000

_SECRET: Final = re.compile(
    r"(?P<name>(?i:authorization|proxy-authorization|api[-_]?key|x-api-key|token|secret|password)[\"']?\s*[:=]\s*[\"']?"
    r"(?i:bearer\s+|basic\s+)?)[^\s\"',;]{4,}"
    r"|(?P<bearer>(?i:bearer)\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|(?P<user>://)[^/@\s]+@"
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AKIA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|hf_[A-Za-z0-9]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}[A-Za-z0-9._-]*)"
)
_REMOVED: Final = "[removed]"
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that end a line, move a cursor or turn the direction of writing."""


def without_secrets(text: str) -> str:
    """The text with whatever looks like a token taken out."""
    return _SECRET.sub(lambda match: (match["name"] or match["bearer"] or match["user"] or "") + _REMOVED, text)


class SafeFormatter(logging.Formatter):
    """One line for each record, without secrets, control characters or the text of an error.

    `plain` leaves out time, level and name: what a command of the terminal says is a sentence.
    """

    def __init__(self, *, plain: bool = False) -> None:
        super().__init__("%(message)s" if plain else "%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        safe = logging.makeLogRecord(record.__dict__)
        failure = record.exc_info[1] if record.exc_info else None
        safe.msg = _message(record) if failure is None else f"{_message(record)} ({describe_failure(failure)})"
        safe.args, safe.exc_info, safe.exc_text, safe.stack_info = (), None, None, None
        line = _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], without_secrets(super().format(safe)))
        return line if len(line) <= MAX_LINE_CHARACTERS else f"{line[:MAX_LINE_CHARACTERS]}..."


def set_up_logging(level: str = "warning", *, plain: bool = False) -> None:
    """Send the log to standard error; `set_log_level` changes its level later.

    `plain` is for commands of the terminal: sentences only, as long as the level is not finer than `warning`.
    """
    handler = LogWriter()
    handler.set_name("aurelis")
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == "aurelis"]:
        root.removeHandler(old)
        old.close()
    handler.setFormatter(SafeFormatter(plain=plain))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False
    set_log_level(level)


def set_log_level(level: str) -> None:
    """Show the product's own records from a level of `LEVELS` on; another word counts as `warning`."""
    chosen = level.lower() if level.lower() in LEVELS else "warning"
    logging.getLogger("aurelis").setLevel(getattr(logging, chosen.upper()))
    if chosen in {"debug", "info"}:
        for handler in logging.getLogger().handlers:
            if handler.get_name() == "aurelis":
                handler.setFormatter(SafeFormatter())


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)
