"""From what a model said to the text at the cursor."""

import pytest
from tests.unit.tasks.ghost_holes import filled

from aurelis.syntax.parses import parse
from aurelis.tasks.context.completion import wants_many_lines
from aurelis.tasks.ghost.damage import kept_parsing
from aurelis.tasks.ghost.hole import GhostText, Hole
from aurelis.tasks.ghost.reading import enough, ghost_text
from aurelis.tasks.replies.brackets import unmatched_closers, unmatched_count, unmatched_openers


def _hole(text: str, language_id: str = "python", **changes: object) -> Hole:
    """The hole at the mark `|`."""
    at = text.index("|")
    prefix, suffix = text[:at], text[at + 1 :]
    values = {"multiline": wants_many_lines(prefix + suffix, at), "eol": "\r\n" if "\r\n" in text else "\n"} | changes
    return Hole(prefix=prefix, suffix=suffix, language_id=language_id, **values)  # type: ignore[arg-type] - values of many kinds


BODY = "import os\n\n\ndef add(a, b):\n    |\n\n\ndef next_one():\n    return 1\n"
LINE = "def add(a, b):\n    total = a|\n    return total\n"
CALL = "def f(x):\n    print(|)\n    return x\n"
SHOWN = [
    (BODY, "return a + b", "return a + b"),
    (BODY, "```python\nreturn a + b\n```", "return a + b"),
    (BODY, "```\n    return a + b\n```\nThis adds them.", "return a + b"),
    (BODY, "Here is the missing code:\n\nreturn a + b", "return a + b"),
    (BODY, "<think>\nhm\n</think>\nreturn a + b", "return a + b"),
    (BODY, "    return a + b\n\n", "return a + b"),
    (BODY, "def add(a, b):\n    return a + b", "return a + b"),
    (BODY, "import os\n\n\ndef add(a, b):\n    return a + b\n\n\ndef next_one():\n    return 1\n", "return a + b"),
    (BODY, "total = a + b\nreturn total", "total = a + b\n    return total"),
    (BODY, "total = a + b\r\n    return total\r\n", "total = a + b\n    return total"),
    (BODY, "if a:\n    return b\nreturn a", "if a:\n        return b\n    return a"),
    (BODY, "if a:\n        return b\n    return a", "if a:\n        return b\n    return a"),
    (BODY, "return a + b\n\n\ndef next_one():\n    return 1", "return a + b"),
    (BODY, "x = 1\n    x = 1\n    x = 1\n    x = 1\n    x = 1", "x = 1"),
    (BODY, "return a + b<|endoftext|>", "return a + b"),
    (BODY.replace("\n", "\r\n"), "total = a\nreturn total", "total = a\r\n    return total"),
    (LINE, " + b", " + b"),
    (LINE, "total = a + b", " + b"),
    (LINE, "    total = a + b\n    return total", " + b"),
    (LINE, " + b\n    return total\n", " + b"),
    ("def f(self):\n    return se|\n", "self.x", "lf.x"),
    ("x = valu|\nvalues = 1\n", "values", "es"),
    ("#|\n", "define X 1", "define X 1"),
    (CALL, "x", "x"),
    (CALL, "x)", "x"),
    (CALL, "print(x)", "x"),
    (CALL, "len(x)", "len(x)"),
    (CALL, "(1, 2)", "(1, 2)"),
    ("a = f(|, c)\n", "b", "b"),
    ("a = f(|, c)\n", "b, c)", "b"),
    ("a = f(|, c)\n", "b, c)\nprint(a)", "b"),
    ("s = 'ab|'\n", "cd'", "cd"),
    ('s = "|"\n', "x", "x"),
    ('s = "|"\n', "\nx", "x"),
    ("def height(h):\n    return heig|\n", "\nht", "ht"),
    ("names = [\n    first,|\n]\n", "\n    second,", "\n    second,"),
    (
        "def f(a):\n    |\n    return total\n",
        "total = a\n\n\ndef unrelated(b):\n    return b\n",
        "total = a",
    ),
    (
        "from a import b\n|\nfrom c import d\n",
        "from b import c\n\n\ndef unrelated(b):\n    return b\n",
        "from b import c",
    ),
    ("m = [[1, 2|]\n", "]", "]"),
    ("total = sum(values) / len(|)\n", "/ len(values)", "values"),
    ("person = z.|\n", "z.object()", "object()"),
    ("class A:\n    def f(self):\n    |\n    def g(self):\n        pass\n", "    return 1", "    return 1"),
    (BODY, "`return a + b`", "return a + b"),
    (BODY, "I'll complete the code:\n\nreturn a + b", "return a + b"),
    (BODY, "return a + b\n\n\ndef next_o", "return a + b"),
    (BODY, "x = 1\nwhile a:\n    a -= 1\nreturn x", "x = 1\n    while a:\n        a -= 1\n    return x"),
    (BODY, "if a:\n\treturn b\n\treturn a", "if a:\n        return b\n        return a"),
    ("def add(a, b):|\n", "\n    return a + b", "\n    return a + b"),
    ("def add(a, b):|\n", "    return a + b", "\n    return a + b"),
    ("value = 1 + |\n", "\n2", "2"),
]


@pytest.mark.parametrize(("text", "reply", "shown"), SHOWN)
def test_the_text_that_belongs_at_the_cursor(text: str, reply: str, shown: str) -> None:
    """Fences, sentences, repetitions of what stands there and lost indentation are undone."""
    item = ghost_text(reply, _hole(text))
    assert item is not None
    assert item.text[: len(item.text) - (item.end - text.index("|"))] == shown or item.text == shown


LAID_OUT = [
    ("yaml", "jobs:\n    steps:\n        |\n", "- name: Test\n  run: make", "- name: Test\n          run: make"),
    ("yaml", "systems:\n    |\nnext: 1\n", "- linux\n    - windows", "- linux\n    - windows"),
    ("xml", "<a>\n    <b>\n        |\n    </b>\n</a>\n", "<c>\n    <d/>\n</c>", "<c>\n            <d/>\n        </c>"),
    (
        "html",
        "<body>\n    <header>\n        |\n    </header>\n",
        '<img src="a.png">\n        <h1>A</h1>',
        '<img src="a.png">\n        <h1>A</h1>',
    ),
    ("ruby", "def f\n    |\nend\n", "list.each do |x|\n        p x\n    end", "list.each do |x|\n        p x\n    end"),
    (
        "java",
        "class A {\n    /**\n     |\n    int size;\n}\n",
        "* How many.\n* Never less than none.\n*/",
        "* How many.\n     * Never less than none.\n     */",
    ),
    (
        "python",
        "class A:\n    if x:\n        |\n",
        "@cached\ndef f(self):\n    return 1",
        "@cached\n        def f(self):\n            return 1",
    ),
    (
        "python",
        "def f():\n        |\n",
        "x = pow(a,\n            b)\nreturn x",
        "x = pow(a,\n                    b)\n        return x",
    ),
    ("css", "a   { top: 0;\n      |\n", "left: 0;\nright: 0; }", "left: 0;\n      right: 0; }"),
    ("php", "if ($a) {\n      |\n}\n", "return 1;\n}\n\nf();", "return 1;"),
    (
        "python",
        "def f(\n    a,\n|\n",
        "):\n    g(\n        1\n    )\n    return a",
        "):\n    g(\n        1\n    )\n    return a",
    ),
]


@pytest.mark.parametrize(("language_id", "text", "reply", "shown"), LAID_OUT)
def test_lower_lines_stand_where_the_document_has_them(language_id: str, text: str, reply: str, shown: str) -> None:
    """Lines that count their indentation from the margin are moved to the cursor's block."""
    item = ghost_text(reply, _hole(text, language_id, multiline=True))
    assert item is not None
    assert item.text == shown


def test_a_definition_whose_body_stands_below_is_no_overrun() -> None:
    """A head that the document's next line belongs to is part of the completion."""
    reply = "def first(a):\n    return a\n\n\ndef second(b):"
    item = ghost_text(reply, _hole("import os\n\n\n|\n    # Twice.\n    return 2 * b\n", multiline=True))
    assert item is not None
    assert item.text == reply


def test_blanks_before_a_closing_bracket_stay() -> None:
    """What the editor closed by itself is met by the text as it is, with the blank before it."""
    item = ghost_text(" color: red; }", _hole("a {|}\n", "css"))
    assert item is not None
    assert item.text in {" color: red; ", " color: red; }"}


def test_apostrophes_in_comments_do_not_cut_a_completion() -> None:
    """Where the document parses with all of it, quotation marks elsewhere do not speak for a shorter one."""
    text = "def f():\n    # It isn't.\n    |\n"
    reply = "a = {}\n\n# We don't need it, and it's not there, so it wouldn't matter.\nfor x in a:\n    print(x)"
    tree = parse(text.replace("|", ""), "python")
    item = ghost_text(reply, _hole(text, tree=tree))
    assert item is not None
    assert item.text.endswith("\n    for x in a:\n        print(x)")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (BODY, ""),
        (BODY, "   \n\n"),
        (BODY, "```\n```"),
        (BODY, "Here is the completed code:"),
        (BODY, "I cannot help with that."),
        (BODY, "def next_one():\n    return 1\n"),
        (CALL, ")"),
        (LINE, "total = a"),
    ],
)
def test_nothing_is_shown_where_nothing_is_left(text: str, reply: str) -> None:
    """An empty answer, a sentence, or what stands there already is no item."""
    item = ghost_text(reply, _hole(text))
    assert item is None


@pytest.mark.parametrize(
    ("text", "language_id", "reply"),
    [
        ("Use it:\n\n|\n", "markdown", "```python\nf()\n```"),
        ("Some words|\n", "markdown", " here is the list:"),
        ("def f():\n    '''Do.\n\n    ```\n    |\n    '''\n", "python", "f()\n    ```"),
        ("# note: |\n", "python", "The code below is slow"),
        ("x = [\n    1,\n    |\n]\n", "python", "2,\n    3,"),
        ("if (a) {\n  |\n}\n", "javascript", "b();\n  c();"),
    ],
)
def test_text_that_only_looks_like_noise_is_kept(text: str, language_id: str, reply: str) -> None:
    """Fences in Markdown and docstrings, sentences in comments and lines alike are legitimate."""
    item = ghost_text(reply, _hole(text, language_id))
    assert item is not None
    assert item.text == reply


def test_closers_that_the_editor_typed_are_replaced_not_doubled() -> None:
    """A closing bracket in the middle of the text covers the one behind the cursor."""
    text = "call(|)\n"
    reply = "a, () => {\n  other(c);\n});"
    assert ghost_text(reply, _hole(text, "javascript")) == GhostText(5, 6, reply)


@pytest.mark.parametrize(
    ("text", "language_id", "reply", "shown"),
    [
        (
            "function f(all) {\n  |\n    use(one);\n  }\n}\n",
            "javascript",
            "for (const one of all) {\n\nfunction unrelated(first) {\n  return first - 1;\n}\n",
            "for (const one of all) {",
        ),
        (
            "func f() error {\n|\n}\n",
            "go",
            "\treturn nil\n\nfunc unrelated(a int) int {\n\treturn a\n}\n",
            "\treturn nil",
        ),
        (
            "function f() {\n  return 1;\n}\n\n|\n  return 2;\n}\n",
            "javascript",
            "const two = 2;\n\nfunction g() {\n  use(two);",
            "const two = 2;\n\nfunction g() {\n  use(two);",
        ),
        (
            "const one = 1;\n|\n\nuse(one);\n",
            "javascript",
            "const two = 2;\n\nfunction g() {\n  return two;\n}",
            "const two = 2;\n\nfunction g() {\n  return two;\n}",
        ),
    ],
)
def test_a_definition_that_nobody_asked_for_is_cut(text: str, language_id: str, reply: str, shown: str) -> None:
    """A whole definition goes where the document goes on in the middle of something else; elsewhere it stays."""
    hole = _hole(text, language_id, tree=parse(text.replace("|", ""), language_id))
    item = ghost_text(reply, hole)
    assert item is not None
    assert item.text == shown


def test_the_number_of_lines_is_bounded() -> None:
    """No more lines than the settings allow, and one where one is wanted."""
    reply = "\n".join(f"    x{number} = {number}" for number in range(9))
    item = ghost_text(reply, _hole(BODY, max_lines=3))
    assert item is not None
    assert item.text.count("\n") == 2
    single = ghost_text("a\nb\nc", _hole("x = |y\n", multiline=False))
    assert single is not None
    assert single.text == "a"


@pytest.mark.parametrize(
    ("text", "so_far", "answer"),
    [
        (LINE.replace("a|\n", "a| + c\n"), " + b", False),
        (LINE.replace("a|\n", "a| + c\n"), " + b\n", True),
        (LINE.replace("a|\n", "a| + c\n"), "```\n + b\n", False),
        (BODY, "return a + b\n", False),
        (BODY, "return a + b\n\n\ndef next_one():\n    return 1\n", True),
        (BODY, "return a + b\n\n\ndef other():\n", True),
        (BODY, "```\nreturn a\n```", True),
        (BODY, "```\nreturn a\n", False),
        (BODY, "x = 1\n    x = 1\n    x = 1\n", False),
        (BODY, "x = 1\n" + "    x = 1\n" * 4, True),
        (BODY, "", False),
        (BODY, "<think>\nlong\nthoughts\n", False),
    ],
)
def test_the_stream_is_ended_when_the_rest_is_of_no_use(text: str, so_far: str, answer: bool) -> None:
    """At the line's end, the block's end, the file's next line, a closing fence or a runaway repetition."""
    assert enough(so_far, _hole(text)) is answer


def test_a_shorter_cut_is_preferred_where_it_keeps_the_file_parsing() -> None:
    """The last lines go where they alone break the syntax, and stay where no cut would help."""
    text = "def f(a):\n    \n"
    hole = _hole("def f(a):\n    |\n", tree=parse(text, "python"))
    broken = GhostText(14, 14, "x = 1\n    y = (")
    assert kept_parsing(broken, hole).text == "x = 1"
    hopeless = GhostText(14, 14, "if a:")
    assert kept_parsing(hopeless, hole) == hopeless
    fine = GhostText(14, 14, "x = 1\n    y = 2")
    assert kept_parsing(fine, hole) == fine
    assert kept_parsing(broken, _hole("def f(a):\n    |\n")) == broken


@pytest.mark.parametrize(
    ("text", "closers", "openers", "count"),
    [
        ("f(a)", "", "", 0),
        ("a) + (b]", ")]", "(", 3),
        ("')' + \"(\"", "", "", 0),
        ("'''(''' + ']", "]", "", 2),
        ("it's", "", "", 0),
        ("it'", "", "", 1),
    ],
)
def test_brackets_are_counted_outside_strings(text: str, closers: str, openers: str, count: int) -> None:
    """Brackets in strings do not count, and a lone quote has no partner."""
    assert unmatched_closers(text) == closers
    assert unmatched_openers(text) == openers
    assert unmatched_count(text) == count


def test_a_sentence_is_no_code_however_long_the_text_above_is() -> None:
    """Of a text of many lines above only the end stands near the cursor; that begins no text."""
    above = '"""What it is.\n' + "More of it.\n" * 600 + '"""\n\n\n'
    document = above + "def f(a):\n    if a:\n        ¦\n    return 1\n"
    expected = above + "def f(a):\n    if a:\n        return a\n    return 1\n"
    assert filled(document, "Return a here:\n\nreturn a") == expected
