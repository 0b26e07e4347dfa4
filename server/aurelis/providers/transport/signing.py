"""A request signature for gateways that ask for one.

The header's value is `t=<unix seconds>,v1=<hex>`, where hex is HMAC-SHA-256 under the shared key of three lines
joined by newlines: the same seconds, the request's path with its query, and the hex SHA-256 of the body.
"""

from __future__ import annotations

import hashlib
import hmac


def signature(key: str, timestamp: int, path: str, body: bytes) -> str:
    """The header's value for one request."""
    text = f"{timestamp}\n{path}\n{hashlib.sha256(body).hexdigest()}"
    return f"t={timestamp},v1={hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()}"
