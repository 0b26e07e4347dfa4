"""A model's words are data: what may be shown of them as markdown.

In comes text that a model wrote, whole or in pieces; out goes markdown that renders without links, images and raw HTML,
and without control characters, terminal escapes and invisible or direction-changing characters. Code in fences stays
to the letter but for such characters.

Nothing is left to agreement with the reader's renderer. What could open a construct is escaped where it stands, code
spans are closed on their line or are none, and fences begin at the margin; where a link is well formed its words stay
and a web address is shown as code behind them. Every decision needs a bounded look ahead and none depends on where the
pieces of a stream end.
"""

from __future__ import annotations

import re
from typing import Final

from aurelis.core.plain_text import Cleaner

_SPAN_LIMIT: Final = 1_000
"""Characters of the longest code span; what is longer is none."""

_LINK_LIMIT: Final = 2_600
"""Characters of the longest link that is taken apart; a longer one is only escaped."""

_FENCE_LIMIT: Final = 300
"""Characters of the longest line that opens or closes a fence."""

_WORD_LIMIT: Final = 64

_FENCE: Final = re.compile(
    r"(?P<indent>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)"
    r"(?P<mark>`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,})(?P<info>[^\n]*)(?:\n|\Z)"
)
_PERHAPS_FENCE: Final = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)]?)[ \t]*)?(?:`{0,2}|~{0,2}|(?:`{3}|~{3})[^\n]*)\Z")
_LANGUAGE: Final = re.compile(r"[\w+#.\-]{1,40}")
_LINK: Final = re.compile(
    r"""
    !? \[ (?P<words>[^\[\]\n]{0,500}) \] \( [ \t]*
    (?P<address> <[^<>\n]{0,1000}> | [^\s()<>]{0,1000} (?:\([^\s()<>]{0,200}\)[^\s()<>]{0,300})? )
    (?: [ \t]+ (?: "[^"\n]{0,300}" | '[^'\n]{0,300}' | \([^()\n]{0,300}\) ) )? [ \t]* \)
    """,
    re.VERBOSE,
)
_HARMLESS_BRACKETS: Final = re.compile(r"\[[^\[\]\n`\\<]{0,500}\](?=[^(\[:])")
_WORDS_OF_LINK: Final = re.compile(r"!?\[[^\[\]\n]{0,500}(?P<end>\](?P<next>.)?)?", re.DOTALL)
_AUTOLINK: Final = re.compile(r"<(?P<address>[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]{0,1000})>")
_PERHAPS_AUTOLINK: Final = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.\-]{0,31}(?::[^\s<>]{0,1000})?)?\Z")
_WORD: Final = re.compile(rf"[A-Za-z0-9+.\-]{{1,{_WORD_LIMIT}}}")
_HOST_LIMIT: Final = 256
_HOST: Final = re.compile(rf"@[A-Za-z0-9.\-]{{1,{_HOST_LIMIT - 1}}}")
_REST_OF_ADDRESS: Final = re.compile(r"[^\s<>`\"\\\[\]]{0,2000}")
_CLOSING_MARKS: Final = ".,;:!?')*_~}"
_PLAIN: Final = re.compile(r"[^\\`\[!<\nA-Za-z0-9+.\-]+")
_PUNCTUATION: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_OPENS_TAG: Final = re.compile(r"[A-Za-z/!?\[]")
_ALIVE_OUTSIDE_CODE: Final = re.compile(r"\]|\[|<[A-Za-z/!?]|://|www\.")
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)


def sanitise_markdown(text: str) -> str:
    """Sanitise a whole text."""
    sanitiser = MarkdownSanitiser()
    return sanitiser.feed(text) + sanitiser.finish()


class MarkdownSanitiser:
    """Sanitises a stream piece by piece; the outputs joined are those of the whole text.

    Holds back what is not decided yet: at most the longest construct above, about 2,600 characters.
    """

    def __init__(self) -> None:
        self._cleaner = Cleaner()
        self._text = ""
        self._position = 0
        self._final = False
        self._output: list[str] = []
        self._last = "\n"
        self._tail = ""
        self._at_line_start = True
        self._pipe_in_code = False
        self._fence: tuple[str, str] | None = None

    def feed(self, delta: str) -> str:
        """Take the next piece and give what is decided so far."""
        self._text = self._text[self._position :] + self._cleaner.feed(delta)
        self._position = 0
        return self._run()

    def finish(self) -> str:
        """Give the rest; an open fence is closed."""
        self._text = self._text[self._position :] + self._cleaner.finish()
        self._position = 0
        self._final = True
        text = self._run()
        if self._fence is not None:
            text += ("" if self._last == "\n" else "\n") + self._fence[0]
            self._fence = None
        return text

    def _run(self) -> str:
        self._output = []
        while self._position < len(self._text) and self._step():
            pass
        return "".join(self._output)

    def _step(self) -> bool:
        """Decide the next piece; False when that needs more text."""
        if self._fence is not None:
            return self._in_fence(*self._fence)
        if self._at_line_start:
            return self._line_start()
        character = self._text[self._position]
        match character:
            case "\n":
                return self._newline()
            case "\\":
                return self._backslash()
            case "`":
                return self._code_span()
            case "[" | "!":
                return self._link(character)
            case "<":
                return self._angle()
        plain = _PLAIN.match(self._text, self._position)
        if plain is not None:
            return self._take(plain[0], plain.end())
        return self._word()

    def _take(self, shown: str, end: int) -> bool:
        if shown:
            self._output.append(shown)
            self._last = shown[-1]
            self._tail = (self._tail + shown)[-2:]
        self._position = end
        return True

    def _wait(self, reach: int) -> bool:
        """Whether more text may come that could change a decision which looks `reach` characters ahead."""
        return not self._final and len(self._text) - self._position < reach

    def _newline(self) -> bool:
        self._at_line_start = True
        self._pipe_in_code = False
        return self._take("\n", self._position + 1)

    def _line_start(self) -> bool:
        end = self._text.find("\n", self._position)
        if end < 0 and self._wait(_FENCE_LIMIT) and _PERHAPS_FENCE.match(self._text, self._position):
            return False
        self._at_line_start = False
        fence = _FENCE.match(self._text, self._position)
        if fence is None or len(fence[0]) > _FENCE_LIMIT:
            return True
        language = _LANGUAGE.match(fence["info"].strip())
        self._fence = (fence["mark"], " " * len(fence["indent"]) if fence["indent"].strip() else fence["indent"])
        self._at_line_start = True
        line_end = "\n" if fence[0].endswith("\n") else ""
        return self._take(fence["mark"] + (language[0] if language else "") + line_end, fence.end())

    def _in_fence(self, mark: str, indent: str) -> bool:
        end = self._text.find("\n", self._position)
        line = self._text[self._position : end if end >= 0 else len(self._text)]
        if self._at_line_start:
            if end < 0 and self._wait(_FENCE_LIMIT) and not line.strip(" \t").strip(mark[0]).strip(" \t"):
                return False
            margin = 0
            while margin < len(line) and margin < len(indent) and line[margin] in {" ", indent[margin]}:
                margin += 1
            inner = line[margin:]
            body = inner.strip(" \t")
            closes = body == mark[0] * len(body) and len(body) >= len(mark) and len(line) <= _FENCE_LIMIT
            if closes and not inner.startswith("    ") and "\t" not in inner[: len(inner) - len(inner.lstrip())]:
                self._fence = None
                self._pipe_in_code = False
                return self._take(body + ("\n" if end >= 0 else ""), end + 1 if end >= 0 else len(self._text))
            self._at_line_start = False
            return self._take("", self._position + margin)
        self._at_line_start = end >= 0
        stop = end + 1 if end >= 0 else len(self._text)
        return self._take(self._text[self._position : stop], stop)

    def _backslash(self) -> bool:
        if self._wait(2):
            return False
        following = self._text[self._position + 1 : self._position + 2]
        if following in _PUNCTUATION and following:
            return self._take("\\" + following, self._position + 2)
        # Doubled, so that it cannot take the force of the escape that may come next.
        return self._take("\\" if following == "\n" else "\\\\", self._position + 1)

    def _code_span(self) -> bool:
        start = self._position
        opening = start
        while opening < len(self._text) and self._text[opening] == "`":
            opening += 1
        if opening == len(self._text) and self._wait(_SPAN_LIMIT):
            return False
        run = self._text[start:opening]
        limit = start + _SPAN_LIMIT
        end = self._text.find("\n", opening, limit)
        stop = end if end >= 0 else min(len(self._text), limit)
        closing = re.compile(f"(?<!`){run}(?!`)").search(self._text[:stop], opening)
        if end < 0 and self._wait(_SPAN_LIMIT) and (closing is None or closing.end() == len(self._text)):
            return False
        content = self._text[opening : closing.start()] if closing is not None else ""
        piped = "|" in content
        alive = (piped or self._pipe_in_code) and _ALIVE_OUTSIDE_CODE.search(content)
        if closing is None or alive:
            # A table would divide a span at its bar and set free what it holds.
            return self._take("'" * len(run), opening)
        self._pipe_in_code |= piped
        return self._take(self._code(run + content + run), closing.end())

    def _code(self, span: str) -> str:
        return " " + span if self._last == "`" else span

    def _address(self, address: str) -> str:
        return self._code(_as_code(address))

    def _link(self, character: str) -> bool:
        if character == "!" and not self._text.startswith("[", self._position + 1):
            if self._wait(2):
                return False
            return self._take("!", self._position + 1)
        words = _WORDS_OF_LINK.match(self._text, self._position)
        undecided = words is not None and (
            (words["end"] is None and words.end() == len(self._text))
            or (words["end"] is not None and words["next"] is None)
            or (words["next"] == "(" and self._text.find("\n", self._position) < 0)
        )
        link = _LINK.match(self._text, self._position)
        if link is None:
            if undecided and self._wait(_LINK_LIMIT):
                return False
            if _HARMLESS_BRACKETS.match(self._text, self._position):
                return self._take("[", self._position + 1)
            bracket = self._text.index("[", self._position)
            return self._take("!\\[" if character == "!" else "\\[", bracket + 1)
        inner = _inline(link["words"])
        address = link["address"].strip("<>")
        shown = self._code(inner) if inner.startswith("`") else inner
        if _WEB.match(address):
            if link["words"] == address or not inner:
                return self._take(self._address(address), link.end())
            shown += f" ({_as_code(address)})"
        return self._take(shown, link.end())

    def _angle(self) -> bool:
        if self._wait(1_040) and _PERHAPS_AUTOLINK.match(self._text, self._position):
            return False
        autolink = _AUTOLINK.match(self._text, self._position)
        if autolink is not None:
            return self._take(self._address(autolink["address"]), autolink.end())
        opens = _OPENS_TAG.match(self._text, self._position + 1)
        return self._take("\\<" if opens else "<", self._position + 1)

    def _word(self) -> bool:
        word = _WORD.match(self._text, self._position)
        if word is None:
            return self._take(self._text[self._position], self._position + 1)
        length = len(word[0])
        rest = self._text[word.end() : word.end() + 3]
        if length < _WORD_LIMIT and word.end() == len(self._text) and self._wait(_WORD_LIMIT):
            return False
        if self._wait(length + 3) and "://".startswith(rest):
            return False
        if rest.startswith("@"):
            return self._mailbox(word[0], word.end())
        if self._tail == "//" and "." in word[0].strip("."):
            return self._take(_as_code(word[0]), word.end())
        if rest != "://" and not word[0].lower().lstrip(".-+").startswith("www."):
            return self._take(word[0], word.end())
        address = _REST_OF_ADDRESS.match(self._text, word.end())
        end = address.end() if address is not None else word.end()
        if end == len(self._text) and self._wait(length + 2_000):
            return False
        text = self._text[self._position : end].rstrip(_CLOSING_MARKS)
        return self._take(self._address(text), self._position + len(text))

    def _mailbox(self, word: str, at: int) -> bool:
        """Some renderers make a link of `name@host.example`; as code it is none."""
        host = _HOST.match(self._text, at)
        end = at + 1 if host is None else host.end()
        if end == len(self._text) and self._wait(len(word) + _HOST_LIMIT):
            return False
        named = "" if host is None else host[0].rstrip(".-")
        if "." not in named:
            return self._take(word, at)
        return self._take(_as_code(word + named), at + len(named))


def _as_code(address: str) -> str:
    return "`" + address.replace("`", "%60").replace("|", "%7C") + "`"


def _inline(text: str) -> str:
    """Sanitise the words of a link: one line, no brackets."""
    sanitiser = MarkdownSanitiser()
    sanitiser._at_line_start = False  # noqa: SLF001 - the same class, begun within a line
    return sanitiser.feed(text) + sanitiser.finish()
