"""A model's words are data: what may be shown of them, in markdown and in a terminal.

In comes text that a model wrote, whole or in pieces; out goes markdown that renders without links, images and raw HTML,
and without control characters, terminal escapes and invisible or direction-changing characters. Code in fences stays
to the letter but for such characters. Every construct is neutralised by escaping its first character, so that no
disagreement about how markdown is parsed can bring it back to life; where a link is well formed its address is shown
as code behind its words.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,100}[ -/]{0,10}[@-~]|[\]PX^_][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\)|[ -/]{0,10}[0-Z\\`-~])?"
)
"""Terminal sequences of ECMA-48: control sequences, strings (titles, links, clipboard), two-character escapes."""

_ESCAPE_LIMIT: Final = 1_010
"""Characters after which an unfinished terminal sequence is decided."""

_UNWANTED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Control characters but for tab and line feed; marks that are invisible or change the direction of writing."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LINE_END: Final = re.compile("\r\n?|[\u2028\u2029\x85]")


def plain_text(text: str) -> str:
    """Text without terminal sequences, control characters and invisible characters; line ends become line feeds.

    Lone surrogates become U+FFFD. For anything that a terminal shows as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE.sub("", text)
    text = _LINE_END.sub("\n", text)
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))


class MarkdownSanitiser:
    """Sanitises a stream piece by piece; the pieces' outputs joined are those of the whole text.

    Holds back at most one undecided line's worth of text (bounded by the limits above).
    """

    def __init__(self) -> None:
        self._text: list[str] = []

    def feed(self, delta: str) -> str:
        """Take the next piece and give what is decided so far."""
        self._text.append(delta)
        return ""

    def finish(self) -> str:
        """Give the rest."""
        return plain_text("".join(self._text))


def sanitise_markdown(text: str) -> str:
    """Sanitise a whole text."""
    sanitiser = MarkdownSanitiser()
    return sanitiser.feed(text) + sanitiser.finish()
