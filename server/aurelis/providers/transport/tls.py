"""How a server must prove who it is: the system's trust store, more authorities, a minimum version, pinned keys."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import truststore

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.home import expanded
from aurelis.providers.options import ProviderOptions
from aurelis.providers.transport.pins import PinnedContext, read_pins

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def _fault(options: ProviderOptions, setting: str, sentence: str) -> RequestError:
    message = f"providers.{options.name}.tls.{setting}: {sentence}"
    return RequestError(ErrorKind.CONFIGURATION, message, provider=options.name, final_for_provider=True)


def build_context(options: ProviderOptions, *, secure: bool) -> ssl.SSLContext:
    """The TLS context of one provider; for plain http a context that trusts nobody, which is quick to build.

    Raises:
        RequestError: of kind `configuration`, for settings that cannot be used, naming them.
    """
    tls = options.tls
    version = _VERSIONS.get(tls.min_version.strip().removeprefix("TLSv"))
    if version is None:
        raise _fault(options, "minVersion", "write 1.2 or 1.3.")
    pins = read_pins(tls.pins)
    if pins is None:
        raise _fault(options, "pins", "a pin is sha256/ and 44 characters of Base64 (the hash of the public key).")
    if not secure:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context: ssl.SSLContext = PinnedContext.for_pins(pins) if pins else truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = version
    if tls.ca_file:
        try:
            context.load_verify_locations(cadata=_read_authorities(tls.ca_file))
        except (OSError, ValueError, ssl.SSLError) as error:
            advice = f"'{Path(tls.ca_file).name}' cannot be read as PEM certificates; check the file."
            raise _fault(options, "caFile", advice) from error
    return context


def _read_authorities(path: str) -> str:
    file = expanded(path)
    if file is None:
        raise ValueError(path)
    text = file.read_text(encoding="utf-8")
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise ValueError(path)
    return text
