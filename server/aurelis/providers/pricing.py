"""What tokens cost: the user's word, zero on this machine, else the kept-up tables of genai-prices (offline, MIT).

In comes a `ModelInfo` and the host that serves it; out comes a `Price` or None. The library is imported at the first
question, about 0.2 s: ask it off the startup path, or call `warm` in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aurelis.core.model import ModelInfo, Price
from aurelis.providers.options import is_loopback

BY_PREFIX: Final = "prefix"
"""The source of a gateway whose models are named `vendor/model`."""
_SAMPLE: Final = 1000
"""Tokens whose price is asked for: few, as long prompts cost more for each token than ours ever are."""
_PER_MILLION: Final = 1_000_000 / _SAMPLE
_MOST_REMEMBERED: Final = 4096


def _hostname(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).strip("[]")


class GenaiPricing:
    """The `Pricing` port.

    Args:
        sources: the price library's provider id (a profile's `price_source`) for each provider name of the settings.
            A provider on this machine costs nothing, unless it passes on a vendor's models that have a price.
    """

    def __init__(self, sources: Mapping[str, str] | None = None) -> None:
        self._sources = dict(sources or {})
        self._remembered: dict[tuple[str, str, str], Price | None] = {}

    def warm(self) -> None:
        """Import the library, so that the first question does not wait for it."""
        self._table("gpt-4o", "openai", "")

    def price(self, info: ModelInfo, host: str) -> Price | None:
        """Dollars for a million tokens, zero for a local model, None when nobody knows."""
        if info.price is not None:
            return info.price
        source = self._sources.get(info.reference.provider, "")
        here = is_loopback(_hostname(host))
        if here and not source:
            return Price(0.0, 0.0)
        price = self._remembered_price(info, source, host)
        return Price(0.0, 0.0) if price is None and here and source != BY_PREFIX else price

    def _remembered_price(self, info: ModelInfo, source: str, host: str) -> Price | None:
        model = info.base_model or info.reference.model
        key = (model, info.reference.provider, host)
        if key in self._remembered:
            return self._remembered[key]
        price = self._table(model, source, _hostname(host))
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered = {}
        self._remembered[key] = price
        return price

    def _table(self, model: str, source: str, host: str) -> Price | None:
        import genai_prices  # noqa: PLC0415 - needed only when a price is shown

        tries: list[dict[str, str]] = []
        if source == BY_PREFIX:
            source, _, model = model.partition("/")
        if source:
            tries.append({"provider_id": source})
        if host and not is_loopback(host):
            tries.append({"provider_api_url": f"https://{host}/v1"})
        for arguments in tries:
            found = _look_up(genai_prices.calc_price, genai_prices.Usage, model, arguments)
            if found is not None:
                return found
        return None


def _look_up(
    calc_price: Callable[..., Any], usage: Callable[..., Any], model: str, arguments: Mapping[str, str]
) -> Price | None:
    for name in dict.fromkeys((model, model.rpartition("/")[2])):
        try:
            answer = calc_price(usage(input_tokens=_SAMPLE, output_tokens=_SAMPLE), model_ref=name, **arguments)
        except (LookupError, ValueError):
            continue
        return Price(float(answer.input_price) * _PER_MILLION, float(answer.output_price) * _PER_MILLION)
    return None
