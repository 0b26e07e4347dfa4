"""Import lines: recognising them, and putting new ones where a file keeps its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurelis.core.positions import content_length, split_lines
from aurelis.core.snapshot import line_ending
from aurelis.syntax.parses import parse

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


LONGEST_IMPORT: Final = 500
"""Characters; a longer line is something else."""


def is_import_line(line: str) -> bool:
    """Whether a line, by itself and without indentation, imports something and does nothing else."""
    return len(line) <= LONGEST_IMPORT and bool(_IMPORT.match(line.rstrip()))


def with_imports(text: str, imports: Sequence[str], language_id: str) -> str:
    """The text with import lines that it does not have yet, behind its last import, or before its first statement."""
    lines = split_lines(text)
    present = {line.strip() for line in lines}
    missing = [line for line in dict.fromkeys(imports) if line not in present]
    if not missing:
        return text
    eol = line_ending(text)
    at = _place(text, lines, language_id)
    lines[at:at] = [line + eol for line in missing]
    return "".join(lines)


def _place(text: str, lines: Sequence[str], language_id: str) -> int:
    """The number of the line before which new imports go."""
    tree = parse(text, language_id)
    if tree is not None:
        own = [node for node in tree.root.children if node.type in tree.rules.imports]
        if own:
            return min(len(lines) - 1, text.count("\n", 0, tree.end(own[-1])) + _ends_inside(text, tree.end(own[-1])))
        head = [node for node in tree.root.children[:20] if not _is_head(node.type, tree.text_of(node))]
        return text.count("\n", 0, tree.start(head[0])) if head else len(lines) - 1
    found = [number for number, line in enumerate(lines) if is_import_line(line[: content_length(line)])]
    return found[-1] + 1 if found else 0


def _ends_inside(text: str, end: int) -> int:
    """1 where a node ends within a line, so that the next line is the first behind it."""
    return 0 if end and text[end - 1] == "\n" else 1


def _is_head(kind: str, text: str) -> bool:
    """Whether a statement stays before all imports: comments, a docstring, a package clause, a shebang."""
    docstring = kind == "expression_statement" and text.lstrip("rRuUbB")[:1] in {'"', "'"}
    return docstring or "comment" in kind or kind in {"package_clause", "package_declaration", "hash_bang_line"}
