"""Takes a model's spoken reasoning out of its answer while the answer is still coming.

In come fragments of text, split anywhere; out comes the text without `<think>...</think>` and its relatives. However
the text is split, the result is the same. Chat answers may quote such a tag: inside code fences and inline code it
stays. In fill-in-the-middle answers only a block at the very beginning is reasoning, everything else is code.

Some chat templates open the block themselves, so that the answer begins within it and only the closing tag shows. For
a model known to do that (`held`), text waits until the closing tag has come; for one that is not known yet, `orphan`
becomes True: everything given out so far was reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

import attrs


@attrs.frozen
class _Block:
    opener: str
    closers: tuple[str, ...]


_FINAL: Final = "<|channel|>final<|message|>"
_BLOCKS: Final = (
    *(_Block(f"<{tag}>", (f"</{tag}>",)) for tag in ("think", "thinking", "reasoning", "thought", "seed:think")),
    _Block("[think]", ("[/think]",)),
    _Block("<unused94>", ("<unused95>",)),  # MedGemma
    *(_Block(f"<|channel|>{name}<|message|>", ("<|end|>", _FINAL)) for name in ("analysis", "commentary")),
)
_OPENERS: Final = {block.opener: block.closers for block in _BLOCKS}
_ORPHANS: Final = tuple(closer for block in _BLOCKS[:7] for closer in block.closers)
_DROPPED: Final = (_FINAL, "<|start|>assistant", "<|end|>", "<|return|>")
_MARKERS: Final = (*_OPENERS, *_ORPHANS, *_DROPPED)
_LONGEST: Final = max(map(len, _MARKERS))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE | re.ASCII)


_CLOSER_PATTERNS: Final = {block.closers: _any_of(block.closers) for block in _BLOCKS}
_ORPHAN_PATTERN: Final = _any_of(_ORPHANS)
_LEADING_OPENER: Final = re.compile(rf"\s*(?:{_any_of(_OPENERS).pattern})", re.IGNORECASE | re.ASCII)

_INTERESTING: Final = re.compile(r"[<\[`~\n]")
_BLANK_LINES: Final = re.compile(r"\A(?:[^\S\n]*\n)*")


class _State(Enum):
    TEXT = 0
    BLOCK = 1
    INLINE = 2
    FENCE_LINE = 3
    FENCE = 4


class ReasoningFilter:
    """One answer's filter.

    Attributes:
        orphan: whether a closing tag came without its opener after text had been given out.
        seen: whether any reasoning was found.
    """

    def __init__(self, *, leading_only: bool = False, held: bool = False) -> None:
        self.orphan = False
        self.seen = False
        self._leading_only = leading_only
        self._held = held
        self._pending = ""
        self._state = _State.TEXT
        self._closers: tuple[str, ...] = ()
        self._fence = ("`", 3)
        self._line_start = True
        self._visible = False
        self._searched = 0

    @property
    def reasoning(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._held or self._state is _State.BLOCK

    def elsewhere(self) -> None:
        """Note that the reasoning came in a field of its own, so that the text holds none before its beginning."""
        self.seen = True
        self._held = False

    def feed(self, text: str) -> str:
        """The text that is certain to be part of the answer."""
        return self._run(text, final=False)

    def finish(self, *, complete: bool = True) -> str:
        """What the end of the answer makes certain; `complete` tells that the model stopped by itself."""
        if self._held:
            self._held = False
            if not complete:
                self._pending = ""
                return ""
        return self._run("", final=True)

    def _run(self, text: str, *, final: bool) -> str:
        if self._leading_only and self._visible and not self._pending:
            return text
        self._pending += text
        if self._held and not self._release():
            return ""
        out: list[str] = []
        while self._pending and self._step(out, final=final):
            pass
        return "".join(out)

    def _release(self) -> bool:
        if _LEADING_OPENER.match(self._pending):
            self._held = False
            return True
        found = _ORPHAN_PATTERN.search(self._pending, max(0, self._searched - _LONGEST))
        self._searched = len(self._pending)
        if found is None:
            return False
        self._pending = self._pending[found.end() :]
        self._held = False
        self.seen = True
        return True

    def _step(self, out: list[str], *, final: bool) -> bool:
        if self._state is _State.BLOCK:
            return self._in_block(final=final)
        if not self._visible:
            stepped = self._skip_blanks(out, final=final)
            if stepped is not None:
                return stepped
        if self._leading_only and self._visible:
            return self._emit(out, len(self._pending))
        if self._state is _State.TEXT:
            return self._in_text(out, final=final)
        if self._state is _State.INLINE:
            return self._in_inline(out, final=final)
        if self._state is _State.FENCE_LINE:
            return self._in_fence_line(out)
        return self._in_fence(out, final=final)

    def _emit(self, out: list[str], count: int) -> bool:
        if count:
            piece, self._pending = self._pending[:count], self._pending[count:]
            out.append(piece)
            self._visible = True
            self._line_start = (self._line_start or "\n" in piece) and not piece.rpartition("\n")[2].strip()
        return count > 0

    def _skip_blanks(self, out: list[str], *, final: bool) -> bool | None:
        """Before the first visible text: hold blanks back, drop blank lines once reasoning was found.

        True after a step, False when more text is needed, None when the answer's text begins here.
        """
        body = self._pending.lstrip()
        start = len(self._pending) - len(body)
        if not body:
            if final and not self.seen:
                self._emit(out, start)
            elif final:
                self._pending = ""
            return False
        marker = self._marker_at(start, final=final)
        if marker is None:
            return False
        if marker:
            self._pending = self._pending[start:]
            return self._take(marker)
        if self.seen:
            start -= len(self._pending)
            self._pending = _BLANK_LINES.sub("", self._pending, count=1)
            start += len(self._pending)
        if start:
            return self._emit(out, start)
        if self._leading_only:
            self._visible = True
        return None

    def _marker_at(self, position: int, *, final: bool) -> str | None:
        """The marker that begins there, "" when there is none, None when more text must tell."""
        if self._pending[position] not in "<[":
            return ""
        here = self._pending[position : position + _LONGEST].lower()
        for marker in _MARKERS:
            if here.startswith(marker):
                return marker
        if not final and any(marker.startswith(here) for marker in _MARKERS):
            return None
        return ""

    def _take(self, marker: str) -> bool:
        self._pending = self._pending[len(marker) :]
        if marker in _OPENERS:
            self.seen = True
            self._closers = _OPENERS[marker]
            self._state = _State.BLOCK
            return True
        if marker in _ORPHANS and self._visible and not self.seen:
            self.orphan = True
        self.seen = True
        return True

    def _in_block(self, *, final: bool) -> bool:
        found = _CLOSER_PATTERNS[self._closers].search(self._pending)
        if found:
            self._pending = self._pending[found.end() :]
            self._state = _State.TEXT
            return True
        self._pending = "" if final else self._pending[-_LONGEST:]
        return False

    def _in_text(self, out: list[str], *, final: bool) -> bool:
        match = _INTERESTING.search(self._pending)
        if match is None:
            self._emit(out, len(self._pending))
            return False
        if match.start():
            self._emit(out, match.start())
        character = self._pending[0]
        if character == "\n":
            return self._emit(out, 1)
        if character in "`~":
            return self._ticks(out, character, final=final)
        marker = self._marker_at(0, final=final)
        if marker is None:
            return False
        return self._take(marker) if marker else self._emit(out, 1)

    def _run_length(self, character: str) -> int:
        return len(self._pending) - len(self._pending.lstrip(character))

    def _ticks(self, out: list[str], character: str, *, final: bool) -> bool:
        length = self._run_length(character)
        if length == len(self._pending) and not final:
            return False
        if self._line_start and length >= 3:  # noqa: PLR2004 - a fence has at least three
            self._state = _State.FENCE_LINE
            self._fence = (character, length)
        elif character == "`":
            self._state = _State.INLINE
            self._fence = (character, length)
        return self._emit(out, length)

    def _in_inline(self, out: list[str], *, final: bool) -> bool:
        match = re.search(r"[`\n]", self._pending)
        if match is None:
            self._emit(out, len(self._pending))
            return False
        if match.start():
            self._emit(out, match.start())
        if self._pending[0] == "\n":
            self._state = _State.TEXT
            return self._emit(out, 1)
        length = self._run_length("`")
        if length == len(self._pending) and not final:
            return False
        if length == self._fence[1]:
            self._state = _State.TEXT
        return self._emit(out, length)

    def _in_fence_line(self, out: list[str]) -> bool:
        match = re.search(r"[`\n]" if self._fence[0] == "`" else r"\n", self._pending)
        if match is None:
            self._emit(out, len(self._pending))
            return False
        newline = match.group() == "\n"
        self._state = _State.FENCE if newline else _State.INLINE
        return self._emit(out, match.start() + (1 if newline else 0)) or not newline

    def _in_fence(self, out: list[str], *, final: bool) -> bool:
        end = self._pending.find("\n")
        line = self._pending if end < 0 else self._pending[:end]
        if self._line_start:
            character, length = self._fence
            bare = line.strip(" \t")
            if end < 0 and not final and not bare.strip(character):
                return False
            if not bare.strip(character) and len(bare) >= length:
                self._state = _State.TEXT
        return self._emit(out, len(line) if end < 0 else end + 1)
