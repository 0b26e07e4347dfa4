"""A model's words without what a reader cannot see: terminal sequences, control characters, invisible characters.

In comes text that a model wrote, whole or in pieces; out goes text that a terminal may show as it is (`plain_text`), or
code that reads as it runs (`plain_code`).
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,100}[ -/]{0,10}[@-~]|[\]PX^_][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\)|[ -/]{0,10}[0-OQ-WYZ\\`-~])"
)
"""Terminal sequences of ECMA-48: control sequences, strings (titles, links, clipboard), two-character escapes."""

_UNFINISHED_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]{0,100}[ -/]{0,10}|[\]PX^_][^\x07\x1b\n]{0,1000}\x1b?|[ -/]{0,10})\Z"
)
_LINE_END: Final = re.compile("\r\n?|[\u2028\u2029\x85]")
_INVISIBLE: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""Control characters but for tab and line feed; marks that are invisible or change the direction of writing."""
_VISIBLE: Final = re.compile(rf"[^\s{_INVISIBLE}]")
_UNWANTED: Final = re.compile(f"[{_INVISIBLE}]")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What may not come into code unseen: control characters, and marks that reorder what is read (CVE-2021-42574) or hide
in it. Joiners stay, as emoji and many scripts need them within words."""


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing of a text."""
    return _VISIBLE.search(text) is None


def plain_text(text: str) -> str:
    """Text without terminal sequences, control characters and invisible characters; line ends become line feeds.

    Lone surrogates become U+FFFD. For whatever a terminal shows as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    cleaner = Cleaner()
    return cleaner.feed(text) + cleaner.finish()


def plain_code(reply: str, document: str) -> str:
    """A reply that is going to be code of a document, without terminal sequences and hidden characters.

    A character that the document already holds is kept: it is the author's.
    """
    if reply.isascii() and reply.replace("\n", "").replace("\t", "").isprintable():
        return reply
    known = set(_HIDDEN.findall(document))
    text = reply if "\x1b" in known else _ESCAPE.sub("", reply)
    return _SURROGATE.sub("\ufffd", _HIDDEN.sub(lambda match: match[0] if match[0] in known else "", text))


class Cleaner:
    """Removes escapes and unwanted characters from a stream; holds back at most one unfinished escape."""

    def __init__(self) -> None:
        self._held = ""
        self._return = ""

    def feed(self, delta: str) -> str:
        """Take the next piece and give what is clean of it."""
        return self._clean(self._held + delta, final=False)

    def finish(self) -> str:
        """Give the rest."""
        return self._clean(self._held, final=True)

    def _clean(self, text: str, *, final: bool) -> str:
        self._held = ""
        pieces = []
        position = 0
        escape = text.find("\x1b")
        while escape >= 0:
            pieces.append(text[position:escape])
            match = _ESCAPE.match(text, escape)
            if match is None and not final and _UNFINISHED_ESCAPE.match(text, escape):
                self._held = text[escape:]
                return self._characters("".join(pieces), final=False)
            position = match.end() if match is not None else escape + 1
            escape = text.find("\x1b", position)
        pieces.append(text[position:])
        return self._characters("".join(pieces), final=final)

    def _characters(self, text: str, *, final: bool) -> str:
        text = self._return + text
        # A carriage return is one line end together with the line feed that may follow.
        self._return = "\r" if text.endswith("\r") and not final else ""
        text = _LINE_END.sub("\n", text.removesuffix(self._return))
        return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", text))
