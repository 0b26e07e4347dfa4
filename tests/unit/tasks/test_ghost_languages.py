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
    "brackets are closed that were opened far above": (
        "lua",
        'describe("a", function()\n   it("b", function()\n' + FAR_ABOVE + "      c(function()\n      end)\n   ¦\n",
        "end)\nend)",
        "      end)\n   end)\nend)\n",
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
