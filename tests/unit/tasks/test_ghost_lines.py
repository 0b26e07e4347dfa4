"""Readings of a reply that begins, ends or goes on in the middle of a line."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled


@pytest.mark.parametrize(
    ("text", "reply", "part"),
    [
        ("API(void) a(b);\n\nAPI(¦)\nAPI(void) c(d);\n", "X *) y(Z *);", "API(X *) y(Z *);\nAPI(void)"),
        ("API(void) a(b);\n\nAPI(¦)\n    X *x,\n    Z *z);\n", "X *) y(", "API(X *) y(\n    X *x,\n"),
    ],
)
def test_a_macro_is_closed_once(text: str, reply: str, part: str) -> None:
    """What grammars do not know about macros, the brackets of the line tell."""
    assert part in filled(text, reply, "cpp")


@pytest.mark.parametrize(
    ("text", "reply", "part", "language_id"),
    [
        (
            "#if a \\\n    || b \\\n    || defined¦       \\\n    || c\n",
            "(d)       \\",
            "    || defined(d)       \\\n",
            "cpp",
        ),
        ("int f\n\t¦\n\nint g;\n", "( int a\n\t, int b\n\t) ;", "\t( int a\n\t, int b\n\t) ;\n", "c"),
        (
            (
                "f()\n{\n  for (;;) {\n    if (a) {\n        g();\n    }\n"
                "    if (b) {¦}\n  }\n  if (c) {\n    h();\n  }\n}\n"
            ),
            "\n        g();\n    }",
            "    if (b) {\n        g();\n    }\n",
            "c",
        ),
        (
            "#define A \\\n    (*(int (*)(char *)) \\\n    F[1])\n#define B \\\n    (*(¦)\n    F[2])\n",
            "int (*)(char *)) \\",
            "#define B \\\n    (*(int (*)(char *)) \\\n    F[2])\n",
            "cpp",
        ),
        ("/*\n   A\n   B\n*/\n\n/*\n¦\n   D\n*/\nint a;\n", "  C", "/*\n  C\n   D\n*/\n", "c"),
        (
            (
                "class A:\n    def f(\n        self,\n    ): ...\n\n    def g(\n        self,\n    ): ...\n\n"
                "    x = y(\n        1,\n    )\n\n  ¦\n        *,\n    ): ...\n"
            ),
            "  def h(\n        self,\n        a,",
            "    def h(\n        self,\n        a,\n        *,\n",
            "python",
        ),
        ("/*\n * Values:\n *      ¦\n *      PPC\n */\n", "*      X86", " *      X86\n *      PPC\n", "c"),
        ("int a;\n\n/¦\nint b;\n", "/ All of them.", "// All of them.\nint b;\n", "c"),
        ("int a;\n\n    /¦\n       all of them. */\nint b;\n", "\n* First,", "    /* First,\n", "c"),
        ("int f(void)\n{\n  g();\n}\n#ifde¦\n}\n#endif\n", "#ifdef __cplusplus", "#ifdef __cplusplus\n}\n", "c"),
        (
            'class A:\n    x = 1\n\n    ¦\n            "a"\n        )\n',
            "def f(self):  # noqa: C901 - it is long\n    if self.x:\n        return 1\n    g(",
            "    def f(self):  # noqa: C901 - it is long\n        if self.x:\n            return 1\n        g(\n",
            "python",
        ),
        (
            "for (const m of all) {\n    if (m) {\n        ¦\n    }\n}\nreturn b;\n",
            (
                "// ... rest of code ...\n    if (m) {\n        if (c) {\n            b = m;\n        }\n    }\n"
                "// ... rest of code ..."
            ),
            "        if (c) {\n            b = m;\n        }\n    }\n}\nreturn b;\n",
            "javascript",
        ),
        (
            "A = {\n  b: 1,\n}\n\nclass C:\n    d = [\n        e,\n        ¦\n",
            "f,\n\t\tg,\n\t]",
            "        f,\n        g,\n    ]\n",
            "python",
        ),
        (
            "def f():\n    on = ¦\n        a = 1\n    elif b:\n        c()\n",
            "on == 1\n    if on:",
            "    on = on == 1\n    if on:\n        a = 1\n",
            "python",
        ),
        (
            "def f():\n    return [\n        (r'a',\n         b, ('¦'\n    ]\n",
            "\n#pop', 'c'))",
            "         b, ('#pop', 'c'))\n    ]\n",
            "python",
        ),
        (
            "#ifdef A\n    /* B */\n    ¦\n#endif\n\nint main(void)\n{\n}\n",
            '#if !defined(B)\n    #error "b"\n#endif',
            '    #if !defined(B)\n        #error "b"\n    #endif\n#endif\n',
            "c",
        ),
        (
            "class A:\n    @¦\n        self): ...\n",
            "overload\ndef f(",
            "    @overload\n    def f(\n        self)",
            "python",
        ),
        ("class A:\n    def f(self, *args, ¦kw):\n        pass\n", "self, *args, **", "f(self, *args, **kw)", "python"),
        ("int f(void)\n{\n\t// The ¦\n}\n", "length is:\n\treturn 1;", "\t// The length is:\n\treturn 1;\n", "c"),
        ('"""A\n\n    .¦:\n\n    `B`_.\n"""\n', ". seealso:", "    .. seealso::\n", "python"),
        ("<h1>A</h1>\n\n#¦\n\nB\n\n## C\n", "# Installation", "\n## Installation\n", "markdown"),
        ('"""A\n\n    >>> a\n    1\n    >>¦\n"""\n', "> b = a", "    >>> b = a\n", "python"),
        ("def f(\n    a,\n) -> set¦]:\n    pass\n", "\n[D", ") -> set[D]:\n    pass\n", "python"),
        ("def f(\n    a,\n) -> set¦\n\nb = 1\n", "\n[D]: ...", ") -> set[D]: ...\n", "python"),
        ('A = [\n    "a :: b",\n    "a :¦\n    "d",\n]\n', '\n: c",', '    "a :: c",\n    "d",\n', "python"),
        (
            "def f(a):\n    ¦\n\nb = {\n    1,\n}\n",
            "if a:\n\t\tend = a\n\t\ta = 1\n\treturn a",
            "    if a:\n        end = a\n        a = 1\n    return a\n",
            "python",
        ),
        (
            "def f(a):\n    if a:¦\n        return a.b(1)\n",
            "\n            return a",
            "    if a:\n            return a\n        return a.b(1)\n",
            "python",
        ),
        (
            "A = B[\n    C,\n    B[\n        ¦\n    ],\n]\n",
            "C,\n        B[D, C], C,",
            "    B[\n        C,\n        B[D, C], C,\n    ],\n",
            "python",
        ),
        (
            (
                "def d(a):\n  return a\n\n\nA = d(\n    1,\n)\nB = d(\n    2,\n)\nC = d(\n    3,\n)\n\n\n"
                "def f(\n    a: int,\n    b: int,\n¦\n"
            ),
            ") -> int:\n\tif a:\n\t\treturn b\n\treturn c",
            ") -> int:\n  if a:\n    return b\n  return c\n",
            "python",
        ),
        (
            "class A:\n  def f(\n    self,\n  ) -> B[C¦ ...\n\n  def g(self):\n    pass\n",
            "]: ...",
            "  ) -> B[C]: ...\n\n  def g",
            "python",
        ),
        (
            "package a\n\ntype T struct {\n\trevision ¦\n\ttokens   []Token\n}\n",
            "revision\n\ttokens   []Token\n}",
            "\trevision revision\n\ttokens   []Token\n}\n",
            "go",
        ),
        (
            "const a = (\n  <p>\n    =\n    <b className={¦\n  </p>\n);\n",
            "c.d}>\n      {e}\n    </b>\n  </p>\n);",
            "    <b className={c.d}>\n      {e}\n    </b>\n  </p>\n);\n",
            "typescriptreact",
        ),
        (
            "#define A(c, r) (c)->¦\n#define B(c, r) (c)->b = (r)\n",
            "\na = (r)",
            "#define A(c, r) (c)->a = (r)\n#define B",
            "c",
        ),
        (
            "func A() int {\n\treturn 1\n}\n\n¦\n}\n\nfunc D() {\n}\n",
            "func B() int {\n\tif b {\n\t\treturn 1\n\t}\n\treturn 2\n\nfunc C(c int) int {\n\treturn c - 1\n}\n",
            "\treturn 2\n}\n\nfunc D() {\n}\n",
            "go",
        ),
        ("<a>\n</a¦\n", "\n>", "</a>\n", "xml"),
        ("It is made from one¦\n\nMore.\n", "\n-time pads.", "It is made from one-time pads.\n", "markdown"),
    ],
)
def test_the_line_at_the_cursor_is_whole(text: str, reply: str, part: str, language_id: str) -> None:
    """Marks and words that belong to the cursor's line stand in it once, and not below."""
    assert part in filled(text, reply, language_id)
