"""Which providers there are, and which of them are not used."""

from __future__ import annotations

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
