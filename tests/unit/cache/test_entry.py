from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.cache.entry import Entry, decode_entry, encode_entry, matches
from aurelis.cache.sealed import seal, unseal, user_secret
from aurelis.cache.shared_entry import TeamKeys, from_shared, shared_name, tags_of_shared, to_shared
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.reply import FinishReason, Usage
from aurelis.core.request import Task

texts = st.text(st.characters())
numbers = st.floats(allow_nan=False, allow_infinity=False)
answers = st.builds(
    CachedAnswer,
    texts,
    st.builds(ModelReference, texts, texts),
    st.sampled_from(FinishReason),
    st.builds(Usage, st.integers(), st.integers(), st.integers()),
    st.none() | numbers,
    numbers,
    numbers,
)
entries = st.builds(Entry, answers, st.builds(CacheTags, st.sampled_from(Task), texts, texts, texts), numbers)
KEYS = TeamKeys.of(b"a team's own secret")


@settings(deadline=None, max_examples=50)
@given(entries)
def test_an_entry_survives_its_bytes(entry: Entry) -> None:
    """Whatever is kept comes back equal, any text included."""
    assert decode_entry(encode_entry(entry)) == entry


@settings(deadline=None, max_examples=50)
@given(st.binary())
def test_any_bytes_are_an_entry_or_a_value_error(data: bytes) -> None:
    """Bytes that are no entry raise ValueError and nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        decode_entry(data)


@pytest.mark.parametrize(
    "change",
    [
        {"text": 1},
        {"text": None},
        {"model": "sandbox/default"},
        {"finish": "because"},
        {"usage": [1, 2, "3"]},
        {"usage": [1, 2, True]},
        {"cost": "1"},
        {"confidence": None},
        {"stored": float("nan")},
        {"reasons": [1]},
        {"expires": float("inf")},
        {"tags": ["no such task", "", "", ""]},
        {"tags": []},
    ],
)
def test_a_field_of_another_kind_is_refused(make_entry: Callable[..., Entry], change: dict[str, object]) -> None:
    """JSON that merely looks like an entry is not one."""
    data = {**json.loads(encode_entry(make_entry())), **change}
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        decode_entry(json.dumps(data).encode())


@settings(deadline=None, max_examples=50)
@given(st.binary(), st.text(), st.data())
def test_a_seal_finds_every_change(payload: bytes, key: str, data: st.DataObject) -> None:
    """A sealed value opens with its own key and secret, and with any byte changed it does not."""
    key = key.encode("ascii", "ignore").decode()
    sealed = seal(b"secret", key, payload)
    assert unseal(b"secret", key, sealed) == payload
    place = data.draw(st.integers(0, len(sealed) - 1))
    altered = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    for secret, name, value in [(b"secret", key, altered), (b"other", key, sealed), (b"secret", f"{key}x", sealed)]:
        with pytest.raises(ValueError, match="not sealed"):
            unseal(secret, name, value)


@settings(deadline=None, max_examples=50)
@given(entries)
def test_a_shared_entry_shows_nothing(entry: Entry) -> None:
    """In a shared server neither text nor tags can be read, and both come back for whoever asks the same."""
    value = to_shared(KEYS, "1-key", entry, 5)
    assert from_shared(KEYS, "1-key", value) == (entry, 5)
    assert tags_of_shared(KEYS, value) == entry.tags
    for text in (entry.answer.text, entry.tags.path, entry.tags.project):
        if len(text) > 5:
            assert text.encode("utf-8", "surrogatepass") not in value


def test_a_shared_entry_needs_key_and_question(make_entry: Callable[..., Entry]) -> None:
    """Another team's key, or the same key with another question, opens nothing."""
    value = to_shared(KEYS, "1-key", make_entry(), 0)
    for keys, key in [(TeamKeys.of(b"another secret"), "1-key"), (KEYS, "1-other")]:
        with pytest.raises(ValueError, match="not sealed"):
            from_shared(keys, key, value)
    assert shared_name(KEYS, "1-key") != shared_name(TeamKeys.of(b"another secret"), "1-key")


@settings(deadline=None, max_examples=50)
@given(st.binary())
def test_any_bytes_are_no_shared_entry(data: bytes) -> None:
    """A stranger's value raises ValueError and nothing else, header included."""
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        from_shared(KEYS, "1-key", data)
    with pytest.raises(ValueError):  # noqa: PT011  # ValueError is the promise
        tags_of_shared(KEYS, data)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_users_key_is_private_and_lasting(tmp_path: Path) -> None:
    """The key is made once, in a file and folder of the user's alone."""
    path = tmp_path / "state" / "cache.key"
    first = user_secret(path)
    assert user_secret(path) == first
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="private"):
        user_secret(path)


def test_a_damaged_key_is_made_anew(tmp_path: Path) -> None:
    """A key file of the wrong length is replaced: old entries become misses."""
    path = tmp_path / "cache.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    assert len(user_secret(path)) == 32


@pytest.mark.parametrize(
    ("narrow", "dropped"),
    [
        ({}, True),
        ({"language": "python"}, True),
        ({"language": "rust"}, False),
        ({"project": "one"}, True),
        ({"project": "two"}, False),
        ({"path": "src/a.py"}, True),
        ({"path": "src"}, True),
        ({"path": "src/"}, True),
        ({"path": "sr"}, False),
        ({"path": "src", "language": "rust"}, False),
    ],
)
def test_an_invalidation_matches_by_all_that_it_names(narrow: dict[str, str], *, dropped: bool) -> None:
    """Everything that narrows must fit; a folder covers what is below it."""
    tags = CacheTags(Task.FIX, "python", "src/a.py", "one")
    assert matches(tags, Invalidation(frozenset({Task.FIX}), **narrow)) is dropped
    assert not matches(tags, Invalidation(frozenset({Task.REVIEW}), **narrow))
