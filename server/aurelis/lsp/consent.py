"""The one question about automatic features: may they send code to this host?

Asked once for each host in a session, when ghost text would have used it; a yes is remembered by the application.
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
    """Ghost text was refused for a reason that lasts; for consent the person is asked."""
    if error.kind is ErrorKind.CONSENT and error.provider is not None:
        ls.in_background(ask(ls, error.provider))


async def ask(ls: AurelisServer, provider: str) -> None:
    """Ask about a provider's host, unless it was asked about before."""
    models = await ls.services.models()
    hosts = (str(model["host"]) for model in models if model.get("provider") == provider and model.get("host"))
    host = next(hosts, None)
    if host is None or host in ls.hosts_asked_about:
        return
    ls.hosts_asked_about.add(host)
    params = types.ShowMessageRequestParams(
        type=types.MessageType.Info,
        message=f"Ghost text would send code around your cursor to {host} while you type. Allow that?",
        actions=[types.MessageActionItem(title=ALLOW), types.MessageActionItem(title=LATER)],
    )
    with contextlib.suppress(JsonRpcException):
        answer = await ls.window_show_message_request_async(params)
        if answer is not None and answer.title == ALLOW:
            await ls.services.consent(host, allowed=True)
            ls.settings_changed()
