"""Line breaks, backticks and fences around a completion: noise, or the text's own."""

import pytest
from tests.unit.tasks.ghost_holes import filled

NOISE = [
    (
        "python",
        "def f(path):\n    with opened¦:\n        pass\n",
        "\n(path)",
        "def f(path):\n    with opened(path):\n        pass\n",
    ),
    ("typescript", "type Asked = {\n  path?¦;\n};\n", "\n: string", "type Asked = {\n  path?: string;\n};\n"),
    ("css", ".a {\n  vertical-align¦\n}\n", "\n: top;", ".a {\n  vertical-align: top;\n}\n"),
    ("javascript", "class A {\n  log(text¦\n}\n", "\n) {\n  }", "class A {\n  log(text) {\n  }\n}\n"),
    ("markdown", "It is not enab¦\n", "\nled here.", "It is not enabled here.\n"),
    ("json", '{\n  ¦\n    "a": 1\n  }\n}\n', '`"options": {`', '{\n  "options": {\n    "a": 1\n  }\n}\n'),
    ("python", "buffer.¦\n", "`write(text)`", "buffer.write(text)\n"),
    ("c", "/* The test ¦\n */\n", "`will be left out.`", "/* The test will be left out.\n */\n"),
    ("javascript", "switch (kind) {\n  case ¦:\n}\n", '`"other"`', 'switch (kind) {\n  case "other":\n}\n'),
    ("markdown", "# Use\n\n¦\n", "```\nThis is the way to use it.\n```", "# Use\n\nThis is the way to use it.\n"),
    ("markdown", "```js\nrun({\n¦\n});\n```\n", "```\n  fast: true,\n```", "```js\nrun({\n  fast: true,\n});\n```\n"),
]
"""Language, document, reply, document with the completion in it."""
NO_NOISE = [
    (
        "python",
        "def f(a):\n    b = a¦\n",
        "\n    c = b\n    return c",
        "def f(a):\n    b = a\n    c = b\n    return c\n",
    ),
    (
        "c",
        "int f(void) {\n    int a = 1;¦\n}\n",
        "\n    int b = 2;",
        "int f(void) {\n    int a = 1;\n    int b = 2;\n}\n",
    ),
    ("shellscript", "# It is slow,¦\nrun\n", "\n# but simple.", "# It is slow,\n# but simple.\nrun\n"),
    ("markdown", "1. One, listed below,¦\n", "\n2. Another.", "1. One, listed below,\n2. Another.\n"),
    ("markdown", "It is the end.¦\n", "\n\nThen it goes on.", "It is the end.\n\nThen it goes on.\n"),
    ("go", 'func f() {\n\ta := ("b" +¦\n}\n', '\n\t\t"c")', 'func f() {\n\ta := ("b" +\n\t\t"c")\n}\n'),
    ("python", "x = f(\n    a,¦\n)\n", "\n    b,", "x = f(\n    a,\n    b,\n)\n"),
    ("markdown", "Say ¦\n", "`run --fast`", "Say `run --fast`\n"),
    ("python", "# See `one` and ¦\nx = 1\n", "`two`", "# See `one` and `two`\nx = 1\n"),
    ("javascript", "const path = ¦;\n", "`/users/${id}`", "const path = `/users/${id}`;\n"),
    (
        "go",
        "type A struct {\n\tName string ¦\n}\n",
        '`json:"name"`',
        'type A struct {\n\tName string `json:"name"`\n}\n',
    ),
    ("markdown", "Install it:\n\n¦\n", "```\nmake install\n```", "Install it:\n\n```\nmake install\n```\n"),
]


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), NOISE)
def test_what_a_model_puts_around_its_answer_goes(language_id: str, text: str, reply: str, made: str) -> None:
    """A line break within a statement, backticks around code and a fence around prose are taken away."""
    assert filled(text, reply, language_id) == made


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), NO_NOISE)
def test_what_the_text_has_by_right_stays(language_id: str, text: str, reply: str, made: str) -> None:
    """The next line begins with a break, a name is quoted, a template and a block of commands are what was meant."""
    assert filled(text, reply, language_id) == made
