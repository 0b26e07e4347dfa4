"""Cutting the stream into messages."""

from hypothesis import given
from hypothesis import strategies as st

from aurelis.lsp.framing import MessageFramer, Oversized


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@given(st.lists(st.binary(max_size=50), max_size=6), st.lists(st.integers(1, 40), max_size=40))
def test_messages_come_out_whole_however_they_were_cut(bodies: list[bytes], cuts: list[int]) -> None:
    """Any division of the stream into packets gives the same messages."""
    stream = b"".join(framed(body) for body in bodies)
    framer = MessageFramer()
    found: list[bytes | Oversized] = []
    at = 0
    for cut in cuts:
        found += framer.feed(stream[at : at + cut])
        at += cut
    found += framer.feed(stream[at:])
    assert found == bodies


@given(st.binary(max_size=200), st.lists(st.integers(1, 60), max_size=10))
def test_garbage_never_raises_and_is_followed_by_the_second_message_at_the_latest(
    garbage: bytes, cuts: list[int]
) -> None:
    """Whatever bytes stand before two messages, unless they claim a longer body, the second is found."""
    framer = MessageFramer(limit=1000)
    stream = garbage.replace(b"ontent-", b"") + b"\r\n" + framed(b"first") + framed(b"second")
    found: list[bytes | Oversized] = []
    at = 0
    for cut in cuts:
        found += framer.feed(stream[at : at + cut])
        at += cut
    found += framer.feed(stream[at:])
    assert found[-1] == b"second"


@given(st.integers(11, 3000), st.integers(1, 700))
def test_a_body_over_the_limit_is_read_past(length: int, packet: int) -> None:
    """It is reported with its beginning, never kept whole, and the next message is found."""
    framer = MessageFramer(limit=10)
    body = bytes(65 + index % 26 for index in range(length))
    stream = framed(body) + framed(b"next")
    found: list[bytes | Oversized] = []
    for at in range(0, len(stream), packet):
        found += framer.feed(stream[at : at + packet])
    assert isinstance(found[0], Oversized)
    assert found[0].length == length
    assert found[0].head == body[:512]
    assert found[1:] == [b"next"]


def test_a_header_without_end_is_not_kept() -> None:
    """A line that never ends costs bounded memory."""
    framer = MessageFramer()
    for _ in range(100):
        assert list(framer.feed(b"x" * 10_000)) == []
    assert len(framer._buffer) <= 10_000 + 8 * 1024
    assert list(framer.feed(b"\r\n" + framed(b"ok"))) == [b"ok"]


def test_headers_are_recognised_in_any_case_and_order() -> None:
    """Header names have no case (RFC 7230), and others may stand around the length."""
    framer = MessageFramer()
    stream = b"Content-Type: application/vscode-jsonrpc\r\nCONTENT-LENGTH:  2\r\nX: y\r\n\r\n{}"
    assert list(framer.feed(stream)) == [b"{}"]


@given(
    st.integers(0, 10**14),
    st.lists(st.integers(1, 60), max_size=10),
    st.sampled_from([b"", b'{"half": ', b'{"jsonrpc":"2.0","method":"x"}', b"\r\n\r\n", b"Content-Length"]),
)
def test_a_wrong_length_costs_its_own_message_alone(claimed: int, cuts: list[int], body: bytes) -> None:
    """Be a length too small, too large or absurd, the very next message is found."""
    framer = MessageFramer(limit=1000)
    stream = b"Content-Length: %d\r\n\r\n" % claimed + body + framed(b'{"next":1}') + framed(b'{"last":2}')
    # Where a claim ends within the next header, that header has to arrive in one piece to be recognised.
    cuts = [] if claimed < len(body) + 20 else cuts
    found: list[bytes | Oversized] = []
    at = 0
    for cut in cuts:
        found += framer.feed(stream[at : at + cut])
        at += cut
    found += framer.feed(stream[at:])
    assert found[-2:] == [b'{"next":1}', b'{"last":2}']
    assert len(found) <= 4


def test_a_body_that_never_comes_costs_no_memory() -> None:
    """Of a body that claims to be endless nothing but its beginning is kept."""
    framer = MessageFramer()
    assert list(framer.feed(b"Content-Length: 99999999999999\r\n\r\n")) == []
    for _ in range(100):
        assert list(framer.feed(b"x" * 100_000)) == []
        assert len(framer._buffer) < 1_000
    (broken, message) = framer.feed(framed(b"ok"))
    assert isinstance(broken, Oversized)
    assert message == b"ok"
