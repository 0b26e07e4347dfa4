"""What our own clients tell the server: a token from the editor's keychain, and whether the workspace is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from aurelis.core.errors import RequestError
from aurelis.lsp.configuration import report_problems
from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.messages import text_of
from aurelis.lsp.outcome import request_failed


async def set_token(ls: AurelisServer, params: Any) -> None:
    """`aurelis/auth/setToken {provider, token, origin?}`: take a token for this process; null falls back.

    `origin` is the address that the user agreed to when signing in.
    """
    provider = text_of(params, "provider")
    token = text_of(params, "token")
    if not provider or (token is None and params.get("token") is not None):
        raise JsonRpcInvalidParams("aurelis/auth/setToken wants {provider: string, token: string or null}.")
    try:
        await ls.services.set_token(provider, token, text_of(params, "origin"))
    except RequestError as error:
        raise request_failed(error) from None
    ls.settings_changed()


async def trust(ls: AurelisServer, params: Any) -> None:
    """`aurelis/trust {trusted}`: the user's decision about the workspace."""
    trusted = params.get("trusted") if isinstance(params, Mapping) else None
    if isinstance(trusted, bool):
        async with ls.editor_settings.changes:
            report_problems(ls, await ls.services.configure(trusted=trusted))
            ls.settings_changed()
