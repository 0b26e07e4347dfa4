"""What a failed connection means, in the contract's kinds.

In comes what the HTTP client raised, however deep the cause lies in it; out comes a `RequestError` whose sentence names
the setting to look at.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

import httpx2

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.errors import Blame, sentence

_NEVER_CONNECTED: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.ProxyError,
    ssl.SSLCertVerificationError,
)
"""Failures before the first byte of a request can have arrived."""
_CLOSED_WORDS: Final = ("disconnected", "closed connection")
"""What a broken rule of HTTP says when it is only that the connection was closed too early."""
_NOT_ITS_TIME: Final = frozenset({9, 10})
_OTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL's X509_V_ERR codes: not yet valid, expired; another host name, another address."""
_MOST_CAUSES: Final = 16
"""Chains of causes end long before."""


def error_from_connection(
    error: BaseException, blame: Blame, *, timed_out: bool = False, begun: bool = False
) -> RequestError:
    """The error that a failed connection means; certificates and pins are final, the rest may be tried again.

    `begun` is whether an answer had begun: then the address is right, and so is all that it takes to connect.
    """
    causes = _causes(error)
    unsent = any(isinstance(cause, _NEVER_CONNECTED) for cause in causes)
    told = _failed_connection(causes, blame, timed_out=timed_out, unsent=unsent, begun=begun)
    told.unsent = unsent
    return told


def _failed_connection(
    causes: list[BaseException], blame: Blame, *, timed_out: bool, unsent: bool, begun: bool
) -> RequestError:
    who = f"{blame.title} ({blame.host})"
    settings = f"providers.{blame.provider}"
    if timed_out and not unsent:
        message = f"{who} did not answer in time; check that it is running and reachable, or try again."
        return RequestError(ErrorKind.TIMEOUT, sentence(message), provider=blame.provider, retryable=True)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, who, blame)
        if isinstance(cause, httpx2.DecodingError):
            message = f"{who} sent an answer that cannot be read; try again, or use another model."
            return RequestError(ErrorKind.INVALID_RESPONSE, sentence(message), provider=blame.provider)
        if isinstance(cause, httpx2.TooManyRedirects):
            message = f"{who} redirects in a circle; check {settings}.baseUrl."
            return RequestError(ErrorKind.CONFIGURATION, sentence(message), provider=blame.provider)
    message = _broken_off(blame, who, settings) if begun else _broken(causes, blame, who, settings, unsent=unsent)
    return RequestError(ErrorKind.NETWORK, sentence(message), provider=blame.provider, retryable=True)


def _broken(causes: list[BaseException], blame: Blame, who: str, settings: str, *, unsent: bool) -> str:
    """What to do about a connection that failed or ended."""
    proxy = _proxy_advice(blame, settings)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return f"No secure connection to {who} could be made; check baseUrl, proxy and tls of {settings}."
    if any(isinstance(cause, httpx2.ProxyError) for cause in causes):
        return f"The proxy does not let requests through to {who}; check {proxy or f'{settings}.proxy'}."
    unknown = any(isinstance(cause, socket.gaierror) for cause in causes)
    if unsent and proxy is not None:
        what = "The name of the proxy" if unknown else "The proxy"
        state = "is not known" if unknown else "cannot be reached"
        return f"{what} that leads to {who} {state}; check {proxy}, and the network."
    if unknown:
        return f"The name of {who} is not known; check {settings}.baseUrl and the network."
    if any(_is_no_http(cause) for cause in causes):
        also = "" if proxy is None else f", and {proxy}"
        return f"{who} does not answer in HTTP; check the port and http or https of {settings}.baseUrl{also}."
    if not unsent:
        return _broken_off(blame, who, settings)
    return f"{who} cannot be reached; check that it is running, {settings}.baseUrl, and the network."


def _broken_off(blame: Blame, who: str, settings: str) -> str:
    also = "" if _proxy_advice(blame, settings) is None else ", or the proxy that leads to it,"
    return f"{who}{also} broke off the connection before the answer was complete; try again."


def _proxy_advice(blame: Blame, settings: str) -> str | None:
    """What to look at when a proxy is in the way; None when none is gone through."""
    if blame.proxy is None or blame.proxy == f"{settings}.proxy":
        return blame.proxy
    return f"{blame.proxy}, or set {settings}.proxy"


def _is_no_http(cause: BaseException) -> bool:
    return isinstance(cause, httpx2.RemoteProtocolError) and not any(words in str(cause) for words in _CLOSED_WORDS)


def _untrusted(cause: ssl.SSLCertVerificationError, who: str, blame: Blame) -> RequestError:
    setting = f"providers.{blame.provider}.tls"
    if getattr(cause, "pin_mismatch", False):
        message = f"{who} showed a public key that is none of {setting}.pins; do not use it before you know why."
        event = "pin_mismatch"
    else:
        reason = (getattr(cause, "verify_message", "") or "it is not trusted").rstrip(".")
        message = f"The certificate of {who} was refused: {reason}. {_certificate_advice(cause, blame)}"
        event = None
    return RequestError(ErrorKind.NETWORK, sentence(message), provider=blame.provider, security_event=event)


def _certificate_advice(cause: ssl.SSLCertVerificationError, blame: Blame) -> str:
    code = getattr(cause, "verify_code", 0)
    if code in _NOT_ITS_TIME:
        return "Have the server's certificate renewed, and check the clock of this machine."
    if code in _OTHER_NAME:
        return f"Write providers.{blame.provider}.baseUrl with a name that the certificate holds."
    return f"An own authority belongs in providers.{blame.provider}.tls.caFile."


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting and len(found) < _MOST_CAUSES:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return found
