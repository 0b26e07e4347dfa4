"""TLS, pins, proxies and signatures, against a server with certificates of its own."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.providers.options import SigningOptions, TlsOptions
from aurelis.providers.transport.pins import public_key_hash, read_pins
from unit.providers.raw_server import DONE, Exchange, RawServer, collect, delta, provider_for, stream, text_of

RECORD = 16 * 1024
"""The most that a TLS record holds (RFC 8446, section 5.1)."""

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@attrs.frozen
class Authority:
    """A certificate authority of the tests, and certificates that it signed."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """A fresh authority; its certificate lies in `ca.pem`."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateBuilder(_name("Test CA"), _name("Test CA"), key.public_key(), 1, NOW - DAY, NOW + DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, certificate)

    @property
    def file(self) -> str:
        """Where the authority's certificate lies."""
        return str(self.folder / "ca.pem")

    def server(self, address: str = "127.0.0.1", *, expired: bool = False) -> tuple[ssl.SSLContext, str]:
        """A server's TLS context and the pin of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = NOW - DAY / 2 if expired else NOW + DAY
        builder = x509.CertificateBuilder(
            self.certificate.subject, _name("server"), key.public_key(), x509.random_serial_number(), NOW - DAY, until
        )
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = builder.add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        path = self.folder / f"server-{address}-{expired}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        assert public_key_hash(certificate.public_bytes(serialization.Encoding.DER)) == hashlib.sha256(spki).digest()
        return context, f"sha256/{base64.b64encode(hashlib.sha256(spki).digest()).decode()}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests here."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


Secure = Callable[..., Any]


@pytest.fixture
async def secure(authority: Authority) -> AsyncIterator[Secure]:
    """Starts servers with certificates of the authority; all end with the test."""
    servers: list[RawServer] = []

    async def start(*, maximum: ssl.TLSVersion | None = None, **options: Any) -> tuple[RawServer, str, str]:
        context, pin = authority.server(**options)
        if maximum is not None:
            context.maximum_version = maximum
        server = RawServer()
        await server.start(ssl=context)
        servers.append(server)
        return server, server.base_url.replace("http://", "https://"), pin

    yield start
    for server in servers:
        await server.stop()


async def test_an_own_authority_is_trusted_when_named(secure: Secure, authority: Authority) -> None:
    """With the authority's file the server is trusted and gets the token."""
    server, url, _ = await secure()
    async with provider_for(url, token="t-1", tls=TlsOptions(ca_file=authority.file)) as provider:
        assert text_of(await collect(provider)) == "hello"
    assert server.received[0].headers["authorization"] == "Bearer t-1"


def _saying(text: str, *, size: int = 0) -> bytes:
    """An answer with a length, filled up to a size."""
    body = delta(text, "stop") + DONE
    start = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\nx-fill: " % len(body)
    return start.ljust(size - len(body) - 4, b"-") + b"\r\n\r\n" + body


async def test_a_second_answer_in_a_record_of_its_own_is_nobodys(secure: Secure, authority: Authority) -> None:
    """What a kept connection holds still encrypted was sent before the request, and is not taken for its answer."""
    server, url, _ = await secure()

    async def twice(exchange: Exchange) -> None:
        await exchange.send(_saying("one", size=RECORD) + _saying("stale"))

    server.answers = [twice, stream(delta("two", "stop"), DONE), stream(delta("three", "stop"), DONE)]
    async with provider_for(url, tls=TlsOptions(ca_file=authority.file)) as provider:
        said = [text_of(await collect(provider)) for _ in range(3)]
    assert said == ["one", "two", "three"]
    assert (server.connections, len(server.received)) == (2, 3)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({}, "providers.mine.tls.caFile"),
        ({"address": "127.0.0.9"}, "providers.mine.baseUrl"),
        ({"expired": True}, "renewed"),
    ],
)
async def test_a_certificate_that_does_not_fit_is_refused(
    secure: Secure, authority: Authority, options: dict[str, Any], advice: str
) -> None:
    """An unknown authority, another host's name and an expired date end before anything is sent, without a retry.

    Each has its own way out.
    """
    server, url, _ = await secure(**options)
    tls = TlsOptions(ca_file=authority.file) if options else TlsOptions()
    async with provider_for(url, token="t-1", tls=tls) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, False)
    assert "certificate" in caught.value.message
    assert advice in caught.value.message
    assert server.received == []


async def test_a_pinned_key_is_accepted(secure: Secure, authority: Authority) -> None:
    """One pin that fits among others suffices."""
    server, url, pin = await secure()
    other = f"sha256/{base64.b64encode(bytes(32)).decode()}"
    async with provider_for(url, tls=TlsOptions(ca_file=authority.file, pins=(other, pin))) as provider:
        assert text_of(await collect(provider)) == "hello"
    assert len(server.received) == 1


async def test_another_key_is_refused_before_anything_is_sent(secure: Secure, authority: Authority) -> None:
    """A trusted certificate with another key is a security event, and the token was not sent."""
    server, url, _ = await secure()
    other = f"sha256/{base64.b64encode(bytes(32)).decode()}"
    async with provider_for(url, token="t-1", tls=TlsOptions(ca_file=authority.file, pins=(other,))) as provider:
        with pytest.raises(RequestError) as caught:
            await collect(provider)
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.NETWORK, False)
    assert caught.value.security_event == "pin_mismatch"
    assert server.received == []


async def test_a_pin_does_not_replace_trust(secure: Secure) -> None:
    """A pinned key in a certificate of an unknown authority is refused."""
    server, url, pin = await secure()
    async with provider_for(url, tls=TlsOptions(pins=(pin,))) as provider:
        with pytest.raises(RequestError):
            await collect(provider)
    assert server.received == []


@pytest.mark.parametrize(("minimum", "works"), [("1.2", True), ("1.3", False)])
async def test_the_oldest_allowed_version_is_kept(
    secure: Secure, authority: Authority, minimum: str, works: bool
) -> None:
    """A server that speaks TLS 1.2 at most is asked only where that is allowed."""
    server, url, _ = await secure(maximum=ssl.TLSVersion.TLSv1_2)
    async with provider_for(url, tls=TlsOptions(min_version=minimum, ca_file=authority.file)) as provider:
        if works:
            assert text_of(await collect(provider)) == "hello"
        else:
            with pytest.raises(RequestError) as caught:
                await collect(provider)
            assert caught.value.kind is ErrorKind.NETWORK
            assert "tls" in caught.value.message
    assert len(server.received) == (1 if works else 0)


@pytest.mark.parametrize("way", ["missing", "empty", "no certificate", "broken", "folder"])
async def test_a_ca_file_that_is_none_is_named(tmp_path: Path, way: str) -> None:
    """The message names the setting, not the path."""
    path = tmp_path / "ca.pem"
    texts = {
        "empty": "",
        "no certificate": "hello",
        "broken": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    if way == "folder":
        path.mkdir()
    elif way in texts:
        path.write_text(texts[way])
    with pytest.raises(RequestError) as caught:
        async with provider_for("https://models.example/v1", tls=TlsOptions(ca_file=str(path))):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "providers.mine.tls.caFile" in caught.value.message
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize(
    ("tls", "setting"),
    [
        (TlsOptions(min_version="1.1"), "minVersion"),
        (TlsOptions(pins=("sha1/AAAA",)), "pins"),
        (TlsOptions(pins=("sha256/AAAA",)), "pins"),
        (TlsOptions(pins=("sha256/not base64",)), "pins"),
    ],
)
async def test_unusable_tls_settings_are_named(tls: TlsOptions, setting: str) -> None:
    """A wrong version or pin never weakens the connection silently."""
    with pytest.raises(RequestError) as caught:
        async with provider_for("https://models.example/v1", tls=tls):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert f"providers.mine.tls.{setting}" in caught.value.message


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x82\xff\xff", bytes(100), b"\x30\x03\x02\x01\x01"])
def test_what_is_no_certificate_has_no_key(data: bytes) -> None:
    """Broken bytes end in an error, not in a wrong hash."""
    with pytest.raises(ValueError, match="certificate"):
        public_key_hash(data)


def test_no_pins_mean_none() -> None:
    """An empty list asks for nothing."""
    assert read_pins(()) == frozenset()


async def test_requests_go_through_the_proxy(secure: Secure, authority: Authority) -> None:
    """The proxy gets the host's name only; TLS, token and prompt pass through it unseen."""
    server, url, _ = await secure()
    seen: list[bytes] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            seen.append(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        there, back = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, back), pump(there, writer))

    listening = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    tls = TlsOptions(ca_file=authority.file)
    async with provider_for(url, token="t-planted", proxy=address, tls=tls) as provider:
        assert not provider.local
        assert text_of(await collect(provider)) == "hello"
    listening.close()
    assert seen[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"t-planted" not in b"".join(seen)
    assert len(server.received) == 1


@pytest.mark.parametrize("proxy", ["nonsense", "ftp://127.0.0.1", "http://", "http://[bad"])
async def test_a_proxy_that_is_none_is_named(proxy: str) -> None:
    """The message names the setting and holds no part of its value."""
    with pytest.raises(RequestError) as caught:
        async with provider_for("https://models.example/v1", proxy=proxy):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "providers.mine.proxy" in caught.value.message


async def test_every_request_is_signed(server: RawServer) -> None:
    """The signature covers the time, the path with its query, and the hash of the body."""
    signing = SigningOptions(key="shared key", header="X-Signed")
    async with provider_for(server.base_url, signing=signing) as provider:
        await collect(provider)
    received = server.received[0]
    stamp, given = received.headers["x-signed"].removeprefix("t=").split(",v1=")
    signed = f"{stamp}\n{received.path}\n{hashlib.sha256(received.body).hexdigest()}"
    assert hmac.new(b"shared key", signed.encode(), hashlib.sha256).hexdigest() == given
    assert abs(int(stamp) - dt.datetime.now(dt.UTC).timestamp()) < 60


@pytest.mark.parametrize(
    ("base_url", "word"),
    [
        ("not a url", "URL"),
        ("ftp://127.0.0.1/v1", "URL"),
        ("https://", "URL"),
        ("https://host:port/v1", "URL"),
        ("https://[bad/v1", "URL"),
        ("", "set the address"),
        ("https://user:secret@host/v1", "keychain"),
        ("https://host/v1?key=secret", "keychain"),
        ("https://host/v1#secret", "keychain"),
        ("http://models.example/v1", "allowInsecureHttp"),
        ("http://192.168.1.7:8080/v1", "allowInsecureHttp"),
        ("http://127.0.0.1.models.example/v1", "allowInsecureHttp"),
    ],
)
async def test_a_base_url_that_cannot_be_used_is_named(base_url: str, word: str) -> None:
    """The message names the setting, says what to do, and repeats no key."""
    with pytest.raises(RequestError) as caught:
        async with provider_for(base_url):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "providers.mine.baseUrl" in caught.value.message
    assert word in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("base_url", "host", "local"),
    [
        ("http://127.0.0.1:8080/v1/", "127.0.0.1:8080", True),
        ("http://localhost/v1", "localhost:80", True),
        ("http://[::1]:8080/v1", "[::1]:8080", True),
        ("https://models.example/v1", "models.example:443", False),
    ],
)
async def test_host_and_locality_are_told(base_url: str, host: str, local: bool) -> None:
    """Loopback is local, everything else is not."""
    async with provider_for(base_url) as provider:
        assert (provider.host, provider.local) == (host, local)


@pytest.mark.parametrize(
    "headers", [{"Authorization": "x"}, {"api-key": "x"}, {"X-API-Key": "x"}, {"bad name": "x"}, {"X": "a\r\nB: c"}]
)
async def test_headers_that_must_not_be_are_refused(headers: dict[str, str]) -> None:
    """Keys belong in the keychain, and no header may smuggle another."""
    with pytest.raises(RequestError) as caught:
        async with provider_for("https://models.example/v1", headers=headers):
            pass
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "providers.mine.headers" in caught.value.message
