"""Reading scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.sandbox.scenario import MAX_STEPS, Step, load_scenario, read_steps


def test_every_field_of_the_contract_is_read() -> None:
    """The contract's names, in its spelling, end in the step."""
    data = {
        "status": 429,
        "headers": {"retry-after": "1"},
        "body": {"error": {}},
        "delaySeconds": 0.5,
        "cutAfter": 10,
        "malformed": True,
    }
    assert read_steps([data]) == (
        Step(
            status=429,
            headers={"retry-after": "1"},
            body={"error": {}},
            delay_seconds=0.5,
            cut_after=10,
            malformed=True,
        ),
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        "text",
        None,
        [1],
        [{"status": "200"}],
        [{"status": 99}],
        [{"status": True}],
        [{"headers": {"a": 1}}],
        [{"headers": {"a": "b\r\nc: d"}}],
        [{"headers": {"a b": "c"}}],
        [{"delaySeconds": -1}],
        [{"delaySeconds": float("nan")}],
        [{"cutAfter": 1.5}],
        [{"malformed": "yes"}],
        [{"unknown": 1}],
        [{}] * (MAX_STEPS + 1),
    ],
)
def test_what_makes_no_sense_is_a_configuration_error(data: Any) -> None:
    """A wrong scenario is refused as a whole, before anything is served."""
    with pytest.raises(RequestError) as raised:
        read_steps(data)
    assert raised.value.kind is ErrorKind.CONFIGURATION


@pytest.mark.parametrize("content", [None, b"", b"[", b"\xff", b"[" * 100_000])
def test_an_unreadable_file_is_a_configuration_error(tmp_path: Path, content: bytes | None) -> None:
    """A missing, broken, binary or absurdly nested file names itself in the error."""
    path = tmp_path / "scenario.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RequestError, match=r"scenario\.json"):
        load_scenario(path)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "scenario.json"
    path.write_bytes(b'\xef\xbb\xbf[{"status": 500}]')
    assert load_scenario(path) == (Step(status=500),)
