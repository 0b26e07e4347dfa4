"""Of several readings of a reply the one that the document is whole with: layout, echoes, half lines."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled, hole_at_mark

from aurelis.syntax.parses import parse
from aurelis.tasks.ghost.reading import enough

CASES = {
    "a head is not left without its body": (
        "def old():\n    return 1\n\n\n¦\n    return 2\n",
        "def new():\n\n\ndef unrelated(a):\n    return a\n",
        "def new():\n    return 2\n",
    ),
    "the second of two definitions is left out": (
        '"""A group."""\n\n¦\n    path = 1\n\n    def method(self):\n        pass\n',
        "from a import b\n\n\nclass C(b):\n    name = 2\n\n\ndef unrelated(a):\n    return a\n",
        "class C(b):\n    name = 2\n    path = 1\n",
    ),
    "lines that stand as deep as the cursor are not moved": (
        "def f(href):\n    return g(\n        lambda: (\n            'a'\n            ¦\n        )\n    )\n",
        "if href.startswith('b')\n            else 'c'",
        "            if href.startswith('b')\n            else 'c'\n",
    ),
    "a statement on one line opens nothing": (
        "for a in b:\n    if c:\n        if d:\n            ¦\n            f = 1\n",
        "if short: short = short + ':'\n            g = 2",
        "            if short: short = short + ':'\n            g = 2\n            f = 1\n",
    ),
    "an echoed line ends with its blank lines": (
        "x = [\n    1,\n]\n\n\n¦\n    pass\n",
        "]\n\n\nclass B(A):",
        "]\n\n\nclass B(A):\n    pass\n",
    ),
    "an echoed bracket is not nested": (
        "a = [\n    [¦]\n    [2, 3],\n]\n",
        "[0, 1],",
        "    [0, 1],\n    [2, 3],\n",
    ),
    "an echo of several lines begins with one": (
        's = """\n  <a>\n    <b>1</b>\n  </a¦\n</c>"""\nt = 1\n',
        '>\n</c>"""\nt = 1\n',
        '  </a>\n</c>"""\nt = 1\n',
    ),
    "what was passed on is not passed on again": (
        "class A:\n    def __init__(self, f, g):\n        B.__init__(self, ¦, g)\n",
        "self, f",
        "B.__init__(self, f, g)\n",
    ),
    "half a line that breaks a word is left out": (
        "if not a:\n    ¦\n    os._exit(0)\nb = 1\n",
        "run(c)\n    os._e",
        "    run(c)\n    os._exit(0)\n",
    ),
    "half an entry that leaves the list broken is left out": (
        "a = {\n    (1, 2): 0.5,\n    ¦\n    (1, 4): 1.5,\n}\n",
        "(1, 3): 3.5,\n    (1, 4)",
        "    (1, 3): 3.5,\n    (1, 4): 1.5,\n",
    ),
    "a block behind its head ends with it": (
        "def f(c):\n    if c:¦\n    return g(c)\n\n\ndef h(c):\n    return g(c)\n",
        "\n        return 0\n    return g(c)\n",
        "    if c:\n        return 0\n    return g(c)\n\n",
    ),
    "a name goes on behind its point": (
        "class A:\n    def f(self, values):\n        self.a = 1\n        self¦\n        self.b = 2\n",
        "\n.values = values",
        "        self.values = values\n",
    ),
    "a row of numbers again and again comes once": (
        "a = [\n    ¦\n]\n",
        "(1, 2),\n" + "    (3, 4),\n" * 15,
        "    (1, 2),\n    (3, 4),\n]\n",
    ),
    "a deeper line is not the next one": (
        "def f():\n    for a in b:\n        if a:\n            c()\n¦\n    d()\n",
        "            d()",
        "            c()\n            d()\n    d()\n",
    ),
    "what stands behind a word is no sentence about it": (
        "try:\n    a()\nexcept ¦\n    b()\n",
        "ValueError as error:",
        "except ValueError as error:\n    b()\n",
    ),
    "half of what is between brackets is no sentence": (
        "try:\n    a()\nexcept (¦)\n    b()\n",
        "OSError, ValueError) as error:",
        "except (OSError, ValueError) as error:\n    b()\n",
    ),
    "the next line may begin like all that is missing": (
        '"""Tests."""\nimport os\n¦\nimport sysconfig\n',
        "import sys",
        "import os\nimport sys\nimport sysconfig\n",
    ),
    "a definition is not between imports": (
        "import os\n¦\n\nfrom a import b\n\nb()\n",
        "import sys\n\n\ndef unrelated(a):\n    return a",
        "import os\nimport sys\n\nfrom a import b\n",
    ),
    "a definition is not in a text": (
        '"""\n¦\n\nSee the manual.\n"""\n\nimport a\n',
        "The manager\n\n\ndef unrelated(a):\n    return a",
        '"""\nThe manager\n\nSee',
    ),
    "a text is closed on the line below": (
        'def f(self):\n    """Set the value.¦\n    if self.a:\n        return\n',
        '\n"""',
        '"""Set the value."""\n    if',
    ),
    "the next line after more is not said twice": (
        "def f(c):\n    a.ping(¦\n    b.ping()\n    b.ping()\n",
        "c)\n    b.ping()\n",
        "    a.ping(c)\n    b.ping()\n    b.ping()\n",
    ),
    "a bracket that the next line closes stays open": (
        "self.add(my - 2, len(¦)\n         curses.A_DIM)\n",
        "self.title), self.help,",
        "len(self.title), self.help,\n         curses.A_DIM)\n",
    ),
    "a closer that opens a block is followed by it": (
        "for a, b in (\n    ¦\n        d(a)\n",
        "(1, 2),\n    (3, 4),\n):\n    with c(b):",
        "    (3, 4),\n):\n    with c(b):\n        d(a)\n",
    ),
    "a fence in a text above is not open in the code below": (
        'def f():\n    """Do.\n\n    ```sh\n    a\n    ```\n    """\n' + "    x = 1\n" * 440 + "    ¦\n",
        "```\ny = 2\n```\n",
        "    x = 1\n    y = 2\n",
    ),
    "a text with an open bracket in its first line is not moved": (
        "class A:\n    def f(self):\n        ¦\n\n    def g(self):\n        pass\n",
        '"""Report (including the\n        rest).\n        """',
        '        """Report (including the\n        rest).\n        """\n',
    ),
    "an example in a text is not moved": (
        'def f():\n    """Do.\n\n    ¦\n    """\n    return 1\n',
        ">>> a = {\n    ...     b: 1\n    ... }",
        "    >>> a = {\n    ...     b: 1\n    ... }\n",
    ),
    "the layout of a text is its own": (
        "def f():\n    if a:\n        b()\n    if c:\n        d()\n    if e:\n        g()\n\n\n¦\n",
        "m = '''\nWarning:\n  File a:\n    Line\n'''",
        "Warning:\n  File a:\n    Line\n",
    ),
    "a nested definition at the margin is moved": (
        "async def main():\n    ¦\n        more(url)\n",
        "q = 1\nstart = 2\n\nasync def fetch(url):\n    if url:\n        return\n\n    print(url)",
        "    async def fetch(url):\n        if url:\n            return\n\n        print(url)\n        more(url)\n",
    ),
    "brackets are indented by a width of their own": (
        "def a():\n  if b:\n    c()\n  for d in b:\n    e()\n\n\ndef g():\n  i(\n      h,\n      {¦\n",
        "\n          'j': 1,\n      },\n  )",
        "      {\n          'j': 1,\n      },\n  )\n",
    ),
    "a block with brackets of another width is not moved": (
        "import a\n\n\n¦\n  )\n  F = (\n      'g',\n      'h',\n  )\n  I = (\n      'j',\n  )\n",
        'class B(C):\n  """Text."""\n\n  D = (\n      1,\n      2,',
        'class B(C):\n  """Text."""\n\n  D = (\n      1,\n      2,\n  )\n',
    ),
    "a tab is as wide as the cursor's level": (
        "class A:\n\n        ¦\n        d = 4\n",
        "b = 1\n\n\t\tc = 2",
        "        b = 1\n\n        c = 2\n        d = 4\n",
    ),
    "a line that is aligned with a bracket at the margin is moved": (
        "def f():\n    ¦\n",
        "return g(1,\n         2)",
        "    return g(1,\n             2)\n",
    ),
    "a line that is aligned with a bracket stays": (
        "def f():\n    ¦\n",
        "return g(1,\n             2)",
        "    return g(1,\n             2)\n",
    ),
    "a word in quotation marks is not left for the next line": (
        "a = {\n    'b': 1,\n    'config¦\n}\n",
        "\nuration': 2,",
        "    'configuration': 2,\n",
    ),
    "a word within a block is not finished at the margin": (
        "class A:\n    def f(self):\n        return self.configur¦\n",
        "\nation_of",
        "        return self.configuration_of\n",
    ),
    "a bracket is closed where it was opened": (
        "def f(codes):\n    return chr(int(codes¦\n\n\nx = 1\n",
        "\n[0], 16))",
        "    return chr(int(codes[0], 16))\n",
    ),
    "a text begins in its own line": (
        'class A:\n    """¦\n\n    More.\n    """\n',
        "\nThe first of all.",
        '    """The first of all.\n',
    ),
    "a blank line belongs before a definition as before the others": (
        "import a\n\ndef b():\n    a()\n\ndef c():\n    b()\n¦\n",
        "\ndef d():\n    c()",
        "    b()\n\ndef d():\n    c()\n",
    ),
    "half a rule of dashes is not said again": (
        '"""\nfir¦\n~~~~~~~~~~~\n"""\n',
        "st module\n~~~~~~",
        '"""\nfirst module\n~~~~~~~~~~~\n',
    ),
    "a rule of dashes does not run away": (
        '"""\n¦\n\nText.\n"""\n',
        "Title\n" + "----------\n" * 8,
        '"""\nTitle\n----------\n\nText.\n"""\n',
    ),
    "a prompt that is half typed is said once": (
        'def f():\n    """Do.\n\n    >>> a = 1\n    >>¦\n    2\n    """\n',
        ">>> a + 1",
        "    >>> a + 1\n    2\n",
    ),
    "a text's three quotation marks are three": (
        '# License.\n""¦ of all."""\n\nimport a\n',
        '"""The first',
        '"""The first of all."""\n',
    ),
    "a directive is not said twice": (
        "def f():\n    pass\n\n\n#: The wid¦\nwidth = 1\n",
        "#: The width of all",
        "#: The width of all\nwidth = 1\n",
    ),
    "the rest of the line is said once where words would run together": (
        "# See licenses/¦2.0\n#\nx = 1\n",
        "LICENSE-2.0",
        "# See licenses/LICENSE-2.0\n",
    ),
    "half a sentence of the line is no introduction": (
        "class A:\n    text = '''\n        To delete a ¦ run:\n\n          $ command --all\n        '''\n",
        "backup schedule, run:\n\n          $ command --all\n        '''",
        "        To delete a backup schedule, run:\n\n          $ command --all\n",
    ),
    "a definition is not in the middle of a text": (
        'def f(a):\n  """Do.\n\n¦\n    What it is.\n  """\n  return a\n',
        "  Returns:\n\n\ndef unrelated(first):\n    return first",
        "  Returns:\n    What it is.\n",
    ),
    "the quotation mark of an echoed line is not all of the echo": (
        "f(\n    'one', help='The first.')\nf(\n    'two', help='¦'\n",
        "'two', help='The second.')",
        "    'two', help='The second.')\n",
    ),
    "two methods at the margin belong to the class": (
        "class A:\n    x = 1\n\n    ¦\n        return b\n",
        "def f(self):\n    self.b = 1\n\ndef g(self):\n    b = 2",
        "    def f(self):\n        self.b = 1\n\n    def g(self):\n        b = 2\n        return b\n",
    ),
    "two quotation marks begin and end a literal": (
        'def f():\n    """The template of the\n    `¦`.\n    """\n',
        "`uri`",
        "    ``uri``.\n",
    ),
    "a definition at the margin does not belong to a block whose lines stand deeper": (
        "class A:\n  def f(self):\n    if self:\n      ¦\n\n  def g(self):\n    if self.b:\n      self.b.stop()\n",
        "self.b = self.c.start()\n      self.b.value = 0\n\n\ndef unrelated(first):\n    return first\n",
        "      self.b = self.c.start()\n      self.b.value = 0\n\n  def g(self)",
    ),
    "a fence that more than sentences follow is part of a text": (
        'A = 1\n"""What it is:\n\n¦\n"""What it is in a class:\n\n```python\nx = 1\n```\n"""\n',
        '```python\ny = 2\n```\n\nMore of it.\n"""\n\nB = 2',
        '"""What it is:\n\n```python\ny = 2\n```\n\nMore of it.\n"""\n\nB = 2\n"""What',
    ),
    "a fence that ends as deep as the text is part of it": (
        'class A:\n    """What it is:\n\n    ¦\n    """More."""\n',
        '```python\n    y = 2\n    ```\n\n    More of it.\n    """\n\n    B = 2',
        '    ```python\n    y = 2\n    ```\n\n    More of it.\n    """\n\n    B = 2\n',
    ),
    "a definition is not within brackets": (
        "R = T('R')\n¦\n        a,\n    ):\n        pass\n",
        "S = T('S')\n\n\ndef wrap(\n    f,\n):\n    @w(f)\n    def _wrap(\n\n\ndef unrelated(a):\n    return a\n",
        "    @w(f)\n    def _wrap(\n        a,\n    ):\n",
    ),
    "a definition is not within an indented text": (
        'a = 1\n\n¦\n        b : str\n            The name.\n        """\n',
        'class C:\n    def f(self, b):\n        """\n        Parameters\n\n\ndef unrelated(first):\n    return first\n',
        '        """\n        Parameters\n        b : str\n',
    ),
    "a definition does not stand between imports and constants": (
        "import a\n¦\n\nLIMIT = 1\n",
        "import b\nfrom c import (\n    d,\n)\n\n\ndef unrelated(first):\n    return first\n",
        "    d,\n)\n\nLIMIT = 1\n",
    ),
    "a file that is being written goes on behind its imports": (
        "# A licence.\n\n¦\n",
        "from a import B\n\n\nclass C(B):\n    pass\n\n\nclass D(B):\n    pass",
        "from a import B\n\n\nclass C(B):\n    pass\n\n\nclass D(B):\n    pass\n",
    ),
    "a method of several lines at the margin belongs to the class": (
        "class A:\n    ¦\n        return b\n",
        "x = 1\n\ndef f(\n    self,\n):",
        "    x = 1\n\n    def f(\n        self,\n    ):\n        return b\n",
    ),
    "a head is not left without its body for a definition": (
        "class A(B):\n  error = 'a'\n\n\n¦\n  error = 'b'\n",
        "class C(B):\n  error = 'c'\n\n\nclass D(B):\n\n\ndef unrelated(a):\n  return a\n",
        "class C(B):\n  error = 'c'\n\n\nclass D(B):\n  error = 'b'\n",
    ),
    "two classes at the margin belong to the block": (
        "try:\n    import a\nexcept ImportError:\n    # Nothing of it.\n    ¦\n",
        "class B(C):\n    pass\n\nclass D(C):\n    pass\n\nHAVE = False",
        "    class B(C):\n        pass\n\n    class D(C):\n        pass\n\n    HAVE = False\n",
    ),
    "a name's two marks are two": (
        "a = 1\n__¦\n",
        "__all__ = ['a']",
        "a = 1\n__all__ = ['a']\n",
    ),
    "a decorator's name stands behind its mark": (
        "def d(f):\n    @¦\n    def w():\n        pass\n",
        "\nwraps(f)",
        "    @wraps(f)\n",
    ),
    "a text is closed once": (
        'import a\n\n"""What it is¦""\n\nimport b\n',
        '."""',
        '"""What it is."""\n\nimport b\n',
    ),
    "entries at the margin are one level of brackets deep": (
        "class A:\n  a = {\n      'b': 1,\n  }\n  c = {\n      'd': 1,\n  }\n\n  def f(self):\n    pass\n\n  e = {¦}\n",
        "\n    'g': 1,\n    'h': 2\n}",
        "  e = {\n      'g': 1,\n      'h': 2\n  }\n",
    ),
    "a line below a head is one level deeper whatever a text's depth is": (
        'def f(a):\n    """Do.\n\n       What.\n    """\n    if a:\n¦\n',
        "        a()",
        "    if a:\n        a()\n",
    ),
    "a head with a remark behind it is not left without its body": (
        "¦\n    return str(url)\n",
        "import a\n\nif b:\n    import c\n\n\ndef form(url):  # noqa: A001 - the usual name",
        "def form(url):  # noqa: A001 - the usual name\n    return str(url)\n",
    ),
    "lines that a deeper block below repeats are its own": (
        "def f(w, n):\n    ¦\n        a = w[n]\n        n += 1\n        w -= 1\n        if a != w:\n            g(a)\n",
        "a = w[n]\n    n += 1\n    w -= 1\n    if a > w:\n        raise E\n    if n > 0:",
        "    if a > w:\n        raise E\n    if n > 0:\n        a = w[n]\n",
    ),
}


@pytest.mark.parametrize(("text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_the_document_is_whole_with_the_completion(text: str, reply: str, part: str) -> None:
    """The completion is what a person would have typed there."""
    assert part in filled(text, reply)


def test_a_fence_among_words_is_read_on_behind_its_end() -> None:
    """A line behind the fence tells whether it is part of the text; before that the reply is not cut off."""
    text = 'A = 1\n"""What it is:\n\n¦\n"""\nB = 2\n'
    hole = hole_at_mark(text, tree=parse(text.replace("¦", ""), "python"))
    assert not enough("```python\ny = 2\n```\n\nMore", hole)
    assert enough("```python\ny = 2\n```\n\nLet me know.\n", hole)


def test_a_paragraph_behind_a_fence_is_told_from_an_explanation_by_what_follows() -> None:
    """Both may begin with a bold word; a text that goes on behind it is no explanation."""
    text = 'A = 1\n"""One:\n\n    ¦\n"""Two:\n\n```python\ny = 1\n```\n"""\n'
    hole = hole_at_mark(text, tree=parse(text.replace("¦", ""), "python"))
    said = "```python\nx = 2\n```\n\n**Allowed words:** [`A`][b].\n"
    assert not enough(said, hole)
    assert enough(said + "They are few.\n", hole)
