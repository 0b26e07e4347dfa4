"""Which model a task goes to when the user names none.

In come a profile's routes and the models that the provider lists; out come the models to ask, in order. Vendors rename
their models often, so a route counts only where the list has it; without a match the first model that writes text is
taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from aurelis.core.request import Task

CODE_TASKS: Final = (
    Task.COMPLETION,
    Task.CODE_GENERATION,
    Task.REFACTORING,
    Task.OPTIMIZATION,
    Task.TESTING,
    Task.FIX,
)
REASONING_TASKS: Final = (Task.REVIEW, Task.COMPLEX_REASONING)

_DATED: Final = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{4}|latest)")
_NO_WRITER: Final = re.compile(
    r"(?i)embed|rerank|bge-|gte-|minilm|whisper|transcri|tts|voxtral|voice|audio|speech|realtime|live-|moderation|guard"
    r"|image|dall-e|imagen|veo|sora|video|ocr|safeguard|search-api|lyria|robotics|orpheus|babbage|davinci"
)


def routes(
    *,
    code: Sequence[str],
    reasoning: Sequence[str],
    rest: Sequence[str],
    completion: Sequence[str] = (),
    documentation: Sequence[str] = (),
) -> Mapping[str, tuple[str, ...]]:
    """The table of a profile: models for each kind of work, best first; `rest` serves whatever has no own list."""
    return {
        **dict.fromkeys(Task, tuple(rest)),
        **dict.fromkeys(CODE_TASKS, tuple(code)),
        **dict.fromkeys(REASONING_TASKS, tuple(reasoning)),
        Task.COMPLETION: tuple(completion or code),
        Task.DOCUMENTATION: tuple(documentation or rest),
    }


def default_models(
    wanted: Sequence[str], listed: Sequence[str], spelling: Callable[[str], str] = str
) -> tuple[str, ...]:
    """The models to ask, in order.

    `wanted` is the profile's route, `listed` what the provider has (nothing, when it cannot say), `spelling` how the
    provider's host writes a name.
    """
    if not listed:
        return tuple(spelling(model) for model in wanted)
    found = (_listed_as(spelling(model), listed) for model in wanted)
    known = tuple(dict.fromkeys(model for model in found if model is not None))
    return known or listed_writers(listed)[:1]


def listed_writers(listed: Sequence[str]) -> tuple[str, ...]:
    """The models without those that by their names do not write text; all, when none would be left."""
    return tuple(model for model in listed if not _NO_WRITER.search(model)) or tuple(listed)


def _listed_as(model: str, listed: Sequence[str]) -> str | None:
    """The name by which the list has a model: the same in any case, or with a date behind it."""
    lowered = model.lower()
    for name in listed:
        if name.lower() == lowered:
            return name
    return next(
        (name for name in listed if name.lower().startswith(lowered) and _DATED.fullmatch(name[len(model) :])), None
    )
