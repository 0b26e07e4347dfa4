"""Events are read whatever the server's habits and wherever the network splits them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.providers import events
from aurelis.providers.events import EventReader, MalformedStreamError

EMOJI = json.dumps({"text": "grüße 🎉"}, ensure_ascii=False).encode()


def read(data: bytes, cuts: list[int] | None = None) -> list[dict[str, Any]]:
    """All objects of a stream cut at the given places."""
    places = sorted({min(cut, len(data)) for cut in cuts or []})
    reader = EventReader()
    found = []
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        found += list(reader.feed(data[start:end]))
    return found + list(reader.finish())


STREAMS = [
    (b'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n', [{"a": 1}, {"a": 2}]),
    (b'data: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\n', [{"a": 1}, {"a": 2}]),
    (b'data: {"a":1}\r\rdata: {"a":\rdata: 2}\r\r: ping\rdata: [DONE]\r\r', [{"a": 1}, {"a": 2}]),
    (b'data: {"a":\r\ndata: 1}\r\n\r\n', [{"a": 1}]),
    (b': ping\n\ndata:{"a":1}\n: ping\nid: 7\nretry: 3\n\n', [{"a": 1}]),
    (b'data: {"a":\ndata: [1,\ndata: 2]}\n\n', [{"a": [1, 2]}]),
    (b'data: {"a":1}\ndata: {"a":2}\n', [{"a": 1}, {"a": 2}]),
    (b'data: {"a":1}', [{"a": 1}]),
    (b'\xef\xbb\xbfdata: {"a":1}\n\n', [{"a": 1}]),
    (b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
    (b'{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}\n', [{"a": {"b": [1]}}]),
    (b'{\n  "a": 1\n}\n{\n  "a": 2\n}', [{"a": 1}, {"a": 2}]),
    (b'\x1e{"a":1}\n\x1e{"a":2}\n', [{"a": 1}, {"a": 2}]),
    (b"data: " + EMOJI + b"\n\n", [{"text": "grüße 🎉"}]),
    (b'data: {"t":"\xff"}\n\n', [{"t": "\N{REPLACEMENT CHARACTER}"}]),
    (b'event: error\ndata: {"message":"no"}\n\n', [{"error": {"message": "no"}}]),
    (b'error: {"message":"no"}\n\n', [{"error": {"message": "no"}}]),
    (b"event: error\ndata: no such\ndata: luck\n\n", [{"error": "no such\nluck"}]),
    (b'event: error\ndata: "no"\n\ndata: {"a":1}\n\n', [{"error": "no"}, {"a": 1}]),
    (b'data: {"a":1}\n\ndata: [DONE]\n\ndata: rubbish\n\n', [{"a": 1}]),
    (b"data:\n\n\n\n", []),
    (b"<html>\n<body>hello</body>\n</html>", []),
    (b"", []),
]


@pytest.mark.parametrize(("data", "expected"), STREAMS)
@given(cuts=st.lists(st.integers(0, 90), max_size=8))
def test_events_are_found_wherever_they_are_split(data: bytes, expected: list[dict[str, Any]], cuts: list[int]) -> None:
    """The same bytes give the same objects, cut anywhere, also within a character."""
    assert read(data, cuts) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"data: {broken\n\n",
        b"data: 17\n\n",
        b"data: [1]\n\n",
        b'data: {"a":',
        b'{\n  "a":',
        b'data: {"a":' + b"[" * 200_000 + b"\n\n",
        b'data: {"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n\n",
    ],
)
def test_what_is_no_object_is_malformed(data: bytes) -> None:
    """Half an object, another type and absurd nesting are refused, not guessed at."""
    with pytest.raises(MalformedStreamError):
        read(data)


def test_a_line_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never ends its line cannot fill the memory."""
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 1000)
    with pytest.raises(MalformedStreamError):
        read(b"data: " + b"x" * 10_000, list(range(0, 10_000, 100)))


def test_an_event_of_many_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither can one that never ends its event."""
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 1000)
    with pytest.raises(MalformedStreamError):
        read(b"data: xxxxxxxxxxxxxxxxxxxx\n" * 100, list(range(0, 2700, 27)))
