"""Where the product's own log goes and what may stand in it.

Never stdout, which is the language server's wire. pygls logs every message with the documents in it at INFO, and HTTP
libraries log headers at DEBUG: they are held at WARNING whatever level the user asks for, and what looks like a token
is removed from every line.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from pathlib import Path
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")

QUIET_LOGGERS: Final = (
    *("pygls", "asyncio", "openai", "httpx2", "httpcore2", "httpx", "httpcore", "h11", "h2"),
    *("keyring", "redis", "diskcache", "urllib3"),
)
"""Libraries that may log messages, headers or keys below WARNING."""

FILE_BYTES: Final = 5_000_000
FILES_KEPT: Final = 3
"""The log file is rotated at 5 MB; two older ones are kept."""

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


def without_secrets(text: str) -> str:
    """The text with whatever looks like a token taken out."""
    return _SECRET.sub(lambda match: (match["name"] or match["bearer"] or match["user"] or "") + _REMOVED, text)


class SafeFormatter(logging.Formatter):
    """One line for each record, without secrets; a traceback only when the log's level is debug."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        plain = logging.makeLogRecord(record.__dict__)
        if not self._tracebacks:
            kind = record.exc_info[0] if record.exc_info else None
            plain.exc_info, plain.exc_text, plain.stack_info = None, None, None
            plain.msg = f"{_message(record)} ({kind.__name__})" if kind is not None else _message(record)
            plain.args = ()
        line = without_secrets(super().format(plain))
        if not self._tracebacks:
            line = line.replace("\r", "\\r").replace("\n", "\\n")
        return line if len(line) <= MAX_LINE_CHARACTERS else f"{line[:MAX_LINE_CHARACTERS]}..."


def set_up_logging(level: str = "warning", file: Path | None = None) -> None:
    """Send the log to stderr, or to a file that only the user can read, at a level of `LEVELS`.

    May be called again when the level changes. A file that cannot be written is replaced by stderr.
    """
    chosen = level.lower() if level.lower() in LEVELS else "warning"
    handler = _handler(file)
    handler.setFormatter(SafeFormatter(tracebacks=chosen == "debug"))
    handler.set_name("aurelis")
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == "aurelis"]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("aurelis").setLevel(getattr(logging, chosen.upper()))
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False


def _handler(file: Path | None) -> logging.Handler:
    if file is not None:
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
            return logging.handlers.RotatingFileHandler(
                file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT - 1, encoding="utf-8", errors="backslashreplace"
            )
        except OSError:
            return logging.StreamHandler(sys.stderr)
    return logging.StreamHandler(sys.stderr)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)
