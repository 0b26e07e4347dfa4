"""Passwords in addresses and connection strings, tokens in headers, and JSON web tokens."""

from __future__ import annotations

import re
from typing import Final

from aurelis.security.rules.plausible import is_stand_in
from aurelis.security.rules.row import Rule

_HEX: Final = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_MIXED: Final = "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo0Vi"

_FORMAT: Final = re.compile(r"[{}]|^\$\w+$|^%\w$|^%\w+%$|^:")
"""A part of an address that code puts together."""

_PUT_TOGETHER: Final = re.compile(
    r"""
      \{[^{}]*\} | \$\w
      | ^["'`] | ["'`]$ | ["'`]\s?[+.,;)] | [+.,(]\s?["'`]
      | \\[wdsSDWnrt] | \[\^ | [)\]][+*?] | \.[*+] | \(\?
    """,
    re.VERBOSE,
)
"""Templates, joined strings and regular expressions, where the characters of a password are free."""

_NAME: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def _address_password(secret: str) -> bool:
    return (
        (len(secret) == 1 or not is_stand_in(secret))
        and _FORMAT.search(secret) is None
        and _NAME.fullmatch(secret) is None
    )


def _odd_password(secret: str) -> bool:
    return (
        not is_stand_in(secret)
        and _PUT_TOGETHER.search(secret) is None
        and (any(c.isdigit() for c in secret) or secret.lower() != secret)
    )


def _header_token(secret: str) -> bool:
    return not is_stand_in(secret) and (any(c.isdigit() for c in secret) or not secret.islower())


ADDRESSES: Final[tuple[Rule, ...]] = (
    Rule(
        name="address-password",
        anchors=("://",),
        pattern=r"://[^\s:/?\[\]@\"'`<>|\\]{0,256}:(?P<secret>[^\s/@\"'`<>|]{1,256})@",
        reach=600,
        examples=(
            "postgres://app:" + "k3rf!x9@db.example/orders",
            "redis://:" + "s3cr3t-w0rd@localhost:6379/0",
            "https://deploy:" + "hunter22@git.example/x.git",
        ),
        counter_examples=(
            "postgres://user:password@localhost/db",
            "https://{user}:{password}@host",
            "http://%s:%s@host",
            "https://host:8080/@scope/package",
            "git://github.example:${TOKEN}@x",
            "http://user:pass@host",
        ),
        accept=_address_password,
    ),
    Rule(
        name="address-password",
        anchors=("://",),
        pattern=r"://[^\s:/]{0,256}:(?P<secret>[^\s/@]{1,256})@",
        reach=600,
        examples=("mongodb://o'neil:" + 'a"b<9]x|@db.example/orders',),
        counter_examples=(
            '"https://" + user + ":" + password + "@"',
            'a="https://"+u+":"+p+"@"+h',
            r"(https?)://([^:]+):([^@]+)@",
            "https://${user}:${password}@host",
            r"://(\w+):(\S+)@",
        ),
        accept=_odd_password,
    ),
    Rule(
        name="address-password",
        anchors=(":x-oauth-basic@",),
        behind=270,
        reach=20,
        pattern=r"://(?P<secret>[^\n]{1,256}?):x-oauth-basic@",
        examples=("https://" + _HEX + _HEX[:8] + ":x-oauth-basic@github.com/",),
        accept=lambda secret: not is_stand_in(secret),
    ),
    Rule(
        name="connection-password",
        anchors=("pass", "pwd"),
        fold=True,
        pattern=r"(?:password|pwd) ?= ?(?P<secret>[^\s;\"'`&<>{}$(),]{3,100})(?=[;&])",
        examples=("Server=db.example;Database=shop;User Id=app;Password=" + "Tr0ub4dor;Encrypt=yes",),
        counter_examples=("password=password;", "Password={0};", "pwd=os.getcwd();"),
        accept=lambda secret: not is_stand_in(secret) and (any(c.isdigit() for c in secret)),
    ),
    Rule(
        name="address-token",
        anchors=("token", "key", "secret", "pass", "auth"),
        fold=True,
        pattern=r"(?<=[?&_-])(?:token|key|secret|password|auth)=(?P<secret>[\w\-.~%+/]{16,500}+)(?![\w(])",
        examples=("https://api.example/v1?access_token=" + _MIXED,),
        counter_examples=("?token=your_token_goes_here", "&key=user_preferences_key"),
        reach=600,
        accept=lambda secret: not is_stand_in(secret) and sum(c.isdigit() for c in secret) * 10 >= len(secret),
    ),
    Rule(
        name="bearer-token",
        anchors=("bearer", "basic", "token"),
        fold=True,
        pattern=r"(?:bearer|(?:(?<=authorization: )|(?<=[\"']))(?:token|basic))[ ]{1,4}(?P<secret>[\w\-.~+/]"
        r"{12,2000}+={0,2}+)(?![\w(])",
        reach=2_100,
        examples=("Authorization: Bearer " + _MIXED, 'headers = {"Authorization": "Basic ' + 'YXBwOms1cmYheDkzMQ=="}'),
        counter_examples=("Bearer authentication", "Authorization: Bearer YOUR_TOKEN", "bearer token_from_the_store"),
        accept=_header_token,
        entropy=2.5,
    ),
    Rule(
        name="json-web-token",
        anchors=("eyJ", "ewog"),
        pattern=r"(?<![\w-])e(?:yJ|wog)[\w=-]{1,4000}+\.[\w=-]{1,8000}+(?:\.[\w.+/=-]{0,4000})?(?<![.])",
        reach=16_100,
        examples=("eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiI0MiJ9." + _MIXED,),
        counter_examples=("eyJ is how a token begins",),
    ),
)  # fmt: skip
"""One row each; the bodies of the examples are typed at random."""
