"""What models say that were asked to fill a hole: no fences and no sentences, but seams, tokens and no end."""

from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.tasks.ghost_holes import filled

from aurelis.config.settings import Settings
from aurelis.core.snapshot import Snapshot
from aurelis.workflow.completion_answers import item_of
from aurelis.workflow.inline import CompletionAsked, prepare_completion

SERVICES: Any = SimpleNamespace(settings=Settings(), egress=SimpleNamespace(refusal=lambda _: None))
BODY = "def add(a, b):\n    ¦\n\n\ndef next_one():\n    return 1\n"
METHOD = "class A:\n    def one(self):\n        return 1\n\n¦\n        return 2\n"


@pytest.mark.parametrize(
    ("text", "reply", "whole"),
    [
        ("x = f(¦)\n", " a, b", "x = f(a, b)\n"),
        ("x = f( ¦ )\n", "a", "x = f( a )\n"),
        ("x = ¦\n", " 1 + 2", "x = 1 + 2\n"),
        ("ro = mb¦\n", " .root()", "ro = mb.root()\n"),
        ("self.db.Que¦\n", " ry.call()", "self.db.Query.call()\n"),
        ("def f():\n    return¦\n", " 1", "def f():\n    return 1\n"),
        ("x = 1¦\n", "  # one", "x = 1  # one\n"),
        ("x = 1 ¦\n", " # one", "x = 1  # one\n"),
        ("import os\n¦\nx = 1\n", " import re", "import os\nimport re\nx = 1\n"),
        (METHOD, "     def two(self):", METHOD.replace("¦", "    def two(self):")),
        (METHOD, "   def two(self):", METHOD.replace("¦", "    def two(self):")),
        (
            "def f(a):\n    if a:\n        ¦\n    return a\n",
            " a = 1\n        b = 2",
            "def f(a):\n    if a:\n        a = 1\n        b = 2\n    return a\n",
        ),
    ],
)
def test_a_blank_at_the_seam_is_neither_doubled_nor_missed(text: str, reply: str, whole: str) -> None:
    """Tokens begin with a blank: it goes where the document has one or never one, and stays where it belongs."""
    assert filled(text, reply) == whole


def test_a_blank_before_tabs_goes() -> None:
    """Nobody indents with a blank and tabs."""
    text = "func f() {\n\tif a {\n\t\t¦\n\t}\n}\n"
    assert filled(text, " b()\n\t\tc()", "go") == text.replace("¦", "b()\n\t\tc()")
    margin = "func f() {\n\tif a {\n\t\tb()\n¦\n\t}\n}\n"
    assert filled(margin, " \t\tc()", "go") == margin.replace("¦", "\t\tc()")


@pytest.mark.parametrize(
    ("text", "reply", "language_id"),
    [
        ("/**\n¦\n */\nint f();\n", " * Does it.", "c"),
        ("Items:\n\n¦\n", " - one", "markdown"),
        ("It ends. ¦\n", " So it does", "markdown"),
        ("int  a;\nint ¦\nint  c;\n", " b;", "c"),
    ],
)
def test_a_blank_that_belongs_stays(text: str, reply: str, language_id: str) -> None:
    """Comments, lists, ends of sentences and columns have blanks of their own."""
    assert filled(text, reply, language_id) == text.replace("¦", reply)


@pytest.mark.parametrize(
    "token", ["<|file_separator|>", "<|fim_pad|>", "<|eom_id|>", "<EOT>", "<end_of_turn>", "<\uff5cfim\u2581end\uff5c>"]
)
def test_a_template_token_ends_the_answer(token: str) -> None:
    """What a server leaves in of its template, and all behind it, is no text; before the answer it is passed over."""
    assert filled(BODY, f"{token}return a + b{token}\nimport os\n") == BODY.replace("¦", "return a + b")


def test_a_token_that_the_document_has_is_text() -> None:
    """Prompts are written with such tokens."""
    text = "PROMPT = [\n    '<|user|> one',\n    ¦\n]\n"
    assert filled(text, "'<|user|> two <|user|>',") == text.replace("¦", "'<|user|> two <|user|>',")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("def f():\n    total = 1¦\n    return total\n", "\n    return total\n\n"),
        ("def f():\n    total = ¦\n    return total\n", "\n    return total\n\n"),
        ('s = ("one "\n     "two¦\n     "three")\n', '\n     "three")\nprint(s)'),
        ("x = [\n    one,\n¦\n    two,\n    three,\n]\n", "\n    two,\n    three,"),
        ("def f():\n    a = 1\n¦\n    total = 2\n    return total\n", "\n    total = 2\n    return total"),
        ("from a import one\nfrom a import t¦\nfrom b import two\n", "\nfrom b import two\n"),
    ],
)
def test_going_on_below_is_nothing_to_say(text: str, reply: str) -> None:
    """A reply that ends the line and is the document's next lines misses nothing."""
    assert filled(text, reply) == text.replace("¦", "")


def test_closers_again_and_again_are_cut() -> None:
    """No block ends three times at one depth; at other depths blocks do."""
    text = "func f() {\n\tfor {\n\t\t¦\n\treturn\n}\n"
    assert filled(text, "g()\n\t}" + "\n\t}" * 11, "go") == text.replace("¦", "g()\n\t}")
    nested = "x = [\n    ¦\n]\n"
    assert filled(nested, "[\n        [\n            1\n        ]\n    ]") == nested.replace(
        "¦", "[\n        [\n            1\n        ]\n    ]"
    )


def test_quotation_marks_again_and_again_are_cut() -> None:
    """A docstring's end without end is said once."""
    reply = 'def f():\n    """Do it.\n    """\n' + '    """\n' * 11
    assert filled("¦\n    return 1\n", reply) == 'def f():\n    """Do it.\n    """\n    return 1\n'


def test_an_answer_that_was_padded_to_its_limit_is_whole() -> None:
    """Behind a token of its end nothing was cut off, so that the last line stays."""
    document = "def f(a):\n    \n    return a\n"
    snapshot = Snapshot(uri="file:///a.py", language_id="python", text=document)
    prepared = prepare_completion(SERVICES, CompletionAsked(snapshot=snapshot, position=14))
    assert prepared is not None
    item = item_of("a += 1\n    a += 2" + "<|fim_pad|>" * 3, prepared, cut=True)
    assert item is not None
    assert item.text == "a += 1\n    a += 2"
    shorter = item_of("a += 1\n    a += 2", prepared, cut=True)
    assert shorter is not None
    assert shorter.text == "a += 1"
