"""What models say in languages that are not parsed here, and what of it belongs at the cursor."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled

CASES = {
    "code left out of a LaTeX document": (
        "latex",
        "\\begin{quote}\n  ¦\n\\end{quote}\n",
        "```latex\n% ... existing code ...\n\\begin{quote}\n  Some words.\n\\end{quote}\n% ... existing code ...\n```",
        "\\begin{quote}\n  Some words.\n\\end{quote}\n",
    ),
    "a line break within a command of LaTeX": (
        "latex",
        "\\begin{a}\n  \\¦\n\\end{a}\n",
        "\nitem b",
        "\\begin{a}\n  \\item b\n\\end{a}\n",
    ),
    "a line break before a command's argument": (
        "latex",
        "\\begin¦\n\\item b\n\\end{a}\n",
        "\n{a}",
        "\\begin{a}\n\\item b\n",
    ),
    "a line break behind the end of a line of LaTeX": (
        "latex",
        "\\begin{a}\n  b \\\\¦\n\\end{a}\n",
        "\n  c",
        "  b \\\\\n  c\n\\end{a}\n",
    ),
    "a command's mark that is said again": (
        "latex",
        "a\n\n\\¦\n\nb\n",
        "\\section{C}",
        "a\n\n\\section{C}\n\nb\n",
    ),
    "a blank line below a line of LaTeX that is over": (
        "latex",
        "a \\\\\n¦\nc\n\nd\n",
        "\n\\b",
        "a \\\\\n\n\\b\nc\n",
    ),
    "a sentence of a LaTeX text": (
        "latex",
        "\\section{A}\n\n¦\n\n\\section{B}\n",
        "To complete the proof:\nwe look at $n$.",
        "\\section{A}\n\nTo complete the proof:\nwe look at $n$.\n\n\\section{B}\n",
    ),
    "the end of a comment that is said again": (
        "latex",
        "% -*- mode: ¦ -*-\n",
        "LaTeX -*-",
        "% -*- mode: LaTeX -*-\n",
    ),
    "a loop's `do` stands below its head": (
        "shellscript",
        "if a\nthen\n    ¦\n        b\n    done\nfi\n",
        "for c in `d`\n    do",
        "    for c in `d`\n    do\n        b\n",
    ),
    "a case's patterns stand below its head": (
        "shellscript",
        "f() {\n\t¦\n\t\tb\n\tesac\n}\n",
        'case "$1" in\n\ta) b ;;\n\tc)',
        '\tcase "$1" in\n\ta) b ;;\n\tc)\n\t\tb\n',
    ),
    "levels as wide as the shell script's": (
        "shellscript",
        "if a; then\n  b\nfi\n\n¦\n\nc\n",
        "for d in e; do\n\tf\ndone",
        "for d in e; do\n  f\ndone\n\nc\n",
    ),
    "a pattern of the shell in backticks": (
        "shellscript",
        'case "$1" in\n  ¦\n    a\n    ;;\nesac\n',
        "`--b=*)`",
        "  --b=*)\n    a\n",
    ),
    "apostrophes in a comment of the shell": (
        "shellscript",
        "f() {\n  ¦\n}\n",
        "# It isn't there.\na\n\n# Nor here.\nb",
        "  # It isn't there.\n  a\n\n  # Nor here.\n  b\n}\n",
    ),
    "a case of Ruby stands beside its whens": (
        "ruby",
        "def f\n  ¦\n  end\nend\n",
        "case a\n  when 1\n    b",
        "  case a\n  when 1\n    b\n  end\n",
    ),
    "a word that ends like one that opens a block": (
        "shellscript",
        "f() {\n\tlocal ¦\n\t\tb\n\tfi\n}\n",
        "todo\n\tif a\n\tthen",
        "\tlocal todo\n\tif a\n\tthen\n\t\tb\n",
    ),
    "a sentence of a text between words": (
        "shellscript",
        "cat << 'EOF'\nSome words.\n¦\nEOF\n",
        "This is the second sentence.",
        "Some words.\nThis is the second sentence.\nEOF\n",
    ),
    "an escaped arrow of PHP": (
        "php",
        "<?php\n\n¦\n",
        "$a = $this-&gt;b;",
        "\n\n$a = $this->b;\n",
    ),
    "an escaped element whose value is quoted": (
        "xml",
        "<a>\n  ¦\n</a>\n",
        '&lt;b c="d"&gt;e&lt;/b&gt;',
        '  <b c="d">e</b>\n</a>\n',
    ),
    "an escape that is a value": (
        "xml",
        "<a>\n  <b ¦/>\n</a>\n",
        'c="&lt;d&gt;"',
        '  <b c="&lt;d&gt;"/>\n</a>\n',
    ),
    "a line break within a key with a dash": (
        "toml",
        "[a]\nb¦\nd = 1\n",
        "\n-c = 2",
        "[a]\nb-c = 2\nd = 1\n",
    ),
    "a line break before a property that begins with a dash": (
        "css",
        "a {\n  color: red¦\n}\n",
        "\n  -webkit-b: c;",
        "  color: red\n  -webkit-b: c;\n}\n",
    ),
    "tabs among spaces": (
        "perl",
        "sub f {\n    my $a = shift;\n    for my $b (g()) {\n        ¦\n    }\n}\n",
        "if ($a) {\n\t    return $b;\n        }",
        "        if ($a) {\n\t    return $b;\n        }\n    }\n",
    ),
    "an escaped link of reStructuredText": (
        "restructuredtext",
        "A\n=\n\n¦\n",
        "See `the docs &lt;https://example.com&gt;`_ for more.",
        "See `the docs <https://example.com>`_ for more.\n",
    ),
    "a colon that no literal block follows": (
        "restructuredtext",
        "Run the ¦:\n\n.. code-block:: shell\n\n   a\n",
        "commands:",
        "Run the commands:\n\n.. code-block",
    ),
    "a colon that a literal block follows": (
        "restructuredtext",
        "Run the commands¦:\n\n   a\n",
        ":",
        "Run the commands::\n\n   a\n",
    ),
    "a line break between two colons": (
        "restructuredtext",
        "Run this:¦\n\n   a\n",
        "\n:",
        "Run this::\n\n   a\n",
    ),
    "a line break before a variable's name": (
        "shellscript",
        "echo $¦\nexit\n",
        "\nname",
        "echo $name\nexit\n",
    ),
}


@pytest.mark.parametrize(("language_id", "document", "reply", "expected"), CASES.values(), ids=CASES)
def test_what_belongs_at_the_cursor_is_put_there(language_id: str, document: str, reply: str, expected: str) -> None:
    """What is around a completion goes, and the completion stays, where only words and layout tell which is which."""
    assert expected in filled(document, reply, language_id)
