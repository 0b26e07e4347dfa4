"""From a reply to the content of a file that does not exist yet, or to a module of tests within its source."""

from __future__ import annotations

import re
from typing import Final

from aurelis.core.snapshot import line_ending
from aurelis.syntax.parses import does_parse, parse
from aurelis.syntax.scopes import statements
from aurelis.tasks.replies.blocks import DIFF_LANGUAGES, code_blocks, is_of
from aurelis.tasks.replies.elisions import leaves_code_out
from aurelis.tasks.replies.fences import Block, fenced_blocks, without_thinking
from aurelis.tasks.replies.layout import bare_lines, shared_lines, stripped
from aurelis.tasks.replies.patches import search_replace_blocks, unified_diff

SOURCE_SHARE: Final = 0.8
"""A block of which this share stands in the source already is the source repeated."""

_TEST_MODULE: Final = re.compile(r"#\[cfg\(test\)\]\s*mod\s+(\w+)\s*\{")
_MOST_NAMES: Final = 100
"""Names tried for a module until one is free."""


def read_new_file(reply: str, language_id: str, eol: str, source: str = "") -> str | None:
    """The content of a new file: the largest block, in the source's language by preference; or code without a fence.

    A change of the source and the source repeated are no new file.
    """
    reply = without_thinking(reply)
    blocks = tuple(block for block in fenced_blocks(reply) if block.content.strip())
    if search_replace_blocks(reply) is not None:
        return None
    code = [block for block in code_blocks(blocks, language_id) if not _is_known(block, source)]
    if code:
        content = max(code, key=lambda block: (is_of(block, language_id), len(block.content))).content
    elif not blocks and does_parse(reply, language_id) and "\n" in reply.strip():
        content = reply
    else:
        return None
    lines = [line.rstrip() if not line.strip() else line for line in stripped(bare_lines(content))]
    if leaves_code_out(lines, language_id):
        return None
    return "".join(line + eol for line in lines) or None


def _is_known(block: Block, source: str) -> bool:
    if block.language in DIFF_LANGUAGES or unified_diff(block.content) is not None:
        return True
    lines = bare_lines(block.content)
    return len(lines) > 1 and shared_lines(lines, bare_lines(source)) >= SOURCE_SHARE


def with_test_module(source: str, content: str, language_id: str) -> str | None:
    """A Rust source with a module of tests at its end, or None where the content is no such module.

    A module that reaches for `super` can stand nowhere but in the file that it tests; this is the language's custom.
    """
    found = _TEST_MODULE.search(content)
    if language_id != "rust" or found is None or "super::" not in content:
        return None
    tree = parse(content, language_id)
    if tree is None or [one.kind for one in statements(tree) if one.kind != "comment"] != ["definition"]:
        return None
    name = found.group(1)
    taken = set(re.findall(r"\bmod\s+(\w+)", source))
    free = next((one for one in (name, *(f"{name}_{n}" for n in range(2, _MOST_NAMES))) if one not in taken), None)
    if free is None:
        return None
    eol = line_ending(source)
    module = f"{content[: found.start(1)]}{free}{content[found.end(1) :]}".strip()
    return source.rstrip() + 2 * eol + eol.join(bare_lines(module)) + eol
