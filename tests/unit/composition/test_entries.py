"""Which providers there are, and which of them are not used."""

from __future__ import annotations

import pytest

from aurelis.composition.authentication import lookup_of
from aurelis.composition.entries import configured_entries
from aurelis.config.settings import ProviderSettings, Settings
from aurelis.providers.options import ProviderOptions
from aurelis.providers.profiles import PROFILES


def test_names_that_differ_only_in_case_clash() -> None:
    """The second is not used, and the reason names both settings; the first and others are."""
    address = ProviderSettings(base_url="https://models.example/v1")
    settings = Settings(providers={"Mine": address, "mine": address, "other": address})
    entries = configured_entries(settings, (), {}, None)
    assert [(entry.options.name, entry.fault) for entry in entries] == [
        ("Mine", None),
        ("mine", "providers.Mine and providers.mine differ only in case; rename one."),
        ("other", None),
    ]


@pytest.mark.parametrize(
    ("name", "base_url", "profile", "used"),
    [
        ("work", "https://api.openai.com/v1", None, "openai"),
        ("work", "https://acme.services.ai.azure.com/api/projects/p", None, "foundry"),
        ("work", "https://models.github.ai/inference", None, "github"),
        ("work", "https://api.openai.com.example/v1", None, "custom"),
        ("work", "https://[", None, "custom"),
        ("work", "https://api.openai.com/v1", "custom", "custom"),
        ("mistral", "https://api.openai.com/v1", None, "mistral"),
        ("work", None, None, "custom"),
    ],
)
def test_a_provider_without_a_profile_is_told_by_its_host(
    name: str, base_url: str | None, profile: str | None, used: str
) -> None:
    """The setting comes first, then the provider's own name, then the vendor whose host it is."""
    settings = Settings(providers={name: ProviderSettings(base_url=base_url, profile=profile)})
    (entry,) = configured_entries(settings, (), {}, None)
    assert entry.options.profile == used


@pytest.mark.parametrize(
    ("profile", "base_url", "used"),
    [
        ("openai", None, True),
        ("openai", "http://127.0.0.1:8000/v1", True),
        ("openai", "https://models.example/v1", False),
        ("github", "https://models.example/inference", True),
        ("litellm", "https://models.example/v1", True),
        ("foundry", "https://models.example/openai/v1", True),
    ],
)
def test_a_vendors_own_variable_goes_where_it_is_meant(profile: str, base_url: str | None, used: bool) -> None:
    """To the vendor and this machine, and for what people run themselves to wherever they run it."""
    lookup = lookup_of(ProviderOptions(name="mine", profile=profile, base_url=base_url))
    assert lookup.own_variable == PROFILES[profile].key_variable
    assert (lookup.own_origin in {None, lookup.origin}) == used
