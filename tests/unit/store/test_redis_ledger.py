from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from aurelis.core.ports import QuotaRule
from aurelis.store.database import Database
from aurelis.store.ledger import SqliteQuotaLedger
from aurelis.store.redis_ledger import SILENCE_SECONDS, TeamQuotaLedger
from fixtures.hand_clock import HandClock
from fixtures.redis_server import RedisServer

KEY = b"a team's own secret"
TWO = [QuotaRule(2, 60.0)]
Join = Callable[..., TeamQuotaLedger]
pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest_asyncio.fixture
async def join(clock: HandClock, redis_server: RedisServer) -> AsyncIterator[Join]:
    """Ledgers of teammates: each with a store of its own, all with one server."""
    made: list[tuple[TeamQuotaLedger, Database]] = []

    def make(key: bytes = KEY) -> TeamQuotaLedger:
        store = Database(None)
        ledger = TeamQuotaLedger(clock, SqliteQuotaLedger(store), redis_server.url, key, wait_seconds=30.0)
        made.append((ledger, store))
        return made[-1][0]

    yield make
    for ledger, store in made:
        await ledger.aclose()
        await store.aclose()


async def test_a_team_shares_one_quota(join: Join) -> None:
    """Two teammates get together what the rule allows, and the third request hears how long to wait."""
    one, two = join(), join()
    assert [await one.reserve("k", TWO, 0.0), await two.reserve("k", TWO, 0.0)] == [0.0, 0.0]
    for ledger in (one, two):
        assert 55.0 < await ledger.reserve("k", TWO, 1.0) <= 60.0
    assert await two.reserve("another model", TWO, 1.0) == 0.0


async def test_a_refusal_by_the_team_does_not_count_for_the_user(join: Join) -> None:
    """What the team refused is not taken from the user's own count."""
    one, two = join(), join()
    for _ in range(2):
        await one.reserve("k", TWO, 0.0)
    assert await two.reserve("k", TWO, 0.0) > 0.0
    assert await two._own.used("k", 60.0, 0.0) == 0  # type: ignore[attr-defined]  # beyond the port


async def test_giving_back_frees_a_place_of_the_team(join: Join) -> None:
    """A request that was never sent is free again for everybody."""
    one, two = join(), join()
    await one.reserve("k", TWO, 0.0)
    await one.reserve("k", TWO, 0.5)
    await one.cancel("k", 0.5)
    await one.cancel("k", 0.5)
    assert await two.reserve("k", TWO, 1.0) == 0.0
    assert await two.reserve("k", TWO, 1.0) > 0.0


async def test_whoever_leaves_while_the_team_is_asked_has_reserved_nothing(join: Join) -> None:
    """A key press that replaces a request must cost neither the user nor the team a place."""
    one, two = join(), join()
    asked = asyncio.Event()
    ask = one._ask

    async def told(command: str, *words: object) -> object:
        answer = await ask(command, *words)
        if command == "eval":
            asked.set()
            await asyncio.Event().wait()  # The server has counted, and its answer is on its way.
        return answer

    one._ask = told  # type: ignore[method-assign]  # the moment between counting and hearing of it
    leaving = asyncio.create_task(one.reserve("k", [QuotaRule(1, 60.0)], 0.0))
    await asked.wait()
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    await asyncio.gather(*one._giving_back)
    assert await one._own.used("k", 60.0, 0.0) == 0  # type: ignore[attr-defined]  # beyond the port
    assert await two.reserve("k", [QuotaRule(1, 60.0)], 0.0) == 0.0


async def test_many_at_once_are_counted_exactly(join: Join) -> None:
    """However many ask at the same moment, no more than the rule's number is granted."""
    ledgers = [join() for _ in range(5)]
    rules = [QuotaRule(7, 60.0), QuotaRule(100, 3_600.0)]
    waits = await asyncio.gather(*(ledger.reserve("k", rules, float(at)) for at in range(10) for ledger in ledgers))
    assert waits.count(0.0) == 7


async def test_the_longest_wait_of_all_rules_is_told(join: Join) -> None:
    """Every rule must allow, and the wait is that of the slowest."""
    one, two = join(), join()
    rules = [QuotaRule(1, 60.0), QuotaRule(1, 3_600.0)]
    await one.reserve("k", rules, 0.0)
    assert 3_590.0 < await two.reserve("k", rules, 0.0) <= 3_600.0


async def test_a_window_of_the_team_slides(join: Join) -> None:
    """A place is free again once the window has passed by the server's clock."""
    one, two = join(), join()
    short = [QuotaRule(1, 0.05)]
    assert await one.reserve("k", short, 0.0) == 0.0
    wait = await two.reserve("k", short, 0.0)
    for _ in range(20):
        if wait == 0.0:
            break
        await asyncio.sleep(wait)
        wait = await two.reserve("k", short, 0.0)
    assert wait == 0.0


async def test_another_team_counts_apart_and_sees_no_names(join: Join, redis_server: RedisServer) -> None:
    """With another key the same model is another quota, and no name of a model stands in the server."""
    one, two = join(), join(b"another team's secret")
    for ledger in (one, two):
        for _ in range(2):
            assert await ledger.reserve("host|some-model", TWO, 0.0) == 0.0
    assert b"some-model" not in redis_server.command("KEYS", "*")


async def test_without_the_server_the_own_count_decides(
    join: Join, redis_server: RedisServer, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that is gone holds nobody up; it is asked again later, with one warning in all."""
    ledger = join()
    redis_server.stop()
    assert [await ledger.reserve("k", TWO, at) for at in (0.0, 1.0, 2.0)] == [0.0, 0.0, 58.0]
    await ledger.cancel("k", 1.0)
    assert await ledger.reserve("k", TWO, 2.0) == 0.0
    redis_server.start()
    clock.now += SILENCE_SECONDS
    other = join()
    for at in (0.0, 1.0):
        assert await other.reserve("n", TWO, at) == 0.0
    assert await ledger.reserve("n", TWO, 100.0) > 0.0
    assert len(caplog.records) == 1


async def test_a_strangers_value_is_no_refusal(join: Join, redis_server: RedisServer) -> None:
    """A value of another kind in the quota's place leaves the decision to the user's own count."""
    ledger = join()
    redis_server.command("SET", ledger._name("k"), "x")
    assert [await ledger.reserve("k", TWO, at) for at in (0.0, 1.0, 2.0)] == [0.0, 0.0, 58.0]


async def _word(reader: asyncio.StreamReader) -> bytes:
    length = int((await reader.readline())[1:])
    return (await reader.readexactly(length + 2))[:-2]


@pytest.mark.parametrize(
    "answer",
    [
        *(b"*3\r\n:1\r\n:2\r\n:3\r\n", b"*-5\r\n", b"$3\r\nsoo\r\n", b"$3\r\nnan\r\n", b":-1\r\n"),
        *(b":" + b"9" * 400 + b"\r\n", b"*1\r\n" * 3000 + b":1\r\n"),
    ],
)
async def test_an_answer_that_is_no_wait_leaves_the_decision_to_the_own_count(clock: HandClock, answer: bytes) -> None:
    """Whatever speaks in the place of the team's server stops nobody."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ValueError):
            while words := int((await reader.readline())[1:]):
                command, *_ = [await _word(reader) for _ in range(words)]
                writer.write(answer if command.upper() == b"EVAL" else b"+OK\r\n")
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        store = Database(None)
        ledger = TeamQuotaLedger(clock, SqliteQuotaLedger(store), url, KEY, wait_seconds=30.0)
        assert [await ledger.reserve("k", TWO, at) for at in (0.0, 1.0, 2.0)] == [0.0, 0.0, 58.0]
        await ledger.aclose()
        await store.aclose()
