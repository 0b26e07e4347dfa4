"""Text from JSON escapes may hold half of a surrogate pair; nothing after this module ever sees one."""

from __future__ import annotations

import re
from typing import Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _is_high(character: str) -> bool:
    return "\ud800" <= character <= "\udbff"


class SurrogateJoiner:
    """Joins pairs that a stream split over two pieces; a half without its other becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """The text that is certain now."""
        if not self._held and (text.isascii() or not _SURROGATE.search(text)):
            return text
        text = self._held + text
        self._held = ""
        if text and _is_high(text[-1]):
            self._held, text = text[-1], text[:-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def finish(self) -> str:
        """What the end of the stream leaves."""
        held, self._held = self._held, ""
        return "\N{REPLACEMENT CHARACTER}" if held else ""
