"""Which of a reply's blocks are meant: the code itself, what is quoted from the file, another language's, imports."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from aurelis.syntax.parses import does_parse
from aurelis.tasks.replies.fences import Block
from aurelis.tasks.replies.imports import leading_imports
from aurelis.tasks.replies.layout import bare_lines, shared_lines, stripped
from aurelis.tasks.replies.patches import Change

DIFF_LANGUAGES: Final = frozenset({"diff", "patch", "udiff"})
QUOTED_SHARE: Final = 0.5
"""A block that holds less than this share of the region beside the quotation before it takes the quotation's place."""

_SCRIPTS: Final = frozenset({"js", "jsx", "mjs", "cjs", "javascript", "javascriptreact"})
_TYPED: Final = frozenset({"ts", "tsx", "mts", "cts", "typescript", "typescriptreact"})
_C_FAMILY: Final = frozenset({"c", "h", "cpp", "c++", "cc", "cxx", "h++", "hpp"})
_LABELS: Final = MappingProxyType(
    {
        "c": _C_FAMILY,
        "cpp": _C_FAMILY,
        "csharp": frozenset({"c#", "cs"}),
        "go": frozenset({"golang"}),
        "javascript": _SCRIPTS | _TYPED,
        "javascriptreact": _SCRIPTS | _TYPED,
        "kotlin": frozenset({"kt"}),
        "markdown": frozenset({"md"}),
        "python": frozenset({"py", "py3", "python3"}),
        "ruby": frozenset({"rb"}),
        "rust": frozenset({"rs"}),
        "shellscript": frozenset({"sh", "bash", "zsh", "shell"}),
        "typescript": _SCRIPTS | _TYPED,
        "typescriptreact": _SCRIPTS | _TYPED,
        "yaml": frozenset({"yml"}),
    }
)
"""What blocks of a language may be labelled beside its identifier."""
_TALK: Final = frozenset({"sh", "bash", "zsh", "shell", "console", "powershell", "output", "text-output"})
"""Labels of blocks that say what to type or what comes out, in a file of any other language."""


def is_of(block: Block, language_id: str) -> bool:
    """Whether a block says that it is in a language."""
    return block.language == language_id or block.language in _LABELS.get(language_id, ())


def code_blocks(blocks: Sequence[Block], language_id: str) -> tuple[Block, ...]:
    """The blocks with code for a file: of its language, of none, or wrongly labelled although they parse as it."""
    return tuple(block for block in blocks if _is_code(block, language_id))


def meant_block(blocks: Sequence[Block], region: str, language_id: str) -> Block:
    """The block that is meant: most of the region's lines, then the right language, then the longest.

    A block that only quotes the region is meant if there is no other.
    """
    lines = bare_lines(region)
    quoted = _said(lines)
    changing = [block for block in blocks if _said(bare_lines(block.content)) != quoted] or blocks
    return max(
        changing,
        key=lambda block: (
            round(shared_lines(lines, bare_lines(block.content)), 2),
            is_of(block, language_id),
            len(block.content),
        ),
    )


def quoted_changes(blocks: Sequence[Block], region: str) -> tuple[Change, ...] | None:
    """Changes told as "this, becomes, that": blocks in pairs, the first of each a quotation from the region.

    None where the blocks are not all such pairs. A pair whose second block has much of what stands around the quotation
    is none: it is the region anew.
    """
    changes = []
    own = [line.strip() for line in bare_lines(region) if line.strip()]
    for before, after in zip(blocks[::2], blocks[1::2], strict=False):
        old, new = (stripped(bare_lines(block.content)) for block in (before, after))
        said = [line.strip() for line in old if line.strip()]
        at = next((at for at in range(len(own)) if own[at : at + len(said)] == said), None)
        if at is None or len(said) >= len(own):
            return None
        if shared_lines([*own[:at], *own[at + len(said) :]], new) >= QUOTED_SHARE:
            return None
        changes.append(Change(tuple(old), tuple(new)))
    return tuple(changes) if changes and len(blocks) == 2 * len(changes) else None


def import_blocks(blocks: Sequence[Block], language_id: str) -> list[str]:
    """The import lines of blocks that hold nothing else."""
    found: list[str] = []
    for block in blocks:
        imports, rest = leading_imports(bare_lines(block.content), language_id)
        if not any(line.strip() for line in rest):
            found += imports
    return found


def _is_code(block: Block, language_id: str) -> bool:
    if not block.language or is_of(block, language_id):
        return True
    return block.language not in _TALK and does_parse(block.content, language_id) is not False


def _said(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]
