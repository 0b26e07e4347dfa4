"""Replies in every shape, read for the same change."""

import pytest

from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.replies.fences import fenced_blocks, without_thinking
from aurelis.tasks.replies.findings import Finding, read_findings
from aurelis.tasks.replies.insertions import read_insertion
from aurelis.tasks.replies.new_files import read_new_file
from aurelis.tasks.replies.patches import apply_changes, search_replace_blocks, unified_diff

DOCUMENT = '''\
"""Sums."""

import os


class Sums:
    def add(self, a, b):
        # note
        return a-b

    def name(self):
        return os.name
'''
OLD = "    def add(self, a, b):\n        # note\n        return a-b\n"
NEW = "    def add(self, a, b):\n        # note\n        return a + b\n"
WANTED = DOCUMENT.replace(OLD, NEW)
START = DOCUMENT.index(OLD)
END = START + len(OLD)
BODY = NEW.rstrip()
DIFF = """\
--- a/sums.py
+++ b/sums.py
@@ -7,3 +7,3 @@ class Sums:
     def add(self, a, b):
         # note
-        return a-b
+        return a + b
"""
SHAPES = {
    "fenced": f"```python\n{BODY}\n```",
    "fenced, no language": f"```\n{BODY}\n```",
    "tildes": f"~~~py\n{BODY}\n~~~",
    "prose around": f"Sure! Here it is:\n\n```python\n{BODY}\n```\n\nI replaced the minus.",
    "reasoning before": f"<think>\n```python\nx = 1\n```\n</think>\n\n```python\n{BODY}\n```",
    "several blocks": f"You have\n```python\n        return a-b\n```\nNow\n```python\n{BODY}\n```\n\n```sh\nmake\n```",
    "in a list": "1. Change it:\n\n   ```python\n" + "".join(f"   {line}\n" for line in BODY.split("\n")) + "   ```\n",
    "bare code": f"{BODY}\n",
    "CR LF": f"```python\n{BODY}\n```".replace("\n", "\r\n"),
    "no closing fence": f"```python\n{BODY}\n",
    "moved to the margin": "```python\ndef add(self, a, b):\n    # note\n    return a + b\n```",
    "moved to the right": "```python\n" + "".join(f"    {line}\n" for line in BODY.split("\n")) + "```",
    "tabs": "```python\ndef add(self, a, b):\n\t# note\n\treturn a + b\n```",
    "blank lines around": f"```python\n\n\n{BODY}\n\n\n```",
    "whole file": f"```python\n{WANTED}```",
    "whole file, blank line lost": f"```python\n{WANTED.strip()}\n```",
    "lines around repeated": f"```python\nclass Sums:\n{BODY}\n\n    def name(self):\n        return os.name\n```",
    "unified diff": f"```diff\n{DIFF}```",
    "bare diff": DIFF,
    "diff without numbers": f"```diff\n@@ ... @@\n{DIFF.partition('Sums:' + chr(10))[2]}```",
    "diff, wrong numbers": f"```diff\n{DIFF.replace('-7,3 +7,3', '-90,1 +91,2')}```",
    "diff in a plain block": f"```\n{DIFF}```",
    "search/replace": "<<<<<<< SEARCH\n        return a-b\n=======\n        return a + b\n>>>>>>> REPLACE",
    "search/replace, fenced": "```\n<<<<<<< SEARCH\n    return a-b\n=======\n    return a + b\n>>>>>>> REPLACE\n```",
    "search/replace, moved": "<<<<<<< SEARCH\n# note\nreturn a-b\n=======\n# note\nreturn a + b\n>>>>>>> REPLACE",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_every_shape_means_the_same_change(shape: str, eol: str) -> None:
    """However the answer is written, the document becomes the same, its own line endings kept."""
    document = DOCUMENT.replace("\n", eol)
    start, end = document.index(OLD.replace("\n", eol)), DOCUMENT[:END].count("\n") * (len(eol) - 1) + END
    reading = read_edit(document, start, end, "python", SHAPES[shape])
    assert reading.text == WANTED.replace("\n", eol), reading.reason
    assert not reading.outside


_SPACES = "def spaces(a):\n    if a:\n        return a\n    return 0\n"
_TABS = "def tabs(a):\n\tif a:\n\t\treturn a\n\treturn 0\n"


@pytest.mark.parametrize("old", [_SPACES, _TABS, _SPACES.split("\n", 1)[1], _TABS.split("\n", 1)[1]])
@pytest.mark.parametrize("step", ["    ", "\t"])
def test_a_file_of_two_indentations_keeps_that_of_the_lines(old: str, step: str) -> None:
    """Each part of the file is indented as it was, whichever way the answer is."""
    document = f"{_SPACES}\n\n{_TABS}"
    start = document.index(old)
    own = "\t" if "\t" in old else "    "
    new = old.replace("return 0", f"while a:\n{own * 2}a -= 1\n{own}return 1")
    edit = read_edit(document, start, start + len(old), "python", f"```python\n{new.replace(own, step)}```")
    assert edit.text == document.replace(old, new)


@pytest.mark.parametrize("place", ["    return 0", "\treturn 0"])
def test_generated_code_is_indented_as_its_place_in_a_file_of_two_indentations(place: str) -> None:
    """What is inserted goes by the line that it stands at."""
    document = f"{_SPACES}\n\n{_TABS}"
    own = place.removesuffix("return 0")
    at = document.index(f"\n{place}") + 1 + len(own)
    for step in ("    ", "\t"):
        edit = read_insertion(document, at, "python", f"```python\nwhile a:\n{step}a -= 1\n```")
        assert edit.text is not None
        assert f"\n{own}while a:\n{own * 2}a -= 1\n" in edit.text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "the answer is empty"),
        ("  \n", "the answer is empty"),
        ("I cannot do that.", "the answer holds no code"),
        ("<think>hm</think>", "the answer is empty"),
        ("umbrella teapot lantern gravel\nmarble", "the answer holds no code"),
        (
            "```python\n    def add(self, a, b):\n        # ... rest of the code unchanged ...\n```",
            "the answer leaves code out",
        ),
        ("```python\n    def add(self, a, b):\n        # ...\n```", "the answer leaves code out"),
        ("<<<<<<< SEARCH\n        return a-b\n=======\n        return", "the answer's changes are unfinished"),
        ("<<<<<<< SEARCH\nnowhere\n=======\nx\n>>>>>>> REPLACE", "the answer's changes do not fit the code"),
        ("```diff\n@@ -1,2 +1,2 @@\n-nowhere\n+x\n```", "the answer's changes do not fit the code"),
        ("```diff\nnot a diff\n```", "the answer's changes are unfinished"),
        (
            "<<<<<<< SEARCH\n        return os.name\n=======\n        return 1\n>>>>>>> REPLACE",
            "the answer changes only lines outside the range",
        ),
        (
            "<<<<<<< SEARCH\n        return a-b\n\n    def name(self):\n=======\n    x = 1\n>>>>>>> REPLACE",
            "the answer changes lines outside the range",
        ),
    ],
)
def test_answers_without_a_usable_edit_say_why(reply: str, reason: str) -> None:
    """Refusals, random words, gaps and changes elsewhere are no edit."""
    reading = read_edit(DOCUMENT, START, END, "python", reply)
    assert (reading.text, reading.reason) == (None, reason)


def test_changes_elsewhere_are_left_out_and_reported() -> None:
    """A whole file with a second change gives the asked-for one alone."""
    reading = read_edit(DOCUMENT, START, END, "python", f"```python\n{WANTED.replace('os.name', 'os.sep')}```")
    assert reading.text == WANTED
    assert reading.outside


@pytest.mark.parametrize(
    "reply",
    [
        f"```python\nimport sys\n\n{BODY}\n```",
        f"```python\n{WANTED.replace('import os', 'import os' + chr(10) + 'import sys')}```",
        "<<<<<<< SEARCH\nimport os\n=======\nimport os\nimport sys\n>>>>>>> REPLACE\n" + SHAPES["search/replace"],
    ],
)
def test_new_imports_go_where_imports_are(reply: str) -> None:
    """Plain import lines are the one change outside the range."""
    reading = read_edit(DOCUMENT, START, END, "python", reply)
    assert reading.text == WANTED.replace("import os\n", "import os\nimport sys\n")
    assert not reading.outside


@pytest.mark.parametrize(
    ("language_id", "document", "imported", "result"),
    [
        ("python", '"""Doc."""\n\nx = 1\n', "import sys", '"""Doc."""\n\nimport sys\nx = 2\n'),
        (
            "go",
            'package a\n\nimport "fmt"\n\nvar x = 1\n',
            'import "os"',
            'package a\n\nimport "fmt"\nimport "os"\n\nvar x = 2\n',
        ),
        (
            "rust",
            "use std::io;\n\nconst X: i32 = 1;\n",
            "use std::fs;",
            "use std::io;\nuse std::fs;\n\nconst X: i32 = 2;\n",
        ),
        ("c", "#include <a.h>\n\nint x = 1;\n", "#include <b.h>", "#include <a.h>\n#include <b.h>\n\nint x = 2;\n"),
        (
            "java",
            "package p;\n\nclass A {int x = 1;}\n",
            "import p.B;",
            "package p;\n\nimport p.B;\nclass A {int x = 2;}\n",
        ),
        (
            "javascript",
            "import a from 'a';\n\nlet x = 1;\n",
            "import b from 'b';",
            "import a from 'a';\nimport b from 'b';\n\nlet x = 2;\n",
        ),
        ("python", "import sys\n\nx = 1\n", "import sys", "import sys\n\nx = 2\n"),
    ],
)
def test_imports_of_each_language_are_placed(language_id: str, document: str, imported: str, result: str) -> None:
    """Behind the last import, or before the first statement; one that is there already is not repeated."""
    last = document.rstrip("\n").rpartition("\n")[2]
    start = document.index(last)
    reply = f"```\n{imported}\n{last.replace('1', '2')}\n```"
    assert read_edit(document, start, len(document), language_id, reply).text == result


def test_endings_of_lines_that_stay_are_kept() -> None:
    """In a document of mixed line endings only new lines take the usual one, and a missing last break stays missing."""
    document = "a = 1\r\nb = 2\nc = 3\r\nd = 4"
    reading = read_edit(document, 0, len(document), "python", "```python\na = 1\nb = 2\nnew = 0\nc = 3\nd = 5\n```")
    assert reading.text == "a = 1\r\nb = 2\nnew = 0\r\nc = 3\r\nd = 5"


@pytest.mark.parametrize(
    ("place", "code", "result"),
    [
        ("    |\n", "x = 1\nif x:\n    y()", "    x = 1\n    if x:\n        y()\n"),
        ("    # make x|\nend\n", "x = 1", "    # make x\n    x = 1\nend\n"),
        ("  |  done()\n", "x = 1", "    x = 1\n    done()\n"),
        ("|", "x = 1", "x = 1"),
        ("a()|", "a()\nx = 1", "a()\na()\nx = 1"),
        ("a()\r\n|", "x = 1\ny = 2", "a()\r\nx = 1\r\ny = 2\r\n"),
        ("before_it()\n|\nafter_it()\n", "before_it()\nx = 1\nafter_it()", "before_it()\nx = 1\nafter_it()\n"),
        ("\tif x {|\r\n\t}\r\n", "y()", "\tif x {\r\n\ty()\r\n\t}\r\n"),
    ],
)
def test_generated_code_is_inserted_at_its_place(place: str, code: str, result: str) -> None:
    """On a blank line, above code or below it; indented as the place's line; repeated neighbours left out."""
    at = place.index("|")
    assert read_insertion(place.replace("|", ""), at, "plaintext", f"```\n{code}\n```").text == result


def test_words_are_not_inserted_as_code() -> None:
    """An answer without a block is inserted only if it is code."""
    assert read_insertion("x = 1\n", 0, "python", "I am sorry, I cannot.").text is None
    assert read_insertion("", 0, "python", "y = 2\n").text == "y = 2"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("```python\ndef test_a():\n    pass\n```", "def test_a():\n    pass\n"),
        ("Install it:\n```sh\npip install x\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("x = 1\ny = 2", "x = 1\ny = 2\n"),
        ("No.", None),
        ("", None),
        ("```python\n# ... existing tests ...\n# ... same code as before\n```", None),
    ],
)
def test_the_content_of_a_new_file(reply: str, text: str | None) -> None:
    """The block in the source's language, or bare code; nothing otherwise."""
    assert read_new_file(reply, "python", "\n") == text


def test_fences_within_blocks_stay_content() -> None:
    """Fences in docstrings and in Markdown do not end a block, nor do shorter ones."""
    markdown = "````markdown\n# T\n```py\nx\n```\n````"
    nested = "```markdown\n# T\n```py\nx\n```\nend\n```"
    docstring = '```python\ndef f():\n    """\n    ```\n    f()\n    ```\n    """\n```'
    assert fenced_blocks(markdown)[0].content == "# T\n```py\nx\n```\n"
    assert fenced_blocks(nested)[0].content == "# T\n```py\nx\n```\nend\n"
    assert fenced_blocks(docstring)[0].content.count("```") == 2
    assert [block.closed for block in fenced_blocks("```\na\n```\n```\nb")] == [True, False]


@pytest.mark.parametrize(
    ("reply", "rest"),
    [
        ("<think>a</think>b", "b"),
        (" <THINKING>\na\n</THINKING>\n\nb", "b"),
        ("a <think>b</think>", "a <think>b</think>"),
    ],
)
def test_reasoning_before_an_answer_is_no_answer(reply: str, rest: str) -> None:
    """Only reasoning that comes first is taken away."""
    assert without_thinking(reply) == rest


def test_an_ambiguous_change_is_not_guessed() -> None:
    """Lines that stand in two places are found by the diff's line number or not at all."""
    text = "a\nx\nb\nx\nc\n"
    changes = search_replace_blocks("<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE")
    assert changes is not None
    assert apply_changes(text, changes) is None
    assert apply_changes(text, changes, 2, 5) == "a\nx\nb\ny\nc\n"
    hunks = unified_diff("@@ -4,1 +4,1 @@\n-x\n+y\n")
    assert hunks is not None
    assert apply_changes(text, hunks) == "a\nx\nb\ny\nc\n"


def test_changes_that_overlap_are_refused() -> None:
    """Two changes of the same line cannot both be meant."""
    block = "<<<<<<< SEARCH\na\nb\n=======\n{}\n>>>>>>> REPLACE\n"
    changes = search_replace_blocks(block.format("c") + block.format("d"))
    assert changes is not None
    assert apply_changes("a\nb\n", changes) is None


@pytest.mark.parametrize(
    ("reply", "findings"),
    [
        ("- L3: error: Wrong sign.", [Finding(3, 3, "error", "Wrong sign.")]),
        ("* **L3-L5**: Warning: Leak.", [Finding(3, 5, "warning", "Leak.")]),
        ("1. `Lines 4-99`: note: Long.", [Finding(4, 9, "info", "Long.")]),
        ("- L1: error: elsewhere\n- L12: error: elsewhere", []),
        ("No findings.", []),
        ("L3 is fine: error handling exists", []),
    ],
)
def test_findings_of_a_review(reply: str, findings: list[Finding]) -> None:
    """List items of the agreed form about reviewed lines, and nothing else."""
    assert list(read_findings(reply, 2, 9)) == findings
