"""Public-key pins: checked within the TLS handshake, so that nothing is sent to a server that fails them.

A pin is `sha256/` and the Base64 of the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469, section 2.4). Any
one match suffices. The server's own certificate is looked at, and from Python 3.13 on the whole verified chain.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
from typing import Any, Final

import truststore

_SEQUENCE: Final = 0x30
_EXPLICIT_VERSION: Final = 0xA0
_FIELDS_BEFORE_KEY: Final = 5
"""serialNumber, signature, issuer, validity, subject (RFC 5280, section 4.1)."""


class PinMismatchError(ssl.SSLCertVerificationError):
    """The server's public key is none of the pinned ones."""

    pin_mismatch = True


def read_pins(texts: tuple[str, ...]) -> frozenset[bytes] | None:
    """The pinned hashes, or None when a text is not a pin."""
    pins = set()
    for text in texts:
        kind, slash, value = text.strip().partition("/")
        if kind.lower() != "sha256" or not slash:
            return None
        try:
            pin = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(pin) != hashlib.sha256().digest_size:
            return None
        pins.add(pin)
    return frozenset(pins)


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element that begins there (X.690, definite lengths)."""
    tag, length = der[at], der[at + 1]
    start = at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(der[start : start + count], "big")
        start += count
    if start + length > len(der):
        raise ValueError("a length leads out of the certificate")
    return tag, start, start + length


def public_key_hash(certificate: bytes) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo of a certificate in DER.

    Raises:
        ValueError: for bytes that are no certificate.
    """
    try:
        _, body, _ = _element(certificate, 0)
        tag, at, _ = _element(certificate, body)
        if tag != _SEQUENCE:
            raise ValueError("not a certificate")
        tag, _, end = _element(certificate, at)
        if tag == _EXPLICIT_VERSION:
            at = end
        for _ in range(_FIELDS_BEFORE_KEY):
            at = _element(certificate, at)[2]
        tag, _, end = _element(certificate, at)
    except IndexError as error:
        raise ValueError("not a certificate") from error
    if tag != _SEQUENCE:
        raise ValueError("not a certificate")
    return hashlib.sha256(certificate[at:end]).digest()


def _chain(connection: ssl.SSLObject) -> list[bytes]:
    leaf = connection.getpeercert(binary_form=True)
    chain = [leaf] if leaf else []
    verified = getattr(connection, "get_verified_chain", None)
    if verified is not None:
        chain += [item for item in verified() if isinstance(item, bytes)]
    return chain


class PinnedContext(truststore.SSLContext):
    """The system's trust store, and beyond it one of these keys."""

    pins: frozenset[bytes] = frozenset()

    @classmethod
    def for_pins(cls, pins: frozenset[bytes]) -> PinnedContext:
        """A client's context; the base class takes nothing but a protocol at construction."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.pins = pins
        return context

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Wrap as always; the handshake also compares the keys."""
        connection = super().wrap_bio(*args, **kwargs)
        shake = connection.do_handshake

        def do_handshake() -> None:
            shake()
            if not any(public_key_hash(item) in self.pins for item in _chain(connection)):
                raise PinMismatchError(1, "the server's public key is not pinned")

        connection.do_handshake = do_handshake  # type: ignore[method-assign]  # this one object's handshake
        return connection
