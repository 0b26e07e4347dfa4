"""The status item and alerts: what the application reports, sent on to clients that show it."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from aurelis.lsp.language_server import AurelisServer
from aurelis.lsp.messages import STATUS
from aurelis.workflow.services import Alert, Status


def follow_status(ls: AurelisServer) -> None:
    """Send the status now and at every change; the same status is not sent twice in a row."""
    if not ls.features.custom_messages:
        return
    last: list[dict[str, Any]] = []

    def send(status: Status) -> None:
        message = status_message(status)
        if last != [message]:
            last[:] = [message]
            ls.protocol.notify(STATUS, message)

    ls.services.on_status(send)


def follow_alerts(ls: AurelisServer) -> None:
    """Show what has ceased to work, once, and put what works again into the editor's log."""

    def tell(alert: Alert) -> None:
        kind = types.MessageType.Warning if alert.worse else types.MessageType.Info
        ls.say(alert.message, kind, show=alert.worse)

    ls.services.on_alert(tell)


def status_message(status: Status) -> dict[str, Any]:
    """The parameters of `aurelis/status`."""
    message: dict[str, Any] = {"health": status.health, "busy": status.busy}
    if status.model is not None:
        message["model"] = status.model
    if status.message is not None:
        message["message"] = status.message
    if status.retry_at is not None:
        message["retryAt"] = status.retry_at
    return message
