"""JSON-RPC messages as pygls has them, with what was found missing or leaking put right.

What is closed here, each shown by a test under `tests/lsp`: a future kept for every notification, result types kept
for unanswered requests, commands that run on after they were cancelled, answers that never come (a malformed request,
one before `initialize` or after `shutdown`), thousands of requests that all run at once, message bodies and tracebacks
in logs and answers, nested objects taken for messages, pygls's own copy of every document. The traps are pygls 2.1's;
its version is pinned below 2.2.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeGuard

import cattrs
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcRequestCancelled,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage, LanguageServerProtocol

from aurelis.core.failures import describe_failure
from aurelis.lsp.backlog import Backlog, MessageId
from aurelis.lsp.framing import Oversized
from aurelis.lsp.initialize_reading import read_initialize

log: Final = logging.getLogger(__name__)

_ID_IN_HEAD: Final = re.compile(rb'^\s*\{(?:\s*"jsonrpc"\s*:\s*"2\.0"\s*,)?\s*"id"\s*:\s*(\d{1,15}|"[^"\\]{1,128}")')
SETTLE_SECONDS: Final = 10.0
"""How long the end of a connection waits for `initialize` to be answered."""

EARLY_MESSAGES: Final = 1000
"""How many messages may come before `initialize` is answered; further ones are lost."""

_METHOD_IN_HEAD: Final = re.compile(rb'"method"\s*:')

NEVER_WAIT: Final = frozenset({types.INITIALIZE, types.SHUTDOWN})
"""Requests that do not wait for others to end."""

CANCELLED: Final = "The request was cancelled."


def is_id(value: Any) -> TypeGuard[MessageId]:
    """Whether something may name a request or a piece of work: a text or a whole number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


class MessageProtocol(LanguageServerProtocol):
    """Messages in and out; what they mean is told by the class below this one."""

    def __init__(self, server: Any, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self._initialize_seen = False
        self._initialize_id: Any = None
        self._initializing: asyncio.Future[None] | None = None
        self._early: deque[bytes | Oversized] = deque()  # Bounded by EARLY_MESSAGES.
        self._releasing: asyncio.Task[None] | None = None
        self._begun = False  # Whether a request has begun whose handler may not have run yet.
        self._backlog = Backlog()

    # What arrives

    async def receive(self, body: bytes | Oversized) -> None:
        """Handle one message, or answer why it cannot be handled; never raises.

        The requests before a notification take their snapshots before it is handled: it may be an edit.

        A client that does not wait for the answer to `initialize` has its next messages handled after that.
        """
        if self._initializing is not None:
            if len(self._early) < EARLY_MESSAGES:
                self._early.append(body)
            return
        await self._take(body)

    async def _take(self, body: bytes | Oversized) -> None:
        if isinstance(body, Oversized):
            self._refuse_oversized(body)
            return
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, JsonRpcParseError("The message is not valid JSON."))
            return
        if self._begun and isinstance(data, dict) and "id" not in data and data.get("method") != types.CANCEL_REQUEST:
            self._begun = False
            await asyncio.sleep(0)
        try:
            self._dispatch(data)
        except Exception as error:  # noqa: BLE001 -- whatever a message does, the connection outlives it
            log.error("A message could not be handled: %s", describe_failure(error))  # noqa: TRY400 -- a traceback quotes

    def _dispatch(self, data: Any) -> None:
        if not isinstance(data, dict) or data.get("jsonrpc") != self.VERSION:
            identifier = data.get("id") if isinstance(data, dict) else None
            self._refuse(identifier, JsonRpcInvalidRequest("The message is not a JSON-RPC 2.0 object."))
            return
        if "method" not in data:
            self._take_response(data)
            return
        method = data["method"]
        is_request = "id" in data
        identifier = data.get("id")
        if not isinstance(method, str) or (is_request and not is_id(identifier)):
            self._refuse(identifier, JsonRpcInvalidRequest("The message's method or id is malformed."))
            return
        if (refusal := self._out_of_order(method)) is not None:
            if is_request:
                self._refuse(identifier, refusal)
            return
        if is_request and self._get_handler_or_none(method) is None:
            self._refuse(identifier, JsonRpcMethodNotFound.of(method[:200]))
            return
        message = self._structured(data, method, is_request=is_request)
        if message is None:
            return
        context = contextvars.copy_context()
        if is_request:
            self._begin(
                message.id, method, partial(context.run, self._handle_request, message.id, method, message.params)
            )
        else:
            context.run(self._handle_notification, method, message.params)

    def _begin(self, identifier: MessageId, method: str, start: Callable[[], None]) -> None:
        """Start a request, at once or when others have ended."""
        if method == types.INITIALIZE:
            self._initialize_seen = True
            self._initialize_id = identifier
            self._initializing = asyncio.get_running_loop().create_future()
        self._begun = True
        if method in NEVER_WAIT:
            start()
        elif not self._backlog.take(identifier, start):
            self._refuse(identifier, _too_many())

    def _structured(self, data: dict[str, Any], method: str, *, is_request: bool) -> Any | None:
        """The message in lsprotocol's types; None, and a request answered, when its parameters are malformed."""
        try:
            if method == types.INITIALIZE and is_request:
                return read_initialize(self._converter, data)
            return self._converter.structure(data, self._type_of(method, is_request=is_request))
        except Exception as error:  # noqa: BLE001 -- cattrs raises many kinds for one wrong shape
            log.warning("The parameters of %s are malformed: %s", method[:200], type(error).__name__)
        if is_request:
            self._refuse(data["id"], JsonRpcInvalidParams(f"The parameters of {method[:200]} are malformed."))
        return None

    def _out_of_order(self, method: str) -> JsonRpcException | None:
        if method == types.EXIT:
            return None
        if self._shutdown:
            return JsonRpcInvalidRequest("The server is shutting down.")
        if method == types.INITIALIZE:
            if self._initialize_seen:
                return JsonRpcInvalidRequest("The server is initialized already.")
            return None
        return None if self._initialize_seen else JsonRpcServerNotInitialized("The server is not initialized yet.")

    def _type_of(self, method: str, *, is_request: bool) -> type[Any]:
        known = self.get_message_type(method)
        if known is not None:
            return known
        return JsonRPCRequestMessage if is_request else JsonRPCNotification

    def _take_response(self, data: dict[str, Any]) -> None:
        identifier = data.get("id")
        if not is_id(identifier):
            return
        future = self._request_futures.get(identifier)
        result_type = self._result_types.get(identifier) or JsonRPCResponseMessage
        if future is None or identifier not in self._result_types:
            return
        try:
            if data.get("error") is not None:
                message = self._converter.structure(data, types.ResponseErrorMessage)
                self._handle_response(identifier, None, message.error)
            else:
                response = self._converter.structure({"result": None, **data}, result_type)
                self._handle_response(identifier, response.result)
        except Exception as error:  # noqa: BLE001 -- a client's malformed answer is an answer that failed
            log.warning("The client's answer is malformed: %s", type(error).__name__)
            if not future.done():
                future.set_exception(JsonRpcInvalidParams("The client's answer is malformed."))

    def _refuse(self, identifier: Any, error: JsonRpcException) -> None:
        if is_id(identifier):
            self._send_response(identifier, error=error.to_response_error())
            return
        # lsprotocol leaves out an id that is null; JSON-RPC 2.0 (5, "Response object") wants it said.
        found = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": None, "error": found})

    def _refuse_oversized(self, body: Oversized) -> None:
        match = _ID_IN_HEAD.match(body.head)
        log.warning("A message of %d bytes was not taken.", body.length)
        if match is None and _METHOD_IN_HEAD.search(body.head):
            self.notify(
                types.WINDOW_LOG_MESSAGE,
                types.LogMessageParams(
                    types.MessageType.Warning, "A message from the editor was too large and was not taken."
                ),
            )
            return
        identifier = json.loads(match.group(1)) if match else None
        self._refuse(identifier, JsonRpcInvalidRequest("The message is too large."))

    async def settled(self) -> None:
        """Wait until `initialize`, if it is under way, is answered."""
        if self._initializing is not None:
            await asyncio.wait({self._initializing}, timeout=SETTLE_SECONDS)

    async def _release_messages(self) -> None:
        """Handle what came before `initialize` was answered; what comes meanwhile queues behind it."""
        while self._early:
            await self._take(self._early.popleft())
        waiting, self._initializing = self._initializing, None
        if waiting is not None:
            waiting.set_result(None)

    # How handlers run and answer

    def _get_handler_or_none(self, method: str) -> Any:
        return self.fm.builtin_features.get(method) or self.fm.features.get(method)

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if method_name == types.CANCEL_REQUEST:
            self._cancel(params.id)
            return
        handler = self._get_handler_or_none(method_name)
        if handler is None:
            return
        self._execute_handler(object(), handler, self._check_handler_result, (params,))

    def _cancel(self, identifier: Any) -> None:
        """Stop a request of the client's, wherever it is; one that has been answered is none any more."""
        if not is_id(identifier):
            return
        future = self._request_futures.get(identifier)
        if future is not None and identifier not in self._result_types:
            future.cancel()
        elif self._backlog.cancel(identifier):
            self._refuse(identifier, JsonRpcRequestCancelled(CANCELLED))

    def cancel_everything(self, *, but: Any = None) -> None:
        """Cancel every request under way, in either direction, and those that wait for their turn."""
        for identifier in self._backlog.give_up():
            self._refuse(identifier, JsonRpcRequestCancelled(CANCELLED))
        for identifier, future in list(self._request_futures.items()):
            if identifier != but and not future.done():
                future.cancel()

    def _execute_handler(
        self,
        msg_id: Any,
        handler: Any,
        callback: Any,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda done: self._forget(msg_id, done))

    def _forget(self, msg_id: Any, future: Any) -> None:
        if self._request_futures.get(msg_id) is future:
            del self._request_futures[msg_id]

    def _run_generator(self, future: Any, *, gen: Any, result_future: Any) -> None:
        if future is not None and future.cancelled():
            gen.close()
            result_future.cancel()
            return
        super()._run_generator(future, gen=gen, result_future=result_future)

    def _send_handler_result(self, future: Any, *, msg_id: Any) -> None:
        self._forget(msg_id, future)
        self._answer(future, msg_id)
        if self._initializing is not None and self._releasing is None and msg_id == self._initialize_id:
            self._releasing = asyncio.ensure_future(self._release_messages())
        elif not self._shutdown:
            self._backlog.ended()

    def _answer(self, future: Any, msg_id: Any) -> None:
        if future.cancelled():
            cancelled = JsonRpcRequestCancelled(CANCELLED)
            self._send_response(msg_id, error=cancelled.to_response_error())
            return
        error = future.exception()
        if error is None:
            self._send_response(msg_id, result=future.result())
        elif isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError):
            self._send_response(msg_id, error=error.to_response_error())
        else:
            log.error("A request failed: %s", describe_failure(error))
            self._send_response(msg_id, error=_internal_error().to_response_error())

    def _check_handler_result(self, future: Any) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            log.error("A notification failed: %s", describe_failure(error))

    # What is sent

    def _send_data(self, data: Any) -> None:
        if self.writer is None:
            return
        try:
            body = json.dumps(data, default=self._serialize_message, separators=(",", ":")).encode()
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            log.error("A message could not be written: %s", describe_failure(error))  # noqa: TRY400 -- a traceback quotes
            identifier = getattr(data, "id", None)
            if identifier is None or hasattr(data, "method"):
                return
            failure = types.ResponseErrorMessage(id=identifier, error=_internal_error().to_response_error())
            body = json.dumps(failure, default=self._serialize_message).encode()
        try:
            self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        except (OSError, ValueError):
            self.leave(1)

    def leave(self, code: int) -> None:
        """The connection is over; the protocol above knows what to do."""
        raise NotImplementedError

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: Any | None = None,
    ) -> Future[Any]:
        """Ask the client; everything kept for the answer goes when the future is done, cancelled ones included."""
        future = super().send_request(method, params, callback, msg_id)
        identifier = next((key for key, value in reversed(self._request_futures.items()) if value is future), None)

        def forget(_: Future[Any]) -> None:
            if identifier is not None:
                self._forget(identifier, future)
                self._result_types.pop(identifier, None)

        future.add_done_callback(forget)
        return future


def _too_many() -> JsonRpcException:
    return JsonRpcException("Too many requests wait; send fewer at once.", types.LSPErrorCodes.RequestFailed.value)


def _internal_error() -> JsonRpcInternalError:
    return JsonRpcInternalError("Something went wrong inside Aurelis; its log says where.")
