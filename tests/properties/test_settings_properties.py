"""Whatever is sent as settings, settings come out."""

from typing import Any

from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from aurelis.config.kinds import known
from aurelis.config.load import Layer, editor_layer, environment_layer, load
from aurelis.config.settings import TASKS, ProviderSettings, Settings

KEYS = sorted(
    {
        *known(Settings),
        *known(ProviderSettings),
        *(
            key
            for about, _ in known(Settings).values()
            if hasattr(about.kind, "shape")
            for key in known(about.kind.shape)
        ),
        *TASKS,
        "fast",
        "code",
    }
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["auto", "a/b", "https://host/v1", "off", "ask", "\ud800", "!x", "sha256/x"])
)
KEY = st.sampled_from(KEYS) | st.text(max_size=12)
GARBAGE = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=6), max_leaves=25
)
TABLES = st.dictionaries(KEY, GARBAGE, max_size=8)


def valid(found: Settings) -> bool:
    """Whether what is in force says the same when it is loaded once more as it would be written down."""
    numbers = (found.requests.max_concurrent, found.requests.timeout_seconds, found.breaker.failure_threshold)
    return all(number > 0 for number in numbers) and found.hover.mode in {"onDemand", "automatic", "off"}


@given(GARBAGE)
@trial(max_examples=100, deadline=None)
def test_garbage_from_the_editor_is_never_an_exception(data: Any) -> None:
    """Any JSON-like value yields valid settings and problems that can be shown."""
    found, problems = load([editor_layer(data)])
    assert isinstance(found, Settings)
    assert valid(found)
    assert all(problem.message.isprintable() and problem.path.isprintable() for problem in problems)
    assert all((problem.message + problem.path).encode() for problem in problems)


@given(TABLES, TABLES, TABLES, st.booleans())
@trial(max_examples=50, deadline=None)
def test_garbage_in_every_layer_is_never_an_exception(user: Any, workspace: Any, editor: Any, trusted: bool) -> None:
    """Layers of garbage together yield valid settings, and a workspace never decides provider, models or privacy."""
    layers = [Layer("user", user), Layer("workspace", workspace), editor_layer(editor), environment_layer({})]
    found, _ = load(layers, trusted=trusted)
    without, _ = load([layers[0], *layers[2:]], trusted=trusted)
    assert valid(found)
    for name in ("provider", "providers", "models", "routing", "automatic", "requests", "cache", "metrics", "log"):
        assert getattr(found, name) == getattr(without, name)
    assert found.privacy.secrets == without.privacy.secrets
    assert set(found.privacy.exclude) >= set(without.privacy.exclude)


@given(st.permutations(["onDemand", "automatic", "off"]), st.integers(1, 1000), st.integers(1, 1000))
def test_the_later_layer_wins(modes: list[str], first: int, second: int) -> None:
    """Of two valid values of one setting the later layer's counts; what only the earlier one says stays."""
    user = Layer("user", {"hover": {"mode": modes[0]}, "requests": {"maxConcurrent": first, "maxPerModel": first}})
    later = editor_layer({"hover": {"mode": modes[1]}, "requests": {"maxConcurrent": second}})
    found, problems = load([later, user])
    assert problems == ()
    assert found.hover.mode == modes[1]
    assert (found.requests.max_concurrent, found.requests.max_per_model) == (second, first)
