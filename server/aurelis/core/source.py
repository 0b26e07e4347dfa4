"""Where a request's text comes from; apart from the request, because documents know it and are there from the start."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen
class Source:
    """A document whose text stands in the prompt, so that the egress rules can judge it.

    `path` is None for text without a file (`untitled:`). `name` is what a message may call it.
    """

    uri: str
    path: Path | None
    language: str = ""
    name: str = ""
