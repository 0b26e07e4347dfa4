"""One error out of many: what to tell a person when no candidate could answer."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelReference


@attrs.frozen
class Failure:
    """Why one candidate gave no answer."""

    model: ModelReference
    error: RequestError


def nothing_left(failures: Sequence[Failure]) -> RequestError:
    """The error of the whole request: the candidates' own when they agree, else `unavailable` with all reasons."""
    if not failures:
        message = "No model is configured for this; run `aurelis doctor` to see what is missing."
        return RequestError(ErrorKind.CONFIGURATION, message)
    errors = [failure.error for failure in failures]
    waits = [error.retry_after_seconds for error in errors]
    # The soonest time at which one of them can be asked again.
    known = [wait for wait in waits if wait is not None]
    retry_after = min(known) if known else None
    kinds = {error.kind for error in errors}
    first = errors[0]
    if len(kinds) == 1:
        message = first.message if len({error.message for error in errors}) == 1 else _listed(failures)
        error = RequestError(
            first.kind, message, status=first.status, retry_after_seconds=retry_after, provider=first.provider
        )
        error.host = first.host
        return error
    return RequestError(ErrorKind.UNAVAILABLE, _listed(failures), retry_after_seconds=retry_after)


def _listed(failures: Sequence[Failure]) -> str:
    seen: dict[str, None] = {}
    for failure in failures:
        seen.setdefault(f"{failure.model}: {failure.error.message}")
    return "No model could answer. " + " ".join(seen)
