"""What a completion is to what stands around it: blocks, elements, texts and namespaces that have not ended."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled

CASES = {
    "what is in a namespace opens no block": (
        "cpp",
        "int main() {\n    int a = 1;\n    std::¦\n    return a;\n}\n",
        "sort(b, c);\n    int d = 2;",
        "    std::sort(b, c);\n    int d = 2;\n    return a;\n",
    ),
    "a name that goes on with the second colon": (
        "cpp",
        "namespace a {\n    B:¦\n            c( d )\n        {}\n}\n",
        ":B( E&& e )\n        :   F( e ),",
        "    B::B( E&& e )\n        :   F( e ),\n            c( d )\n",
    ),
    "a namespace ends with the file": (
        "cpp",
        "namespace a {\n\nbool f() {\n  if (b) return false;\n  ¦\n",
        "return true;\n}\n\n}  // namespace a",
        "  return true;\n}\n\n}  // namespace a\n",
    ),
    "a body below parameters of their own line": (
        "cpp",
        "namespace a {\n\nint f(\n    ¦\n",
        "int b, int c) {\n    return b;\n}\n\n}  // namespace a",
        "int f(\n    int b, int c) {\n    return b;\n}\n\n}  // namespace a\n",
    ),
    "the body of a loop whose head has semicolons": (
        "c",
        "int f() {\n  for (int a = 0; ¦\n\n  return b;\n}\n",
        "a < c; a++)\n  d(a);",
        "  for (int a = 0; a < c; a++)\n    d(a);\n",
    ),
    "digits in groups": (
        "cpp",
        "void f() {\n    int a = ¦;\n    g();\n}\n",
        "1'000;\n    g();",
        "    int a = 1'000;\n    g();\n",
    ),
    "a bracket that the editor has closed within others": (
        "cpp",
        "bool f() {\n    return g(\n        a, b<>{¦}\n}\n",
        "} );",
        "        a, b<>{} );\n}\n",
    ),
    "code below a comment of one line counts from the margin": (
        "cpp",
        "int main() {\n    // create ¦\n    int c = 2;\n}\n",
        "values\nint a;\nint b = 1;",
        "    // create values\n    int a;\n    int b = 1;\n    int c = 2;\n",
    ),
    "the mark of a comment is said again": (
        "cpp",
        "int a;\n// ¦ ways of it\nint b;\n",
        "// There are two",
        "// There are two ways of it\n",
    ),
    "rows of a table that are alike": (
        "cpp",
        "int a[] = {\n    -1, -1, -1, -1,\n    -1, -1, -1, -1,\n    ¦\n\nint b;\n",
        "-1, -1, -1, -1,\n    -1, -1};",
        "    -1, -1, -1, -1,\n    -1, -1, -1, -1,\n    -1, -1, -1, -1,\n    -1, -1};\n",
    ),
    "closers that are said again at another depth": (
        "cpp",
        "int main() {\n    if (a) {\n      if (b) {\n        if (c) {\n        }\n      }\n    }\n    ¦\n}\n",
        "    }\n  }\n}\nreturn 0;",
        "      }\n    }\n    return 0;\n}\n",
    ),
    "levels as narrow as those next to it": (
        "cpp",
        "".join(f"    int f{number}() {{\n        return 1;\n    }}\n" for number in range(9))
        + "    int g() {\n      a = 1;\n    }\n\n    int h() {¦}\n\n    int i() {\n      b = 1;\n    }\n",
        "\n      c = 2;\n    }",
        "    int h() {\n      c = 2;\n    }\n",
    ),
    "a label of a class stands at a depth of its own": (
        "cpp",
        "class A {\n public:\n  explicit A(int b) : a_(b) {¦}\n  ~A() { c(); }\n\n private:\n  int a_;\n};\n",
        "\n    d();\n  }",
        "  explicit A(int b) : a_(b) {\n    d();\n  }\n  ~A()",
    ),
    "a name alone defines nothing": (
        "cpp",
        "namespace a {\n\n// b\n¦\n// c\nclass C {};\n\n}  // namespace a\n",
        "static const int d = 1;\n\nstruct E;\nstruct F;\n\n// Abstract.",
        "static const int d = 1;\n\nstruct E;\nstruct F;\n\n// Abstract.\n// c\n",
    ),
    "an operator that begins with a colon opens no block": (
        "html",
        "{{- $a :¦\n\t\t{{ $b }}\n",
        "= .C }}\n{{ with .D }}\n\t{{- range . }}",
        "{{- $a := .C }}\n{{ with .D }}\n\t{{- range . }}\n\t\t{{ $b }}\n",
    ),
    "a template's brackets are doubled": ("html", "{{ if .A }}\n{¦}\n{{ end }}\n", "{ else }", "\n{{ else }}\n"),
    "a bracket on its own line below a head": (
        "c",
        "int f() {\n    a(b);\n    ¦\n",
        "while (c)\n    {\n        d();\n    }\n    return 0;\n}",
        "    while (c)\n    {\n        d();\n    }\n    return 0;\n}\n",
    ),
    "closers that are said again behind a short line": (
        "go",
        "func f() int {\n\tfor {\n\t\tif a {\n\t\t\ti = j\n\t\t}\n\t}\n\t¦\n",
        "\t\t\ti = j\n\t\t}\n\t}\n\treturn b\n}",
        "\t\t\ti = j\n\t\t}\n\t}\n\treturn b\n}\n",
    ),
    "an escaped mark beside a quotation mark": (
        "rust",
        'const A: &\'static str = "a";\nconst B¦\n',
        ': &amp;\'static str = "b";',
        '\nconst B: &\'static str = "b";\n',
    ),
    "a fence behind what stands above too": (
        "javascript",
        "f(() => {\n  g();\n});\nh(() => {\n  ¦\n",
        "g();\n});\n```",
        "h(() => {\n  g();\n});\n",
    ),
    "a template ends its own block": (
        "html",
        "{{ with .A }}\n{{- with .¦\n\n{{ end }}\n",
        "B }}\n\t{{- range . }}\n\t\t<b>\n\t{{ end }}",
        "{{- with .B }}\n\t{{- range . }}\n\t\t<b>\n\t{{ end }}\n\n{{ end }}\n",
    ),
    "a rule of tildes is no fence": (
        "rust",
        'fn f() {\n    g(\n        "\n¦\n',
        f'{"~" * 40}\n{{:?}}\n{"~" * 40}\n", a);\n}}',
        f'        "\n{"~" * 40}\n{{:?}}\n{"~" * 40}\n", a);\n}}\n',
    ),
    "levels twice as wide from the margin": (
        "javascript",
        "function f() {\n  if (a) {\n    while (b) {\n      ¦\n    }\n  }\n}\n",
        "c();\n            if (d) {\n                e();\n            }",
        "      c();\n      if (d) {\n        e();\n      }\n    }\n",
    ),
    "a body below parameters that are aligned": (
        "python",
        "class A:\n\n    def send(self, a,\n             b, **c):\n        ¦\n\n        if a:\n                pass\n",
        '        """Send."""',
        '             b, **c):\n        """Send."""\n',
    ),
    "what is aligned far to the right": (
        "javascript",
        "function f() {\n  if (a) {\n    while (b) {\n      ¦\n    }\n  }\n}\n",
        "const c = d +\n            e;",
        "      const c = d +\n            e;\n",
    ),
    "a pattern that goes on in a string": (
        "json",
        '{\n  "a": "¦:ffff:ffff::",\n  "b": 1\n}\n',
        "ffff:ffff",
        '  "a": "ffff:ffff:ffff:ffff::",\n',
    ),
    "the rest of an object above a fence that only ends": (
        "typescript",
        "¦\n}: Props) {\n  return a;\n}\n",
        "import a from 'a'\n\nfunction f({\n  b,\n  ...props\n```",
        "function f({\n  b,\n  ...props\n}: Props) {\n",
    ),
    "the name of a file in a folder between brackets": (
        "typescriptreact",
        "interface A {\n  b¦ComponentProps;\n}\n",
        "**app/(group)/[id]/page.tsx**\n\n```tsx\n: React.\n```",
        "  b: React.ComponentProps;\n",
    ),
    "an element around code among elements": (
        "typescriptreact",
        'const a = () => {\n  return (\n    <B\n      ¦\n      d="e"\n    />\n  );\n};\n',
        '<code>c="f"</code>',
        '    <B\n      c="f"\n      d="e"\n',
    ),
    "an element around a statement": (
        "typescriptreact",
        "const a = () => <b />;\n\n¦\n",
        "<code>export default a;</code>",
        "\nexport default a;\n",
    ),
    "an element that is text's": (
        "typescriptreact",
        "const a = () => (\n  <p>\n    Run ¦ first\n  </p>\n);\n",
        "<code>npm install</code>",
        "    Run <code>npm install</code> first\n",
    ),
    "code that a page has escaped": (
        "typescriptreact",
        "const a = (b) =>\n  b.map(¦);\n",
        "(c) =&gt; &lt;D key={c} /&gt;",
        "  b.map((c) => <D key={c} />);\n",
    ),
    "an escape that is text's": (
        "typescriptreact",
        "const a = () => (\n  <p>\n    ¦\n  </p>\n);\n",
        "We don&apos;t &amp; won&apos;t",
        "    We don&apos;t &amp; won&apos;t\n",
    ),
    "elements that a page has escaped": (
        "xml",
        "<a>\n  <b>\n    ¦\n  </b>\n</a>\n",
        "&lt;c&gt;1&lt;/c&gt;\n    &lt;d/&gt;",
        "    <c>1</c>\n    <d/>\n",
    ),
    "the end of a tag that a page has escaped": ("xml", "<a>\n  <b¦\n</a>\n", "&gt;1&lt;/b&gt;", "  <b>1</b>\n"),
    "an escape within a text of XML": ("xml", "<a>\n  <b>¦</b>\n</a>\n", "1 &lt; 2", "  <b>1 &lt; 2</b>\n"),
    "elements at the margin within others": (
        "xml",
        "<a>\n  <b>\n    <c>1</c>\n    <c>¦\n  </b>\n</a>\n",
        "2</c>\n<c>3</c>",
        "    <c>2</c>\n    <c>3</c>\n  </b>\n",
    ),
    "elements at the margin behind the end of those around them": (
        "html",
        "<html>\n<head>\n  <title>a</title>\n  <b></b></head¦\n",
        ">\n<body>\n</body>\n</html>",
        "  <b></b></head>\n",
    ),
    "a fence that ends nothing within a page's comment": (
        "html",
        "<body>\n  <!--\n    One.\n¦\n    Three.\n  -->\n</body>\n",
        "    This is a template.\n```",
        "    One.\n    This is a template.\n    Three.\n",
    ),
    "words at the margin within a page's comment": (
        "html",
        "<body>\n  <!--\n    One ¦\n    four.\n  -->\n</body>\n",
        "two\nand three",
        "    One two\n    and three\n    four.\n",
    ),
    "keys at the margin above deeper ones": (
        "yaml",
        "on:\n  a:\n    b:\n      c: '¦\n      g: 1\n",
        "d'\ne: true\nf: no",
        "      c: 'd'\n      e: true\n      f: no\n      g: 1\n",
    ),
    "a heading whose mark is said again": ("markdown", "# A\n\n## ¦\n\nWords.\n", "## Who is it?", "\n## Who is it?\n"),
    "a heading below the title": ("markdown", "# A\n\n## B\n\n#¦\n\nWords.\n", "# How to\n", "\n## How to\n"),
    "a fence's first line in a longer fence": (
        "markdown",
        "# A\n\n¦\nint b;\n```\n",
        "````markdown\n```cpp\n````",
        "# A\n\n```cpp\nint b;\n```\n",
    ),
    "a longer fence around one of three marks": (
        "markdown",
        "# A\n\n¦\n\n# B\n",
        "````\n## C\n\n```cpp\nint d;\n```\n````",
        "# A\n\n## C\n\n```cpp\nint d;\n```\n\n# B\n",
    ),
    "a fence around a task": (
        "markdown",
        "# A\n\n¦\n- [ ] Two of many\n",
        "```\n- [ ] One of many\n```\n",
        "# A\n\n- [ ] One of many\n- [ ] Two of many\n",
    ),
    "a path with stars is no comment": (
        "json",
        '{\n  "a": {¦\n  }\n}\n',
        '\n    "b": "c \\"**/*.ts\\""\n```',
        '  "a": {\n    "b": "c \\"**/*.ts\\""\n  }\n',
    ),
    "half a key is the next line's": (
        "json",
        '{\n  "a": 1,\n  ¦\n    "cpu": 90\n  }\n}\n',
        '"b": {\n    "cpu"',
        '  "b": {\n    "cpu": 90\n',
    ),
}


@pytest.mark.parametrize(("language_id", "text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_the_completion_stands_where_it_belongs(language_id: str, text: str, reply: str, part: str) -> None:
    """What is around the cursor tells how deep a completion stands and where it ends."""
    assert part in filled(text, reply, language_id)
