"""The models of one provider: what it lists, what the user says, what the profile knows.

In comes the body of a model list in any of the shapes in use; out come `ModelInfo`s. Garbage in a list is skipped, entry
by entry; a list that is none is an error that names the base URL.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.providers.events import MalformedStreamError, decode_json
from aurelis.providers.options import ModelOptions, ProviderOptions
from aurelis.providers.profile import Profile

MAX_MODELS: Final = 20_000
MAX_LIST_BYTES: Final = 64 * 1024 * 1024
_FRESH_SECONDS: Final = 300.0
_MAX_ID_CHARACTERS: Final = 256
_INPUT_FIELDS: Final = (
    ("limits", "max_input_tokens"),
    ("max_input_tokens",),
    ("inputTokenLimit",),
    ("max_model_len",),
    ("meta", "n_ctx"),
    ("meta", "n_ctx_train"),
    ("top_provider", "context_length"),
    ("context_length",),
    ("context_window",),
    ("max_context_length",),
    ("loaded_context_length",),
    ("limits", "max_context_length"),
)
_OUTPUT_FIELDS: Final = (
    ("limits", "max_output_tokens"),
    ("max_output_tokens",),
    ("outputTokenLimit",),
    ("top_provider", "max_completion_tokens"),
    ("max_completion_tokens",),
)


def _at(entry: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = entry
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _tokens(entry: dict[str, Any], fields: tuple[tuple[str, ...], ...]) -> int | None:
    for path in fields:
        value = _at(entry, path)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9:
            return value
    return None


def _price(entry: dict[str, Any]) -> Price | None:
    """OpenRouter's `pricing`: dollars for one token, as text."""
    pricing = entry.get("pricing")
    if not isinstance(pricing, dict):
        return None
    try:
        price = Price(float(pricing["prompt"]) * 1e6, float(pricing["completion"]) * 1e6)
    except (KeyError, TypeError, ValueError):
        return None
    return price if 0 <= price.input < 1e5 and 0 <= price.output < 1e5 else None  # noqa: PLR2004 - also refuses nan


def _reasons(entry: dict[str, Any]) -> bool:
    words: list[Any] = []
    for field in ("capabilities", "supported_parameters", "tags"):
        value = entry.get(field)
        words += list(value) if isinstance(value, list | dict) else []
    return "reasoning" in words or "thinking" in words


def parse_models(body: bytes, provider: str) -> tuple[ModelInfo, ...]:
    """The models of a list: `{"data": [...]}`, `{"models": [...]}` or a bare array, of objects or of ids.

    Raises:
        ValueError: when the body is no such list.
    """
    try:
        value = decode_json(body)
    except MalformedStreamError as error:
        raise ValueError("not JSON") from error
    entries = value
    if isinstance(value, dict):
        entries = next((value[name] for name in ("data", "models", "value") if isinstance(value.get(name), list)), None)
    if not isinstance(entries, list):
        raise ValueError("not a list of models")  # noqa: TRY004 - a wrong value from outside, not a wrong call
    found: dict[str, ModelInfo] = {}
    for entry in entries[:MAX_MODELS]:
        info = _parse_entry(entry, provider)
        if info is not None:
            found.setdefault(info.reference.model, info)
    return tuple(found.values())


def _parse_entry(entry: Any, provider: str) -> ModelInfo | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return None
    name = next((entry[key] for key in ("id", "model", "name") if isinstance(entry.get(key), str)), "").strip()
    name = name.removeprefix("models/")
    if not name or len(name) > _MAX_ID_CHARACTERS or not name.isprintable():
        return None
    return ModelInfo(
        reference=ModelReference(provider, name),
        input_tokens=_tokens(entry, _INPUT_FIELDS),
        output_tokens=_tokens(entry, _OUTPUT_FIELDS),
        price=_price(entry),
        reasoning=_reasons(entry),
    )


class Catalogue:
    """What is known about a provider's models; fetched at most every five minutes, by one caller for all."""

    timeout_seconds = 10.0

    def __init__(self, options: ProviderOptions, profile: Profile, fetch: Callable[[], Awaitable[bytes]]) -> None:
        self._options = options
        self._profile = profile
        self._fetch = fetch
        self._listed: dict[str, ModelInfo] = {}
        self._fetched_at: float | None = None
        self._lock = asyncio.Lock()

    def ids(self) -> tuple[str, ...]:
        """All models, the user's own first."""
        return tuple(dict.fromkeys([*self._options.models, *self._options.deployments, *self._listed]))

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not: the user's word, the list's, the profile's."""
        listed = self._listed.get(model)
        own = self._options.models.get(model, ModelOptions())
        base = own.base_model or self._options.deployments.get(model) or None
        known = listed or ModelInfo(ModelReference(self._options.name, model))

        def row(field: str) -> Any:
            told = self._profile.known(model, field)
            return told if told is not None or base is None else self._profile.known(base, field)

        system_role = own.system_role if own.system_role is not None else row("system_role")
        return attrs.evolve(
            known,
            input_tokens=own.input_tokens or known.input_tokens or row("input_tokens"),
            output_tokens=own.output_tokens or known.output_tokens or row("output_tokens"),
            system_role=self._profile.system_role if system_role is None else system_role,
            base_model=base or known.base_model,
            price=own.price or known.price,
            reasoning=known.reasoning or bool(row("reasoning")),
        )

    async def load(self, *, refresh: bool = False) -> None:
        """Fetch the list if it is not fresh.

        Raises:
            RequestError: when it cannot be had and there is nothing else to offer.
        """
        if self._profile.models_url is None:
            return
        async with self._lock:
            age = None if self._fetched_at is None else time.monotonic() - self._fetched_at
            if age is not None and age < _FRESH_SECONDS and not refresh:
                return
            try:
                self._take(await self._fetch())
            except RequestError:
                if not self.ids() or refresh:
                    raise

    def _take(self, body: bytes) -> None:
        try:
            models = parse_models(body, self._options.name)
        except ValueError as error:
            name = self._options.name
            message = (
                f"{self._profile.title} answered with something that is no list of models; check "
                f"providers.{name}.baseUrl, which usually ends in /v1."
            )
            raise RequestError(ErrorKind.INVALID_RESPONSE, message, provider=name) from error
        self._listed = {info.reference.model: info for info in models}
        self._fetched_at = time.monotonic()

    async def read_bounded(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The whole body.

        Raises:
            RequestError: of kind `invalid_response`, when it is larger than any sensible list.
        """
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > MAX_LIST_BYTES:
                message = f"The list of models of {self._profile.title} is too large; check its baseUrl."
                raise RequestError(ErrorKind.INVALID_RESPONSE, message, provider=self._options.name)
        return bytes(body)

    async def aclose(self) -> None:
        """Nothing to close yet."""
