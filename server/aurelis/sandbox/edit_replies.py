"""Edits as a model writes them: a fenced block of the whole code, or search/replace blocks where asked for."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from aurelis.sandbox.prompt_reading import Prompt


def write_edit(prompt: Prompt, changed: str) -> str:
    """The reply that turns the prompt's code into the changed one (without its shared indentation or with it)."""
    return _patches(prompt.code, changed) if prompt.wants_patches else block(prompt, changed)


def block(prompt: Prompt, code: str) -> str:
    """One fenced block, with a fence longer than any in the code."""
    fence = prompt.fence
    while fence in code:
        fence += "`"
    return f"{fence}{prompt.language}\n{code.rstrip()}\n{fence}"


def _patches(old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    replies: list[str] = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            continue
        first, last = start, end
        # Enough unchanged lines around it that the place is found once.
        while (first > 0 or last < len(before)) and _occurrences(before, before[first:last]) != 1:
            first, last = max(0, first - 1), min(len(before), last + 1)
        replaced = [*before[first:start], *after[new_start:new_end], *before[end:last]]
        replies.append("\n".join(["<<<<<<< SEARCH", *before[first:last], "=======", *replaced, ">>>>>>> REPLACE"]))
    return "\n\n".join(replies)


def _occurrences(lines: Sequence[str], wanted: Sequence[str]) -> int:
    if not wanted:
        return 0
    return sum(
        1
        for index, line in enumerate(lines)
        if line == wanted[0] and list(lines[index : index + len(wanted)]) == list(wanted)
    )
