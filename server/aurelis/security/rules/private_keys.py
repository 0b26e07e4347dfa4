"""Private keys in their text forms, whole, on one line with escaped line ends, or cut off at either end or both."""

from __future__ import annotations

from typing import Final

from aurelis.security.rules.row import Rule

_REACH: Final = 20_000
"""Characters: a private key of 16,384 bits has about 13,000."""

_BODY: Final = (
    r"(?:[A-Za-z0-9+/=,:;. \t\r\n()@_\\]|-(?!----)"
    r"|[\"'][ \t]*+[+,]?[ \t]*+\\?\r?\n[ \t]*+[frb]?[\"']){0,19000}+"
)
"""Base64 with headers, over lines, string continuations or escaped line ends; never another heading."""

_LINES: Final = r"(?:(?:\\r|\\n|[ \t\r\n\"',#*]|\+(?=\s))*+[A-Za-z0-9+/]{40,}+={0,2}+)*+"
"""Whole lines of base64, for a key whose end is missing."""

_ROW: Final = r"[A-Za-z0-9+/]"
_BLOCKS: Final = "|".join(
    rf"(?:{_ROW}{{{width}}}\r?\n[ \t]*+){{2,280}}{_ROW}{{{width}}}(?![A-Za-z0-9+/=])" for width in (64, 70)
)
"""Lines as long as those of PEM files and of OpenSSH's, three at least."""

_HALF: Final = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDQ7Zt2LmX9vRb4"
_LINE: Final = "gQDx8Kz/3mTtVwR7yB+aJ5nLsQeHcUoZ1fWkPiXv0d2GbS4rNqYjEhM6uIlCpFOA"

PRIVATE_KEYS: Final[tuple[Rule, ...]] = (
    Rule(
        name="private-key",
        anchors=("-----BEGIN", "BEGIN"),
        reach=_REACH,
        pattern=r"(?:-----)?BEGIN[ ]?(?:(?:RSA|DSA|EC|OPENSSH|PGP|SSH2|ENCRYPTED|ANY|SSH2 ENCRYPTED)[ ])?"
        r"PRIVATE KEY(?: BLOCK)?(?:-----" + _BODY + r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?"
        r":-----)?" + _LINES + ")",
        examples=(
            "-----BEGIN " + "PRIVATE KEY-----\n" + _HALF + "\n" + _HALF + "\n-----END " + "PRIVATE KEY-----",
            "-----BEGIN RSA " + "PRIVATE KEY-----\\n" + _HALF + "\\n-----END RSA " + "PRIVATE KEY-----\\n",
            "-----BEGIN EC " + "PRIVATE KEY-----\n" + _HALF + "\n",
        ),
        counter_examples=("-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "BEGIN TRANSACTION"),
    ),
    Rule(
        name="private-key",
        anchors=("-----END",),
        behind=_REACH,
        reach=60,
        gate=r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY",
        pattern=r"(?:[A-Za-z0-9+/]{40,}+={0,2}(?:\\r|\\n|[ \t\r\n])++)++"
        r"(?:[A-Za-z0-9+/]{1,76}+={0,2}(?:\\r|\\n|[ \t\r\n])++)?-----END [A-Z0-9 ]{0,30}PRIVATE KEY",
        examples=(_HALF + "\n" + _HALF[:30] + "\n-----END RSA " + "PRIVATE KEY-----",),
    ),
    Rule(
        name="private-key",
        anchors=(),
        behind=400,
        reach=_REACH,
        gate=rf"{_ROW}{{24,70}}\r?\n[ \t]*+{_ROW}{{64}}(?:{_ROW}{{6}})?\r?\n[ \t]*+{_ROW}{{64}}",
        pattern=r"(?m)(?<!-----\n)(?<!-----\r\n)" + rf"(?<!{_ROW}{{40}}\n)(?<!{_ROW}{{40}}\r\n)" + r"^[ \t]*+"
        rf"(?P<secret>(?:{_BLOCKS})" + rf"(?:\r?\n[ \t]*+(?:{_ROW}{{40,}}+={{0,2}}|{_ROW}{{1,62}}={{1,2}}))?)",
        entropy=5.0,
        examples=("\n".join([_HALF[4:] + _LINE[:4], _LINE, _LINE[::-1], _LINE[:30] + "=="]) + "\n",),
        counter_examples=(
            "\n".join(["-----BEGIN CERTIFICATE-----", _HALF, _LINE, _LINE[::-1], _LINE, "-----END CERTIFICATE-----"]),
            "\n".join(["0123456789abcdef" * 4] * 5),
        ),
    ),
    Rule(
        name="private-key",
        anchors=("PuTTY-User-Key-File-",),
        reach=_REACH,
        pattern=r"PuTTY-User-Key-File-[23](?:[^\n]{0,200}\n(?:[A-Z][A-Za-z\-]{1,30}:[^\n]{0,200}\n|[A-Za-z0-"
        r"9+/]{1,76}={0,2}\r?\n){0,300})?",
        examples=("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPrivate-Lines: 1\n" + _HALF + "\n",),
    ),
    Rule(
        name="private-key",
        anchors=(),
        behind=12,
        pattern=r"[\"']d[\"']\s?:\s?[\"'](?P<secret>[A-Za-z0-9_\-]{42,800})[\"']",
        reach=900,
        examples=('{"kty": "EC", "d": "' + _HALF[:43] + '"}',),
        entropy=4.0,
    ),
)  # fmt: skip
"""A bare heading counts as well: what follows it may have been cut off or may come in another text."""
