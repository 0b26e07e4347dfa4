"""Whatever a model says at whatever cursor: ghost text changes what its range says and nothing else."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aurelis.config.settings import Settings
from aurelis.core.positions import PositionEncoding
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.convert import lsp_position
from aurelis.tasks.replies.brackets import CLOSERS
from aurelis.workflow.completion_answers import item_of
from aurelis.workflow.inline import CompletionAsked, prepare_completion

_CHARACTERS = ["é", "e\u0301", "😀", "👩\u200d💻", "漢", "\t", "\f", "\v", "\u2028", "\u00a0", "\x00"]
ODD: Any = st.sampled_from([*_CHARACTERS, "'", '"', "`", "(", ")", "{", "}", "\\"])
CODE: Any = st.sampled_from(
    ["def f(a):", "return a", "x = 1", "    ", "class A:", "if (a) {", "}", "```", "# a", "foo(", "a, b"]
)
BREAKS: Any = st.sampled_from(["\n", "\r\n", "\n\n", "\r"])
PIECES = ODD | CODE | BREAKS
DOCUMENTS = st.lists(PIECES, max_size=25).map("".join)
AROUND = [
    "```python\n",
    "```diff\n",
    "```",
    "~~~",
    "<think>x</think>",
    "</think>\n",
    "<|endoftext|>",
    "<<<CURSOR>>>",
    "`",
]
SAID = ["Here is the code:\n", "**A:**", "a.py:\n", "# ... existing code ...\n", "- ", "> ", "\n\n\n"]
WRITTEN = ["+", "-", "@@ -1 +1 @@\n", "1 | ", "2 | ", '{"code": "', '"}', "<code>", "</code>", "&lt;", "\\n"]
NOISE: Any = st.sampled_from([*AROUND, *SAID, *WRITTEN])
REPLIES = st.lists(PIECES | NOISE, max_size=15).map("".join)
LANGUAGES = st.sampled_from(["python", "javascript", "markdown", "plaintext", "css", "yaml"])
SERVICES: Any = SimpleNamespace(settings=Settings(), egress=SimpleNamespace(refusal=lambda _: None))
UNITS = {
    PositionEncoding.UTF8: ("utf-8", 1),
    PositionEncoding.UTF16: ("utf-16-le", 2),
    PositionEncoding.UTF32: ("utf-32-le", 4),
}


def applied(document: str, start: Any, end: Any, text: str, encoding: PositionEncoding) -> str:
    """The document after an edit as an editor makes it, which counts by itself."""
    codec, width = UNITS[encoding]
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z|\Z", document)

    def cut(position: Any) -> tuple[str, str]:
        line = lines[position.line].encode(codec)
        at = position.character * width
        return line[:at].decode(codec), line[at:].decode(codec)

    before = "".join(lines[: start.line]) + cut(start)[0]
    after = cut(end)[1] + "".join(lines[end.line + 1 :])
    return before + text + after


@settings(deadline=None, max_examples=300)
@given(DOCUMENTS, st.integers(0, 60), LANGUAGES, REPLIES, st.sampled_from(list(PositionEncoding)), st.booleans())
def test_ghost_text_changes_nothing_outside_its_range(
    document: str, cursor: int, language: str, reply: str, encoding: PositionEncoding, cut: bool
) -> None:
    """The range is on the cursor's line and contains it, what it covers is kept, line breaks are the document's.

    Closers that an editor has put behind the cursor are not kept where the line goes on behind a backslash.
    """
    position = min(cursor, len(document))
    if document[position - 1 : position + 1] == "\r\n":
        position -= 1
    snapshot = Snapshot(uri="file:///a", language_id=language, text=document)
    prepared = prepare_completion(SERVICES, CompletionAsked(snapshot=snapshot, position=position))
    assert prepared is not None
    item = item_of(reply, prepared, cut=cut)
    if item is None:
        return
    start, end = (lsp_position(snapshot, at, encoding) for at in (item.start, item.end))
    here = lsp_position(snapshot, position, encoding)
    assert start.line == end.line == here.line
    assert item.start <= position <= item.end
    assert (
        applied(document, start, end, item.text, encoding) == document[: item.start] + item.text + document[item.end :]
    )
    text, covered = iter(item.text), document[item.start : item.end]
    goes_on = item.text.endswith("\\") and not set(covered) - CLOSERS
    assert goes_on or all(character in text for character in covered)
    followed = bool(prepared.hole.line_after[item.end - position :].strip())
    assert item.text == item.text.rstrip("\r\n" if followed else " \t\r\n")
    assert item.text.strip()
    if "\n" in item.text or "\r" in item.text:
        assert set(re.findall(r"\r\n|\r|\n", item.text)) == {snapshot.eol}
