"""Imports: recognising them, telling those that begin a reply from its code, and adding new ones to a file's own."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Final

from aurelis.core.positions import content_length, split_lines
from aurelis.core.snapshot import line_ending
from aurelis.syntax.parses import SyntaxTree, parse, syntax_errors
from aurelis.syntax.scopes import statements
from aurelis.tasks.replies.layout import bare_lines

_IMPORT: Final = re.compile(
    r"""^(?:
        import\s+\S.*
      | from\s+\S+\s+import\s+[^(]*
      | from\s+\S+\s+import\s+\(.*\)\s*
      | (?:pub\s+)?use\s+[\w:{},*\s]+;\s*
      | \#\s*include\s+[<"].*
      | using\s+[\w:.<>\s=]+;\s*
      | extern\s+crate\s+\w+;\s*
      | (?:const|let|var)\s+[\w{},\s$:]+=\s*require\(\s*['"][^'"]+['"]\s*\)\s*;?\s*
    )$""",
    re.VERBOSE,
)
_GO_GROUP: Final = re.compile(r"^import\s*\((.*)\)\s*;?$", re.DOTALL)
_GO_SPEC: Final = re.compile(r"^\s*((?:[\w.]+[ \t]+)?(?:\"[^\"\n]*\"|`[^`\n]*`))", re.MULTILINE)
LONGEST_IMPORT: Final = 500
"""Characters; a longer line is something else."""


def is_import_line(line: str) -> bool:
    """Whether a line, by itself and without indentation, imports something and does nothing else."""
    return len(line) <= LONGEST_IMPORT and bool(_IMPORT.match(line.rstrip()))


def leading_imports(lines: Sequence[str], language_id: str) -> tuple[list[str], list[str]]:
    """The imports that lines of code begin with, each as one line, and the lines behind them."""
    text = textwrap.dedent("\n".join(lines))
    tree = parse(text, language_id)
    if tree is None:
        return _leading_import_lines(lines)
    found: list[str] = []
    end = 0
    for statement in statements(tree):
        if statement.kind != "import":
            break
        found += one_line_imports(text[statement.start : statement.end])
        end = statement.end
    rest = text.count("\n", 0, end) + _ends_inside(text, end) if found else 0
    return found, list(lines[rest:])


def one_line_imports(statement: str) -> list[str]:
    """An import statement as plain lines: Go's groups taken apart, others that span lines joined."""
    group = _GO_GROUP.match(statement.strip())
    if group is not None:
        return [f"import {spec}" for spec in _GO_SPEC.findall(group.group(1))]
    return [" ".join(statement.split())] if statement.strip() else []


def import_rows(text: str, language_id: str) -> frozenset[int]:
    """The numbers of the lines, from 0, on which the file's own import statements stand, those that parse."""
    tree = parse(text, language_id)
    if tree is None:
        return frozenset(number for number, line in enumerate(bare_lines(text)) if is_import_line(line))
    rows: set[int] = set()
    for start, end in _imports_of(tree):
        if syntax_errors(tree, start, end + 1) > 1:  # One for the text as a whole.
            continue
        first = text.count("\n", 0, start)
        rows.update(range(first, first + max(1, text.count("\n", start, end) + _ends_inside(text, end))))
    return frozenset(rows)


def with_imports(text: str, imports: Sequence[str], language_id: str) -> str:
    """The text with import lines that it does not have yet, behind its last import, or before its first statement."""
    if not imports:
        return text
    lines = split_lines(text)
    tree = parse(text, language_id)
    present = {" ".join(line.split()) for line in lines}
    if tree is not None:
        present.update(line for start, end in _imports_of(tree) for line in one_line_imports(text[start:end]))
    missing = [line for line in dict.fromkeys(imports) if " ".join(line.split()) not in present]
    if not missing:
        return text
    eol = line_ending(text)
    at = _place(text, lines, tree)
    lines[at:at] = [line + eol for line in missing]
    return "".join(lines)


def _leading_import_lines(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """As `leading_imports`, line by line, for a language without a grammar."""
    found: list[str] = []
    rest = list(lines)
    while rest and (is_import_line(rest[0]) or (found and not rest[0].strip())):
        found.append(rest.pop(0).strip())
    return [line for line in found if line], rest


def _imports_of(tree: SyntaxTree) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in statements(tree) if found.kind == "import"]


def _place(text: str, lines: Sequence[str], tree: SyntaxTree | None) -> int:
    """The number of the line before which new imports go."""
    if tree is not None:
        own = _imports_of(tree)
        if own:
            return min(len(lines) - 1, text.count("\n", 0, own[-1][1]) + _ends_inside(text, own[-1][1]))
        head = [node for node in tree.root.children[:20] if not _is_head(node.type, tree.text_of(node))]
        return text.count("\n", 0, tree.start(head[0])) if head else len(lines) - 1
    found = [number for number, line in enumerate(lines) if is_import_line(line[: content_length(line)])]
    return min(len(lines) - 1, found[-1] + 1) if found else 0


def _ends_inside(text: str, end: int) -> int:
    """1 where a node ends within a line, so that the next line is the first behind it."""
    return 0 if end and text[end - 1] == "\n" else 1


def _is_head(kind: str, text: str) -> bool:
    """Whether a statement stays before all imports: comments, a docstring, a package clause, a shebang."""
    docstring = kind == "expression_statement" and text.lstrip("rRuUbB")[:1] in {'"', "'"}
    return docstring or "comment" in kind or kind in {"package_clause", "package_declaration", "hash_bang_line"}
