"""Fill-in-the-middle dialects: how each kind of server wants to be told what stands before and after the hole.

In comes the hole; out comes a `FimCall`: where to post and what. The token families render a raw prompt for the plain
completion route, in the forms that their makers document; the other dialects let the server do it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from aurelis.core.request import FillInTheMiddle, Parameters
from aurelis.providers.events import MalformedStreamError, decode_json


@attrs.frozen
class Family:
    """A model family's own tokens. `suffix_first` puts the text after the hole before the text before it.

    `file_separator` goes before each neighbouring file's name, where the family was trained with several files.
    """

    prefix: str
    suffix: str
    middle: str
    stops: tuple[str, ...]
    suffix_first: bool = False
    file_separator: str | None = None


_QWEN_STOPS: Final = ("<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>", "<|im_end|>")

FAMILIES: Final[Mapping[str, Family]] = {
    "qwen": Family("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", _QWEN_STOPS, file_separator="<|file_sep|>"),
    "starcoder": Family(
        "<fim_prefix>", "<fim_suffix>", "<fim_middle>", ("<file_sep>", "<|endoftext|>"), file_separator="<file_sep>"
    ),
    "codellama": Family("<PRE> ", " <SUF>", " <MID>", ("<EOT>",)),
    "deepseek": Family("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", ("<｜end▁of▁sentence｜>",)),  # noqa: RUF001 - the model's own tokens
    "codestral": Family("[PREFIX]", "[SUFFIX]", "", ("[PREFIX]", "[SUFFIX]"), suffix_first=True),
    "codegemma": Family("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", ("<|file_separator|>", "<end_of_turn>")),
    "granite": Family("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", ("<|end_of_text|>", "<|fim_pad|>")),
}

SERVER_DIALECTS: Final = frozenset({"mistral", "suffix", "ollama", "llamacpp"})
DIALECTS: Final = SERVER_DIALECTS | FAMILIES.keys()
"""All dialects that a setting may name."""

_FAMILY_OF_MODEL: Final = (
    ("deepseek-coder", "deepseek"),
    ("qwen2.5-coder", "qwen"),
    ("qwen3-coder", "qwen"),
    ("qwen2-5-coder", "qwen"),
    ("codeqwen", "qwen"),
    ("starcoder", "starcoder"),
    ("codellama", "codellama"),
    ("code-llama", "codellama"),
    ("codestral", "codestral"),
    ("codegemma", "codegemma"),
    ("granite", "granite"),
)


_REFUSALS: Final = frozenset({400, 404, 405, 422, 501})
_BROKEN: Final = 500
_REFUSAL_WORDS: Final = re.compile(r"(?i)suffix|infill|\bfim\b|fill.in.the.middle|\binsert\b|unsupported|not supported")


@attrs.frozen
class FimCall:
    """One request: `path` is relative to the base, or to the root when `from_root`."""

    path: str
    body: dict[str, Any]
    from_root: bool = False


def family_of(model: str) -> str | None:
    """The token family that a model's name tells, or None."""
    lowered = model.lower()
    return next((family for part, family in _FAMILY_OF_MODEL if part in lowered), None)


def can_insert(shown: bytes) -> bool:
    """Whether Ollama's `/api/show` leaves it open that the model's template fills holes: all but a plain no does."""
    try:
        capabilities = decode_json(shown)["capabilities"]
    except (MalformedStreamError, TypeError, LookupError):
        return True
    return not isinstance(capabilities, list) or "insert" in capabilities


def refuses(status: int, message: str) -> bool:
    """Whether an answer can mean that a server does not take a dialect; 500 does so only in words (llama.cpp)."""
    return status in _REFUSALS or (status == _BROKEN and _REFUSAL_WORDS.search(message) is not None)


def render(family: Family, hole: FillInTheMiddle) -> str:
    """The raw prompt in a family's tokens."""
    several = family.file_separator is not None
    before, after = family.prefix + (hole.prefix if several else alone(hole)), family.suffix + hole.suffix
    prompt = (after + before if family.suffix_first else before + after) + family.middle
    if not several or not hole.neighbours:
        return prompt
    files = "".join(f"{family.file_separator}{item.name}\n{item.text}\n" for item in hole.neighbours)
    return f"{files}{family.file_separator}{hole.name}\n{prompt}"


def alone(hole: FillInTheMiddle) -> str:
    """The text before the hole with the other files in comments above it, for what was trained with one file alone."""
    if not hole.line_comment:
        return hole.prefix
    lines = [line for item in hole.neighbours for line in (f"{item.name}:", *item.text.splitlines())]
    notes = "".join(f"{hole.line_comment} {line}".rstrip() + "\n" for line in lines)
    return f"{notes}\n{hole.prefix}" if notes else hole.prefix


def call(dialect: str, model: str, hole: FillInTheMiddle, parameters: Parameters) -> FimCall:
    """The request that asks a model to fill the hole, always as a stream.

    Raises:
        KeyError: for a dialect that is not in `DIALECTS`.
    """
    stops = list(parameters.stop)
    temperature = {} if parameters.temperature is None else {"temperature": parameters.temperature}
    bound = {} if parameters.max_tokens is None else {"max_tokens": parameters.max_tokens}
    stopping: dict[str, Any] = {"stop": stops} if stops else {}
    if dialect == "mistral":
        body = {"model": model, "prompt": alone(hole), "suffix": hole.suffix, "stream": True}
        return FimCall("fim/completions", body | temperature | bound | stopping)
    if dialect == "suffix":
        body = {"model": model, "prompt": alone(hole), "suffix": hole.suffix, "stream": True}
        return FimCall("completions", body | temperature | bound | stopping)
    if dialect == "ollama":
        options = temperature | stopping | ({"num_predict": bound["max_tokens"]} if bound else {})
        body = {"model": model, "prompt": alone(hole), "suffix": hole.suffix, "stream": True, "think": False}
        return FimCall("api/generate", body | ({"options": options} if options else {}), from_root=True)
    if dialect == "llamacpp":
        extra = [{"filename": item.name, "text": item.text} for item in hole.neighbours]
        body = {"model": model, "input_prefix": hole.prefix, "input_suffix": hole.suffix, "prompt": "", "stream": True}
        body |= {"input_extra": extra, "cache_prompt": True}
        predict = {"n_predict": bound["max_tokens"]} if bound else {}
        return FimCall("infill", body | temperature | predict | stopping, from_root=True)
    family = FAMILIES[dialect]
    body = {"model": model, "prompt": render(family, hole), "stream": True, "stop": [*stops, *family.stops]}
    return FimCall("completions", body | temperature | bound)
