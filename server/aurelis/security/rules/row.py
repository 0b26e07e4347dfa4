"""The shape of a rule: what one kind of secret looks like, as data.

A rule is looked at only where one of its anchors stands, so that the cost of a scan is that of finding literals. Its
pattern is then matched beginning at the anchor.
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


@attrs.frozen
class Rule:
    """One kind of secret.

    Attributes:
        name: what people and records call it.
        anchors: literals, one of which stands at the beginning of every match (lower case where `fold`).
        pattern: a regular expression that matches from the anchor on. The secret is the group `secret`, or all of it.
        examples: texts in which the rule finds a secret. Invented, and split so that this file is no leak.
        counter_examples: texts in which it must find none.
        entropy: the least bits per character (Shannon) that the secret must have.
        fold: whether anchors and pattern ignore case.
        accept: a last look at the secret; False drops the finding.
    """

    name: str
    anchors: tuple[str, ...]
    pattern: str
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...] = ()
    entropy: float = 0.0
    fold: bool = False
    accept: Callable[[str], bool] | None = None
    compiled: re.Pattern[str] = attrs.field(init=False, repr=False, eq=False)

    @compiled.default
    def _compile(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE if self.fold else 0)
