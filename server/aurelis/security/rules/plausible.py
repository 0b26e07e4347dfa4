"""Whether a value that stands in a secret-looking place is one: not a stand-in, a name, a word or a reference."""

from __future__ import annotations

import re
from itertools import pairwise
from types import MappingProxyType
from typing import Final

_REFERENCE: Final = re.compile(
    r"""
      \$\{ | \$\( | ^\$\w | \{\{ | ^\{[^}]*\}$ | \{\w*\} | %\(\w+\) | ^%\w+%$
      | (?<![A-Za-z0-9])%[sdr](?![A-Za-z0-9]) | ^<[^>]*>$ | ^\#\{ | <[\w\- ]+>
      | ^ENC\[ | ^vault: | ^op:// | ^ref: | ^env: | ^arn:aws | ^@\w+\. | ^https?://[^@?]*$
    """,
    re.VERBOSE,
)
"""Templates, variables and pointers to where the secret really is."""

_STAND_IN: Final = re.compile(
    r"""
      ^(.)\1+$ | ^[xX*.\-_#?•]+$ | \.\.\. | …
      | ^(?:your|my|the|an?|some|insert|enter|put|replace|add|paste)[-_ ]
      | (?:here|goes)$ | change[-_ ]?me | replace[-_ ]?me | place[-_ ]?holder | redacted | dummy | ^example
      | ^(?:0123456789|123456789|12345678|abcdef|deadbeef)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What manuals write where a secret would stand."""

_SECRET_WORDS: Final = frozenset(
    """
    pass password passwd passphrase pwd pw secret token key apikey api auth credentials credential user username
    login bearer basic private public access client value string str text bytes int integer number bool boolean
    any object array list dict json none null nil undefined true false yes no on off optional required hidden
    unknown default invalid valid wrong missing empty new old current confirm confirmation repeat name field
    type id email test tests testing test1 foo bar baz spam eggs hello world admin root guest sha1 sha256 md5
    hmac rsa aws env environment file plain plaintext raw header query body path cookie session hash hashed salt
    oauth oauth2 jwt input output data info message error title label description help prompt show hide toggle
    reset forgot set get update delete create save send copy encrypted decrypted encoded decoded utf8 ascii hex
    base64 kms vault keychain keyring secrets passwords tokens keys
    """.split()  # noqa: SIM905 - so many words read better as a text
)

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VOWELS: Final = frozenset("aeiouyäöüéAEIOUYÄÖÜÉ")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(?:[.\-:/][A-Za-z_$][A-Za-z0-9_$]*)*")
_JOINT: Final = re.compile(r"[_.:/-]")
_CODE: Final = re.compile(
    r"\w\(|\)$|^\w+\[|^[\[({]|[\])}]$|^lambda\b|^(?:new|await|self|this|os|process|env|config)\b[.\s]"
)

_CONSTANT: Final = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Z][A-Z0-9_]*")
"""A member whose name is all capitals, such as `settings.HEADER_NAME`."""

_KINDS: Final = frozenset({"token", "tokens", "password", "secret", "credential", "credentials", "public", "private"})
"""Words within the names of types: `OAuthToken`, `v3.Password`, `X25519PublicKey`."""

_KNOWN_DIGITS: Final = re.compile(
    r"(?:base|utf|sha|md|oauth|ed|int|float|aes|rc|http|ipv|log|latin|urlsafe_b)_?\d{1,4}|b64|x509|k8s|s3|ec2|p12|i18n|v\d",
    re.IGNORECASE,
)
_DIGIT_INSIDE: Final = re.compile(r"[A-Za-z]\d+[A-Za-z]")
"""Names end with digits or hold well-known ones (`base64_value`, `sha256sum`); passwords have them anywhere."""

_BRACKETS: Final = MappingProxyType({"(": ")", "[": "]", "{": "}", "<": ">"})
_CLOSING: Final = frozenset(_BRACKETS.values())

_CHECKSUM: Final = re.compile(r"(?:sha|md)\d+[-:]")
_IN_ORDER: Final = re.compile(r"abcdef|ABCDEF|012345|123456")
_ALL_CLASSES: Final = 3
"""Small letters, capitals, digits."""

_SHORT_WORD: Final = 3
_LONG_RUN: Final = 5
_MACHINE_LENGTH: Final = 16


def is_stand_in(value: str) -> bool:
    """Whether a value is a template, a variable, a manual's stand-in, or a word such as `password` itself."""
    if _REFERENCE.search(value) or _STAND_IN.search(value):
        return True
    words = [word.lower() for word in re.split(r"[^A-Za-z0-9]+", value) if word]
    return all(word in _SECRET_WORDS for word in words)


def quoted_value(value: str) -> bool:
    """Whether a string literal that is assigned to a password or the like is a secret."""
    if is_stand_in(value):
        return False
    if " " in value.strip() and not any(c.isdigit() for c in value):
        return False  # A sentence: a message, a label, a question.
    if not _is_name(value):
        return True
    named = any(word in _SECRET_WORDS for word in _words(value))
    return not named and not _JOINT.search(value)  # db_password, user-token: the name of the thing, not the thing.


def bare_value(value: str) -> bool:
    """Whether an unquoted value that is assigned to a password or the like is a secret, and not program text."""
    value = value.rstrip(":")  # The end of a statement's head.
    if is_stand_in(value) or _CODE.search(value):
        return False
    if _IDENTIFIER.fullmatch(value):
        if _is_type(value) or _CONSTANT.fullmatch(value):
            return False
        mixed = value != value.lower() and value != value.upper() and not _is_name(value)
        return mixed or machine_made(value) or _DIGIT_INSIDE.search(_KNOWN_DIGITS.sub("", value)) is not None
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def machine_value(value: str) -> bool:
    """Whether a value that is assigned to a key or token is random enough to be one."""
    return not is_stand_in(value) and machine_made(value) and not _is_type(value)


def odd_value(value: str) -> bool:
    """Whether an unquoted value that brackets and signs run through is a password, and not program text.

    In program text brackets come in pairs and names are longer than two characters; in a random password neither holds.
    """
    if is_stand_in(value) or _balanced(value) or not any(c.isdigit() for c in value):
        return False
    changes = sum(_class(a) != _class(b) for a, b in pairwise(value))
    return changes * 5 >= (len(value) - 1) * 3


def shuffled_value(value: str) -> bool:
    """Whether a string that nothing says anything about is so well mixed that only a machine can have made it.

    Small letters, capitals and digits change places all along; words, names, versions and alphabets do not.
    """
    if _CHECKSUM.match(value) or _IN_ORDER.search(value):
        return False
    kinds = [_class(character) for character in value if character.isalnum()]
    changes = sum(a != b for a, b in pairwise(kinds))
    return len(set(kinds)) == _ALL_CLASSES and changes * 2 >= len(kinds)


def machine_made(value: str) -> bool:
    """Whether a run of characters is too irregular for words and names: digits among letters, odd changes of case."""
    if len(value) < _MACHINE_LENGTH:
        return False
    letters = sum(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    if letters == 0:
        return False
    odd = sum(1 for word in _words(value) if not _pronounceable(word))
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(value))
    if digits * 10 >= len(value) and changes * 5 >= len(value):
        return True
    return odd * 12 >= len(value)


def _words(value: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(value)]


def _balanced(value: str) -> bool:
    """Whether there are brackets and each is closed where it should be."""
    opened: list[str] = []
    for character in value:
        if character in _BRACKETS:
            opened.append(_BRACKETS[character])
        elif character in _CLOSING and (not opened or opened.pop() != character):
            return False
    return not opened and any(character in _BRACKETS for character in value)


def _class(character: str) -> int:
    if character.isdigit():
        return 0
    return (1 if character.islower() else 2) if character.isalpha() else 3


def _is_type(value: str) -> bool:
    """Whether it is the name of a type, dotted or not, that says of itself what it holds."""
    return _IDENTIFIER.fullmatch(value) is not None and not _KINDS.isdisjoint(
        word.lower() for word in _WORD.findall(value) if word[0].isupper()
    )


def _is_name(value: str) -> bool:
    """Whether it reads like an identifier or a path of words."""
    if not _IDENTIFIER.fullmatch(value):
        return False
    return all(word.isdigit() or _pronounceable(word) for word in _words(value)) and not machine_made(value)


def _pronounceable(word: str) -> bool:
    if word.isdigit():
        return len(word) <= _SHORT_WORD
    if len(word) <= _SHORT_WORD:
        return len(word) > 1
    run = longest = 0
    for character in word:
        run = 0 if character in _VOWELS else run + 1
        longest = max(longest, run)
    return longest < _LONG_RUN and longest < len(word)
