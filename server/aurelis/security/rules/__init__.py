"""What secrets look like, as data rows; a new kind of secret is one row and one example."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.addresses import ADDRESSES
from aurelis.security.rules.assignments import ASSIGNMENTS
from aurelis.security.rules.cloud_tokens import CLOUD_TOKENS
from aurelis.security.rules.developer_tokens import DEVELOPER_TOKENS
from aurelis.security.rules.private_keys import PRIVATE_KEYS
from aurelis.security.rules.row import Rule
from aurelis.security.rules.service_tokens import SERVICE_TOKENS

ALL_RULES: Final[tuple[Rule, ...]] = (
    *PRIVATE_KEYS,
    *DEVELOPER_TOKENS,
    *CLOUD_TOKENS,
    *SERVICE_TOKENS,
    *ADDRESSES,
    *ASSIGNMENTS,
)
"""Every rule, the surest first: the order in which ties are decided."""

__all__ = ["ALL_RULES", "Rule"]
