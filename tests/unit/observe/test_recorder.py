from __future__ import annotations

from collections.abc import Callable

import pytest

from aurelis.core.record import CallRecord, SecurityEvent, SentPrompt
from aurelis.observe.recorder import KEPT_PROMPTS, FanOutRecorder

MakeSent = Callable[..., SentPrompt]


class Sink:
    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.seen: list[object] = []

    def record(self, record: CallRecord, sent: SentPrompt | None) -> None:
        if self.broken:
            raise OSError("no space left")
        self.seen.append(record)

    def security_event(self, event: SecurityEvent) -> None:
        if self.broken:
            raise OSError("no space left")
        self.seen.append(event)


def test_every_sink_hears_everything_though_one_fails(make_sent: MakeSent, caplog: pytest.LogCaptureFixture) -> None:
    """A sink that raises is skipped with one warning, and the others hear all."""
    first, last = Sink(), Sink()
    recorder = FanOutRecorder([first, Sink(broken=True), last])
    event = SecurityEvent("secret_redacted", "info", "one token", 0.0)
    sent = make_sent()
    for _ in range(3):
        recorder.record(sent.record, sent)
        recorder.security_event(event)
    assert first.seen == last.seen == [sent.record, event] * 3
    assert len(caplog.records) == 1


def test_the_last_prompts_are_kept(make_sent: MakeSent) -> None:
    """The last twenty prompts are there, newest last, and one by its id; a request without prompt is not."""
    recorder = FanOutRecorder()
    for number in range(KEPT_PROMPTS + 5):
        sent = make_sent(str(number))
        recorder.record(sent.record, sent)
    recorder.record(make_sent("none").record, None)
    assert [sent.record.request_id for sent in recorder.sent()] == [str(number) for number in range(5, 25)]
    assert [sent.record.request_id for sent in recorder.sent("24")] == ["24"]
    assert recorder.sent("0") == recorder.sent("none") == ()
