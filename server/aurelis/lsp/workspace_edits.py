"""From an outcome to a `WorkspaceEdit` for the document as it stands now, and to its application by the client.

An edit is made against one snapshot. If the document has moved on, the edit is moved too where its lines did not
change, and is a conflict otherwise. The version goes with it, so that the client refuses it when it is late again.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path, PurePosixPath
from typing import Any, Final

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from aurelis.core.errors import RequestError
from aurelis.core.rebase import rebase
from aurelis.core.snapshot import Snapshot
from aurelis.core.text_edits import TextEdit
from aurelis.lsp.convert import lsp_range
from aurelis.lsp.language_server import AurelisServer
from aurelis.workflow.events import NewFile, Outcome

ANNOTATION: Final = "aurelis"

APPLY_ATTEMPTS: Final = 3
"""How often an edit is sent when the document keeps moving on under it."""

LARGE_DOCUMENT: Final = 100_000
"""Characters above which comparing two versions happens in a thread."""

FREE_NAMES: Final = 50
"""How many names are tried for a new file."""


@attrs.frozen
class MadeEdit:
    """An edit for the client; `conflict` when the document changed so far that there is none.

    `reason` says why there is none although there is no conflict.
    """

    edit: types.WorkspaceEdit | None = None
    conflict: bool = False
    reason: str | None = None
    version: int | None = None


async def make_edit(ls: AurelisServer, outcome: Outcome, label: str) -> MadeEdit:
    """The outcome's edit for the document as it stands now; nothing for an outcome without edits."""
    if outcome.base is None:
        return MadeEdit()
    if outcome.new_file is not None:
        return await _new_file_edit(ls, outcome.base, outcome.new_file, label, outcome.confirmation)
    if outcome.edits is None:
        return MadeEdit()
    current = await current_snapshot(ls, outcome.base)
    if current is None:
        return MadeEdit(conflict=True)
    edits = await _rebased(outcome.edits, outcome.base.text, current.text)
    if edits is None:
        return MadeEdit(conflict=True)
    edit = _document_edit(ls, current, edits, label, outcome.confirmation)
    return MadeEdit(edit, version=current.version)


async def current_snapshot(ls: AurelisServer, base: Snapshot) -> Snapshot | None:
    """The document of a snapshot as it is now, open or on disk; None when it is gone."""
    if ls.documents.is_open(base.uri):
        return ls.documents.snapshot(base.uri)
    try:
        return await ls.closed_documents.read(base.uri, ls.documents.folders)
    except RequestError:
        return None


async def apply_outcome(ls: AurelisServer, outcome: Outcome, label: str) -> tuple[MadeEdit, bool]:
    """Make the edit and ask the client to apply it; False when it did not, for whatever reason."""
    made = await make_edit(ls, outcome, label)
    for _ in range(APPLY_ATTEMPTS):
        if made.edit is None or not ls.features.apply_edit or not await confirmed(ls, outcome.confirmation):
            return made, False
        if await _apply(ls, made.edit, label):
            return made, True
        if outcome.confirmation is not None or outcome.base is None:
            return made, False
        if ls.documents.version(outcome.base.uri) == made.version:
            return made, False
        made = await make_edit(ls, outcome, label)
    return made, False


async def confirmed(ls: AurelisServer, reason: str | None) -> bool:
    """Ask the person first, where there is a reason to; clients with change annotations ask by themselves."""
    if reason is None or ls.features.annotations:
        return True
    yes = types.MessageActionItem(title="Apply")
    params = types.ShowMessageRequestParams(
        type=types.MessageType.Warning,
        message=f"{reason} Apply the change anyway?",
        actions=[yes, types.MessageActionItem(title="Discard")],
    )
    with contextlib.suppress(JsonRpcException):
        answer = await ls.window_show_message_request_async(params)
        return answer is not None and answer.title == yes.title
    return False


async def _apply(ls: AurelisServer, edit: types.WorkspaceEdit, label: str) -> bool:
    try:
        answer = await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit=edit, label=label))
    except JsonRpcException:
        return False
    return getattr(answer, "applied", False) is True  # Some clients answer null.


async def _rebased(edits: tuple[TextEdit, ...], base: str, current: str) -> tuple[TextEdit, ...] | None:
    if base == current:
        return edits
    if max(len(base), len(current)) > LARGE_DOCUMENT:
        return await asyncio.to_thread(rebase, edits, base, current)
    return rebase(edits, base, current)


def _document_edit(
    ls: AurelisServer, current: Snapshot, edits: tuple[TextEdit, ...], label: str, confirmation: str | None
) -> types.WorkspaceEdit:
    spans = [(lsp_range(current, edit.start, edit.end, ls.documents.encoding), edit.new_text) for edit in edits]
    if not ls.features.versioned_edits:
        return types.WorkspaceEdit(changes={current.uri: [types.TextEdit(span, text) for span, text in spans]})
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri=current.uri, version=current.version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(identifier, [_text_edit(ls, span, text) for span, text in spans])],
        change_annotations=_annotations(ls, label, confirmation),
    )


def _text_edit(ls: AurelisServer, span: types.Range, text: str) -> types.TextEdit | types.AnnotatedTextEdit:
    if ls.features.annotations:
        return types.AnnotatedTextEdit(annotation_id=ANNOTATION, range=span, new_text=text)
    return types.TextEdit(range=span, new_text=text)


def _annotations(ls: AurelisServer, label: str, confirmation: str | None) -> dict[str, types.ChangeAnnotation] | None:
    if not ls.features.annotations:
        return None
    annotation = types.ChangeAnnotation(
        label=label, needs_confirmation=confirmation is not None or None, description=confirmation
    )
    return {ANNOTATION: annotation}


async def _new_file_edit(
    ls: AurelisServer, base: Snapshot, new_file: NewFile, label: str, confirmation: str | None
) -> MadeEdit:
    folder = next((folder for folder in ls.documents.folders if base.path and base.path.is_relative_to(folder)), None)
    if folder is None:
        return MadeEdit(reason="The document lies in no workspace folder, so there is no place for a new file.")
    path = await asyncio.to_thread(free_path, folder, new_file.name)
    if path is None:
        return MadeEdit(reason="There is no free name inside the workspace for the new file.")
    if not ls.features.create_files:
        return MadeEdit(reason="The editor cannot create files on a server's behalf.")
    uri = path.as_uri()
    span = types.Range(types.Position(0, 0), types.Position(0, 0))
    annotation = ANNOTATION if ls.features.annotations else None
    created = types.CreateFile(
        uri=uri,
        options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False),
        annotation_id=annotation,
    )
    written = types.TextDocumentEdit(
        types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None), [_text_edit(ls, span, new_file.text)]
    )
    edit = types.WorkspaceEdit(
        document_changes=[created, written], change_annotations=_annotations(ls, label, confirmation)
    )
    return MadeEdit(edit)


def free_path(folder: Path, name: str) -> Path | None:
    """A path inside a folder where nothing is yet, in no hidden folder, links resolved; None if there is none.

    Touches the disk.
    """
    relative = PurePosixPath(name.replace("\\", "/"))
    parts = relative.parts
    if relative.is_absolute() or not parts or any(part.startswith(".") or ":" in part for part in parts):
        return None
    root = folder.resolve()
    for candidate in _names(relative):
        path = root / candidate
        with contextlib.suppress(OSError):
            parent = path.parent.resolve()
            if not parent.is_relative_to(root) or any(part.startswith(".") for part in parent.relative_to(root).parts):
                return None
            if not path.is_symlink() and not path.exists():
                return path
    return None


def _names(name: PurePosixPath) -> list[PurePosixPath]:
    stem, _, endings = name.name.partition(".")
    tail = "_test" if stem.endswith("_test") else ""
    head = stem.removesuffix(tail) if tail else stem
    ending = f".{endings}" if endings else ""
    return [name, *(name.with_name(f"{head}_{number}{tail}{ending}") for number in range(2, FREE_NAMES))]


def edit_json(ls: AurelisServer, edit: types.WorkspaceEdit | None) -> Any:
    """An edit as plain JSON data, for a Result."""
    return None if edit is None else ls.protocol._converter.unstructure(edit)  # noqa: SLF001 -- pygls gives the converter no name
