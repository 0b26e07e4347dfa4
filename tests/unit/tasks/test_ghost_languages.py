"""What models say in other languages than Python, and what of it belongs at the cursor."""

from __future__ import annotations

import pytest
from tests.unit.tasks.ghost_holes import filled, hole_at_mark

from aurelis.tasks.ghost.reading import enough

FAR_ABOVE = "    assert(a)\n" * 200

CASES = {
    "what an end of file lacks goes on below a closed block": (
        "go",
        "package a\n\nfunc f() int {\n\tfor {\n\t\tif a {\n\t\t\tb()\n\t\t}\n\t\t¦\n",
        "end = c\n\t}\n\treturn -1\n}",
        "\t\tend = c\n\t}\n\treturn -1\n}\n",
    ),
    "what an end of file lacks goes on below a closed call": (
        "php",
        "<?php\nclass A\n{\n    function f()\n    {\n        g(\n            $a,\n            ¦\n",
        "$b\n        );\n\n        h();\n    }\n}",
        "            $b\n        );\n\n        h();\n    }\n}\n",
    ),
    "a fragment's end closes a block": (
        "typescriptreact",
        "const a = () => {\n  return (\n    <>\n      <b>\n      ¦\n",
        "</b>\n      <c />\n    </>\n  );\n};",
        "      </b>\n      <c />\n    </>\n  );\n};\n",
    ),
    "what is behind a closed block is not asked for": (
        "javascript",
        "function f() {\n  if (a) {\n    ¦\n",
        "b();\n  }\n}\n\nmodule.exports = f;",
        "    b();\n  }\n}\n",
    ),
    "a last line leads into the block that the document goes on in": (
        "json",
        '{\n  "a": {\n    "b": "¦\n    "c": 1\n  }\n}\n',
        '1"\n  },\n  "d": {',
        '    "b": "1"\n  },\n  "d": {\n    "c": 1\n',
    ),
    "a directive of its own is ended": (
        "cpp",
        "#ifndef A\n#define A 1\n\n¦\n\n#endif\n",
        "#if B < 1\n#error no\n#endif",
        "#if B < 1\n#error no\n#endif\n\n#endif\n",
    ),
    "a bracket in a fence of one line": (
        "java",
        "class A {\n    int f() {\n        return 1;\n    ¦\n}\n",
        "```}```",
        "        return 1;\n    }\n}\n",
    ),
    "a block keeps its end where the rest is left out": (
        "scss",
        ".a {\n  .b {\n    ¦\n  }\n}\n",
        "```scss\n&:hover {\n      color: red;\n    }\n    // ... rest of the code ...\n```",
        "    &:hover {\n      color: red;\n    }\n  }\n",
    ),
    "somebody who says yes": (
        "css",
        ".a {\n  ¦\n}\n",
        "Sure!\n\n~~~css\ncolor: red;\n~~~",
        ".a {\n  color: red;\n}\n",
    ),
    "an answer in a sentence within a comment": (
        "go",
        "package a\n\n// f returns the ¦\nfunc f() int {\n\treturn 1\n}\n",
        "The missing text is `number of rows.`.",
        "// f returns the number of rows.\n",
    ),
    "a farewell behind prose": (
        "markdown",
        "# A\n\nSome words ¦\n\n## B\n",
        "and more of them.\n\nLet me know if you need anything else!",
        "Some words and more of them.\n\n## B\n",
    ),
    "a sentence behind code in a page's script": (
        "html",
        "<p>a</p>\n<script>\n¦\n</script>\n",
        "f(1);\n\nI kept the style of the surrounding code.",
        "<script>\nf(1);\n</script>\n",
    ),
    "a sentence behind PHP's code": (
        "php",
        "<?php\n\n¦\n",
        "f(1);\n\nI kept the style of the surrounding code.",
        "\n\nf(1);\n",
    ),
    "a path is no comment": (
        "json",
        '{\n  "files": ["src/**/*.js"],\n¦\n}\n',
        '  "a": 1\n\nI kept the style of the surrounding code.',
        '  "a": 1\n}\n',
    ),
    "a word behind a line break goes on with a comment": (
        "toml",
        "# It is a¦\na = 1\n",
        "\n\n key that is not used.\n\n",
        "# It is a key that is not used.\na = 1\n",
    ),
    "a block is not opened twice": (
        "csharp",
        "class A\n{\n    void F()\n    {\n¦\n    }\n}\n",
        "    {\n        G();\n    }",
        "    {\n        G();\n    }\n}\n",
    ),
    "a key is not written twice": (
        "toml",
        "[a]\nname = 1\n¦\n\n[c]\n",
        "```toml\nname = 1\nd = 2\n```",
        "[a]\nname = 1\nd = 2\n\n[c]\n",
    ),
    "a fence that ends no fence": (
        "markdown",
        "# A\n\n¦\n\n# B\n",
        "Some words.\n```",
        "# A\n\nSome words.\n\n# B\n",
    ),
    "a fence that begins below words": (
        "markdown",
        "# A\n\n¦\nmake\n```\n",
        "Run this:\n```",
        "# A\n\nRun this:\n```\nmake\n```\n",
    ),
    "a JSON object around prose": (
        "markdown",
        "# A\n\n¦\n\n# B\n",
        '{"completion": "Some words."}',
        "# A\n\nSome words.\n\n# B\n",
    ),
    "an object in a fence of JSON": (
        "markdown",
        "# A\n\n```json\n¦\n```\n",
        '{"text": "Some words."}',
        '```json\n{"text": "Some words."}\n```\n',
    ),
    "lines that were said again at the margin tell the depth of the rest": (
        "java",
        "class A {\n    void f() {\n        if (a) {\n            b();\n¦\n            d();\n        }\n    }\n}\n",
        "```java\nif (a) {\n    b();\n    c();\n```",
        "            b();\n            c();\n            d();\n",
    ),
    "they do so behind a half line": (
        "java",
        "class A {\n    void f() {\n        a();\n        if (b¦\n            d();\n        }\n    }\n}\n",
        "```java\na();\nif (b) {\n    c();\n```",
        "        if (b) {\n            c();\n            d();\n",
    ),
    "nothing but a bracket ends a block": (
        "css",
        ".a {\n  color: ¦\n  margin: 0;\n}\n",
        "#fff;\nfont-weight: bold;",
        "  color: #fff;\n  font-weight: bold;\n  margin: 0;\n",
    ),
    "a comment goes on below its line": (
        "go",
        "package a\n\nfunc f() {\n\t// It is ¦\n\tg()\n}\n",
        "called once.\n// It must not fail.",
        "\t// It is called once.\n\t// It must not fail.\n\tg()\n",
    ),
    "an element's attributes stand deeper": (
        "typescriptreact",
        "const a = () => {\n  return (\n    ¦\n    />\n  );\n};\n",
        '<div\n  id="a"\n  role="img"',
        '    <div\n      id="a"\n      role="img"\n    />\n',
    ),
    "a call goes on below its line": (
        "php",
        "<?php\nclass A\n{\n    function f()\n    {\n        ¦\n    }\n}\n",
        "$this\n    ->a()\n    ->b();",
        "        $this\n            ->a()\n            ->b();\n",
    ),
    "brackets may be set off by blanks": (
        "perl",
        "sub f {\n    return [¦]\n}\n",
        " qw(a) ];",
        "    return [ qw(a) ];\n}\n",
    ),
    "an element around code": (
        "typescriptreact",
        "const a = () => {\n  const b = 1;\n  ¦\n  return <b />;\n};\n",
        "<code>\nconst c = 2;\n</code>",
        "  const c = 2;\n  return <b />;\n",
    ),
    "an element within a page": (
        "typescriptreact",
        "const a = (\n  <p>\n    ¦\n  </p>\n);\n",
        "<code>b</code>",
        "    <code>b</code>\n  </p>\n",
    ),
    "an element around PHP's code": (
        "php",
        "<?php\n\n¦\n",
        "<code>\n$a = 1;\n</code>",
        "<?php\n\n$a = 1;\n",
    ),
    "a heading above a line of a comment": (
        "java",
        "/**\n * Does this\n ¦\n */\nclass A {}\n",
        "### Completion\n* and that.",
        "/**\n * Does this\n * and that.\n */\n",
    ),
    "a heading above code below documentation": (
        "perl",
        "=item f\n\nWords.\n\n=cut\n\nsub f {\n    ¦\n}\n",
        "**Completion:**\nmy $a = 1;\n    return $a;",
        "sub f {\n    my $a = 1;\n    return $a;\n}\n",
    ),
    "a directive that the editor's line has begun is ended": (
        "cpp",
        "#ifndef A\n#define A\n#¦\n#endif // A\n",
        "ifdef B\nint a;\n#endif",
        "#ifdef B\nint a;\n#endif\n#endif // A\n",
    ),
    "a file ends as its head demands": (
        "c",
        "#ifndef A\n#define A\nint f() {\n    ¦\n",
        "return 1;\n}\n\n#endif",
        "    return 1;\n}\n\n#endif\n",
    ),
    "somebody who says yes to words": (
        "markdown",
        "# A\n\n¦\n\n# B\n",
        "Sure!\n\n```markdown\nSome words.\n```",
        "# A\n\nSome words.\n\n# B\n",
    ),
    "an answer in JSON to words": (
        "markdown",
        "# A\n\n¦\n\n# B\n",
        '```json\n{\n  "completion": "Some words."\n}\n```',
        "# A\n\nSome words.\n\n# B\n",
    ),
    "a fence that ends nothing within a comment": (
        "c",
        "/* Some words\n   ¦\n   of it. */\nint a;\n",
        "about the rest\n```",
        "/* Some words\n   about the rest\n   of it. */\n",
    ),
    "a fence behind what is no sentence here": (
        "cpp",
        "#include <¦>\n#include <b.h>\n",
        "name.h\n```",
        "#include <name.h>\n",
    ),
    "what goes on with a statement is deeper than its block": (
        "rust",
        "fn f() -> S {\n    let a = b\n        .c()\n        ¦\n",
        ".d();\n    g(a)\n}",
        "        .d();\n    g(a)\n}\n",
    ),
    "a name begins as the one above it is": (
        "kotlin",
        "import a.b.commonCopy\n¦\nimport a.b.commonExpand\n",
        "import a.b.commonCopyTo\nimport a.b.commonEquals",
        "import a.b.commonCopy\nimport a.b.commonCopyTo\nimport a.b.commonEquals\n",
    ),
    "one of two answers within a comment": (
        "typescript",
        "/**\n ¦\n * @returns it\n */\nexport const a = 1;\n",
        "1. First option:\n\n```ts\n* Turn a\n * into b.\n```\n\n2. Second option:\n\n```ts\nother(* Turn a)\n```",
        "/**\n * Turn a\n * into b.\n * @returns it\n",
    ),
    "brackets are closed that were opened far above": (
        "lua",
        'describe("a", function()\n   it("b", function()\n' + FAR_ABOVE + "      c(function()\n      end)\n   ¦\n",
        "end)\nend)",
        "      end)\n   end)\nend)\n",
    ),
    "a rule within a comment comes once": (
        "typescript",
        "/* " + 40 * "-" + "\n * ¦\n\ntype A = B;\n",
        "What\n" + (" * " + 40 * "-" + "*/\n") * 20,
        " * What\n * " + 40 * "-" + "*/\n\ntype A = B;\n",
    ),
    "an element that ends below is the document's": (
        "javascriptreact",
        "function C() {\n return (\n    //\n¦\n      {a.map((b) => (\n        <i />\n      ))}\n    </pre>\n );\n}\n",
        "    <pre className={c}>\n      {a.map((b) => (\n        <i />",
        "    //\n    <pre className={c}>\n      {a.map((b) => (\n        <i />\n      ))}\n    </pre>\n",
    ),
    "a line that is aligned in a bracket is not indented as others are": (
        "c",
        'static M m[] = {\n    {"a", f, NO,\n¦\n    {NULL, NULL, 0, NULL}\n};\n',
        '     "Do it."},',
        '    {"a", f, NO,\n     "Do it."},\n    {NULL',
    ),
    "a key of a list of keys is no heading": (
        "yaml",
        "a:\n  b:\n    c: 1\n\n  ¦\n",
        "output:\n    format: json",
        "\n  output:\n    format: json\n",
    ),
    "an entry below one that is typed is its neighbour": (
        "yaml",
        "a:\n  b: c\n  d:\n  - ¦\n  - &e\n    f: g\n  h: false\n",
        "*i\n  - *j",
        "  - *i\n  - *j\n  - &e\n",
    ),
    "the head of a body that stands below": (
        "php",
        "<?php\n\nuse A;\nuse B;\n¦\n{\n    public function f()\n    {\n        return 1;\n    }\n}\n",
        "use C;\n\nuse function d;\n\nclass T extends C",
        "use function d;\n\nclass T extends C\n{\n",
    ),
    "a comment of a page holds nothing": (
        "html",
        "<body>\n  <p>\n    <b>An</b>\n  </p>\n\n  ¦\n</body>\n",
        "<!-- What for -->\n  <p>B</p>",
        "  <!-- What for -->\n  <p>B</p>\n</body>\n",
    ),
    "a bracket in a page's text holds nothing": (
        "html",
        "  <div>\n    <b>P:</b>\n    <b>[¦\n    </b>\n    <b>]</b>\n  </div>\n",
        "</b>\n    <b>\n      <a>1</a>",
        "    <b>[</b>\n    <b>\n      <a>1</a>\n    </b>\n",
    ),
    "what an editor has closed is closed where a condition goes on": (
        "cpp",
        "void f() {\n  if (g(¦)\n      h(a, b)) {\n    k();\n  }\n}\n",
        "a, b) &&",
        "  if (g(a, b) &&\n      h(a, b)) {\n",
    ),
}


@pytest.mark.parametrize(("language_id", "text", "reply", "part"), CASES.values(), ids=CASES.keys())
def test_the_document_is_whole_with_the_completion(language_id: str, text: str, reply: str, part: str) -> None:
    """The completion is what a person would have typed there."""
    assert part in filled(text, reply, language_id)


def test_what_leads_into_the_next_block_is_waited_for() -> None:
    """A reply that has left the cursor's block is not over while the document goes on deeper than it."""
    hole = hole_at_mark('{\n  "a": {\n    "b": "¦\n    "c": 1\n  }\n}\n', "json")
    assert not enough('1"\n  },\n', hole)


def test_a_yes_is_no_answer_yet() -> None:
    """A reply that has only agreed is waited for."""
    hole = hole_at_mark(".a {\n  color: ¦\n}\n", "css")
    assert not enough("Sure:\n\n~~~css\nre", hole)


def test_a_sentence_that_has_just_begun_behind_a_fence_is_no_text() -> None:
    """A reply that ends within the words behind a fence is around the fence."""
    reply = "Hier ist der fehlende Code:\n\n```go\nbunch\n```\n\nDa"
    text = "package a\n\n// There is a ¦ of details\nvar b int\n"
    assert "// There is a bunch of details\n" in filled(text, reply, "go")
