"""Answers of the rules."""

from __future__ import annotations

import ast
import time
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurelis.sandbox import model
from aurelis.syntax.parses import does_parse

PYTHON = """def total(prices: list, rate: float = 0.2) -> float:
    if rate < 0:
        raise ValueError(rate)
    return sum(prices) * (1 + rate)
"""


def ask(verb: str, code: str, *, language: str = "python", more: str = "", first_line: int = 1) -> str:
    tasks = MappingProxyType(
        {
            "explain": "explanation",
            "document": "documentation",
            "fix": "fix",
            "test": "testing",
            "review": "review",
            "refactor": "refactoring",
            "generate": "code_generation",
            "completion": "completion",
            "ask": "general",
            "commit-message": "general",
            "hover": "explanation",
        }
    )
    header = f"Task: {tasks[verb]}\nVerb: {verb}\nLanguage: {language}\nFile: shop/prices.py\nLines: {first_line}-90\n"
    return model.chat((("system", "You help."), ("user", f"{header}\n{more}\n\n```{language}\n{code}```\n")))


def block_of(answer: str) -> str:
    assert answer.startswith("```")
    return answer.split("\n", 1)[1].rsplit("\n```", 1)[0] + "\n"


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", PYTHON, ["`total`", "`rate: float = 0.2`", "`ValueError`", "`sum`", "`if rate < 0`"]),
        ("typescript", "export function add(a: number): number { return more(a); }\n", ["`add`", "`a", "`more`"]),
        ("go", "func Add(a int) int {\n\tfor {\n\t}\n\treturn a\n}\n", ["`Add`", "`a: int`", "`for`"]),
        ("rust", "fn add(a: i32) -> i32 { a }\n", ["`add`", "`a: i32`", "`i32`"]),
        ("java", "class Shop { int add(int a) { throw new Error(); } }\n", ["`Shop`", "`add`"]),
        ("c", "int add(int a) { return a; }\n", ["`add`", "`a: int`"]),
        ("plaintext", "first second\n", ["1 line", "`first`"]),
        ("python", "", ["no code"]),
    ],
)
def test_an_explanation_names_what_the_code_holds(language: str, code: str, expected: list[str]) -> None:
    """Names, parameters, conditions, calls and errors of the given code stand in its explanation."""
    answer = ask("explain", code, language=language)
    for text in expected:
        assert text in answer


def test_a_docstring_is_derived_from_the_function() -> None:
    """The documented code is the same program, and its docstring names parameters, error and condition."""
    documented = block_of(ask("document", PYTHON))
    docstring = ast.get_docstring(ast.parse(documented).body[0])  # type: ignore[arg-type] - definitions all of them
    assert docstring is not None
    for text in ("Total.", "prices:", "defaults to 0.2", "ValueError: If rate < 0.", "Returns:"):
        assert text in docstring
    assert [line for line in documented.splitlines() if line in PYTHON.splitlines()] == PYTHON.splitlines()


def test_quotes_of_the_code_do_not_end_a_docstring() -> None:
    """A default or result that holds quotes and backslashes leaves the program as it was."""
    code = 'def f(a="\\n", b="""x"""):\n    return """y\\tz"""\n'
    documented = block_of(ask("document", code))
    function = ast.parse(documented).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    del function.body[0]
    assert ast.dump(function) == ast.dump(ast.parse(code).body[0])


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("typescript", "export function addUp(a: number) {\n  return a;\n}\n", " * @param a The a (number)."),
        ("rust", "fn add_up(a: i32) -> i32 {\n    a\n}\n", "/// Add up."),
        ("go", "func AddUp(a int) int {\n\treturn a\n}\n", "// AddUp "),
        ("python", "    def add_up(self):\n        return 1\n", '        """Add up.'),
    ],
)
def test_documentation_takes_the_form_of_the_language(language: str, code: str, expected: str) -> None:
    """Each language gets the comment that its tools read, and the code's own lines stay."""
    documented = block_of(ask("document", code, language=language))
    assert expected in documented
    assert all(line in documented.splitlines() for line in code.splitlines())


def test_long_code_is_documented_by_search_and_replace_blocks() -> None:
    """Where the prompt asks for blocks, applying them in turn gives the documented code."""
    code = "\n\n".join(f"def function_{number}(value):\n    return value + {number}" for number in range(3)) + "\n"
    answer = ask("document", code, more="Answer with blocks:\n\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE")
    changed = code
    for part in answer.split("<<<<<<< SEARCH\n")[1:]:
        search, _, rest = part.partition("=======\n")
        replacement = rest.partition(">>>>>>> REPLACE")[0]
        assert changed.count(search) == 1
        changed = changed.replace(search, replacement)
    assert [ast.get_docstring(node) is not None for node in ast.parse(changed).body] == [True] * 3  # type: ignore[arg-type] - definitions all of them


def test_code_that_is_documented_is_left_alone() -> None:
    """Without anything to add the answer is a sentence and no edit."""
    answer = ask("document", 'def f():\n    """Do it."""\n')
    assert "```" not in answer


@pytest.mark.parametrize(
    ("code", "problem", "expected"),
    [
        ("def f(a)\n    return a\n", "error: expected ':'", "def f(a):\n    return a\n"),
        ("if a  # why\n    pass\n", "error: SyntaxError: expected ':'", "if a:  # why\n    pass\n"),
        ("import os, sys\nsys.exit()\n", "warning: `os` imported but unused (F401)", "import sys\nsys.exit()\n"),
        ("from os import path\nx = 1\n", "warning: `os.path` imported but unused", "x = 1\n"),
        ("print(valeu, value := 1)\n", "error: Undefined name `valeu`", "print(value, value := 1)\n"),
        ("print(json)\n", "error: name 'json' is not defined", "import json\nprint(json)\n"),
        ('"""Doc."""\nprint(json)\n', "error: nothing that a rule knows", None),
        ("print(qqqqqqqq)\n", "error: Undefined name `qqqqqqqq`", None),
    ],
)
def test_a_reported_problem_is_repaired_by_rule(code: str, problem: str, expected: str | None) -> None:
    """What a rule knows is repaired and nothing else changes; otherwise the answer says that there is no fix."""
    answer = ask("fix", code, more=f"Reported problems:\n- line 11: {problem}", first_line=11)
    if expected is None:
        assert "```" not in answer
        assert "No rule" in answer
    else:
        assert block_of(answer) == expected


def test_a_missing_semicolon_is_added_where_it_is_missing() -> None:
    """A compiler's report on the next line still finds the line that lacks it."""
    answer = ask(
        "fix", "int a = 1\n}\n", language="c", more="Reported problems:\n- line 2: error: expected ';' before '}'"
    )
    assert block_of(answer) == "int a = 1;\n}\n"


def test_written_tests_run_against_the_function() -> None:
    """The test that is written for a plain function calls it with values of its types and passes."""
    tests = block_of(ask("test", "def double(number: int, by: int = 2) -> int:\n    return number * by\n"))
    names: dict[str, object] = {"double": lambda number, by=2: number * by}
    exec(tests.replace("from shop.prices import double\n", ""), names)  # noqa: S102 - the text is what is tested
    function = names["test_double_gives_int"]
    assert callable(function)
    function()


def test_a_review_names_the_file_lines_of_its_findings() -> None:
    """Findings have the asked-for form with line numbers of the file, and sound code has none."""
    code = "def add(a, b=[]):\n    try:\n        return a == None\n    except:\n        pass\n"
    findings = ask("review", code, first_line=21).splitlines()
    assert [line.split(":")[0] for line in findings] == ["- L21", "- L24", "- L23"]
    assert ask("review", PYTHON) == "No findings."


def test_languages_are_called_what_people_call_them() -> None:
    """Identifiers of the protocol are not shown to people."""
    code = "export function add(a: number): number { return a; }\n"
    assert "in TypeScript." in ask("explain", code, language="typescript")
    assert "in C++." in ask("explain", "int add(int a) { return a; }\n", language="cpp")
    assert "of plain text" in ask("explain", "first second\n", language="plaintext")


@pytest.mark.parametrize(
    ("language", "instruction", "expected"),
    [
        ("python", "a function that adds two numbers", "def adds_two_numbers():"),
        ("python", "write a helper named `total_of` for prices", "def total_of():"),
        ("python", "read the file", "# Read the file.\n"),
        ("typescript", "A function that adds two numbers.", "function addsTwoNumbers() {"),
        ("go", "a function that adds", "// A function that adds.\n"),
        ("rust", 'parse */ """ it', '// Parse */ """ it.\n'),
        ("python", 'a function with """ and \\ and ü in it', "def new_function():"),
        ("javascript", "a function with */ in it", "function newFunction() {"),
    ],
)
def test_an_instruction_gets_a_place_for_its_code(language: str, instruction: str, expected: str) -> None:
    """What no rule can write is begun: it says what shall stand there and who can write it, and it parses."""
    code = block_of(ask("generate", "<<<HERE>>>\n", language=language, more=f"Instruction: {instruction}"))
    assert expected in code
    assert "TODO: the sandbox cannot write this; a connected model does." in code
    assert does_parse(code, language)


def test_an_instruction_that_speaks_of_what_comes_next_is_followed() -> None:
    """Only then the pattern of the file goes on; an instruction about something else is not passed over."""
    first = "class A:\n    def first(self, door):\n        door.close_all(1)\n\n"
    code = f"{first}    def second(self, door):\n        <<<HERE>>>\n"
    assert block_of(ask("generate", code, more="Instruction: close everything")) == "door.close_all(1)\n"
    assert "close_all" not in ask("generate", code, more="Instruction: look through a window")


@pytest.mark.parametrize("verb", ["refactor", "test", "generate", "fix"])
def test_what_no_rule_covers_is_said_plainly(verb: str) -> None:
    """An answer without a rule is one sentence about the sandbox, with the next step, and holds no code."""
    answer = ask(verb, "x = <<<HERE>>>1\n")
    assert "```" not in answer
    assert "Connect a model" in answer


def test_a_completion_by_chat_is_the_missing_text_alone() -> None:
    """The chat form of a completion gives the same text as the fill-in-the-middle form."""
    assert ask("completion", "open_connection(reader)\nopen_connection(<<<CURSOR>>>\n") == "reader)"


def test_a_commit_message_names_what_a_diff_changes() -> None:
    """The subject names file and function, the body the size."""
    diff = (
        "diff --git a/shop/x.py b/shop/x.py\n--- a/shop/x.py\n+++ b/shop/x.py\n@@ -1,2 +1,2 @@ def total(a):\n-1\n+2\n"
    )
    section = f'<document name="staged changes">\n{diff}</document>'
    answers = {
        ask("commit-message", diff, language="diff"),
        model.chat((("user", f"Verb: commit-message\n\n{section}"),)),
    }
    assert answers == {"Change total in x.py\n\nLines added: 1. Lines removed: 1. Files: x.py."}


def test_fences_in_the_surroundings_are_not_the_code() -> None:
    """The code is the last block, whatever fences stand open above it."""
    more = "<before>\n```\nnever closed\n````js\n</before>"
    assert "`total`" in ask("explain", PYTHON, more=more)


@pytest.mark.parametrize("text", ["```\n" * 20_000, "<before>\n" * 20_000, "a " * 30_000, "x = f(a)\n" * 6_000])
def test_an_absurd_text_is_answered_in_bounded_time(text: str) -> None:
    """Repetition does not make the rules crawl (each of these takes well under a second)."""
    began = time.process_time()
    assert model.chat((("user", text),))
    model.fill(text, text)
    assert time.process_time() - began < 20


def test_a_hover_finds_the_definition_in_the_surroundings() -> None:
    """The symbol's definition is found in the context sections too."""
    more = f"Symbol: total\n\n<before>\n{PYTHON}</before>"
    assert ask("hover", "print(total)\n", more=more).startswith("`total` is a function of `prices` and `rate`")


@given(st.text(max_size=300))
def test_any_text_gets_an_answer_whose_pieces_make_it_up(text: str) -> None:
    """Whatever is asked, there is an answer, and the pieces of its stream put together are the answer."""
    answer = model.chat((("user", text),))
    assert answer
    assert "".join(model.pieces(answer)) == answer


@given(st.text(max_size=300))
def test_pieces_lose_nothing(text: str) -> None:
    """Cutting into pieces keeps every character and makes no empty piece."""
    parts = model.pieces(text)
    assert "".join(parts) == text
    assert all(parts)
