"""Ghost text out of models that fill holes, in every dialect, from the editor's message to the file as it is then."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aurelis.providers.fim import DIALECTS
from contract.gate import Request, Upstream, desk

BEFORE = "import os\n\n\ndef größe(folder):\n    total = 0\n    "
MISSING = 'for name in os.listdir(folder):\n        total += len(f"{name} 漢字 😀")'
AFTER = "\n    return total\n\n\nprint(größe('.'))\n"
PIECE = 3
"""Characters of an event: tokens are short."""
SPLIT = 5
"""Bytes of a chunk, so that characters are cut in two."""

ENDINGS = {
    "the end": "",
    "the next lines": AFTER,
    "half of the next line": "\n    retu",
    "a token": "<|endoftext|>",
    "a token and another file": "\n<|file_sep|>other.py\nimport re\n\nprint(re)\n",
    "blanks": "   \n\n",
}


class Filler(Upstream):
    """A server that streams the same continuation in whatever dialect it is asked."""

    def _answer(self, request: Request) -> Sequence[bytes]:
        if request.method == "GET" or request.target == "/api/show":
            return super()._answer(request)
        assert isinstance(self.says, str)
        pieces = [self.says[at : at + PIECE] for at in range(0, len(self.says), PIECE)]
        lines = [*(_event(request.target, piece) for piece in pieces), _event(request.target, None)]
        ollama = request.target == "/api/generate"
        body = "".join(line + "\n" if ollama else f"data: {line}\n\n" for line in lines).encode()
        kind = "application/x-ndjson" if ollama else "text/event-stream"
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        return [head.encode(), *(body[at : at + SPLIT] for at in range(0, len(body), SPLIT))]


def _event(target: str, piece: str | None) -> str:
    """What a server says with a piece of its answer; None is the end of it."""
    text, finish = piece or "", None if piece else "stop"
    event: dict[str, Any]
    match target:
        case "/infill":
            event = {"content": text, "stop": piece is None}
        case "/api/generate":
            event = {"model": "m", "response": text, "done": piece is None, "done_reason": finish}
        case "/v1/fim/completions":
            event = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
        case _:
            event = {"choices": [{"index": 0, "text": text, "finish_reason": finish}]}
    return json.dumps(event, ensure_ascii=False)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_hole_is_filled_in_every_dialect(ending: str, tmp_path: Path) -> None:
    """The model is told what stands before and after, and the file is whole once its completion is taken."""
    async with Filler(MISSING + ENDINGS[ending]) as upstream:
        models = {dialect: {"fim": dialect} for dialect in sorted(DIALECTS)}
        settings = upstream.settings({"models": models}, cache={"memory": {"enabled": False}})
        async with desk(tmp_path, settings) as place:
            for dialect in models:
                place.configure({**settings, "models": {"completion": f"custom/{dialect}"}})
                await place.editor.settle()
                uri = place.open(f"{dialect}.py", BEFORE + AFTER)
                row = BEFORE.count("\n")
                (item,) = await place.ghost(uri, row, 4)
                assert item["range"]["start"] == item["range"]["end"] == {"line": row, "character": 4}
                assert item["insertText"] == MISSING, dialect
                assert upstream.asked[-1].json["model"] == dialect
                sent = upstream.asked[-1].words
                assert all(word in sent for word in ("def größe(folder):", "return total", "print(größe('.'))"))
