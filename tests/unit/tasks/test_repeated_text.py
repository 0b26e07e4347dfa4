"""Replies that say again what stands before or behind the cursor, and code that repeats itself by right."""

import pytest
from tests.unit.tasks.ghost_holes import filled

ECHOES = [
    ("html", '<div class="menu-¦\n', 'menu-item">', '<div class="menu-item">\n'),
    ("javascript", "if (ready && current ==¦') {\n}\n", "current === '", "if (ready && current === '') {\n}\n"),
    (
        "typescript",
        'type Kind = {\n  readonly of: "map" | "¦;\n};\n',
        'map" | "set"',
        'type Kind = {\n  readonly of: "map" | "set";\n};\n',
    ),
    (
        "c",
        "void f(int left) {\n\tif (left < 16) {¦\n\t}\n}\n",
        "16) {\n\t\treturn;",
        "void f(int left) {\n\tif (left < 16) {\n\t\treturn;\n\t}\n}\n",
    ),
    ("c", "void f(long n) {\n\tn -= count * ¦\n}\n", "count * 12;", "void f(long n) {\n\tn -= count * 12;\n}\n"),
    ("python", "# The lists ¦\nx = 1\n", "lists are sorted.", "# The lists are sorted.\nx = 1\n"),
    ("python", "# This is ¦\nx = 1\n", "is not so.", "# This is not so.\nx = 1\n"),
    (
        "markdown",
        "What is rude, threatening, ¦\n",
        "threatening, or harmful.",
        "What is rude, threatening, or harmful.\n",
    ),
    ("javascript", 'const v = "5.0.¦;\n', '5.0.2"', 'const v = "5.0.2";\n'),
    ("python", "names = get(row[¦\n", "row[0])", "names = get(row[0])\n"),
    (
        "python",
        "def f(x):\n    if not x:¦\n    y = 1\n",
        "x:\n        return",
        "def f(x):\n    if not x:\n        return\n    y = 1\n",
    ),
    ("css", ".a {\n  width: 40px¦\n}\n", "40px;", ".a {\n  width: 40px;\n}\n"),
    ("python", "rest = ask(o¦\nprint(o)\n", "o)", "rest = ask(o)\nprint(o)\n"),
    ("python", "def f(request):\n    request.re¦\n", "read()", "def f(request):\n    request.read()\n"),
    (
        "json",
        '{\n  "a": {\n    "¦"\n      "b": 1\n    }\n  }\n}\n',
        '"options": {',
        '{\n  "a": {\n    "options": {\n      "b": 1\n    }\n  }\n}\n',
    ),
    (
        "c",
        "struct part_of_it {¦};\n",
        "struct part_of_it {\n    int size;\n}",
        "struct part_of_it {\n    int size;\n};\n",
    ),
]
"""Language, document, reply, document with the completion in it."""
ECHOES += [
    ("javascript", 'import * as z from "¦"\n', '"zod";', 'import * as z from "zod";\n'),
    ("javascript", "run();\n/¦\n", "// Start over", "run();\n// Start over\n"),
]
BEHIND = [
    ("python", "# It is thought to be complete ¦.\n", "and right.", "# It is thought to be complete and right.\n"),
    ("python", '"""The ¦, of course."""\n', "answer, of course.", '"""The answer, of course."""\n'),
    ("markdown", "Needs the ¦:\n\n- one\n", "following parts:", "Needs the following parts:\n\n- one\n"),
    ("python", "# Without ¦ of\n# others.\n", "the work of", "# Without the work of\n# others.\n"),
    ("javascript", "/**\n * Send ¦.\n */\n", " * Send what is asked for.", "/**\n * Send what is asked for.\n */\n"),
]
LEGITIMATE = [
    ("python", 'values = ["¦"]\n', '", "b"', 'values = ["", "b"]\n'),
    ("python", "point = (0, ¦)\n", "0, 1", "point = (0, 0, 1)\n"),
    ("python", "kinds: list[¦]\n", "list[int]", "kinds: list[list[int]]\n"),
    ("c", "int f(char *, ¦);\n", "char *, int", "int f(char *, char *, int);\n"),
    ("c", "unsigned long ¦\n", "long count;", "unsigned long long count;\n"),
    ("html", "<div>¦\n", "<div></div></div>", "<div><div></div></div>\n"),
    ("python", "colour = '#bb¦'\n", "bbbb", "colour = '#bbbbbb'\n"),
    ("html", '<a class="btn ¦">x</a>\n', "btn-lg", '<a class="btn btn-lg">x</a>\n'),
    ("python", "top = max(¦\n", "max(a, b), c)", "top = max(max(a, b), c)\n"),
    ("python", "flags = [True, ¦]\n", "True, False", "flags = [True, True, False]\n"),
    ("python", "# So on.¦.\n", ".", "# So on...\n"),
    ("markdown", "# Title\n=¦=\n", "====", "# Title\n======\n"),
]


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), ECHOES)
def test_half_a_line_that_is_said_again_is_left_out(language_id: str, text: str, reply: str, made: str) -> None:
    """A model that begins before the cursor does not double what stands there."""
    assert filled(text, reply, language_id) == made


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), BEHIND)
def test_the_end_of_the_line_is_not_doubled_among_words(language_id: str, text: str, reply: str, made: str) -> None:
    """A sentence that the model ends as the document does ends once."""
    assert filled(text, reply, language_id) == made


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), LEGITIMATE)
def test_what_is_often_written_twice_in_a_row_is_kept(language_id: str, text: str, reply: str, made: str) -> None:
    """Lists of numbers, nested containers, tags and rules repeat themselves."""
    assert filled(text, reply, language_id) == made
