"""A place for the code that an instruction asks for: no rule can write it, so it says what shall stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aurelis.sandbox.prompt_reading import Prompt
from aurelis.syntax.languages import RULES

_TO_DO: Final = "TODO: the sandbox cannot write this; a connected model does."
_FUNCTION: Final = re.compile(r"\b(?:def|func|function|helper|method|procedure|routine)\b", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"\b(?:called|named)\s+[`'\"]?([^\W\d]\w*)|`([^\W\d]\w*)|\b([^\W\d]\w*_\w+|[^\W\d]\w*(?=\())", re.ASCII
)
_WORD: Final = re.compile(r"[A-Za-z]+")
_LITTLE_WORDS: Final = frozenset(
    {
        *("a", "an", "and", "code", "create", "def", "for", "func", "function", "helper", "in", "it", "make", "method"),
        *("new", "of", "please", "procedure", "routine", "that", "the", "this", "to", "which", "with", "write"),
    }
)
_NO_NAME: Final = ("new", "function")
_NAME_WORDS: Final = 4
_STEM: Final = 4
"""Letters that two words share that mean the same often enough."""

_LONGEST_LINE: Final = 88

_FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "python": 'def {snake}():\n    """{sentence}"""\n    # {todo}\n    raise NotImplementedError',
        **dict.fromkeys(
            ("javascript", "javascriptreact", "typescript", "typescriptreact"),
            "/** {sentence} */\nfunction {camel}() {{\n  // {todo}\n  throw new Error('not written yet');\n}}",
        ),
    }
)
"""An empty function, in languages where it needs no type."""


def speaks_of(instruction: str, text: str) -> bool:
    """Whether a text has to do with an instruction: they share the beginning of a word."""
    return not _stems(instruction).isdisjoint(_stems(text))


def write_stub(prompt: Prompt) -> str | None:
    """Lines that say what shall stand there; None without an instruction, or where no comment can be written."""
    rules, words = RULES.get(prompt.language), " ".join(prompt.instruction.split())
    if rules is None or not words:
        return None
    sentence = _sentence(words)
    form = _FORMS.get(prompt.language) if _FUNCTION.search(words) else None
    if form is None:
        return f"{rules.line_comment} {sentence}\n{rules.line_comment} {_TO_DO}"
    first, *others = _name(words)
    camel = first + "".join(part.capitalize() for part in others)
    quoted = sentence.replace("\\", "/").replace('"', "'").replace("*/", "* /")
    return form.format(snake="_".join((first, *others)), camel=camel, sentence=quoted, todo=_TO_DO)


def _sentence(words: str) -> str:
    cut = words if len(words) <= _LONGEST_LINE else f"{words[: _LONGEST_LINE - 4]} ..."
    return cut[:1].upper() + cut[1:] + ("" if cut[-1] in ".!?" else ".")


def _name(words: str) -> tuple[str, ...]:
    """The words of the name that an instruction gives, else its first words that mean something."""
    named = _NAMED.search(words)
    if named is not None:
        return tuple(part for part in next(filter(None, named.groups())).split("_") if part) or _NO_NAME
    meant = (word.lower() for word in _WORD.findall(words) if word.lower() not in _LITTLE_WORDS)
    return tuple(meant)[:_NAME_WORDS] or _NO_NAME


def _stems(text: str) -> set[str]:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)
    return {part[:_STEM].lower() for part in parts if len(part) >= _STEM and part.lower() not in _LITTLE_WORDS}
