from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from aurelis.cache.bulletin import EVERYTHING, News
from aurelis.cache.entry import Entry
from aurelis.cache.invalidation import invalidation_for
from aurelis.cache.layered import LayeredCache
from aurelis.cache.memory import MemoryLayer
from aurelis.cache.redis import SILENCE_SECONDS, RedisLayer
from aurelis.cache.redis_address import redis_problem
from aurelis.cache.shared_entry import shared_name
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import CachedAnswer, CacheTags, Invalidation
from aurelis.core.request import Task
from fixtures.hand_clock import HandClock
from fixtures.redis_server import RedisServer

KEY = b"a team's own secret"
Make = Callable[..., Entry]
Join = Callable[..., RedisLayer]
needs_redis = pytest.mark.needs("redis-server")


@pytest_asyncio.fixture
async def join(clock: HandClock, redis_server: RedisServer) -> AsyncIterator[Join]:
    """Layers of several processes over one server, with time to wait."""
    made: list[RedisLayer] = []

    def make(key: bytes = KEY, **options: float) -> RedisLayer:
        made.append(RedisLayer(clock, redis_server.url, key, **{"wait_seconds": 30.0, **options}))
        return made[-1]

    yield make
    for layer in made:
        await layer.aclose()


async def fill(layer: RedisLayer, make_entry: Make, *keys: str, task: Task = Task.EXPLANATION) -> None:
    for key in keys:
        await layer.put(key, make_entry(key, task=task))
    await layer.settled()


@needs_redis
async def test_a_team_shares_answers(join: Join, make_entry: Make, clock: HandClock) -> None:
    """What one process kept another one with the same key finds, until its end."""
    one, two = join(), join()
    await fill(one, make_entry, "k")
    assert await two.get("k") == make_entry("k")
    clock.now += 100
    assert await two.get("k") is None


@needs_redis
async def test_entries_end_in_the_server_too(join: Join, make_entry: Make, redis_server: RedisServer) -> None:
    """The server itself forgets an entry after the layer's lifetime."""
    layer = join(ttl_seconds=50.0)
    await fill(layer, make_entry, "k")
    (name,) = [name async for name in layer._client.scan_iter(match="aurelis:1:entry:*")]
    assert 0 < await layer._client.ttl(name) <= 50


@needs_redis
async def test_another_team_finds_and_forges_nothing(
    join: Join, make_entry: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """A process with another key neither finds an entry nor can put one that is taken."""
    ours, theirs = join(), join(b"another team's secret")
    await fill(ours, make_entry, "k")
    assert await theirs.get("k") is None
    await fill(theirs, make_entry, "k2")
    (ours_name,) = [n async for n in ours._client.scan_iter(match="aurelis:1:entry:*") if await theirs_has(n, theirs)]
    value = await ours._client.get(ours_name)
    await ours._client.set("aurelis:1:entry:" + shared_name(ours._keys, "k"), value)
    assert await ours.get("k") is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def theirs_has(name: bytes, layer: RedisLayer) -> bool:
    return name.decode().endswith(shared_name(layer._keys, "k2"))


@needs_redis
@pytest.mark.parametrize(
    "words",
    [("SET", "{name}", "a stranger's"), ("RPUSH", "{name}", "x"), ("HSET", "{name}", "a", "b"), ("SET", "{name}", "")],
)
async def test_a_strangers_value_is_a_miss(
    join: Join, make_entry: Make, redis_server: RedisServer, words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """A value of another kind in an entry's place is a miss with at most one warning, and is written over."""
    layer = join()
    await fill(layer, make_entry, "k")
    (name,) = [name.decode() async for name in layer._client.scan_iter(match="aurelis:1:entry:*")]
    redis_server.command("DEL", name)
    redis_server.command(*(word.format(name=name) for word in words))
    for _ in range(2):
        assert await layer.get("k") is None
    assert await layer.invalidate(invalidation_for("concept_change")) == 0
    assert len(caplog.records) <= 1
    await fill(layer, make_entry, "k")
    assert await layer.get("k") == make_entry("k")


@needs_redis
@pytest.mark.parametrize(
    "words",
    [
        ("SET", "aurelis:1:number", "x"),
        ("RPUSH", "aurelis:1:number", "x"),
        ("SET", "aurelis:1:invalidations", "x"),
        ("RPUSH", "aurelis:1:invalidations", "1:x", "2", ""),
        ("RPUSH", "aurelis:1:invalidations", "x:", ":", "99999999999:AUR1"),
    ],
)
async def test_a_strangers_list_never_raises(
    join: Join, make_entry: Make, redis_server: RedisServer, words: tuple[str, ...]
) -> None:
    """Nonsense where invalidations are told neither raises nor stops the cache from being asked."""
    redis_server.command(*words)
    layer = join()
    await fill(layer, make_entry, "k")
    await layer.get("k")
    await layer.invalidate(invalidation_for("concept_change"))
    await layer.news()
    assert await layer.get("k") is None


@needs_redis
async def test_a_server_that_goes_is_left_alone_and_found_again(
    join: Join, make_entry: Make, redis_server: RedisServer, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A stopped server is a miss with one warning, is not asked for a while, and serves again after its return."""
    layer = join()
    await fill(layer, make_entry, "k")
    redis_server.stop()
    assert await layer.get("k") is None
    assert (await layer.stats()).error
    redis_server.start()
    assert await layer.get("k") is None
    clock.now += SILENCE_SECONDS[0]
    await layer.put("k", make_entry("k"))
    await layer.settled()
    assert await layer.get("k") == make_entry("k")
    assert (await layer.stats()).error is None
    assert len(caplog.records) == 1


@needs_redis
async def test_a_server_that_takes_no_writing_is_told_until_it_does(
    join: Join, make_entry: Make, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A replica, a full server or one that denies it still gives what it has; nobody takes it for healthy."""
    layer = join()
    await fill(layer, make_entry, "old")
    redis_server.command("CONFIG", "SET", "min-replicas-to-write", "1")
    await fill(layer, make_entry, "new")
    assert await layer.get("old") == make_entry("old")
    assert await layer.get("new") is None
    assert (await layer.stats()).error == "NOREPLICAS"
    redis_server.command("CONFIG", "SET", "min-replicas-to-write", "0")
    await fill(layer, make_entry, "new")
    assert (await layer.stats()).error is None
    assert len(caplog.records) == 1


async def test_a_server_that_never_answers_is_a_miss(clock: HandClock, make_entry: Make) -> None:
    """A server that accepts and says nothing costs the wait three times and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        layer = RedisLayer(clock, f"redis://127.0.0.1:{silent.getsockname()[1]}/0", KEY, wait_seconds=0.01)
        for _ in range(3):
            assert await layer.get("k") is None
        assert layer._silent()
        started = asyncio.get_running_loop().time()
        for _ in range(100):
            assert await layer.get("k") is None
        assert asyncio.get_running_loop().time() - started < 1.0
        await layer.aclose()


@needs_redis
async def test_an_invalidation_is_counted_and_heard_by_others(join: Join, make_entry: Make) -> None:
    """Matching entries are dropped and counted, and other processes hear of it once."""
    one, two = join(), join()
    assert await two.news() == ()
    await fill(one, make_entry, "a", "b", task=Task.FIX)
    await fill(one, make_entry, "c")
    assert await one.invalidate(invalidation_for("code_style_change")) == 2
    assert [key for key in "abc" if await two.get(key)] == ["c"]
    assert await two.news() == (News(invalidation_for("code_style_change")),)
    assert await two.news() == await one.news() == ()


@needs_redis
async def test_an_old_answer_written_back_after_an_invalidation_is_a_miss(join: Join, make_entry: Make) -> None:
    """An answer that was on its way while it was invalidated does not come back by a slower process."""
    slow, other = join(), join()
    await slow.news()
    await other.invalidate(invalidation_for("concept_change"))
    await fill(slow, make_entry, "k")
    assert await other.get("k") is None
    assert await slow.get("k") is None
    await fill(slow, make_entry, "k")
    assert await other.get("k") is not None


@needs_redis
async def test_a_first_answer_is_shared_after_old_invalidations(join: Join, make_entry: Make) -> None:
    """A process that starts after an invalidation shares its first answer."""
    await join().invalidate(invalidation_for("concept_change"))
    fresh = join()
    await fill(fresh, make_entry, "k")
    assert await join().get("k") is not None


@needs_redis
async def test_missed_invalidations_drop_everything(
    join: Join, make_entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept through more invalidations than are listed drops everything of its own."""
    monkeypatch.setattr("aurelis.cache.redis_invalidations.MAX_ITEMS", 3)
    one, two = join(), join()
    await two.news()
    for _ in range(5):
        await one.publish(Invalidation(frozenset({Task.FIX})))
    assert News(EVERYTHING) in await two.news()


@needs_redis
async def test_an_emptied_server_does_not_empty_other_layers(
    join: Join, make_entry: Make, redis_server: RedisServer
) -> None:
    """A server that came back empty is no reason to drop what memory and disk hold."""
    one, two = join(), join()
    await one.publish(EVERYTHING)
    await two.news()
    redis_server.command("FLUSHALL")
    assert await two.news() == ()
    await one.publish(Invalidation(frozenset({Task.FIX})))
    assert await two.news() == (News(Invalidation(frozenset({Task.FIX}))),)


@needs_redis
async def test_clearing_leaves_strangers_alone(join: Join, make_entry: Make, redis_server: RedisServer) -> None:
    """Clearing drops and counts the product's own entries and nothing else in the server."""
    layer = join()
    await fill(layer, make_entry, *(f"k{number}" for number in range(20)))
    redis_server.command("SET", "somebody:else", "1")
    assert await layer.clear() == 20
    assert b"1" in redis_server.command("EXISTS", "somebody:else")


@needs_redis
async def test_a_teams_invalidation_reaches_memories(
    join: Join, clock: HandClock, make_answer: Callable[..., CachedAnswer]
) -> None:
    """What a teammate drops leaves this machine's memory at its next look."""
    layers = [join(), join()]
    caches = [LayeredCache(clock, [MemoryLayer(clock), layer], bulletins=[layer]) for layer in layers]
    await caches[0].put("k", make_answer(), CacheTags(Task.FIX))
    await layers[0].settled()
    assert (await caches[1].get("k"))[1] == "redis"
    assert (await caches[1].get("k"))[1] == "memory"
    await caches[0].invalidate(invalidation_for("framework_update"))
    clock.now += 1
    assert await caches[1].get("k") is None


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("rediss://cache.example:6379/0", True),
        ("rediss://cache.example/0?ssl_ca_certs=/etc/ca.pem", True),
        ("redis://127.0.0.1:6379/0", True),
        ("redis://[::1]:6379/0", True),
        ("redis://localhost", True),
        ("unix:///run/redis.sock", True),
        ("redis://cache.example:6379/0", False),
        ("redis://127.0.0.1.example:6379/0", False),
        ("redis://localhost@cache.example:6379/0", False),
        ("redis://127.0.0.1/0?host=cache.example", False),
        ("rediss://cache.example/0?ssl_cert_reqs=none", False),
        ("rediss://cache.example/0?ssl_check_hostname=false", False),
        ("http://127.0.0.1", False),
        ("rediss://[", False),
    ],
)
def test_plain_text_is_for_this_machine_only(clock: HandClock, url: str, *, safe: bool) -> None:
    """Another machine is reached over checked TLS or not at all."""
    assert (redis_problem(url, KEY) is None) is safe
    if not safe:
        with pytest.raises(RequestError) as raised:
            RedisLayer(clock, url, KEY)
        assert raised.value.kind is ErrorKind.CONFIGURATION
        assert "cache.redis.url" in raised.value.message


def test_a_team_needs_a_key() -> None:
    """Without a key of some length entries could be forged, so that the layer is not used."""
    assert "keyEnv" in (redis_problem("rediss://cache.example", b"short") or "")


@needs_redis
async def test_a_server_that_stays_away_is_asked_more_and_more_rarely(
    join: Join, clock: HandClock, redis_server: RedisServer
) -> None:
    """The rest doubles up to half a minute, however many look-ups fail at once, and begins anew after a success."""
    layer = join()
    redis_server.stop()
    rests = []
    for _ in range(7):
        await asyncio.gather(*(layer.get("k") for _ in range(5)))
        rests.append(layer._silent_until - clock.now)
        clock.now = layer._silent_until
    assert rests == [1, 2, 4, 8, 16, 30, 30]
    redis_server.start()
    await layer.get("k")
    redis_server.stop()
    await layer.get("k")
    assert layer._silent_until - clock.now == 1


@needs_redis
async def test_a_team_keeps_no_more_than_its_size(
    join: Join, make_entry: Make, clock: HandClock, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a lifetime's worth of entries fills the size, nothing more is kept until some have ended; one warning."""
    one, two = join(max_bytes=3_000, ttl_seconds=120.0), join(max_bytes=3_000, ttl_seconds=120.0)
    keys = [f"k{number}" for number in range(20)]
    for number, key in enumerate(keys):
        await fill(one if number % 2 else two, make_entry, key)
    names = [name async for name in one._client.scan_iter(match="aurelis:1:entry:*")]
    sizes = [await one._client.strlen(name) + len(name) for name in names]
    assert 3 <= len(names) < 20
    assert sum(sizes) == (await one.stats()).bytes <= 3_000
    assert {record.message for record in caplog.records} == {
        "the shared cache holds as much as cache.redis.maxBytes allows; nothing more is kept there."
    }
    clock.now += 140
    await fill(one, make_entry, "later")
    assert await two.get("later") is not None
    await one.clear()
    await fill(one, make_entry, *keys[:3])
    assert await two.get("k0") is not None


@needs_redis
async def test_a_strangers_counter_stops_nothing(join: Join, make_entry: Make, redis_server: RedisServer) -> None:
    """Values of another kind in the place of the counters count as nothing."""
    layer = join()
    for name in layer._room._spans():
        await layer._client.lpush(name, "x")
    await fill(layer, make_entry, "k")
    assert await layer.get("k") is not None


@needs_redis
async def test_others_hear_that_everything_was_dropped(
    clock: HandClock, join: Join, make_answer: Callable[..., CachedAnswer]
) -> None:
    """When one machine clears the cache, no other serves from its own memory what was there."""
    caches = [LayeredCache(clock, [MemoryLayer(clock), shared], bulletins=[shared]) for shared in (join(), join())]
    await caches[0].put("k", make_answer(), CacheTags(Task.EXPLANATION))
    await caches[0]._layers[1].settled()
    assert await caches[1].get("k") is not None
    clock.now += 1
    await caches[0].clear()
    clock.now += 1
    assert await caches[1].get("k") is None
