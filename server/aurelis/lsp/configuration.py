"""Settings from the editor: what it sent at start, what it is asked for, and what it says has changed; and from files.

What is pulled by `workspace/configuration` wins over `initializationOptions`. A wrong value is reported once, all wrong
values of one change in one message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from aurelis.config.settings import Problem
from aurelis.lsp.documents import file_path
from aurelis.lsp.language_server import AurelisServer

SECTION: Final = "aurelis"

PULL_SECONDS: Final = 10.0
"""How long the client may take to send its settings."""

LOOK_SECONDS: Final = 2.0
"""How long a change of a settings file may go unnoticed by automatic features."""

SHOWN_PROBLEMS: Final = 5
"""How many problems stand in one message; the log has all."""


def split_initialization_options(options: Any) -> tuple[dict[str, Any], bool, tuple[Problem, ...]]:
    """The settings tree and the trust that stand in `initializationOptions`, and what is wrong with them as a whole.

    A client that says nothing of trust has no notion of it; one whose word is no word of trust has not trusted.
    """
    if not isinstance(options, Mapping):
        wrong = (Problem("initializationOptions", "Expected a table of settings; nothing of it is used."),)
        return {}, True, () if options is None else wrong
    settings = {str(name): value for name, value in options.items() if name != "trusted"}
    trusted = options.get("trusted")
    if trusted is None or isinstance(trusted, bool):
        return settings, trusted is not False, ()
    return settings, False, (Problem("trusted", "Expected true or false; the workspace counts as not trusted."),)


def workspace_folders(ls: AurelisServer) -> tuple[Path, ...]:
    """The folders of the workspace, links resolved."""
    uris = [folder.uri for folder in ls.workspace.folders.values()]
    if not uris and ls.workspace.root_uri:
        uris = [ls.workspace.root_uri]
    return tuple(path for uri in uris if (path := file_path(uri)) is not None)


async def pull_settings(ls: AurelisServer) -> None:
    """Ask the client for its settings and take them."""
    if not ls.features.configuration:
        return
    params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
    async with ls.editor_settings.changes:
        with contextlib.suppress(TimeoutError, JsonRpcException):
            async with asyncio.timeout(PULL_SECONDS):
                answers = await ls.workspace_configuration_async(params)
            await take_settings(ls, answers[0] if answers else None)


async def take_settings(ls: AurelisServer, pulled: Any) -> None:
    """Put settings in force and report what was wrong with them; some clients send the same ones again and again."""
    await _configure(ls, ls.editor_settings.merged(pulled))


async def _configure(ls: AurelisServer, editor: dict[str, Any] | None = None) -> None:
    before = ls.services.settings
    report_problems(ls, await ls.services.configure(editor=editor))
    if ls.services.settings != before:
        ls.settings_changed()


async def register_for_changes(ls: AurelisServer) -> None:
    """Ask to be told of changes of settings and of projects' configuration files, where the client can be asked."""
    registrations = []
    if ls.features.register_configuration:
        options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        registrations.append(types.Registration("aurelis-configuration", method, options))
    if ls.features.register_watched_files:
        watchers = [types.FileSystemWatcher(glob) for glob in ls.services.watched_globs()]
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        watched = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registrations.append(types.Registration("aurelis-project-files", method, watched))
    if not registrations:
        return
    with contextlib.suppress(TimeoutError, JsonRpcException):
        async with asyncio.timeout(PULL_SECONDS):
            await ls.client_register_capability_async(types.RegistrationParams(registrations))


async def did_change_configuration(ls: AurelisServer, params: types.DidChangeConfigurationParams) -> None:
    """Pull the settings again, or take those that came along from a client that cannot be asked."""
    if ls.features.configuration:
        await pull_settings(ls)
        return
    sent = params.settings
    section = sent.get(SECTION) if isinstance(sent, Mapping) else None
    async with ls.editor_settings.changes:
        await take_settings(ls, section)


async def follow_settings_files(ls: AurelisServer) -> None:
    """Put changes of the settings files in force for as long as the connection lasts."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await look_at_settings_files(ls)


async def look_at_settings_files(ls: AurelisServer) -> None:
    """Put a change of the settings files in force; whoever asks explicitly has just made it."""
    if not await ls.services.settings_files_changed():
        return
    async with ls.editor_settings.changes:
        await _configure(ls)


async def did_change_workspace_folders(ls: AurelisServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Take the workspace's folders as they are now."""
    del params
    await take_folders(ls)


async def take_folders(ls: AurelisServer) -> None:
    """Tell the application which folders there are."""
    async with ls.editor_settings.changes:
        folders = await asyncio.to_thread(workspace_folders, ls)
        ls.documents.folders = folders
        report_problems(ls, await ls.services.configure(folders=folders))
        ls.settings_changed()


def report_problems(ls: AurelisServer, problems: Iterable[Problem]) -> None:
    """Show settings that were not taken: each once, all of them in one message."""
    lines = ls.editor_settings.not_yet_reported(f"{problem.path}: {problem.message}" for problem in problems)
    if not lines:
        return
    if len(lines) > SHOWN_PROBLEMS:
        ls.say("\n".join(lines), types.MessageType.Warning)
        lines[SHOWN_PROBLEMS:] = [f"and {len(lines) - SHOWN_PROBLEMS} more in the log."]
    ls.say("Aurelis settings: " + " ".join(lines), types.MessageType.Warning, show=True)
