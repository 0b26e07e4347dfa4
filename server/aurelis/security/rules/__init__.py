"""What secrets look like, as data rows; a new kind of secret is one row and one example."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.row import Rule
from aurelis.security.rules.tokens import TOKENS

ALL_RULES: Final[tuple[Rule, ...]] = (*TOKENS,)
"""Every rule, in the order in which ties are decided."""

__all__ = ["ALL_RULES", "Rule"]
