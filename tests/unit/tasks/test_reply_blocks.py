"""Replies of several blocks, patches in an envelope, imports of their own, and what is no code for the file at all."""

import pytest

from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.replies.imports import leading_imports, one_line_imports, with_imports
from aurelis.tasks.replies.insertions import read_insertion
from aurelis.tasks.replies.new_files import read_new_file

DOCUMENT = """\
import os


class Sums:
    def add(self, a, b):
        # note
        return a-b

    def name(self):
        return os.name
"""
OLD = "    def add(self, a, b):\n        # note\n        return a-b\n"
NEW = "    def add(self, a, b):\n        # note\n        return a + b\n"
START = DOCUMENT.index(OLD)
END = START + len(OLD)
WANTED = DOCUMENT.replace(OLD, NEW)
PATCH = """\
*** Begin Patch
*** Update File: sums.py
@@ class Sums:
     def add(self, a, b):
         # note
-        return a-b
+        return a + b
*** End Patch"""


@pytest.mark.parametrize(
    "reply",
    [
        f"Before:\n```python\n{OLD}```\nAfter:\n```python\n{NEW}```",
        f"```python\n{NEW}```\ninstead of\n```python\n{OLD}```",
        "Replace\n```python\nreturn a-b\n```\nby\n```python\nreturn a + b\n```",
        PATCH,
        PATCH.replace("@@ class Sums:\n", ""),
        f"```\n{PATCH}\n```",
        f"```python\n{NEW}\n```\n```bash\npython sums.py\n```",
        f"```diff\n-return a-b\n+return a + b\n```\n```python\n{NEW}```",
    ],
)
def test_of_several_blocks_the_changed_code_is_taken(reply: str) -> None:
    """Quotations from the file, commands to type and patch envelopes lead to the same document."""
    reading = read_edit(DOCUMENT, START, END, "python", reply)
    assert reading.text == WANTED, reading.reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("```sh\nrm -rf /\n```", "the answer holds no code in python"),
        ('```json\n{"code": true, "path": "/etc"\n```', "the answer holds no code in python"),
        ("```python\n    def add(self, a, b):\n        # note\n        return (a +", "the answer is unfinished"),
        ("```python\n    def add(self, a, b):\n        ...\n        return a + b\n```", "the answer leaves code out"),
        (PATCH.replace("return a-b", "return 1"), "the answer's changes do not fit the code"),
        ("*** Begin Patch\n*** Delete File: sums.py\n*** End Patch", "the answer's changes are unfinished"),
    ],
)
def test_what_is_no_code_for_the_file_is_refused(reply: str, reason: str) -> None:
    """Another language's blocks, code that ends half way and gaps marked by dots change nothing."""
    reading = read_edit(DOCUMENT, START, END, "python", reply)
    assert (reading.text, reading.reason) == (None, reason)


def test_a_body_of_dots_is_code_in_python() -> None:
    """A function that holds nothing is no gap in the answer."""
    reading = read_edit(DOCUMENT, START, END, "python", "```python\n    def add(self, a, b):\n        ...\n```")
    assert reading.text == DOCUMENT.replace(OLD, "    def add(self, a, b):\n        ...\n")


def test_imports_in_a_block_of_their_own_are_added() -> None:
    """A second block of nothing but imports goes where the file has its own."""
    reading = read_edit(DOCUMENT, START, END, "python", f"```python\nimport math\n```\nand\n```python\n{NEW}```")
    assert reading.text == WANTED.replace("import os\n", "import os\nimport math\n")


def test_no_import_is_taken_away_outside_the_range() -> None:
    """A whole file without an import that others use keeps that import, and says that something was left out."""
    whole = "import sys\n" + WANTED.removeprefix("import os\n")
    reading = read_edit(DOCUMENT, START, END, "python", f"```python\n{whole}```")
    assert reading.text == WANTED
    assert reading.outside


def test_blank_lines_outside_the_range_stay_as_they_are() -> None:
    """What a whole file loses or gains of blank lines elsewhere is nobody's change, and needs no word."""
    whole = WANTED.replace("import os\n\n\n", "import os\n \n").replace("os.name\n", "os.name\n\n")
    reading = read_edit(DOCUMENT, START, END, "python", f"```python\n{whole}```")
    assert (reading.text, reading.outside) == (WANTED, False)


def test_a_group_of_imports_may_grow() -> None:
    """A whole Go file whose import group has a new line changes the group and the range alone."""
    document = 'package a\n\nimport (\n\t"fmt"\n)\n\nfunc A() {\n\tfmt.Println()\n}\n\nfunc B() {\n}\n'
    start = document.index("func A")
    end = document.index("\nfunc B")
    wanted = document.replace('\t"fmt"\n', '\t"fmt"\n\t"os"\n').replace("Println()", "Println(os.Args)")
    reading = read_edit(document, start, end, "go", f"```go\n{wanted}```")
    assert (reading.text, reading.outside) == (wanted, False)
    part = 'import (\n\t"fmt"\n\t"os"\n)\n\nfunc A() {\n\tfmt.Println(os.Args)\n}'
    reading = read_edit(document, start, end, "go", f"```go\n{part}\n```")
    assert reading.text == wanted.replace('\t"os"\n)', ')\nimport "os"')


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ('\t"io/fs"\n', '\t"io{fs"\n'),
        ('\t"io/fs"\n', '\t{io/fs"\n'),
        ('\t"io/fs"\n', '\t\t"io/fs"\n'),
        ('\t"fmt"\n\t"io/fs"\n', '\t"io/fs"\n\t"fmt"\n'),
        ("import (\n", " import (\n\n"),
        (")\n\nfunc A", "}\n\nfunc A"),
        (")\n\nfunc A", "\tif err != nil {\n\nfunc A"),
    ],
)
def test_imports_that_are_not_new_are_left_as_they_are(was: str, said: str) -> None:
    """A whole file with its imports damaged, laid out anew or in another language changes the range alone."""
    document = 'package a\n\nimport (\n\t"fmt"\n\t"io/fs"\n)\n\nfunc A() {\n\tfmt.Println()\n}\n\n\nfunc B() {\n}\n'
    start, end = document.index("func A"), document.index("\n\nfunc B")
    wanted = document.replace("Println()", "Println(fs.A)")
    reading = read_edit(document, start, end, "go", f"```go\n{wanted.replace(was, said)}```")
    assert reading.text == wanted


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ('import (\n\t"fmt"\n\tx "os" // why\n)', ['import "fmt"', 'import x "os"']),
        ("from a import (\n    b,\n    c,\n)", ["from a import ( b, c, )"]),
        ("import {\n  a,\n  b,\n} from 'x';", ["import { a, b, } from 'x';"]),
        ("import os", ["import os"]),
    ],
)
def test_an_import_of_many_lines_becomes_plain_lines(statement: str, lines: list[str]) -> None:
    """Go's groups are taken apart, the others joined."""
    assert one_line_imports(statement) == lines


def test_imports_without_a_grammar_are_told_line_by_line() -> None:
    """Plain import lines at the start are imports in any language."""
    assert leading_imports(["import x", "", "using y;", "", "run()"], "nolanguage") == (
        ["import x", "using y;"],
        ["run()"],
    )
    assert with_imports("import a\nrun()\n", ["import a", "import b"], "nolanguage") == "import a\nimport b\nrun()\n"


@pytest.mark.parametrize("language", ["nolanguage", "python"])
def test_a_last_line_without_a_break_is_not_joined_to_an_import(language: str) -> None:
    """An import that ends the file without a line break stays on a line of its own when another one is added."""
    assert with_imports("import a", ["import b"], language) == "import b\nimport a"


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_byte_order_mark_stays_where_it_is(eol: str, *, whole: bool) -> None:
    """An editor's byte order mark is neither lost, nor repeated, nor moved behind new code."""
    document = "\ufeff" + DOCUMENT.replace("\n", eol)
    wanted = "\ufeff" + WANTED.replace("\n", eol)
    start = document.index(OLD.replace("\n", eol))
    span = (0, len(document)) if whole else (start, start + len(OLD.replace("\n", eol)))
    for shown in (WANTED, "\ufeff" + WANTED):
        assert read_edit(document, *span, "python", f"```python\n{shown}```").text == wanted
    inserted = read_insertion(document, 0, "python", "```python\nx = 1\n```").text
    assert inserted == document.replace("import os", f"x = 1{eol}import os")


def test_a_bracket_of_the_lines_around_is_not_doubled() -> None:
    """A lone closing bracket that the reply repeats is left out where the file would not parse with it."""
    document = "class A {\n  int f() {\n    return 1;\n  }\n}\n"
    start, end = document.index("  int"), document.rindex("}")
    reading = read_edit(document, start, end, "java", "```java\n  int f() {\n    return 2;\n  }\n}\n```")
    assert reading.text == document.replace("1", "2")


def test_a_line_that_takes_another_s_place_takes_its_ending() -> None:
    """In a document of mixed line endings a changed line ends as it did."""
    document = "a = 1\r\nb = 2\nc = 3\r\n"
    for reply in ("```\na = 1\nb = 9\nc = 3\n```", "<<<<<<< SEARCH\nb = 2\n=======\nb = 9\n>>>>>>> REPLACE"):
        assert read_edit(document, 0, len(document), "python", reply).text == document.replace("2", "9")


def test_imports_of_generated_code_go_to_the_file_s_own() -> None:
    """Only the code itself is put at the place."""
    reading = read_insertion(
        DOCUMENT, len(DOCUMENT), "python", "```python\nimport json\n\ndef f(x):\n    return json.dumps(x)\n```"
    )
    assert reading.text == DOCUMENT.replace("import os\n", "import os\nimport json\n") + (
        "def f(x):\n    return json.dumps(x)\n"
    )
    assert read_insertion(DOCUMENT, 9, "python", "```python\nimport json\n```").text == DOCUMENT.replace(
        "import os\n", "import os\nimport json\n"
    )


@pytest.mark.parametrize(
    "reply",
    [
        f"```diff\n--- a/sums.py\n+++ b/sums.py\n@@ -1,2 +1,2 @@\n import os\n-{OLD}+{NEW}```",
        "<<<<<<< SEARCH\n        return a-b\n=======\n        return a + b\n>>>>>>> REPLACE",
        f"```python\n{DOCUMENT}```",
        "```sh\npytest\n```",
    ],
)
def test_a_change_of_the_source_is_no_new_file(reply: str) -> None:
    """Diffs, the source repeated and commands never become the content of a new file."""
    assert read_new_file(reply, "python", "\n", DOCUMENT) is None


def test_the_new_file_is_taken_beside_the_source_repeated() -> None:
    """Of the source and its tests the tests are meant, however long the source is."""
    tests = "def test_add():\n    assert True\n"
    reply = f"sums.py:\n```python\n{DOCUMENT}```\ntest_sums.py:\n```python\n{tests}```"
    assert read_new_file(reply, "python", "\n", DOCUMENT) == tests
