"""The one question about automatic features: may they send code to this host?

Asked once for each host in a session, when ghost text or an automatic hover would have used it; a yes is remembered by
the application.
"""

from __future__ import annotations

import contextlib

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.lsp.language_server import AurelisServer

ALLOW = "Allow"
LATER = "Not now"


def refused(ls: AurelisServer, error: RequestError) -> None:
    """An automatic feature was refused for a reason that lasts; for consent the person is asked."""
    if error.kind is not ErrorKind.CONSENT or error.host is None or error.host in ls.hosts_asked_about:
        return
    if ls.services.settings.automatic.remote == "ask":
        ls.hosts_asked_about.add(error.host)
        ls.in_background(ask(ls, error.host))


async def ask(ls: AurelisServer, host: str) -> None:
    """Ask about a host."""
    params = types.ShowMessageRequestParams(
        type=types.MessageType.Info,
        message=f"Ghost text and automatic hovers would send code around your cursor to {host}. Allow that?",
        actions=[types.MessageActionItem(title=ALLOW), types.MessageActionItem(title=LATER)],
    )
    with contextlib.suppress(JsonRpcException):
        answer = await ls.window_show_message_request_async(params)
        if answer is not None and answer.title == ALLOW:
            await ls.services.consent(host, allowed=True)
            ls.settings_changed()
