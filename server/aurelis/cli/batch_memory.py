"""What is remembered of a batch, so that `--resume` asks for nothing twice and changes no file twice.

An answer is kept with its placeholders, as everywhere, and an edit is made of it anew. An item is known by the text and
the range that it was asked about. Once its file has its final text, it is known by that text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from aurelis.cli.documents import Chosen
from aurelis.cli.request_options import request_options
from aurelis.core.deadline import Clock
from aurelis.core.model import ModelReference
from aurelis.core.ports import CachedAnswer
from aurelis.core.reply import FinishReason, Usage
from aurelis.store.batches import BatchProgress
from aurelis.tasks.table import ReplyKind, row_for
from aurelis.workflow.events import Outcome


@attrs.frozen
class Kept:
    """A Result without its edit, and the words that it came from. `whole` says that nothing is left to be done."""

    result: Mapping[str, Any]
    text: str = attrs.field(repr=False)
    whole: bool

    @classmethod
    def of(cls, result: Mapping[str, Any], outcome: Outcome) -> Self:
        """What is kept of an outcome."""
        return cls(result, outcome.answer.text, row_for(outcome.verb).reply is ReplyKind.MARKDOWN)

    def answer(self) -> CachedAnswer:
        """The answer, as if a cache had kept it."""
        usage = self.result["usage"]
        provider, _, model = self.result["model"].partition("/")
        tokens = Usage(usage["promptTokens"], usage["completionTokens"], usage["totalTokens"])
        reference = ModelReference(provider, model)
        return CachedAnswer(
            text=self.text,
            model=reference,
            finish=FinishReason.STOP,
            usage=tokens,
            cost_usd=self.result["costUsd"],
            confidence=self.result["confidence"],
            confidence_reasons=tuple(self.result.get("confidenceReasons", ())),
            stored_at=0.0,
        )


class BatchMemory:
    """The memory of one batch: a task, a folder and targets."""

    def __init__(self, progress: BatchProgress, clock: Clock, name: str, wishes: str, found: Mapping[str, str]) -> None:
        self._progress = progress
        self._clock = clock
        self._name = name
        self._wishes = wishes
        self._found = dict(found)

    @classmethod
    async def open(cls, progress: BatchProgress, clock: Clock, arguments: argparse.Namespace) -> Self:
        """The memory of the batch that was named; empty unless it is resumed."""
        name = _digest(arguments.task, str(Path.cwd()), *arguments.targets)
        wishes = json.dumps([arguments.instruction, request_options(arguments)])
        if not arguments.resume:
            await progress.forget(name)
        return cls(progress, clock, name, wishes, await progress.load(name))

    def kept(self, target: str, chosen: Chosen) -> Kept | None:
        """What an earlier run has of a target as it is now."""
        for key in (self._finished_key(target, chosen.snapshot.text), self._asked_key(target, chosen)):
            try:
                return Kept(**json.loads(self._found[key]))
            except (KeyError, ValueError, TypeError):
                continue
        return None

    async def answered(self, target: str, chosen: Chosen, kept: Kept) -> None:
        """Keep an answer, before anything is done with it."""
        await self._keep(self._asked_key(target, chosen), kept)

    async def written(self, target: str, chosen: Chosen, text: str) -> None:
        """Note the text that the target's file has once it is finished."""
        kept = self.kept(target, chosen)
        if kept is not None:
            result = {**kept.result, "applied": True}
            await self._keep(self._finished_key(target, text), Kept(result, kept.text, whole=True))

    async def _keep(self, key: str, kept: Kept) -> None:
        self._found[key] = json.dumps(attrs.asdict(kept))
        await self._progress.done(self._name, key, self._found[key], self._clock.time())

    def _asked_key(self, target: str, chosen: Chosen) -> str:
        return _digest("asked", target, chosen.snapshot.text, str(chosen.range), self._wishes)

    def _finished_key(self, target: str, text: str) -> str:
        return _digest("finished", target, text, self._wishes)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
