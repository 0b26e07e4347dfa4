from typing import Any

import attrs
import pytest

from aurelis.config.load import Layer, editor_layer, environment_layer, load
from aurelis.config.settings import MOST_PROBLEMS, ModelSettings, RetryRule, Settings


def editor(data: Any) -> Any:
    return load([editor_layer(data)])


def problem_of(data: Any) -> Any:
    settings, problems = editor(data)
    assert len(problems) == 1, problems
    return settings, problems[0]


def test_nothing_said_is_the_defaults() -> None:
    """Without any layer the settings are the contract's defaults and nothing is reported."""
    settings, problems = load([])
    assert (settings, problems) == (Settings(), ())
    assert settings.provider == "auto"
    assert settings.requests.timeout_seconds == 60
    assert settings.cache.ttl_by_task["explanation"] == 7200
    assert settings.retry.rate_limit == RetryRule(6, 1.0, 60.0)
    assert settings.automatic.remote == "ask"


@pytest.mark.parametrize(
    ("data", "read", "value"),
    [
        ({"requests": {"timeoutSeconds": 5}}, lambda s: s.requests.timeout_seconds, 5.0),
        ({"requests": {"maxConcurrent": 4.0}}, lambda s: s.requests.max_concurrent, 4),
        ({"retry": {"rateLimit": {"base": 2}}}, lambda s: s.retry.rate_limit, RetryRule(6, 2.0, 60.0)),
        ({"models": {"code": "a/b"}}, lambda s: s.models["code"], ("a/b",)),
        ({"models": {"code": ["a/b", "c/d/e"]}}, lambda s: s.models["code"], ("a/b", "c/d/e")),
        ({"routing": {"tasks": {"fix": ["fast", "a/b"]}}}, lambda s: s.routing.tasks["fix"], ("fast", "a/b")),
        ({"inlineCompletion": {"debounceMs": "adaptive"}}, lambda s: s.inline_completion.debounce_ms, "adaptive"),
        ({"inlineCompletion": {"debounceMs": 90}}, lambda s: s.inline_completion.debounce_ms, 90.0),
        ({"inlineCompletion": {"languages": {"c": False}}}, lambda s: s.inline_completion.languages["c"], False),
        ({"cache": {"ttlByTask": {"fix": 1}}}, lambda s: s.cache.ttl_by_task["fix"], 1.0),
        ({"cache": {"ttlByTask": {"fix": 1}}}, lambda s: s.cache.ttl_by_task["explanation"], 7200.0),
        ({"privacy": {"patterns": ["X[0-9]+"]}}, lambda s: dict(s.privacy.patterns), {"1": "X[0-9]+"}),
        ({"privacy": {"patterns": {"x": "X[0-9]+"}}}, lambda s: dict(s.privacy.patterns), {"x": "X[0-9]+"}),
        ({"tasks": {"fix": {"temperature": 0}}}, lambda s: s.tasks["fix"].temperature, 0.0),
        ({"metrics": {"prometheusPort": None}}, lambda s: s.metrics.prometheus_port, None),
        ({"style": {"framework": ""}}, lambda s: s.style.framework, None),
        ({"codeActions": {"kinds": []}}, lambda s: s.code_actions.kinds, ()),
        ({"trusted": True, "trace": {"server": "off"}, "client": {"python": "x"}}, lambda s: s, Settings()),
    ],
)
def test_values_that_fit_are_taken(data: Any, read: Any, value: Any) -> None:
    """A value of the expected kind is taken silently, the rest of its table keeps its defaults."""
    settings, problems = editor(data)
    assert problems == ()
    assert read(settings) == value


@pytest.mark.parametrize("models", [["m", "n"], {"m": {}, "n": {"fim": False}}, {"m": None, "n": {"fim": False}}])
def test_models_are_a_list_or_a_table(models: Any) -> None:
    """A provider's models may be a list of names or a table; both become a table."""
    settings, problems = editor({"providers": {"p": {"models": models}}})
    assert problems == ()
    assert list(settings.providers["p"].models) == ["m", "n"]
    assert settings.providers["p"].models["m"] == ModelSettings()
    assert settings.providers["p"].models["n"].fim is (None if isinstance(models, list) else False)


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (
            {"requests": {"maxConcurrent": 0}},
            "requests.maxConcurrent",
            "Expected a whole number from 1 to 1000, got 0; 10 is used instead.",
        ),
        (
            {"requests": {"maxConcurrent": 1.5}},
            "requests.maxConcurrent",
            "Expected a whole number from 1 to 1000, got 1.5; 10 is used instead.",
        ),
        (
            {"requests": {"timeoutSeconds": True}},
            "requests.timeoutSeconds",
            "Expected a number from 0.05 to 86400, got true; 60 is used instead.",
        ),
        (
            {"requests": {"timeoutSeconds": float("nan")}},
            "requests.timeoutSeconds",
            "Expected a number from 0.05 to 86400, got a number far off; 60 is used instead.",
        ),
        (
            {"requests": {"timeoutSeconds": 10**400}},
            "requests.timeoutSeconds",
            "Expected a number from 0.05 to 86400, got a number far off; 60 is used instead.",
        ),
        (
            {"hover": {"mode": "sometimes"}},
            "hover.mode",
            'Expected "onDemand", "automatic" or "off", got a text; "onDemand" is used instead.',
        ),
        ({"hover": "off"}, "hover", "Expected a table, got a text; the default is used instead."),
        (
            {"inlineCompletion": {"enabled": "no"}},
            "inlineCompletion.enabled",
            "Expected true or false, got a text; true is used instead.",
        ),
        (
            {"inlineCompletion": {"debounceMs": "quick"}},
            "inlineCompletion.debounceMs",
            'Expected "adaptive" or a number from 0 to 10000, got a text; "adaptive" is used instead.',
        ),
        (
            {"models": {"code": "gpt"}},
            "models.code[0]",
            "Expected a model written as provider/model, for example llamacpp/qwen, got a text; the entry is left out.",
        ),
        (
            {"models": {"coder": "a/b"}},
            "models.coder",
            "There is no role of this name (did you mean code?); the entry is left out.",
        ),
        (
            {"inline_completion": {"enabled": False}},
            "inline_completion",
            "There is no such setting (did you mean inlineCompletion?); it is ignored.",
        ),
        ({"zzz": 1}, "zzz", "There is no such setting; it is ignored."),
        (
            {"privacy": {"patterns": ["("]}},
            "privacy.patterns.1",
            "Expected a regular expression, got a text; the entry is left out.",
        ),
        (
            {"instructions": {"files": ["../x", "AGENTS.md"]}},
            "instructions.files[0]",
            "Expected a path inside the workspace, without .., got a text; the entry is left out.",
        ),
        (
            {"style": {"framework": "x" * 201}},
            "style.framework",
            "Expected a text of at most 200 characters, got a text; it is not set.",
        ),
        (
            {"style": {"framework": "\ud800"}},
            "style.framework",
            "Expected a text, got a text that cannot be written as UTF-8; it is not set.",
        ),
        (
            {"providers": {"p": {"models": {"m": {"price": {"input": 1}}}}}},
            "providers.p.models.m.price",
            "Expected output in this table; it is not used.",
        ),
    ],
)
def test_wrong_values_are_reported(data: Any, path: Any, message: Any) -> None:
    """A wrong value is reported with its path, what was expected and what is used instead."""
    _, problem = problem_of(data)
    assert (problem.path, problem.message) == (path, message)
    assert problem.source == "the editor's settings"


@pytest.mark.parametrize("data", [[], 3, "x", {"requests": []}, {1: 2}, {"providers": {"": {}}}, {"models": 3}])
def test_wrong_shapes_change_nothing(data: Any) -> None:
    """A layer or table that is no table at all leaves the defaults standing."""
    settings, problem = problem_of(data)
    assert settings == Settings()
    assert problem.message


def test_a_wrong_value_leaves_what_an_earlier_layer_said() -> None:
    """What an earlier layer said stays in force when a later layer's value is wrong, and the report says so."""
    user = Layer("user", {"requests": {"maxConcurrent": 3}})
    settings, problems = load([user, editor_layer({"requests": {"maxConcurrent": -1}})])
    assert settings.requests.max_concurrent == 3
    assert [p.message for p in problems] == ["Expected a whole number from 1 to 1000, got -1; 3 is used instead."]


def test_a_wrong_value_of_consent_is_never_an_earlier_yes() -> None:
    """A misspelled restriction falls back to the cautious value, not to a looser earlier one."""
    user = Layer("user", {"automatic": {"remote": "allow"}, "privacy": {"secrets": "off"}})
    later = editor_layer({"automatic": {"remote": "nver"}, "privacy": {"secrets": "blok"}})
    settings, problems = load([user, later])
    assert (settings.automatic.remote, settings.privacy.secrets) == ("ask", "redact")
    assert [p.path for p in problems] == ["automatic.remote", "privacy.secrets"]


def test_later_layers_win_whatever_the_order_given() -> None:
    """The order of origins is the contract's: user, workspace, environment, editor."""
    layers = [
        editor_layer({"log": {"level": "error"}}),
        environment_layer({"AURELIS_LOG": "debug", "AURELIS_PROVIDER": "p", "AURELIS_MODEL": "p/m"}),
        Layer("workspace", {"hover": {"mode": "off"}}),
        Layer("user", {"hover": {"mode": "automatic"}, "provider": "q", "models": {"code": "q/m", "fast": "q/n"}}),
    ]
    settings, problems = load(layers)
    assert problems == ()
    assert settings.hover.mode == "off"
    assert settings.provider == "p"
    assert set(settings.models.values()) == {("p/m",)}
    assert sorted(settings.models) == ["code", "completion", "documentation", "fast", "reasoning"]
    assert settings.log.level == "error"


def test_what_was_pulled_wins_over_what_was_sent_at_start() -> None:
    """Two editor layers count in the order given."""
    settings, _ = load([editor_layer({"hover": {"mode": "off"}}), editor_layer({"hover": {"mode": "automatic"}})])
    assert settings.hover.mode == "automatic"


def test_tables_merge_and_lists_replace() -> None:
    """Providers of two layers stand side by side; a list replaces a list."""
    user = Layer(
        "user", {"providers": {"a": {"baseUrl": "https://a/v1", "models": ["m"]}}, "privacy": {"exclude": ["x"]}}
    )
    later = editor_layer({"providers": {"a": {"models": ["n"]}, "b": {}}, "privacy": {"exclude": ["y"]}})
    settings, problems = load([user, later])
    assert problems == ()
    assert list(settings.providers) == ["a", "b"]
    assert settings.providers["a"].base_url == "https://a/v1"
    assert list(settings.providers["a"].models) == ["n"]
    assert settings.privacy.exclude == ("y",)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"baseUrl": "htp://x"}, "baseUrl"),
        ({"baseUrl": "https://user:secret@host/v1"}, "baseUrl"),
        ({"baseUrl": "https://host/v1?key=1"}, "baseUrl"),
        ({"base_url": "https://host/v1"}, "baseUrl"),
        ({"baseURL": "https://host/v1"}, "baseUrl"),
        ({"tls": {"pins": ["x"]}}, "pins"),
        ({"tls": {"pin": ["sha256/x"]}}, "tls"),
        ({"proxy": "nowhere"}, "proxy"),
        ({"headers": {"Authorization": "Bearer x"}}, "headers"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "headers"),
        ({"headers": {"Content-Length": "5"}}, "headers"),
        ({"headersEnv": {"Transfer-Encoding": "NAME"}}, "headersEnv"),
        ({"apiKeyEnv": "sk-abc"}, "apiKeyEnv"),
        ({"signing": {}}, "signing"),
        ("https://host/v1", "table"),
    ],
)
def test_a_provider_with_a_wrong_address_or_protection_is_out_of_use(entry: Any, word: Any) -> None:
    """Where falling back could send text elsewhere or less protected, the provider says why it must not be used."""
    settings, problems = editor({"providers": {"openai": entry, "other": {"baseUrl": "https://host/v1"}}})
    assert problems
    assert word in (settings.providers["openai"].fault or "")
    assert "secret" not in str(problems)
    assert settings.providers["other"].fault is None


def test_a_later_layer_can_mend_a_provider() -> None:
    """A provider is in use again once a later layer gives the value that was wrong."""
    user = Layer("user", {"providers": {"p": {"baseUrl": "nonsense"}}})
    settings, problems = load([user, editor_layer({"providers": {"p": {"baseUrl": "https://host/v1"}}})])
    assert len(problems) == 1
    assert settings.providers["p"].fault is None


@pytest.mark.parametrize("key", ["apiKey", "api_key", "token", "password"])
def test_tokens_in_settings_are_refused_in_words(key: Any) -> None:
    """A token among the settings is ignored, and the report says where it belongs without quoting it."""
    settings, problem = problem_of({"providers": {"p": {key: "sk-very-secret"}}})
    assert "apiKeyEnv" in problem.message
    assert "sk-very" not in str((settings, problem))


def test_problems_are_bounded() -> None:
    """A thousand mistakes give a bounded list whose last line counts the rest."""
    _, problems = editor({f"wrong{number}": 1 for number in range(1000)})
    assert len(problems) == MOST_PROBLEMS + 1
    assert "950 more" in problems[-1].message


def test_a_provider_behind_too_many_problems_is_out_of_use() -> None:
    """Once problems are only counted, an unknown key of a provider might be a misspelled protection: it is not used."""
    wrong = {f"wrong{number}": 1 for number in range(MOST_PROBLEMS)}
    settings, _ = editor({**wrong, "providers": {"p": {"zzz": 1}, "q": {"baseUrl": "https://host/v1"}}})
    assert "too many problems" in (settings.providers["p"].fault or "")
    assert settings.providers["q"].fault is None


def test_keys_in_messages_are_made_printable() -> None:
    """Control characters and endless keys do not reach a message."""
    _, problem = problem_of({"a\x1b[31m" + "b" * 5000: 1})
    assert problem.path.isprintable()
    assert len(problem.path) <= 200


def test_a_wrong_model_in_the_environment_is_one_problem() -> None:
    """AURELIS_MODEL is reported by its own name, once."""
    settings, problems = load([environment_layer({"AURELIS_MODEL": "gpt"})])
    assert settings == Settings()
    assert [p.path for p in problems] == ["AURELIS_MODEL"]


def test_settings_are_frozen_and_comparable() -> None:
    """Settings cannot be changed and equal ones compare equal, so that a change can be noticed."""
    settings, _ = editor({"providers": {"p": {"models": ["m"]}}})
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings.provider = "x"
    with pytest.raises(TypeError):
        settings.providers["q"] = settings.providers["p"]
    assert settings == editor({"providers": {"p": {"models": ["m"]}}})[0]
    assert settings != Settings()


def test_settings_print_without_what_may_be_secret() -> None:
    """The repr of settings shows their fields, but no headers, proxies or prompts; hashes follow equality."""
    data = {"p": {"baseUrl": "https://host/v1", "proxy": "http://u:a-password@h:1", "headers": {"X-A": "a-password"}}}
    settings, _ = editor({"providers": data})
    assert "https://host/v1" in repr(settings)
    assert "a-password" not in repr(settings)
    assert hash(RetryRule(1, 2.0, 3.0)) == hash(RetryRule(1, 2.0, 3.0))
    assert RetryRule(1, 2.0, 3.0) != RetryRule(1, 2.0, 4.0)
    assert RetryRule(1, 2.0, 3.0) != (1, 2.0, 3.0)
