"""Documentation comments derived from the syntax tree: what a definition is called, takes, raises and gives back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aurelis.sandbox.code_facts import Facts, Parameter, Raised, read_facts

_SHORT_RESULT: Final = 40
"""Characters of a returned expression that still read well beside its type."""

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def document(code: str, language: str) -> str | None:
    """The code with documentation on every definition that had none; None where nothing was to be added."""
    write = _STYLES.get(language)
    if write is None:
        return None
    insertions: list[tuple[int, str]] = []
    for facts in read_facts(code, language):
        if not facts.definition.documentation and facts.definition.name:
            insertion = write(code, facts)
            if insertion is not None:
                insertions.append(insertion)
    for offset, text in sorted(insertions, reverse=True):
        code = code[:offset] + text + code[offset:]
    return code if insertions else None


def _docstring(code: str, facts: Facts) -> tuple[int, str] | None:
    if not facts.body_starts_line:
        return None
    start = code.rfind("\n", 0, facts.definition.body_start) + 1
    indent = code[start : facts.definition.body_start]
    lines = [_summary(facts)]
    sections = (
        ("Args", [f"{item.name}: {_say(item)}" for item in facts.parameters]),
        ("Raises", [f"{found.name}: {_when(found)}" for found in facts.raises]),
        ("Yields", ["One value at a time."] if facts.yields else []),
        ("Returns", [] if facts.yields or not facts.returns else [_result(facts)]),
    )
    for title, entries in sections:
        if entries:
            lines += ["", f"{title}:", *(f"    {entry}" for entry in entries)]
    # What is quoted from the code must not end the docstring or be read as an escape.
    lines = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    if len(lines) == 1:
        return start, f'{indent}"""{lines[0]}"""\n'
    body = "\n".join(f"{indent}{line}".rstrip() for line in lines[1:])
    return start, f'{indent}"""{lines[0]}\n{body}\n{indent}"""\n'


def _block_comment(code: str, facts: Facts) -> tuple[int, str] | None:
    tags = [f"@param {item.name} {_say(item)}" for item in facts.parameters]
    if facts.returns:
        tags.append(f"@returns {_result(facts)}")
    tags += [f"@throws {found.name} {_when(found)}" for found in facts.raises]
    return _above(
        code, facts, ["/**", *(f" * {line.replace('*/', '* /')}" for line in (_summary(facts), *tags)), " */"]
    )


def _line_comment(mark: str) -> Callable[[str, Facts], tuple[int, str] | None]:
    def write(code: str, facts: Facts) -> tuple[int, str] | None:
        lines = [_summary(facts)]
        if facts.parameters:
            lines.append("It takes " + ", ".join(item.name for item in facts.parameters) + ".")
        return _above(code, facts, [f"{mark} {line}" for line in lines])

    return write


def _go_comment(code: str, facts: Facts) -> tuple[int, str] | None:
    # By Go's convention the comment begins with the name.
    rest = " ".join(_words(facts.definition.name)).lower()
    return _above(code, facts, [f"// {facts.definition.name} is the {facts.kind} for: {rest}."])


def _above(code: str, facts: Facts, lines: list[str]) -> tuple[int, str]:
    start = code.rfind("\n", 0, facts.definition.start) + 1
    indent = code[start : facts.definition.start]
    if indent.strip():
        start, indent = facts.definition.start, ""
    return start, "".join(f"{indent}{line}\n" for line in lines)


def _summary(facts: Facts) -> str:
    words = _words(facts.definition.name)
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    if facts.definition.name in {"__init__", "constructor"}:
        return "Initialize the object."
    return f"{text[:1].upper()}{text[1:]}." if text else f"The {facts.kind} {facts.definition.name}."


def _words(name: str) -> list[str]:
    return _WORDS.findall(name)


def _say(item: Parameter) -> str:
    text = " ".join(_words(item.name)).lower() or item.name
    text = f"The {text}"
    if item.annotation:
        text += f" ({item.annotation})"
    if item.default:
        text += f"; defaults to {item.default}"
    return text + "."


def _when(found: Raised) -> str:
    return f"If {found.condition}." if found.condition else "Where the code says so."


def _result(facts: Facts) -> str:
    text = " or ".join(facts.returns[:3])
    if not facts.result:
        return f"{text}."
    return f"{facts.result}: {text}." if len(text) <= _SHORT_RESULT else f"{facts.result}."


_STYLES: Final[Mapping[str, Callable[[str, Facts], tuple[int, str] | None]]] = MappingProxyType(
    {
        "python": _docstring,
        **dict.fromkeys(
            ("javascript", "javascriptreact", "typescript", "typescriptreact", "java", "c", "cpp"), _block_comment
        ),
        "rust": _line_comment("///"),
        "go": _go_comment,
    }
)
