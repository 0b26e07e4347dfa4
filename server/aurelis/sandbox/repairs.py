"""Repairs that a rule is sure of: a missing colon or semicolon, a mistyped name, an unused import, a missing one."""

from __future__ import annotations

import builtins
import difflib
import re
import sys
from collections.abc import Callable
from typing import Final

from aurelis.sandbox.prompt_reading import Problem, Prompt
from aurelis.syntax.parses import parse
from aurelis.syntax.symbols import names_in

_OPENS_BLOCK: Final = re.compile(
    r"^(\s*(?:(?:async\s+)?(?:def|for|with)|class|if|elif|else|while|try|except|finally|match|case)\b[^#]*?)(\s*(?:#.*)?)$"
)
_QUOTED: Final = re.compile(r"[\"'`\u2018\u201c]([^\W\d][\w.]*)[\"'`\u2019\u201d]")
_ABOUT_UNDEFINED: Final = re.compile(
    r"not defined|undefined|undeclared|cannot find|not found in this scope", re.IGNORECASE
)
_ABOUT_UNUSED_IMPORT: Final = re.compile(r"imported but unused|unused import|import .* is not accessed", re.IGNORECASE)
_ABOUT_COLON: Final = re.compile(r"expected\W+:|missing\W+:|invalid syntax", re.IGNORECASE)
_ABOUT_SEMICOLON: Final = re.compile(r"(expected|missing)\W+;", re.IGNORECASE)
_AFTER_UNDEFINED: Final = re.compile(r"undefined:?\s+([^\W\d]\w*)")
_NEAR: Final = 0.7
_MOST_NAMES: Final = 5_000


Rows = list[list[str]]
"""For each line of the code the lines that take its place."""


def repair(prompt: Prompt) -> str | None:
    """The code with the reported problems repaired as far as a rule knows how; None where none does."""
    lines = prompt.code.splitlines()
    rows: Rows = [[line] for line in lines]
    for problem in prompt.problems:
        if 0 <= problem.line < len(rows) and rows[problem.line]:
            # The first rule that knows the problem ends the search.
            any(rule(prompt, problem, rows) for rule in _RULES)
    repaired = [line for row in rows for line in row]
    return None if repaired == lines else "\n".join(repaired) + "\n"


def _add_colon(prompt: Prompt, problem: Problem, rows: Rows) -> bool:
    if prompt.language != "python" or not _ABOUT_COLON.search(problem.message):
        return False
    match = _OPENS_BLOCK.match(rows[problem.line][-1])
    if match is None or match.group(1).rstrip().endswith((":", "\\", ",", "(", "[", "{")):
        return False
    rows[problem.line][-1] = match.group(1).rstrip() + ":" + match.group(2)
    return True


def _add_semicolon(_prompt: Prompt, problem: Problem, rows: Rows) -> bool:
    if not _ABOUT_SEMICOLON.search(problem.message):
        return False
    # A compiler reports the place where it noticed: this line or the next.
    for number in (problem.line, problem.line - 1):
        code = rows[number][-1].rstrip() if number >= 0 and rows[number] else ""
        if code and code[-1] not in ";{},(" and "//" not in code:
            rows[number][-1] = code + ";"
            return True
    return False


def _remove_import(prompt: Prompt, problem: Problem, rows: Rows) -> bool:
    if prompt.language != "python" or not _ABOUT_UNUSED_IMPORT.search(problem.message):
        return False
    quoted = _QUOTED.search(problem.message)
    head, separator, rest = rows[problem.line][-1].partition("import ")
    if quoted is None or not separator or "(" in rest or "#" in rest:
        return False
    module = head.strip().removeprefix("from ").strip()
    parts = [part.strip() for part in rest.split(",")]
    kept = [part for part in parts if quoted.group(1) not in _names_of_import(module, part)]
    if len(kept) == len(parts):
        return False
    rows[problem.line] = [f"{head}import {', '.join(kept)}"] if kept else []
    return True


def _names_of_import(module: str, part: str) -> set[str]:
    """Every way in which a linter names one imported thing."""
    original, _, alias = part.partition(" as ")
    return {part, original, alias or original, f"{module}.{original}"}


def _correct_name(prompt: Prompt, problem: Problem, rows: Rows) -> bool:
    if not _ABOUT_UNDEFINED.search(problem.message):
        return False
    found = _QUOTED.search(problem.message) or _AFTER_UNDEFINED.search(problem.message)
    if found is None:
        return False
    wrong = found.group(1)
    word = re.compile(rf"(?<![\w.]){re.escape(wrong)}(?!\w)")
    if not word.search(rows[problem.line][-1]):
        return False
    if prompt.language == "python" and wrong in sys.stdlib_module_names:
        return not prompt.wants_patches and _add_import(wrong, rows)
    near = difflib.get_close_matches(wrong, sorted(_names_in_reach(prompt) - {wrong}), n=1, cutoff=_NEAR)
    if not near:
        return False
    rows[problem.line][-1] = word.sub(near[0], rows[problem.line][-1])
    return True


def _add_import(module: str, rows: Rows) -> bool:
    """Put an import before the others, or first; not before a docstring, which must stay first."""
    first = next((row for row in rows if row and row[-1].startswith(("import ", "from "))), rows[0])
    if not first or first[-1].startswith(("from __future__", '"', "'")):
        return False
    first.insert(0, f"import {module}")
    return True


def _names_in_reach(prompt: Prompt) -> set[str]:
    texts = [prompt.dedented, *(text for _name, text in prompt.sections)]
    names: set[str] = set(dir(builtins)) if prompt.language == "python" else set()
    for text in texts:
        tree = parse(text, prompt.language)
        found = re.findall(r"[^\W\d]\w*", text) if tree is None else names_in(tree, 0, len(text), limit=_MOST_NAMES)
        names.update(found)
    return names


_RULES: Final[tuple[Callable[[Prompt, Problem, Rows], bool], ...]] = (
    _add_colon,
    _add_semicolon,
    _remove_import,
    _correct_name,
)
