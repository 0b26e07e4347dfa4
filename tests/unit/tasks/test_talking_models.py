"""What chat models say around a completion: sentences in several languages, headings, reasoning, code left out."""

import pytest
from tests.unit.tasks.ghost_holes import filled, hole_at_mark

from aurelis.tasks.ghost.reading import enough

GO = "package a\n\nfunc f(a, b int) int {\n\treturn ¦\n}\n"
GO_FILLED = "package a\n\nfunc f(a, b int) int {\n\treturn a + b\n}\n"
RUBY = "def f(a)\n  ¦\nend\n"
RUBY_FILLED = "def f(a)\n  b = a\n  b + 1\nend\n"
TALK = [
    "以下是缺失的代码：\n\n{}",  # noqa: RUF001 - Chinese has a colon of its own
    "Hier ist der fehlende Code:\n\n{}",
    "Gerne! Die Ergänzung lautet:\n\n{}",
    "以下は補完するコードです：\n\n```\n{}\n```\n\nこれで関数が完成します。",  # noqa: RUF001 - so does Japanese
    "Вот недостающий код:\n\n```\n{}\n```\n\nЭтот код завершает функцию.",  # noqa: RUF001 - Russian letters look like Latin ones
    "## Completed code\n\n```\n{}\n```",
    "**Completion:**\n{}",
    "Completion: {}",
    "{}\n\nThis completes the function as the code around it expects.",
    "{}\n\n这段代码补全了光标处的内容。",
    "{}\n```",
    "{}\n```\n\nLet me know if you need anything else!",
    "```\n{}```",
    "The user wants the sum. I should not repeat the line.\n</think>\n\n{}",
    '```json\n{{\n  "completion": {json}\n}}\n```',
    "1. The first way:\n\n```\n{}\n```\n\n2. The second way:\n\n```\nother()\n```",
    "{}\n\n```\n{}\n```",
]
"""Replies with a place for the completion."""
WORDS = [
    ("python", 'print("¦")\n', "Sure! Here is the code:"),
    ("python", "def f():\n    ¦\n    return 1\n", "# Here is the code that does the work:"),
    ("perl", "sub f {\n    ¦\n    return 1;\n}\n", "# The values are added one after the other."),
    ("perl", "=head1 A\n\n¦\n\n=cut\n", "The values are added one after the other."),
    ("sql", "/*\n   ¦\n*/\nSELECT 1;\n", "Description: Creates and fills the tables."),
    ("shellscript", "cat <<EOF\n¦\nEOF\n", "Sure, here it is:\n\n  a"),
    ("vue", "<template>\n  <p>\n    ¦\n  </p>\n</template>\n", "This is what it does."),
    ("javascript", "const a = {\n  ¦\n};\n", "answer: 1,\n  output: 2,"),
    ("yaml", "¦\nother: 1\n", "Answer: 42"),
    ("javascript", "const mark = ¦\n", '"<<<CURSOR>>>";'),
    ("typescriptreact", "const a = (\n  ¦\n);\n", "<Answer>\n    <B />\n  </Answer>"),
    ("json", '{\n  "a": ¦,\n  "b": 1\n}\n', '{"completion": "x"}'),
    ("rust", "struct A {\n    ¦\n}\n", "// ... existing code ..."),
    ("markdown", "# A\n\n¦\n", "Hier ist der fehlende Code:"),
]
"""Language, document and a reply that is meant as it is."""


@pytest.mark.parametrize("talk", TALK)
def test_words_around_a_completion_go(talk: str) -> None:
    """What is said about a completion, in whatever language, does not come into the document."""
    for language, document, text, expected in (
        ("go", GO, "a + b", GO_FILLED),
        ("ruby", RUBY, "b = a\n  b + 1", RUBY_FILLED),
    ):
        quoted = '"' + text.replace("\n", "\\n") + '"'
        reply = talk.format(text, text, json=quoted)
        assert filled(document, reply, language) == expected


@pytest.mark.parametrize("talk", TALK)
def test_a_stream_is_not_ended_within_words_before_the_completion(talk: str) -> None:
    """As long as nothing but words has come, the rest of a reply may hold the completion."""
    introduction = talk.split("{}", maxsplit=1)[0]
    hole = hole_at_mark(GO, "go")
    assert not any(enough(introduction[:end], hole) for end in range(len(introduction)))


@pytest.mark.parametrize(("language", "document", "reply"), WORDS)
def test_words_that_belong_stay(language: str, document: str, reply: str) -> None:
    """Sentences, labels, elements and objects that the document may hold are text."""
    assert filled(document, reply, language) == document.replace("¦", reply)


@pytest.mark.parametrize("sentence", ["The missing text is `a + b`.", "Insert: `a + b`", "```a + b```"])
def test_inline_code_within_a_sentence_is_the_completion(sentence: str) -> None:
    """A sentence that quotes the completion is taken for what it quotes."""
    assert filled(GO, sentence, "go") == GO_FILLED


def test_code_that_is_left_out_goes_with_what_is_said_beside_it() -> None:
    """Lines that stand for the rest of the file are dropped, and the document's own lines next to them."""
    document = "a = [\n  1,\n  ¦\n  9,\n]\n"
    reply = "```ruby\n# ... existing code ...\n  1,\n  2,\n  3,\n  9,\n# ... rest of the code ...\n```"
    assert filled(document, reply, "ruby") == "a = [\n  1,\n  2,\n  3,\n  9,\n]\n"


def test_an_explanation_behind_a_string_goes() -> None:
    """A paragraph behind the end of a one-line string is none of it."""
    reply = "--all-files\n\nI kept the style of the code around it."
    assert filled('run = ["¦"]\n', reply, "toml") == 'run = ["--all-files"]\n'


def test_a_heading_before_the_rest_of_a_comment_goes() -> None:
    """In the middle of a comment's line nothing begins with a heading."""
    assert filled("// Ranks the ¦\nfoo();\n", "### Completion\nmost logical one.", "javascript") == (
        "// Ranks the most logical one.\nfoo();\n"
    )


def test_a_fence_behind_the_rest_of_a_comment_goes() -> None:
    """A fence that nothing opened is no part of a comment that ends with its line."""
    assert filled("# make some links ¦\nRUN set\n", "that exist\n```", "dockerfile") == (
        "# make some links that exist\nRUN set\n"
    )
