"""Tokens that providers issue with a shape of their own."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.row import LEFT, RIGHT, Rule

TOKENS: Final[tuple[Rule, ...]] = (
    Rule(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        LEFT + r"gh[pousr]_[A-Za-z0-9]{36,255}" + RIGHT,
        ("ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",),
    ),
    Rule(
        "aws-access-key",
        ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
        LEFT + r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}" + RIGHT,
        ("AKIA" + "Q7ZXRN4TLWM2VKP9",),
    ),
)
