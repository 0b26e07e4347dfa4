"""Which providers there are, and which of them are not used."""

from __future__ import annotations

import pytest

from aurelis.composition.entries import configured_entries
from aurelis.config.settings import ProviderSettings, Settings


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
