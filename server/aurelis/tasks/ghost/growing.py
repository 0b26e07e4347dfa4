"""A reply that is still streaming: looked at where it may be over, and no oftener than its length pays for.

Whether a reply is over shows where a line of it is, or a fence. So each line of a completion is looked at as it ends,
up to many more than completions have; from then on what has come is looked at each time that it has grown by a
share. The work is of the order of the reply's length then, whatever a model says: one that repeats brackets may never
be over.
"""

from __future__ import annotations

from typing import Final

import attrs

from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.reading import LONGEST_REPLY, enough

LOOKS_AT_LINES: Final = 40
"""How often a reply is looked at as soon as a line of it has ended: twice as many lines as the longest completion has,
where no setting says otherwise."""
GROWTH: Final = 16
"""From then on it is looked at when it has grown by its own length divided by this."""
_FENCES: Final = ("```", "~~~")


@attrs.define(eq=False)
class GrowingReply:
    """The reply for one place, as it grows; it begins anew where another model is asked."""

    hole: Hole = attrs.field(repr=False)
    _seen: str = attrs.field(default="", repr=False)
    _looks: int = 0

    def is_enough(self, so_far: str) -> bool:
        """Whether the rest of it could not be used."""
        if not so_far.startswith(self._seen):
            self._seen, self._looks = "", 0
        if len(so_far) <= LONGEST_REPLY and not self._may_be_over(so_far):
            return False
        over = enough(so_far, self.hole)
        self._seen, self._looks = ("", 0) if over else (so_far, self._looks + 1)
        return over

    def _may_be_over(self, so_far: str) -> bool:
        if self._looks >= LOOKS_AT_LINES and (len(so_far) - len(self._seen)) * GROWTH < len(so_far):
            return False
        seen = len(self._seen)
        if so_far.find("\n", seen) >= 0 or so_far.find("\r", seen) >= 0:
            return True
        begins = max(so_far.rfind("\n"), so_far.rfind("\r")) + 1
        return so_far[begins:].lstrip(" \t").startswith(_FENCES)
