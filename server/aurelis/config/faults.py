"""What can be wrong with a text that a setting holds: each function says what was expected, or None when it is fine.

No answer quotes the text itself, because people paste tokens into the wrong setting.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

from aurelis.core.bounded_patterns import LONGEST_PATTERN, PatternFault
from aurelis.core.bounded_patterns import pattern_fault as fault_of_pattern
from aurelis.core.credential_headers import CREDENTIAL_HEADERS

ROLES: Final = ("completion", "code", "reasoning", "documentation", "fast")
"""The names that `models` gives to models, and that routes may use instead of a model."""

FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a request ends (RFC 9112, section 6): whoever sends the request writes them."""

_LONGEST_PORT: Final = 65535
_PATTERNS: Final = MappingProxyType(
    {
        PatternFault.LONG: f"a regular expression of at most {LONGEST_PATTERN} characters",
        PatternFault.NO_PATTERN: "a regular expression",
        PatternFault.MATCHES_NOTHING: "a regular expression that does not match the empty text",
        PatternFault.MANY_WAYS: "a regular expression that cannot match one text in very many ways",
    }
)


def reference_fault(text: str) -> str | None:
    """A model is written `provider/model`."""
    provider, slash, model = text.partition("/")
    fine = slash and provider and model and text == text.strip() and not re.search(r"[\x00-\x1f\x7f]|\s/|/\s", text)
    return None if fine else "a model written as provider/model, for example llamacpp/qwen"


def route_fault(text: str) -> str | None:
    """A route names models or roles."""
    if text in ROLES or reference_fault(text) is None:
        return None
    return f"a model written as provider/model, or a role ({', '.join(ROLES)})"


def variable_fault(text: str) -> str | None:
    """An environment variable is given by its name."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", text):
        return None
    return "the name of an environment variable (the name, not the token)"


def provider_name_fault(text: str) -> str | None:
    """A provider's name stands before the slash of a model reference and names its entry in the keychain."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text) and text != "auto":
        return None
    return "a provider name of letters, digits, dots, dashes and underscores"


def base_url_fault(text: str) -> str | None:
    """A provider's address: http or https, a host, nothing else that could carry a secret.

    Azure's portal hands out addresses with a version behind them.
    """
    parts = _split(text)
    fine = (
        parts
        and parts.scheme in {"http", "https"}
        and "@" not in parts.netloc
        and not parts.fragment
        and re.fullmatch(r"(?i)(?:api-version=[\w.-]{1,40})?", parts.query)
    )
    return None if fine else "an address such as https://host/v1, without user name, query or fragment"


def proxy_fault(text: str) -> str | None:
    """A proxy's address."""
    parts = _split(text)
    if parts and parts.scheme in {"http", "https"}:
        return None
    return "a proxy address such as http://host:3128"


def redis_fault(text: str) -> str | None:
    """A Redis server's address."""
    if text.startswith("unix:///"):
        return None
    parts = _split(text)
    return None if parts and parts.scheme in {"redis", "rediss"} else "a Redis address such as rediss://host:6379/0"


def pin_fault(text: str) -> str | None:
    """A pin is the hash of a public key, 32 bytes in base64 (RFC 7469, section 2.4)."""
    return None if re.fullmatch(r"sha256/[A-Za-z0-9+/]{43}=", text) else "a pin written as sha256/BASE64"


def header_name_fault(text: str) -> str | None:
    """A header that may be set literally (token characters of RFC 9110, section 5.6.2)."""
    if text.lower() in CREDENTIAL_HEADERS:
        return "a header that holds no credential (name an environment variable in headersEnv, or sign in)"
    return any_header_name_fault(text)


def any_header_name_fault(text: str) -> str | None:
    """A header whose value comes from the environment."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", text):
        return "the name of an HTTP header"
    return "a header that does not say where a request ends" if text.lower() in FRAMING_HEADERS else None


def header_value_fault(text: str) -> str | None:
    """A header's value is one line of visible characters (RFC 9110, section 5.5)."""
    return None if re.fullmatch(r"[\x20-\x7e\t]*", text) else "one line of plain characters"


def pattern_fault(text: str) -> str | None:
    """A regular expression of the user's own for secrets, which must not stall the server."""
    fault = fault_of_pattern(text)
    return None if fault is None else _PATTERNS[fault]


def relative_path_fault(text: str) -> str | None:
    """A file of the workspace, named from its folder."""
    parts = re.split(r"[/\\]", text)
    if not text or text.startswith(("/", "\\", "~")) or ".." in parts or ":" in text or "\n" in text:
        return "a path inside the workspace, without .."
    return None


def _split(text: str) -> SplitResult | None:
    if re.search(r"[\x00-\x20\x7f\\]", text):
        return None
    try:
        parts = urlsplit(text)
        if not parts.hostname or (parts.port is not None and not 0 < parts.port <= _LONGEST_PORT):
            return None
    except ValueError:
        return None
    return parts
