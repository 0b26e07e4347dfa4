"""The shape of a rule: what one kind of secret looks like, as data.

A rule is looked at only where one of its anchors stands, so that the cost of a scan is that of finding literals. Its
pattern is then matched from the anchor on, or from a little before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import attrs

LEFT: Final = r"(?<![A-Za-z0-9])"
"""Nothing that belongs to the same run of letters and digits stands before."""

RIGHT: Final = r"(?![A-Za-z0-9])"
"""Nothing that belongs to the same run of letters and digits stands behind."""

CONNECT: Final = r"\\?[\"'`]?\]?\s{0,100}+(?:=>|:=|::|=|:|,|(?<=\s))\s{0,100}+\\?[\"'`]?"
"""What stands between a name and its value: closing quote, sign, opening quote."""

CONNECT_REACH: Final = 260
"""The most characters from the beginning of a short name to that of a value behind `CONNECT`."""

_BLANK: Final = frozenset("xX*._-?#\u2022")
_TAIL: Final = 6
"""Characters at a token's end; when all of them are blanks to be filled in, it is a row of a manual."""


@attrs.frozen(kw_only=True)
class Rule:
    """One kind of secret.

    Attributes:
        name: what people and records call it.
        anchors: literals, one of which stands in every match (lower case where `fold`). None at all means that the
            rule is asked at every long run of letters, digits, `_` and `-`, as if the run's beginning were the anchor.
        pattern: a regular expression. The secret is the group `secret`, or all of it. No unbounded repetition may
            stand beside another that matches the same characters: lines can be a megabyte long.
        examples: texts in which the rule finds a secret. Invented, and split so that this file is no leak.
        counter_examples: texts in which no rule may find one.
        behind: how many characters before the anchor a match may begin; 0 means exactly at the anchor.
        reach: how many characters after the anchor's beginning a match may extend.
        entropy: the least bits per character (Shannon) that the secret must have.
        fold: whether anchors and pattern ignore case.
        accept: a last look at the secret; False drops the finding.
        gate: a cheap expression that must match at the anchor before the pattern is tried.
        in_run: the anchor stands within, or at most 16 characters before, a run of at least 16 letters, digits, `_`
            and `-`, so that only such places need to be looked at.
    """

    name: str
    anchors: tuple[str, ...]
    pattern: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    behind: int = 0
    reach: int = 400
    entropy: float = 0.0
    fold: bool = False
    accept: Callable[[str], bool] | None = None
    gate: str | None = None
    in_run: bool = False
    compiled: re.Pattern[str] = attrs.field(init=False, repr=False, eq=False)
    compiled_gate: re.Pattern[str] | None = attrs.field(init=False, repr=False, eq=False)

    @compiled.default
    def _compile(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE if self.fold else 0)

    @compiled_gate.default
    def _compile_gate(self) -> re.Pattern[str] | None:
        return None if self.gate is None else re.compile(self.gate, re.IGNORECASE if self.fold else 0)


def token(
    name: str,
    anchors: str,
    body: str,
    *examples: str,
    entropy: float = 0.0,
    reach: int = 400,
    counter_examples: tuple[str, ...] = (),
    in_run: bool = True,
) -> Rule:
    """The row of a token that begins with one of the `anchors` (divided by blanks) and goes on with `body`.

    Its beginning and its length say enough, so that only what a manual leaves to be filled in is no token.
    """
    starts = tuple(anchors.split())
    alternatives = "|".join(re.escape(start) for start in starts)
    return Rule(
        name=name,
        anchors=starts,
        pattern=f"{LEFT}(?:{alternatives}){body}",
        examples=examples,
        counter_examples=counter_examples,
        entropy=entropy,
        reach=reach,
        in_run=in_run,
        accept=is_filled_in,
    )


def is_filled_in(secret: str) -> bool:
    """Whether a token is one, and not a row of x, dots or stars that stands for it."""
    return not _BLANK.issuperset(secret[-_TAIL:])
