"""Whatever a model says, a document is changed in the asked-for lines or not at all."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from aurelis.core.positions import LineIndex, split_lines
from aurelis.core.text_edits import apply_edits, minimal_edits
from aurelis.tasks.context.regions import whole_lines
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.reading import enough, ghost_text
from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.replies.findings import read_findings
from aurelis.tasks.replies.imports import is_import_line
from aurelis.tasks.replies.insertions import read_insertion
from aurelis.tasks.replies.new_files import read_new_file

DOCUMENT_LINES = st.lists(
    st.sampled_from(
        [
            "import os",
            "def f(a):",
            "    return a",
            "x = 1",
            "",
            "    😀 = 'é'",
            "\ty()",
            "}",
            "```",
            "class A:",
            "\x0c",
            "é = 2",
        ]
    ),
    max_size=12,
)
ENDS = st.sampled_from(["\n", "\r\n"])
DOCUMENTS = st.builds(
    lambda lines, eol, last: eol.join(lines) + (eol if last else ""), DOCUMENT_LINES, ENDS, st.booleans()
)
PIECES = st.sampled_from(
    [
        "```python\n",
        "```\n",
        "~~~\n",
        "def f(a):\n",
        "    return a\n",
        "    return a + 1\n",
        "x = 1\n",
        "import sys\n",
        "Here is the code:\n",
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "@@ -1,2 +1,2 @@\n",
        "--- a/f\n+++ b/f\n",
        "-x = 1\n",
        "+x = 2\n",
        " x = 1\n",
        "<think>hm</think>\n",
        "# ... rest of the code ...\n",
        "😀\r\n",
        "\n",
        "}",
        ")",
        "\t",
        "    ",
    ]
)
REPLIES = st.lists(PIECES, max_size=10).map("".join) | st.text(max_size=40)
LANGUAGES = st.sampled_from(["python", "plaintext", "markdown"])


@given(DOCUMENTS, st.integers(0, 80), st.integers(0, 80), LANGUAGES, REPLIES)
def test_an_edit_stays_within_the_range(document: str, one: int, other: int, language: str, reply: str) -> None:
    """Lines outside the range stand in the result as they were, new import lines apart."""
    region = whole_lines(LineIndex(document), one, other)
    reading = read_edit(document, region.start, region.end, language, reply)
    if reading.text is None:
        assert reading.reason
        return
    for edit in minimal_edits(document, reading.text):
        assert apply_edits(document, [edit]) is not None
    before, after = split_lines(document[: region.start]), split_lines(document[region.end :])
    wanted = [line for line in before if not is_import_line(line.rstrip("\r\n"))]
    given_lines = iter(split_lines(reading.text))
    if len(wanted) > 1:
        assert all(line in given_lines for line in wanted[:-1])
    if document[region.end :]:
        remaining = [line for line in after if not is_import_line(line.rstrip("\r\n")) and line.strip()]
        assert [line for line in split_lines(reading.text) if line in remaining][
            -len(remaining) :
        ] == remaining or not remaining


@given(DOCUMENTS, st.integers(0, 80), LANGUAGES, REPLIES)
@example("import os\nimport os", 1, "plaintext", "import sys\n```python\n")
def test_an_insertion_only_inserts(document: str, place: int, language: str, reply: str) -> None:
    """Generated code adds lines; no line with anything on it changes or goes away."""
    reading = read_insertion(document, min(place, len(document)), language, reply)
    if reading.text is not None:
        given_lines = iter(line.rstrip("\r\n") for line in split_lines(reading.text))
        assert all(line.rstrip("\r\n") in given_lines for line in split_lines(document) if line.strip())


CODE = st.text(st.sampled_from("ab(){}[]\"' \t\n:=😀\u0301\x0c,;"), max_size=40)


@given(CODE, CODE, CODE | REPLIES, st.booleans(), LANGUAGES, ENDS)
@example("f(", ")\n", "a)", False, "python", "\n")
@example("if x:\n    ", "\n", "```python\nif x:\n    y()\n```", True, "python", "\n")
def test_ghost_text_never_loses_what_stands_there(
    prefix: str, suffix: str, reply: str, multiline: bool, language: str, eol: str
) -> None:
    """An item covers characters of the cursor's line alone, and its text keeps all of them, in order."""
    prefix, suffix = prefix.replace("\n", eol), suffix.replace("\n", eol)
    hole = Hole(prefix=prefix, suffix=suffix, language_id=language, multiline=multiline, eol=eol)
    enough(reply, hole)
    item = ghost_text(reply, hole)
    if item is None:
        return
    document = prefix + suffix
    covered = document[item.start : item.end]
    assert item.start <= len(prefix) <= item.end
    assert "\n" not in covered
    assert "\r" not in covered
    assert item.text.startswith(document[item.start : len(prefix)])
    kept = iter(item.text[len(prefix) - item.start :])
    assert all(character in kept for character in document[len(prefix) : item.end])
    assert item.text == item.text.rstrip(" \t\r\n")
    assert item.text.strip()
    assert not re.search("\r(?!\n)", item.text)
    assert eol == "\n" or "\n" not in item.text.replace("\r\n", "")
    assert multiline or eol not in item.text


@given(REPLIES | CODE, st.sampled_from(["python", "rust", "x"]), ENDS)
def test_a_new_file_is_code_with_a_final_line_break(reply: str, language: str, eol: str) -> None:
    """The content of a new file ends with one line break and has something in it, or there is none."""
    text = read_new_file(reply, language, eol)
    if text is not None:
        assert text.strip()
        assert text.endswith(eol)


@given(
    st.text()
    | st.lists(st.sampled_from(["- L3: error: x", "L9-4: info: y", "* **L2**: warning: z", "words"])).map("\n".join)
)
def test_findings_stay_within_the_reviewed_lines(reply: str) -> None:
    """Every finding lies within the lines that were reviewed."""
    for finding in read_findings(reply, 2, 5):
        assert 2 <= finding.first_line <= finding.last_line <= 5
        assert finding.severity in {"error", "warning", "info"}
        assert finding.message
