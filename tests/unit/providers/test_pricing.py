"""What tokens cost: by the table, by the user's word, nothing on this machine."""

from __future__ import annotations

import attrs
import pytest

from aurelis.core.model import ModelInfo, ModelReference, Price
from aurelis.providers.pricing import BY_PREFIX, GenaiPricing


@pytest.mark.parametrize(
    ("provider", "model", "host", "known"),
    [
        ("openai", "gpt-4o", "api.openai.com:443", True),
        ("mistral", "codestral-latest", "api.mistral.ai:443", True),
        ("lite", "openai/gpt-4o", "127.0.0.1:4000", True),
        ("openai", "no-such-model", "api.openai.com:443", False),
        ("other", "gpt-4o", "models.example:443", False),
    ],
)
def test_prices_come_from_the_table(provider: str, model: str, host: str, known: bool) -> None:
    """A known model has a price above zero, an unknown one none at all."""
    pricing = GenaiPricing({"openai": "openai", "mistral": "mistral", "lite": BY_PREFIX})
    price = pricing.price(ModelInfo(ModelReference(provider, model)), host)
    assert (price is not None and price.output > price.input > 0) if known else price is None


@pytest.mark.parametrize(
    ("provider", "model", "price"),
    [
        ("relay", "gpt-4o", Price(2.5, 10.0)),
        ("relay", "no-such-model", Price(0.0, 0.0)),
        ("own", "gpt-4o", Price(0.0, 0.0)),
        ("lite", "no-such-vendor/model", None),
    ],
)
def test_a_relay_on_this_machine_costs_what_its_vendor_asks(provider: str, model: str, price: Price | None) -> None:
    """A vendor's profile at a loopback address passes on to the vendor; a server of one's own is free."""
    pricing = GenaiPricing({"relay": "openai", "lite": BY_PREFIX})
    assert pricing.price(ModelInfo(ModelReference(provider, model)), "127.0.0.1:8000") == price


def test_prices_are_those_of_prompts_as_we_send_them() -> None:
    """Where prompts beyond 200,000 tokens cost more for each, the price is that of a short one."""
    pricing = GenaiPricing({"google": "google"})
    price = pricing.price(
        ModelInfo(ModelReference("google", "gemini-2.5-pro")), "generativelanguage.googleapis.com:443"
    )
    assert price == Price(1.25, 10.0)


def test_own_prices_and_local_models() -> None:
    """The user's price wins; this machine costs nothing; a deployment costs what its base model costs."""
    pricing = GenaiPricing({"f": "azure"})
    info = ModelInfo(ModelReference("f", "my-deployment"))
    assert pricing.price(attrs.evolve(info, price=Price(1, 2)), "127.0.0.1:1") == Price(1, 2)
    assert pricing.price(info, "[::1]:8080") == Price(0, 0)
    assert pricing.price(info, "acme.openai.azure.com:443") is None
    assert pricing.price(attrs.evolve(info, base_model="gpt-4o"), "acme.openai.azure.com:443") is not None
