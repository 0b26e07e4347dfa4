"""What becomes of an outcome in a terminal: a diff, a written file, the Result as JSON."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import os
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aurelis.cli.command_line import say
from aurelis.cli.diff_names import to_diff
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import apply_edits
from aurelis.workflow.events import NewFile, Outcome
from aurelis.workflow.result import result_of

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
"""A line as git and patch see it: nothing but a line feed ends one."""


def add_output_options(parser: argparse.ArgumentParser, *, edits: bool) -> None:
    """Add what becomes of the answer."""
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print the Result as JSON instead of the text")
    if edits:
        group.add_argument(
            "--diff",
            action="store_true",
            help='print the change as a diff instead of the answer; with --json as its "diff"',
        )
        group.add_argument("--write", action="store_true", help="apply the change to the file")


async def finish(outcome: Outcome, folder: Path, arguments: argparse.Namespace) -> None:
    """Show and apply the change of an outcome, as the options say.

    Raises:
        RequestError: `configuration` when the file cannot be written; `rejected` when it changed meanwhile.
    """
    changes = bool(outcome.edits) or outcome.new_file is not None
    diff = diff_of(outcome) if arguments.diff and changes else None
    if diff is not None and not arguments.json:
        sys.stdout.write(diff)
    applied = False
    if arguments.write and changes:
        path = await asyncio.to_thread(write_change, outcome, folder)
        applied = True
        say(f"Wrote {path}.")
    elif changes and not arguments.json and not arguments.diff:
        say("Nothing was changed; --diff shows the change and --write applies it.")
    if outcome.confirmation is not None:
        say(f"Look at the change: {outcome.confirmation}")
    if arguments.json:
        result = result_of(outcome, edit=edit_json(outcome, folder), applied=applied)
        print_json(result if diff is None else {**result, "diff": diff})


def print_json(data: Any) -> None:
    """Print data as JSON that a person can read too."""
    print(json.dumps(data, ensure_ascii=False, indent=2))


def diff_of(outcome: Outcome) -> str:
    """The change as a unified diff that `git apply` and `patch -p1` take."""
    if outcome.new_file is not None:
        return _unified("", outcome.new_file.text, None, outcome.new_file.name)
    base = _base(outcome)
    return _unified(base.text, apply_edits(base.text, outcome.edits or ()), base.name, base.name)


def _unified(before: str, after: str, old_name: str | None, new_name: str) -> str:
    lines = difflib.unified_diff(
        _LINE.findall(before),
        _LINE.findall(after),
        "/dev/null" if old_name is None else to_diff(f"a/{old_name}"),
        to_diff(f"b/{new_name}"),
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _base(outcome: Outcome) -> Snapshot:
    if outcome.base is None:
        raise RequestError(ErrorKind.INVALID_RESPONSE, "The answer changes no file.")
    return outcome.base


def edit_json(outcome: Outcome, folder: Path) -> Any:
    """The change in the form of LSP's `WorkspaceEdit`, positions in UTF-16 units."""
    if outcome.new_file is not None:
        uri = (folder / outcome.new_file.name).as_uri()
        start = {"line": 0, "character": 0}
        insertion = {"range": {"start": start, "end": start}, "newText": outcome.new_file.text}
        document = {"uri": uri, "version": None}
        return {"documentChanges": [{"kind": "create", "uri": uri}, {"textDocument": document, "edits": [insertion]}]}
    if not outcome.edits:
        return None
    base = _base(outcome)
    edits = []
    for edit in outcome.edits:
        places = {"start": _place(base, edit.start), "end": _place(base, edit.end)}
        edits.append({"range": places, "newText": edit.new_text})
    return {"documentChanges": [{"textDocument": {"uri": base.uri, "version": None}, "edits": edits}]}


def _place(base: Snapshot, offset: int) -> dict[str, int]:
    position = base.lines.position_at(offset)
    return {"line": position.line, "character": position.character}


def write_change(outcome: Outcome, folder: Path) -> Path:
    """Apply the change of an outcome to the disk and name the file.

    Raises:
        RequestError: `configuration` when the file cannot be written; `rejected` when it changed meanwhile.
    """
    if outcome.new_file is not None:
        return _create(outcome.new_file, folder)
    base = _base(outcome)
    return write_text(base, apply_edits(base.text, outcome.edits or ()))


def write_text(base: Snapshot, text: str) -> Path:
    """Put a new text in a file's place, if it is still as it was read, and name the file.

    Raises:
        RequestError: `configuration` when the file cannot be written; `rejected` when it changed meanwhile.
    """
    if base.path is None:
        raise RequestError(ErrorKind.CONFIGURATION, "The document is no file, so nothing was written.")
    mark = b"\xef\xbb\xbf"
    try:
        now = base.path.read_bytes()
        prefix = mark if now.startswith(mark) else b""
        if now.removeprefix(mark) != base.text.encode():
            message = f"{base.name} was changed meanwhile, so nothing was written; run the command again."
            raise RequestError(ErrorKind.REJECTED, message)
        _replace(base.path, prefix + text.encode())
    except OSError as error:
        raise _unwritable(base.name, error) from None
    return Path(base.name)


def _replace(path: Path, data: bytes) -> None:
    """Put the new content in the file's place in one step, its permissions kept."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())  # Otherwise the name may reach the disk before the content does.
        temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _create(new: NewFile, folder: Path) -> Path:
    root = folder.resolve()
    path = (root / new.name).resolve()
    parts = (*Path(new.name).parts, *(path.relative_to(root).parts if path.is_relative_to(root) else (".",)))
    if any(part.startswith(".") for part in parts):  # Outside, or in a hidden folder, by its name or where links lead.
        message = f"{new.name} is not a place for a new file, so nothing was written."
        raise RequestError(ErrorKind.REJECTED, message)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(new.text.encode())
    except FileExistsError:
        message = f"{new.name} exists already, so nothing was written; move it away and run the command again."
        raise RequestError(ErrorKind.REJECTED, message) from None
    except OSError as error:
        raise _unwritable(new.name, error) from None
    return path.relative_to(root)


def _unwritable(name: str, error: OSError) -> RequestError:
    reason = error.strerror or "no reason given"
    return RequestError(ErrorKind.CONFIGURATION, f"{name} cannot be written ({reason}); nothing was changed.")
