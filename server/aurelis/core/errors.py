"""The one tree of failures, so that every room names a failure in the same words.

Providers, security and the orchestrator raise `RequestError`; the language server and the terminal turn it into an
answer that a person can act on. The kinds are the contract's (docs/protocol.md, "Errors").
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ErrorKind(StrEnum):
    """Why a request failed, in the words that clients may rely on."""

    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    GONE = "gone"
    UNAVAILABLE = "unavailable"
    NETWORK = "network"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    TOO_LARGE = "too_large"
    SECRETS = "secrets"
    EXCLUDED = "excluded"
    CONTENT_FILTER = "content_filter"
    INVALID_RESPONSE = "invalid_response"
    BUDGET = "budget"
    CONSENT = "consent"
    CONFIGURATION = "configuration"


UNTOLD_RATE_LIMIT_SECONDS: Final = 10.0
"""How long a rate limit is taken to last whose 429 does not say it."""


class RequestError(Exception):
    """A request failed for a reason that a person can act on.

    Attributes:
        kind: the contract's kind.
        message: one plain sentence and what to do; never holds a token, prompt or source text.
        status: the HTTP status of the upstream's answer, if one arrived.
        retry_after_seconds: seconds until another try can succeed, if known.
        provider: the provider that answered or was to be asked, if one was chosen.
        host: its host and port, where the person is to be asked about it (consent).
        retryable: whether the same candidate may be asked again within this request.
        final_for_provider: whether all models of the provider are out until its settings or token change.
        security_event: the audit log's name for it (`pin_mismatch`, `redirect_blocked`, ...), if it is one.
        unsent: whether nothing of the request can have reached the upstream, so that it counts in no quota.
        refused_by: the upstream's rule that a 429 names, as requests and seconds; 0 seconds means at once.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status: int | None = None,
        retry_after_seconds: float | None = None,
        provider: str | None = None,
        retryable: bool = False,
        final_for_provider: bool = False,
        security_event: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        self.provider = provider
        self.retryable = retryable
        self.final_for_provider = final_for_provider
        self.security_event = security_event
        self.unsent = False
        self.host: str | None = None
        self.refused_by: tuple[int, float] | None = None
        self.request_id: str | None = None
