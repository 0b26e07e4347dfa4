"""What the tests of features share: a document, requests for it, capabilities left out."""

from __future__ import annotations

import json
from typing import Any

from lsp.raw_editor import FULL_CAPABILITIES, RawEditor

URI = "file:///nowhere/a.py"
CODE = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"
FIXED = "```python\ndef add(a, b):\n    return b + a\n```"


def without(*path: str) -> dict[str, Any]:
    """The full capabilities without one of them."""
    capabilities: dict[str, Any] = json.loads(json.dumps(FULL_CAPABILITIES))
    inner = capabilities
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return capabilities


async def complete(editor: RawEditor, line: int, character: int, *, kind: int = 1, **context: Any) -> list[Any]:
    """Ask for ghost text."""
    answer = await editor.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind, **context},
        },
    )
    items: list[Any] = answer["items"]
    return items


def execute(command: str, **arguments: Any) -> dict[str, Any]:
    """The parameters of a command."""
    return {"command": f"aurelis.{command}", "arguments": [arguments]}


def document(**more: Any) -> dict[str, Any]:
    """A request about the document."""
    return {"textDocument": {"uri": URI}, **more}
