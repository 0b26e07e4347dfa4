"""From the settings in force to the plain values that the tasks room asks for."""

from __future__ import annotations

from types import MappingProxyType

import attrs

from aurelis.config.settings import Settings, TaskSettings
from aurelis.core.deadline import Timing
from aurelis.core.request import Task
from aurelis.tasks.asking import Policy


def task_policy(settings: Settings, task: Task, instructions: tuple[tuple[str, str], ...] = ()) -> Policy:
    """What the settings say about a task."""
    own = settings.tasks.get(task.value, TaskSettings())
    limits = settings.requests
    return Policy(
        max_prompt_chars=limits.max_prompt_chars,
        temperature=own.temperature,
        max_tokens=own.max_tokens,
        timing=Timing(
            first_token=limits.timeout_seconds,
            chunk=limits.chunk_seconds,
            answer=own.answer_seconds or limits.answer_seconds,
        ),
        system_prompt=own.system_prompt,
        style=MappingProxyType({name: value for name, value in attrs.asdict(settings.style).items() if value}),
        instructions=bounded(instructions, settings.instructions.max_chars),
    )


def min_confidence(settings: Settings, task: Task) -> float:
    """Below this an edit asks for confirmation; 0 where nothing is set."""
    return settings.tasks.get(task.value, TaskSettings()).min_confidence or 0.0


def bounded(instructions: tuple[tuple[str, str], ...], max_chars: int) -> tuple[tuple[str, str], ...]:
    """Instructions files cut to a number of characters all together, at line ends."""
    left = max_chars
    kept = []
    for name, text in instructions:
        shown = text if len(text) <= left else text[: text.rfind("\n", 0, left + 1) + 1]
        if shown.strip():
            kept.append((name, shown))
            left -= len(shown)
    return tuple(kept)
