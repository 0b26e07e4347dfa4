"""How an answer's text reaches the editor, in virtual time: few messages, each with what came since the one before."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, cast

from aurelis.lsp.messages import STREAM_SECONDS, AnswerStream
from aurelis.lsp.protocol import AurelisProtocol
from fixtures.virtual_time import run


class NotedProtocol:
    """Takes down what is sent, and when."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, dict[str, Any]]] = []

    def notify(self, _method: str, params: dict[str, Any]) -> None:
        """Take it down."""
        self.sent.append((asyncio.get_running_loop().time(), params))


def streamed(pieces: list[str], seconds: float) -> list[tuple[float, dict[str, Any]]]:
    """What is sent of an answer that comes in pieces, so many seconds apart."""
    protocol = NotedProtocol()

    async def scene() -> None:
        begun = asyncio.get_running_loop().time()
        stream = AnswerStream(cast("AurelisProtocol", protocol), "r", None, enabled=True)
        for piece in pieces:
            stream.push(piece)
            if seconds:
                await asyncio.sleep(seconds)
        await stream.settle()
        stream.close()
        protocol.sent = [(at - begun, params) for at, params in protocol.sent]

    run(scene())
    return protocol.sent


def test_deltas_keep_their_distance_to_the_last() -> None:
    """No two messages with text are nearer than 30 ms, the last included, and nothing is lost or out of order."""
    pieces = [f"{number} " for number in range(40)]
    sent = streamed(pieces, 0.002)
    texts = [(at, params["delta"]) for at, params in sent if params["delta"]]
    distances = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(texts)]
    assert len(texts) > 2
    assert min(distances) >= STREAM_SECONDS - 1e-9
    assert "".join(text for _, text in texts) == "".join(pieces)
    assert [params["index"] for _, params in sent] == list(range(len(sent)))
    assert [params.get("done") for _, params in sent] == [None] * (len(sent) - 1) + [True]


def test_what_comes_at_once_is_one_message() -> None:
    """A kept answer is there as a whole: it is told at once, in one message."""
    ((at, params),) = streamed(["kept ", "answer"], 0)
    assert (params["delta"], params["done"]) == ("kept answer", True)
    assert at < STREAM_SECONDS


def test_the_end_of_a_slow_answer_is_told_at_once() -> None:
    """Where no text waits, nothing is waited for."""
    sent = streamed(["one", "two"], 0.5)
    assert [params["delta"] for _, params in sent] == ["one", "two", ""]
    assert sent[-1][0] == 1.0
