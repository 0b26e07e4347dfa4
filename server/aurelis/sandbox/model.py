"""The rules that stand in for a model: continuation by what the text itself says, and words about its syntax tree.

In comes the text of a prompt, out comes an answer; the same text always gives the same answer. What no rule covers is
answered by saying so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aurelis.sandbox.beginnings import begin_text
from aurelis.sandbox.continuation import continue_text
from aurelis.sandbox.documenting import document
from aurelis.sandbox.edit_replies import block, write_edit
from aurelis.sandbox.explaining import answer_question, explain, hover, review
from aurelis.sandbox.prompt_reading import Prompt, read_prompt
from aurelis.sandbox.repairs import repair
from aurelis.sandbox.skeletons import write_commit_message, write_tests
from aurelis.sandbox.stubs import speaks_of, write_stub

_CURSOR: Final = re.compile(r"<<<(?:CURSOR|HERE)>>>")
_PIECE_CHARACTERS: Final = 24
_PIECE: Final = re.compile(r"\s*\S{1,24}|\s+")
_CONNECT: Final = "Connect a model for that."


def fill(prefix: str, suffix: str) -> str:
    """What belongs between the two texts, or nothing."""
    return continue_text(prefix, suffix) or begin_text(prefix, suffix)


def chat(messages: tuple[tuple[str, str], ...]) -> str:
    """The answer to a conversation: to its last message of a user."""
    asked = next((content for role, content in reversed(messages) if role == "user"), "")
    prompt = read_prompt(asked)
    answer = _ANSWERS.get(prompt.verb) or _ANSWERS.get(prompt.task)
    if answer is not None:
        return answer(prompt)
    if prompt.code.strip():
        return explain(prompt)
    words = len(asked.split())
    return f"The sandbox answers by rules about code and found none in this message of {words} words. {_CONNECT}"


def pieces(text: str) -> tuple[str, ...]:
    """Cut an answer into what a stream delivers at a time: a few words, never within a word that fits one piece."""
    result: list[str] = []
    for match in _PIECE.finditer(text):
        if result and len(result[-1]) + len(match.group()) <= _PIECE_CHARACTERS and "\n" not in match.group():
            result[-1] += match.group()
        else:
            result.append(match.group())
    return tuple(result)


def _explanation(prompt: Prompt) -> str:
    return hover(prompt) if prompt.symbol else explain(prompt)


def _documentation(prompt: Prompt) -> str:
    changed = document(prompt.code, prompt.language)
    if changed is None:
        return f"Nothing here lacks documentation that a rule could write. {_CONNECT}"
    return write_edit(prompt, changed)


def _fix(prompt: Prompt) -> str:
    changed = repair(prompt)
    if changed is None:
        return f"No rule of the sandbox knows a fix for this. {_CONNECT}"
    return write_edit(prompt, changed)


def _tests(prompt: Prompt) -> str:
    tests = write_tests(prompt)
    if tests is None:
        return f"The sandbox writes tests only for Python functions of plain, annotated values. {_CONNECT}"
    return block(prompt, tests)


def _completion(prompt: Prompt) -> str:
    parts = _CURSOR.split(prompt.code, maxsplit=1)
    return fill(parts[0], parts[1].removesuffix("\n")) if len(parts) > 1 else ""


def _generation(prompt: Prompt) -> str:
    text = _completion(prompt)
    if text.strip() and (not prompt.instruction or speaks_of(prompt.instruction, text)):
        return block(prompt, text)
    stub = write_stub(prompt)
    if stub is None:
        return f"The sandbox works by rules and cannot follow an instruction. {_CONNECT}"
    return block(prompt, stub)


def _no_rewriting(_prompt: Prompt) -> str:
    return f"The sandbox has no rules for rewriting code that works. {_CONNECT}"


def _general(prompt: Prompt) -> str:
    return answer_question(prompt) if prompt.question else explain(prompt)


_ANSWERS: Final[Mapping[str, Callable[[Prompt], str]]] = MappingProxyType(
    {
        "completion": _completion,
        "explanation": _explanation,
        "documentation": _documentation,
        "fix": _fix,
        "testing": _tests,
        "code_generation": _generation,
        "refactoring": _no_rewriting,
        "optimization": _no_rewriting,
        "review": review,
        "commit-message": write_commit_message,
        "general": _general,
    }
)
"""By the prompt's verb where it tells more than its task, else by the task."""
