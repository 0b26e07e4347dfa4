"""The list of models on disk, so that limits and names are known without the network.

The file is JSON, replaced in one step, written in a thread of its own. A file that cannot be read, is of another
address or of another form counts as none: it is only a copy.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs

from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.core.whole_file import replace_whole

_FORM: Final = 1
_MAX_FILE_BYTES: Final = 32 * 1024 * 1024


@attrs.frozen
class Listed:
    """One entry of a provider's list: what it says of the model, and the name of its rate limit's tier."""

    info: ModelInfo
    tier: str = ""


def _to_json(entry: Listed) -> dict[str, Any]:
    info = entry.info
    return {
        "id": info.reference.model,
        "input": info.input_tokens,
        "output": info.output_tokens,
        "base": info.base_model,
        "price": None if info.price is None else [info.price.input, info.price.output],
        "reasoning": info.reasoning,
        "tier": entry.tier,
    }


def _from_json(value: dict[str, Any], provider: str) -> Listed:
    price = value["price"]
    return Listed(
        ModelInfo(
            reference=ModelReference(provider, str(value["id"])),
            input_tokens=None if value["input"] is None else int(value["input"]),
            output_tokens=None if value["output"] is None else int(value["output"]),
            base_model=None if value["base"] is None else str(value["base"]),
            price=None if price is None else Price(float(price[0]), float(price[1])),
            reasoning=bool(value["reasoning"]),
        ),
        str(value["tier"]),
    )


class CatalogueFile:
    """The copy of one provider's list at one address."""

    def __init__(self, path: str, provider: str, address: str) -> None:
        self._path = Path(path)
        self._provider = provider
        self._address = address
        self._thread: ThreadPoolExecutor | None = None

    def read(self) -> tuple[Listed, ...]:
        """The entries, or none; blocks, so call it off the event loop."""
        try:
            if self._path.stat().st_size > _MAX_FILE_BYTES:
                return ()
            value = json.loads(self._path.read_bytes())
            if value["form"] != _FORM or value["address"] != self._address:
                return ()
            return tuple(_from_json(entry, self._provider) for entry in value["models"])
        except (OSError, ValueError, TypeError, LookupError, OverflowError, RecursionError):
            return ()

    async def write(self, entries: Iterable[Listed]) -> None:
        """Replace the file; a failure leaves the old one and is forgotten."""
        text = json.dumps({"form": _FORM, "address": self._address, "models": [_to_json(entry) for entry in entries]})
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aurelis-catalogue")
        await asyncio.get_running_loop().run_in_executor(self._thread, self._replace, text)

    def _replace(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_whole(self._path, text)

    def close(self) -> None:
        """End the thread once it has written."""
        if self._thread is not None:
            self._thread.shutdown(wait=False)
