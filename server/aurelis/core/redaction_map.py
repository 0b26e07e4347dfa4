"""What stood where a placeholder stands now. Lives in memory only: never cached, logged or sent (invariant 8)."""

from __future__ import annotations

import attrs


@attrs.frozen
class Redaction:
    """One secret and its stand-in.

    `placeholder` is a per-request ordinal that does not occur in the prompt; `rule` names the kind of secret.
    """

    placeholder: str
    secret: str = attrs.field(repr=False)
    rule: str


@attrs.frozen
class RedactionMap:
    """All stand-ins of one request, in order of first occurrence."""

    entries: tuple[Redaction, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)
