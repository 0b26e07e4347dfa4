import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aurelis.config.document import settings_document
from aurelis.config.load import Layer, editor_layer, load
from aurelis.config.schema import editor_properties, json_schema, restricted_configurations, shown
from aurelis.config.settings import Settings
from aurelis.config.trust import workspace_may_set

DOCUMENT = Path(__file__).parents[3] / "docs" / "settings.md"


def tree_of(properties: Any) -> Any:
    tree = {}
    for key, schema in properties.items():
        *tables, last = key.split(".")[1:]
        table = tree
        for name in tables:
            table = table.setdefault(name, {})
        table[last] = schema["default"]
    return tree


def test_the_document_is_current() -> None:
    """docs/settings.md is what the fields generate: run python -m aurelis.config.document > docs/settings.md."""
    assert DOCUMENT.read_text(encoding="utf-8") == settings_document()


def test_the_example_in_the_document_is_valid() -> None:
    """The TOML that the document shows loads without a problem."""
    example = settings_document().split("```toml\n")[1].split("```")[0]
    settings, problems = load([Layer("user", tomllib.loads(example))])
    assert problems == ()
    assert settings.models["code"] == ("local/qwen2.5-coder",)


def test_the_defaults_of_the_editor_are_the_defaults() -> None:
    """All defaults of the settings page, sent back at once, change nothing and are all valid."""
    settings, problems = load([editor_layer(tree_of(editor_properties()))])
    assert problems == ()
    assert settings == Settings()


def test_scopes_follow_the_allow_list() -> None:
    """What a workspace may not set has scope machine, never machine-overridable; exclusions are the user's alone."""
    for key, schema in editor_properties().items():
        path = tuple(key.split(".")[1:])
        free = workspace_may_set(path) and path != ("privacy", "exclude")
        assert schema["scope"] == ("window" if free else "machine"), key
    assert editor_properties()["aurelis.providers"]["scope"] == "machine"
    assert editor_properties()["aurelis.tasks.fix.systemPrompt"]["scope"] == "machine"
    assert restricted_configurations() == ["aurelis.instructions.files", "aurelis.instructions.maxChars"]


def test_every_setting_is_described() -> None:
    """Each property has a type and one line that ends in a full stop."""
    for key, schema in editor_properties().items():
        assert schema["markdownDescription"].endswith("."), key
        assert schema.get("type") or schema.get("anyOf"), key


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("requests", "maxConcurrent"), {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}),
        (("hover", "mode"), {"type": "string", "enum": ["onDemand", "automatic", "off"], "default": "onDemand"}),
        (("log",), {"type": "object", "additionalProperties": False}),
    ],
)
def test_the_schema_says_what_is_expected(path: Any, expected: Any) -> None:
    """The JSON schema holds type, bounds and default of each setting."""
    schema = json_schema()
    for key in path:
        schema = schema["properties"][key]
    assert expected.items() <= schema.items()


def test_settings_are_shown_without_what_may_be_secret() -> None:
    """Shown settings are JSON in the users' names; headers, proxies and addresses with passwords are stars."""
    data = {
        "providers": {
            "p": {"baseUrl": "https://host/v1", "headers": {"X-A": "first-value"}, "proxy": "http://u:second-value@h:1"}
        },
        "cache": {"redis": {"url": "redis://:third-value@h"}},
    }
    settings, problems = load([editor_layer(data)])
    assert problems == ()
    text = json.dumps(shown(settings))
    assert not [word for word in ("first-value", "second-value", "third-value") if word in text]
    found = shown(settings)
    assert found["providers"]["p"]["baseUrl"] == "https://host/v1"
    assert found["providers"]["p"]["headers"] == found["cache"]["redis"]["url"] == "***"
    assert found["requests"]["timeoutSeconds"] == 60
