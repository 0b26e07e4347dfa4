"""Replies that give only some of the definitions."""

import pytest

from aurelis.tasks.replies.edits import read_edit
from aurelis.tasks.replies.partial import removes_definitions

PYTHON = """\
import os


def first(a):
    return a


@cache
def second(a):
    return os.name


class Third:
    x = 1

    @property
    def fourth(self):
        return 4

    def fifth(self):
        return 5
"""


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("def first(a):\n    return a\n", "@cache\ndef second(a):\n    return 2"),
        ("def first(a):\n    return a\n", "class Third:\n    x = 2"),
        ("def first(a):\n    return a\n", "def second(a):\n    return 2\n\n\nclass Third:\n    x = 2"),
        ("    return a\n", "class Third:\n    x = 2"),
        ("    def fifth(self):\n        return 5\n", "def fourth(self):\n    return 3"),
    ],
)
def test_a_definition_of_another_place_takes_no_place(asked: str, reply: str) -> None:
    """Who is asked for one function and answers with another that the file has means a change elsewhere."""
    start = PYTHON.index(asked)
    reading = read_edit(PYTHON, start, start + len(asked), "python", f"```python\n{reply}\n```")
    assert reading.text is None
    assert reading.reason == "the answer changes only lines outside the range"


@pytest.mark.parametrize(
    "reply", ["def renamed(a):\n    return a", "def first(a):\n    return 1\n\n\ndef new():\n    pass"]
)
def test_a_definition_of_a_new_name_may_take_a_place(reply: str) -> None:
    """A function may be renamed, and taken apart into several."""
    asked = "def first(a):\n    return a\n"
    start = PYTHON.index(asked)
    reading = read_edit(PYTHON, start, start + len(asked), "python", f"```python\n{reply}\n```")
    assert reading.text == PYTHON.replace(asked, reply + "\n")


@pytest.mark.parametrize(
    ("reply", "old", "new"),
    [
        ("def first(a):\n    return a + 1", "    return a\n", "    return a + 1\n"),
        ("def second(a):\n    return 'b'", "return os.name", "return 'b'"),
        ("@cache\ndef second(a):\n    return 'b'", "return os.name", "return 'b'"),
        (
            "@lru_cache\ndef second(a):\n    return 'b'",
            "@cache\ndef second(a):\n    return os.name",
            "@lru_cache\ndef second(a):\n    return 'b'",
        ),
        ("def fifth(self):\n    if self:\n        return 6", "return 5", "if self:\n            return 6"),
        ("    def fifth(self):\n        return 6", "return 5", "return 6"),
        ("@property\ndef fourth(self):\n    return 3", "return 4", "return 3"),
        (
            "import sys\n\ndef first(a):\n    return sys",
            "import os\n\n\ndef first(a):\n    return a\n",
            "import os\nimport sys\n\n\ndef first(a):\n    return sys\n",
        ),
        ("# Better.\ndef first(a):\n    return a", "def first", "# Better.\ndef first"),
    ],
)
def test_a_definition_takes_the_place_of_the_one_of_its_name(reply: str, old: str, new: str) -> None:
    """Everything else stays, decorators that were not given among it."""
    reading = read_edit(PYTHON, 0, len(PYTHON), "python", f"```python\n{reply}\n```")
    assert reading.text == PYTHON.replace(old, new, 1)


def test_several_blocks_change_several_definitions() -> None:
    """Each block is one change; blocks in another language are none."""
    reply = (
        "First:\n```python\ndef first(a):\n    return 1\n```\nthen\n```python\ndef fifth(self):\n    return 6\n```\n"
        "and run\n```sh\npython x.py\n```"
    )
    reading = read_edit(PYTHON, 0, len(PYTHON), "python", reply)
    assert reading.text == PYTHON.replace("    return a\n", "    return 1\n").replace("return 5", "return 6")


def test_a_documentation_comment_is_replaced_not_doubled() -> None:
    """A comment above the definition belongs to it."""
    document = "// Old.\nfunction a() {}\n\nfunction b() {}\n"
    reading = read_edit(document, 0, len(document), "javascript", "```js\n// New.\nfunction a() { c(); }\n```")
    assert reading.text == "// New.\nfunction a() { c(); }\n\nfunction b() {}\n"


def test_the_whole_region_given_again_is_no_partial_reply() -> None:
    """A region of one function is replaced as a whole, new functions beside it included."""
    start = PYTHON.index("def first")
    end = PYTHON.index("\n\n@cache")
    reply = "```python\ndef part(a):\n    return a\n\n\ndef first(a):\n    return part(a)\n```"
    reading = read_edit(PYTHON, start, end, "python", reply)
    assert reading.text == PYTHON.replace(
        "def first(a):\n    return a\n", "def part(a):\n    return a\n\n\ndef first(a):\n    return part(a)\n"
    )


def test_a_change_that_loses_definitions_is_known() -> None:
    """Fewer functions or classes than before are worth a look."""
    assert removes_definitions(PYTHON, PYTHON.replace("def first(a):\n    return a\n", ""), "python")
    assert not removes_definitions(PYTHON, PYTHON.replace("first", "other"), "python")
    assert not removes_definitions("a", "b", "plaintext")
