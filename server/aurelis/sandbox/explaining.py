"""Explanations and reviews in words, from the facts of the syntax tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.sandbox.code_facts import Facts, read_facts
from aurelis.sandbox.prompt_reading import Prompt
from aurelis.syntax.language_names import language_name

_NOTE: Final = "_Read from the syntax tree by rules; a connected model can say what it is for._"
_BARE_EXCEPT: Final = re.compile(r"^\s*except\s*:")
_COMPARED_TO_NONE: Final = re.compile(r"[=!]=\s*None\b")
_LONG_DEFINITION_LINES: Final = 80
_SENTENCE: Final = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)


def explain(prompt: Prompt) -> str:
    """Markdown about the code of a prompt."""
    facts = read_facts(prompt.dedented, prompt.language)
    outer = [found for found in facts if found.level == 0]
    lines = [line for line in prompt.code.splitlines() if line.strip()]
    if not outer:
        return f"{_describe_text(prompt, lines)}\n\n{_NOTE}"
    if len(outer) == 1:
        inner = [found for found in facts if found.level == 1]
        return "\n\n".join((_describe(outer[0], prompt), *(_one_line(found) for found in inner), _NOTE))
    kinds = ", ".join(f"`{found.definition.name}`" for found in outer)
    intro = f"{_count(len(lines), 'line')} of {_language(prompt)} with {_count(len(outer), 'definition')}: {kinds}."
    return "\n\n".join((intro, *(_describe(found, prompt) for found in outer), _NOTE))


def hover(prompt: Prompt) -> str:
    """A short paragraph about one name."""
    symbol = prompt.symbol
    texts = [prompt.dedented, *(text for _name, text in prompt.sections)]
    for text in texts:
        for facts in read_facts(text, prompt.language):
            if facts.definition.name == symbol:
                return _one_line(facts)
    word = re.compile(rf"(?<!\w){re.escape(symbol)}(?!\w)") if symbol else None
    used = [line.strip() for text in texts for line in text.splitlines() if word and word.search(line)]
    if not used:
        return f"`{symbol}` is not defined in the text at hand."
    return f"`{symbol}` stands on {_count(len(used), 'line')} of the text at hand, first in {_code(used[0][:100])}."


def review(prompt: Prompt) -> str:
    """Findings in the form that the prompt asks for; only what a rule is sure of."""
    findings: list[tuple[int, str, str]] = []
    if prompt.language == "python":
        for number, line in enumerate(prompt.code.splitlines()):
            if _BARE_EXCEPT.match(line):
                findings.append((number, "warning", "a bare except also catches SystemExit; name what is expected"))
            if _COMPARED_TO_NONE.search(line.partition("#")[0]):
                findings.append((number, "info", "compare with None by `is` or `is not`"))
    for facts in read_facts(prompt.dedented, prompt.language):
        start = prompt.dedented.count("\n", 0, facts.definition.start)
        length = prompt.dedented.count("\n", facts.definition.start, facts.definition.end) + 1
        mutable = [
            item.name for item in facts.parameters if item.default in {"[]", "{}"} and prompt.language == "python"
        ]
        if mutable:
            message = f"the default of `{mutable[0]}` is one object shared by all calls; use None and make it inside"
            findings.append((start, "warning", message))
        if length > _LONG_DEFINITION_LINES and not facts.members:
            findings.append((start, "info", f"`{facts.definition.name}` has {length} lines; consider splitting it"))
    if not findings:
        return "No findings."
    findings.sort(key=lambda finding: (("error", "warning", "info").index(finding[1]), finding[0]))
    return "\n".join(f"- L{prompt.first_line + line}: {severity}: {text}." for line, severity, text in findings)


def answer_question(prompt: Prompt) -> str:
    """What the tree knows of the names in a question, or that rules cannot answer it."""
    words = set(re.findall(r"\w+", prompt.question))
    texts = [prompt.dedented, *(text for _name, text in prompt.sections)]
    known = [facts for text in texts for facts in read_facts(text, prompt.language) if facts.definition.name in words]
    if known:
        return "\n\n".join((*(_describe(facts, prompt) for facts in known), _NOTE))
    return (
        "The sandbox works by rules and cannot answer a question in words, except about definitions that the question "
        "names and the given code holds. Connect a model for more."
    )


def summary_of(facts: Facts) -> str:
    """The first sentence of a definition's own documentation, without comment marks; empty where it has none."""
    lines = (
        line.strip().lstrip("/*#!").removesuffix("*/").strip() for line in facts.definition.documentation.splitlines()
    )
    text = " ".join(line for line in lines if line)
    match = _SENTENCE.match(text)
    return (match.group(1) if match else text)[:200]


def _describe(facts: Facts, prompt: Prompt) -> str:
    known = facts.definition
    length = prompt.dedented.count("\n", known.start, known.end) + 1
    head = f"**`{known.name}`** is {_article(facts.kind)} of {_count(length, 'line')} in {_language(prompt)}."
    summary = summary_of(facts)
    if summary:
        head += f" It says of itself: “{summary}”"
    parameters = [_parameter(item.name, item.annotation, item.default) for item in facts.parameters]
    points = [
        sentence.format(_listed(quoted, word))
        for sentence, quoted, word in (
            ("It takes {}.", parameters, "and"),
            ("It defines {}.", _codes(facts.members), "and"),
            ("It decides by {}.", _codes(facts.decisions), "and"),
            ("It repeats {}.", _codes(facts.loops), "and"),
            ("It calls {}.", _codes(facts.calls), "and"),
            ("It raises {}.", _codes([found.name for found in facts.raises]), "or"),
            ("It returns {}.", _codes(facts.returns), "or"),
            ("Its result is of type {}.", _codes((facts.result,) if facts.result and not facts.returns else ()), "or"),
        )
        if quoted
    ]
    return head + ("\n\n" + "\n".join(f"- {point}" for point in points) if points else "")


def _one_line(facts: Facts) -> str:
    name = facts.definition.name
    text = f"`{name}` is {_article(facts.kind)}"
    if facts.parameters:
        text += f" of {_listed([_code(item.name) for item in facts.parameters])}"
    if facts.result:
        text += f" that gives {_code(facts.result)}"
    summary = summary_of(facts)
    return f"{text}. {summary}".rstrip() if summary else f"{text}."


def _describe_text(prompt: Prompt, lines: Sequence[str]) -> str:
    if not lines:
        return "There is no code to explain."
    first = f"{_count(len(lines), 'line')} of {_language(prompt)} without a definition of their own"
    names = list(dict.fromkeys(re.findall(r"[^\W\d]\w{2,}", prompt.code)))[:8]
    if not names:
        return f"{first}."
    return f"{first}; the first names in them are {_listed([_code(name) for name in names])}."


def _language(prompt: Prompt) -> str:
    return language_name(prompt.language)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _parameter(name: str, annotation: str, default: str) -> str:
    text = f"{name}: {annotation}" if annotation else name
    return _code(f"{text} = {default}" if default else text)


def _code(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


def _codes(texts: Sequence[str]) -> list[str]:
    return [_code(text) for text in texts]


def _listed(items: Sequence[str], word: str = "and") -> str:
    if len(items) < 2:  # noqa: PLR2004 - one item needs no conjunction
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
