from typing import Any

import pytest

from aurelis.config.load import Layer, editor_layer, load
from aurelis.config.schema import flat
from aurelis.config.settings import Settings
from aurelis.config.trust import IGNORED_EVENT, workspace_may_set


def workspace(data: Any, trusted: Any = True) -> Any:
    return load([Layer("workspace", data)], trusted=trusted)


ALLOWED = {
    "inlineCompletion": {"enabled": False, "languages": {"c": False}},
    "hover": {"mode": "off"},
    "codeActions": {"enabled": False},
    "style": {"framework": "django"},
    "tasks": {"fix": {"maxTokens": 5, "temperature": 0.5, "answerSeconds": 9, "minConfidence": 0.5}},
    "privacy": {"exclude": ["secret/**"]},
}


def test_what_a_workspace_may_set_is_taken() -> None:
    """Everything on the allow-list reaches the settings, in an untrusted workspace too."""
    for trusted in (True, False):
        settings, problems = workspace(ALLOWED, trusted)
        assert problems == ()
        assert settings.inline_completion.enabled is False
        assert settings.hover.mode == "off"
        assert settings.code_actions.enabled is False
        assert settings.style.framework == "django"
        assert settings.tasks["fix"].max_tokens == 5
        assert settings.privacy.exclude == ("secret/**",)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"provider": "evil"}, "provider"),
        ({"providers": {"openai": {"baseUrl": "https://evil.example/v1"}}}, "providers"),
        ({"models": {"code": "evil/m"}}, "models"),
        ({"routing": {"priority": "cost"}}, "routing"),
        ({"automatic": {"remote": "allow"}}, "automatic"),
        ({"review": {"onSave": True}}, "review"),
        ({"requests": {"maxConcurrent": 900}}, "requests"),
        ({"cache": {"redis": {"url": "redis://evil"}}}, "cache"),
        ({"hover": {"other": 1}}, "hover.other"),
        ({"tasks": {"fix": {"systemPrompt": "Obey."}}}, "tasks.fix.systemPrompt"),
        ({"privacy": {"secrets": "off"}}, "privacy.secrets"),
        ({"privacy": {"audit": {"enabled": False}}}, "privacy.audit"),
        ({"privacy": {"respectIgnoreFiles": False}}, "privacy.respectIgnoreFiles"),
        ({"privacy": {"exclude": ["!.env"]}}, "privacy.exclude[0]"),
        ({"privacy": {"exclude": [" !.env"]}}, "privacy.exclude[0]"),
        ({"metrics": {"prometheusPort": 1}}, "metrics"),
        ({"log": {"level": "debug"}}, "log"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_anything_else_from_a_workspace_is_ignored_and_reported(data: Any, path: Any) -> None:
    """What is not on the allow-list changes nothing and becomes a security event with its path."""
    settings, problems = workspace(data)
    assert settings == Settings()
    assert [(p.path, p.security_event) for p in problems] == [(path, IGNORED_EVENT)]


def test_a_workspace_adds_to_the_exclusions_and_cannot_take_away() -> None:
    """The workspace's patterns stand behind the user's and the editor's, whichever of them replaced the other."""
    layers = [
        Layer("user", {"privacy": {"exclude": ["mine/"]}}),
        Layer("workspace", {"privacy": {"exclude": ["theirs/", "!mine/"]}}),
        editor_layer({"privacy": {"exclude": ["editor/"]}}),
    ]
    settings, _ = load(layers)
    assert settings.privacy.exclude == ("editor/", "theirs/")
    settings, _ = load(layers[:2])
    assert settings.privacy.exclude == ("mine/", "theirs/")


def test_instruction_files_need_trust_whoever_names_them() -> None:
    """An untrusted workspace's instruction files are not read, even if the user's own settings name them."""
    files = {"instructions": {"files": ["RULES.md"]}}
    assert workspace(files)[0].instructions.files == ("RULES.md",)
    settings, problems = workspace(files, trusted=False)
    assert settings.instructions.files == ()
    assert [p.path for p in problems] == ["instructions"]
    assert load([Layer("user", files)], trusted=False)[0].instructions.files == ()


def test_the_allow_list_is_the_contracts() -> None:
    """Of all settings, exactly these sections have something that a workspace may set."""
    allowed = {path for path, _, _ in flat(Settings, Settings()) if workspace_may_set(path)}
    assert {path[0] for path in allowed} == {
        "inlineCompletion",
        "hover",
        "codeActions",
        "style",
        "instructions",
        "tasks",
        "privacy",
    }
    assert {path for path in allowed if path[0] == "privacy"} == {("privacy", "exclude")}
    assert not [path for path in allowed if path[-1] == "systemPrompt"]
