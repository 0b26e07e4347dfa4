"""When nothing may be asked: after a failure that asking again at once would only repeat, such as a rate limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aurelis.core.errors import UNTOLD_RATE_LIMIT_SECONDS, ErrorKind, RequestError

SILENT_SECONDS: Final = 30.0
"""How long nothing is asked after a failure that asking again does not mend, when it does not say itself."""

LEAST_SILENT_SECONDS: Final = 1.0
"""How long nothing is asked after a failure that allows asking again at once."""

_LASTING: Final = frozenset(
    {
        ErrorKind.AUTH,
        ErrorKind.BUDGET,
        ErrorKind.CONFIGURATION,
        ErrorKind.CONSENT,
        ErrorKind.GONE,
        ErrorKind.RATE_LIMIT,
    }
)


class Silence:
    """Until when nothing is asked; `on_refused` is told each failure that begins it."""

    def __init__(self, on_refused: Callable[[RequestError], None]) -> None:
        self._on_refused = on_refused
        self._until = 0.0

    def failed(self, error: RequestError, now: float) -> None:
        """A request failed at this time; a passing failure begins no silence."""
        if error.kind in _LASTING:
            untold = UNTOLD_RATE_LIMIT_SECONDS if error.kind is ErrorKind.RATE_LIMIT else SILENT_SECONDS
            told = error.retry_after_seconds
            self._until = now + (untold if told is None else max(LEAST_SILENT_SECONDS, told))
            self._on_refused(error)

    def lasts(self, now: float) -> bool:
        """Whether nothing may be asked yet."""
        return now < self._until

    def end(self) -> None:
        """What failed may work from now on."""
        self._until = 0.0
