"""The models of one provider: what it lists, what the user says, what the profile knows.

In comes the body of a model list in any of the shapes in use; out come `ModelInfo`s. Garbage in a list is skipped,
entry by entry; a list that is none is an error that names the base URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.providers.catalogue_file import CatalogueFile, Listed
from aurelis.providers.errors import sentence
from aurelis.providers.events import MalformedStreamError, decode_json
from aurelis.providers.options import ModelOptions, ProviderOptions
from aurelis.providers.profile import Limits, Profile

MAX_MODELS: Final = 20_000
MOST_DESCRIBED: Final = 512
"""Models whose description is kept; it is made anew when there are more."""
_FRESH_SECONDS: Final = 300.0
_SILENT_SECONDS: Final = 5.0
"""So long nobody waits again for a server that has just kept somebody waiting in vain."""
_MAX_ID_CHARACTERS: Final = 256
_REGISTRY_ID: Final = re.compile(r"azureml://registries/[^/]+/models/(?P<model>[^/]+)/versions/[^/]+")
"""How the older host of GitHub Models listed a model; it is asked by its name alone."""
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
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return price if 0 <= price.input < 1e5 and 0 <= price.output < 1e5 else None  # noqa: PLR2004 - also refuses nan


def _reasons(entry: dict[str, Any]) -> bool:
    words: list[Any] = []
    for field in ("capabilities", "supported_parameters", "tags"):
        value = entry.get(field)
        words += [word for word in value if value[word]] if isinstance(value, dict) else []
        words += value if isinstance(value, list) else []
    return "reasoning" in words or "thinking" in words


def parse_models(body: bytes, provider: str) -> tuple[Listed, ...]:
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
    found: dict[str, Listed] = {}
    for entry in entries[:MAX_MODELS]:
        listed = _parse_entry(entry, provider)
        if listed is not None:
            found.setdefault(listed.info.reference.model, listed)
    return tuple(found.values())


def _base_model(entry: dict[str, Any]) -> str | None:
    """The model that a deployment runs (Azure's two forms of a list of deployments)."""
    if isinstance(entry.get("modelName"), str):
        name: str = entry["modelName"]
        return name
    if entry.get("object") == "deployment" and isinstance(entry.get("model"), str):
        model: str = entry["model"]
        return model
    return None


def _parse_entry(entry: Any, provider: str) -> Listed | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, dict):
        return None
    if entry.get("object") == "deployment" and entry.get("status") not in {None, "succeeded"}:
        return None
    keys = ("name", "id") if "modelName" in entry else ("id", "name", "model")
    name = next((entry[key] for key in keys if isinstance(entry.get(key), str)), "").strip()
    name = name.removeprefix("models/")
    registered = _REGISTRY_ID.fullmatch(name)
    if registered is not None:
        name = registered["model"]
    if not name or len(name) > _MAX_ID_CHARACTERS or not name.isprintable():
        return None
    info = ModelInfo(
        reference=ModelReference(provider, name),
        input_tokens=_tokens(entry, _INPUT_FIELDS),
        output_tokens=_tokens(entry, _OUTPUT_FIELDS),
        base_model=_base_model(entry),
        price=_price(entry),
        reasoning=_reasons(entry),
    )
    tier = entry.get("rate_limit_tier")
    return Listed(info, tier if isinstance(tier, str) else "")


def _fewest(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return min(known) if known else None


class Catalogue:
    """What is known about a provider's models; fetched at most every five minutes, by one caller for all.

    `fetch` answers the body of the list. What a file kept of an earlier list serves until then, and without a network;
    only the very first list is waited for.
    """

    def __init__(
        self, options: ProviderOptions, profile: Profile, address: str, fetch: Callable[[], Awaitable[bytes]]
    ) -> None:
        self._options = options
        self._profile = profile
        self._fetch = fetch
        path = options.catalogue_path
        self._file = None if path is None else CatalogueFile(path, options.name, address)
        kept = self._file.read() if self._file is not None else ()
        self._listed = {entry.info.reference.model: entry for entry in kept}
        self._described: dict[str, tuple[ModelInfo, Limits]] = {}
        self._fetched_at: float | None = None
        self._silent: tuple[float, RequestError] | None = None
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    def ids(self) -> tuple[str, ...]:
        """All models, the user's own first."""
        return tuple(dict.fromkeys([*self._options.models, *self._options.deployments, *self._listed]))

    def base_of(self, model: str) -> str | None:
        """The base model that a name stands for, as the user or the list says."""
        own = self._options.models.get(model)
        listed = self._listed.get(model)
        told = own.base_model if own is not None else None
        return told or self._options.deployments.get(model) or (listed.info.base_model if listed else None) or None

    def known(self, model: str, field: str) -> Any:
        """The profile's word on a field of a model, by its own name or its base model's."""
        told = self._profile.known(model, field)
        base = self.base_of(model)
        return told if told is not None or base is None else self._profile.known(base, field)

    def limits(self, model: str) -> Limits:
        """What may be asked: the user's word, the model's row, its tier, the profile's."""
        return self._put_together(model)[1]

    def describe(self, model: str) -> ModelInfo:
        """What is known about a model, listed or not: the user's word, the list's, the profile's."""
        return self._put_together(model)[0]

    def _put_together(self, model: str) -> tuple[ModelInfo, Limits]:
        """Looked at several times for each request, so it is kept until the list changes."""
        kept = self._described.get(model)
        if kept is None:
            if len(self._described) >= MOST_DESCRIBED:
                self._described.clear()
            limits = self._limits_of(model)
            kept = self._described[model] = (self._info_of(model, limits), limits)
        return kept

    def _limits_of(self, model: str) -> Limits:
        row: Limits = self.known(model, "limits") or Limits()
        listed = self._listed.get(model)
        tier = self._profile.tiers.get(listed.tier) if listed is not None else None
        return self._options.limits.over(row).over(tier or Limits()).over(self._profile.limits)

    def _info_of(self, model: str, limits: Limits) -> ModelInfo:
        own = self._options.models.get(model, ModelOptions())
        listed = self._listed.get(model)
        info = listed.info if listed is not None else ModelInfo(ModelReference(self._options.name, model))
        system_role = own.system_role if own.system_role is not None else self.known(model, "system_role")
        reasons = self.known(model, "reasoning")
        return attrs.evolve(
            info,
            input_tokens=own.input_tokens
            or _fewest(info.input_tokens or self.known(model, "input_tokens"), limits.input_tokens),
            output_tokens=own.output_tokens
            or _fewest(info.output_tokens or self.known(model, "output_tokens"), limits.output_tokens),
            system_role=self._profile.system_role if system_role is None else system_role,
            base_model=self.base_of(model),
            price=own.price or info.price,
            reasoning=info.reasoning if reasons is None else bool(reasons),
        )

    async def load(self, *, refresh: bool = False) -> None:
        """Have a list: the first is waited for, one that is known but old is renewed behind the caller's back.

        `refresh` waits for a new one.

        Raises:
            RequestError: when it cannot be had and there is nothing else to offer, or one of before was to be renewed.
        """
        if self._profile.models_url is None or (not refresh and self._is_fresh()):
            return
        if self._listed and not refresh:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._renew())
            return
        async with self._lock:
            if not refresh and self._is_fresh():
                return
            try:
                await self._take(await self._fetch_unless_silent(refresh=refresh))
            except RequestError as error:
                if (refresh and self._listed) or not self.ids() or error.final_for_provider:
                    raise

    async def _fetch_unless_silent(self, *, refresh: bool) -> bytes:
        if self._silent is not None and not refresh and time.monotonic() < self._silent[0]:
            raise self._silent[1].with_traceback(None)
        began = time.monotonic()
        try:
            return await self._fetch()
        except RequestError as error:
            if error.kind is ErrorKind.TIMEOUT or time.monotonic() - began > 1.0:
                self._silent = (time.monotonic() + _SILENT_SECONDS, error)
            raise

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and time.monotonic() - self._fetched_at < _FRESH_SECONDS

    async def _renew(self) -> None:
        """Fetch the list; what fails here fails again, and is heard of, when a model is asked."""
        async with self._lock:
            self._fetched_at = time.monotonic()
            with contextlib.suppress(RequestError):
                await self._take(await self._fetch())

    async def _take(self, body: bytes) -> None:
        try:
            entries = await asyncio.to_thread(parse_models, body, self._options.name)
        except ValueError as error:
            name = self._options.name
            message = (
                f"{self._profile.title} answered with something that is no list of models; check "
                f"providers.{name}.baseUrl, which usually ends in /v1."
            )
            raise RequestError(ErrorKind.INVALID_RESPONSE, sentence(message), provider=name) from error
        self._listed = {entry.info.reference.model: entry for entry in entries}
        self._described.clear()
        self._fetched_at = time.monotonic()
        if self._file is not None:
            await self._file.write(entries)

    async def aclose(self) -> None:
        """Stop a renewal and let go of the file."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        if self._file is not None:
            self._file.close()
