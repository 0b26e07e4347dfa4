"""Replies in elements, with marks, line numbers, as diffs, escaped or as JSON."""

import pytest
from tests.unit.tasks.ghost_holes import filled

BODY = "def add(a, b):\n    ¦\n\n\ndef other():\n    return 1\n"
DRESSED = [
    "<code>return a + b</code>",
    '<pre><code class="language-python">return a + b\n</code></pre>',
    "<COMPLETION>\nreturn a + b\n</COMPLETION>",
    "<cursor>return a + b",
    "[CURSOR]return a + b",
    "<s>return a + b</s>",
    "\ufeffreturn a + b",
    "assistant\nreturn a + b",
    "add.py\n```python\nreturn a + b\n```",
    "```python:add.py\nreturn a + b",
    "```\n```python\nreturn a + b\n```\n```",
    "```diff\n def add(a, b):\n+    return a + b\n```",
    "+    return a + b",
    "2 |     return a + b",
    "1: def add(a, b):\n2:     return a + b",
    '{"completion": "return a + b"}',
    "``return a + b``",
    "Answer: return a + b",
    "To fill the gap, use:\n\nreturn a + b",
]
RST = "Title\n=====\n\nRun::\n\n  ¦\n\nMore words.\n"
OTHER_LANGUAGES = [
    ("restructuredtext", RST, "```restructuredtext\npython plot.py\n```", RST.replace("¦", "python plot.py")),
    ("restructuredtext", RST, "```\n  python plot.py\n```", RST.replace("¦", "python plot.py")),
    ("restructuredtext", RST, "<code>python plot.py</code>", RST.replace("¦", "python plot.py")),
    ("restructuredtext", RST, " 6 |   python plot.py", RST.replace("¦", "python plot.py")),
    ("latex", "\\begin{a}\n¦\n\\end{a}\n", "```latex\n\\item b\n```", "\\begin{a}\n\\item b\n\\end{a}\n"),
    ("markdown", "# A\n\n¦\n\nEnd.\n", "3 | - one\n4 | - two", "# A\n\n- one\n- two\n\nEnd.\n"),
    ("json", "{\n  ¦\n}\n", '2 |   "a": 1', '{\n  "a": 1\n}\n'),
    ("xml", "<a>\n  ¦\n</a>\n", "**my file.xml**\n\n```xml\n<b/>\n```", "<a>\n  <b/>\n</a>\n"),
    ("xml", "<a>\n  <b ¦/>\n</a>\n", '<code>c="1"</code>', '<a>\n  <b c="1"/>\n</a>\n'),
]
PLAIN = [
    ("restructuredtext", "You will ¦:\n\n  # a\n", "find:", "You will find::\n\n  # a\n"),
    ("xml", "<a>\n  <code>x</code>\n  ¦\n</a>\n", "<code>y</code>", "<a>\n  <code>x</code>\n  <code>y</code>\n</a>\n"),
    ("yaml", "a:\n  ¦\n", "2: b\n  3: c", "a:\n  2: b\n  3: c\n"),
    ("markdown", "# A\n\n¦\n", "```sh\nls\n```", "# A\n\n```sh\nls\n```\n"),
    ("python", "x = {\n    ¦\n}\n", "1: 'a',\n    2: 'b',", "x = {\n    1: 'a',\n    2: 'b',\n}\n"),
    ("javascript", "const s = a\n  ¦\n", '+ "b"\n  + "c";', 'const s = a\n  + "b"\n  + "c";\n'),
    ("javascript", "s = s.replace(/</g, ¦);\n", '"&lt;"', 's = s.replace(/</g, "&lt;");\n'),
    ("html", "<p>¦</p>\n", "a &lt; b", "<p>a &lt; b</p>\n"),
    ("html", "<div>\n  ¦\n</div>\n", "<code>x</code>", "<div>\n  <code>x</code>\n</div>\n"),
    ("json", "{\n  ¦\n}\n", '"code": "x"', '{\n  "code": "x"\n}\n'),
    ("markdown", "# A\n\n¦\n", "+ one\n+ two", "# A\n\n+ one\n+ two\n"),
    ("python", "# ¦\n", "Answer: it is so", "# Answer: it is so\n"),
]


@pytest.mark.parametrize("reply", DRESSED)
def test_what_is_around_a_whole_reply_is_taken_off(reply: str) -> None:
    """However a model presents its answer, the document gets the text that is meant."""
    assert filled(BODY, reply) == BODY.replace("¦", "return a + b")


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), OTHER_LANGUAGES)
def test_what_is_no_text_of_a_language_is_taken_off_there(language_id: str, text: str, reply: str, made: str) -> None:
    """Fences and elements are text in Markdown, not in every language of words; the cursor's line number is nowhere."""
    assert filled(text, reply, language_id) == made


@pytest.mark.parametrize(("language_id", "text", "reply", "made"), PLAIN)
def test_what_only_looks_dressed_is_kept(language_id: str, text: str, reply: str, made: str) -> None:
    """Numbered keys, sums, escapes and elements belong to the text where its language has them."""
    assert filled(text, reply, language_id) == made


def test_escapes_are_resolved_where_nothing_stands_unescaped() -> None:
    """A reply that went through a page says `&lt;` for `<`."""
    assert filled("if (a ¦ 3) {\n}\n", "&lt; b &amp;&amp; b &gt;", "javascript") == "if (a < b && b > 3) {\n}\n"
