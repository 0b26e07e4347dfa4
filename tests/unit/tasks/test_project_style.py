"""What is found out about a project: where its tests are, and how it documents."""

import pytest

from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import parse
from aurelis.tasks.replies.new_files import with_test_module
from aurelis.tasks.styles import documentation_style, documented_neighbours
from aurelis.tasks.testing import ProjectFiles, existing_tests, plan_tests


def _plan(name: str, language_id: str, *names: str, **manifests: str) -> tuple[str, str]:
    project = ProjectFiles(names, tuple(manifests.items()))
    plan = plan_tests(Snapshot(uri="u", language_id=language_id, text="", name=name), project)
    return plan.name, plan.framework


@pytest.mark.parametrize(
    ("name", "language_id", "names", "path"),
    [
        ("pkg/a.py", "python", [], "pkg/test_a.py"),
        ("pkg/a.py", "python", ["tests/test_b.py"], "tests/test_a.py"),
        ("pkg/sub/a.py", "python", ["tests/unit/sub/test_b.py", "tests/test_c.py"], "tests/unit/sub/test_a.py"),
        ("pkg/a.py", "python", ["pkg/test_b.py", "tests/test_c.py"], "pkg/test_a.py"),
        ("pkg/a.py", "python", ["pkg/b_test.py"], "pkg/a_test.py"),
        ("pkg/a.py", "python", ["tests/conftest.py"], "tests/test_a.py"),
        ("pkg/a.py", "python", ["pkg/test_a.py"], "pkg/test_a_2.py"),
        ("pkg/a.py", "python", ["pkg/test_a.py", "pkg/test_a_2.py"], "pkg/test_a_3.py"),
        ("src/a.ts", "typescript", [], "src/a.test.ts"),
        ("src/a.ts", "typescript", ["src/b.spec.ts"], "src/a.spec.ts"),
        ("src/a.tsx", "typescriptreact", ["test/b.test.tsx"], "test/a.test.tsx"),
        ("src/a.js", "javascript", ["__tests__/b.test.js"], "__tests__/a.test.js"),
        ("src/a.js", "javascript", ["src/__tests__/b.test.js"], "src/__tests__/a.test.js"),
        ("src/x/a.js", "javascript", ["src/y/__tests__/b.test.js"], "src/x/__tests__/a.test.js"),
        ("app/a.py", "python", ["app/tests/test_b.py"], "app/tests/test_a.py"),
        ("p/a.go", "go", ["p/b_test.go"], "p/a_test.go"),
        ("p/a.go", "go", ["p/a_test.go"], "p/a_2_test.go"),
        ("src/a.rs", "rust", [], "tests/a.rs"),
        ("crate/src/m/a.rs", "rust", [], "crate/tests/a.rs"),
        ("src/main/java/p/A.java", "java", [], "src/test/java/p/ATest.java"),
        ("src/a.c", "c", [], "src/a_test.c"),
        ("src/a.cpp", "cpp", ["tests/b_test.cpp"], "tests/a_test.cpp"),
        ("a.zig", "zig", [], "a_test.zig"),
        ("", "python", [], "test_untitled.py"),
        (".hidden/a.py", "python", [], "tests/test_a.py"),
        ("../../etc/a.py", "python", [], "etc/test_a.py"),
        ("/abs/a.py", "python", [], "abs/test_a.py"),
        ("C:\\x\\a.py", "python", [], "x/test_a.py"),
    ],
)
def test_the_path_of_new_tests(name: str, language_id: str, names: list[str], path: str) -> None:
    """As the project does it; inside the workspace, in no hidden folder, and never over a file that exists."""
    assert _plan(name, language_id, *names)[0] == path


@pytest.mark.parametrize(
    ("language_id", "names", "manifest", "framework"),
    [
        ("python", [], "", "pytest"),
        ("python", ["tests/test_a.py"], "python -m unittest", "unittest"),
        ("python", ["tests/conftest.py"], "python -m unittest", "pytest"),
        ("typescript", [], '{"devDependencies": {"vitest": "1"}}', "vitest"),
        ("javascript", [], '{"devDependencies": {"jest": "1"}}', "jest"),
        ("javascript", [], '{"scripts": {"test": "node --test"}}', "node:test"),
        ("javascript", ["a.test.js"], "", "the one of the existing tests"),
        ("java", [], "", "JUnit 5"),
        ("java", [], "testImplementation 'junit:junit:4.13'", "JUnit 4"),
        ("cpp", [], "find_package(GTest)", "GoogleTest"),
        ("cpp", [], "", "assert from <cassert>"),
        ("go", [], "", "the package testing"),
        ("rust", [], "", "#[test] functions"),
    ],
)
def test_the_framework_of_new_tests(language_id: str, names: list[str], manifest: str, framework: str) -> None:
    """Manifests and existing tests tell what tests are written with."""
    assert _plan("src/a", language_id, *names, manifest=manifest)[1] == framework


GOOGLE = 'def f(a):\n    """Do.\n\n    Args:\n        a: it.\n    """\n'
NUMPY = 'def f(a):\n    """Do.\n\n    Parameters\n    ----------\n    a : int\n    """\n'
REST = 'def f(a):\n    """Do.\n\n    :param a: it.\n    :returns: it.\n    """\n'


@pytest.mark.parametrize(
    ("language_id", "text", "wanted", "style"),
    [
        ("python", GOOGLE, None, "Google style"),
        ("python", NUMPY, None, "NumPy style"),
        ("python", REST, None, "reST style"),
        ("python", NUMPY + REST.replace("f(", "g(") + REST.replace("f(", "h("), None, "reST style"),
        ("python", "x = 1\n", None, "Google style"),
        ("python", GOOGLE, "NumPy", "form of documentation: NumPy"),
        ("javascript", "", None, "JSDoc"),
        ("typescript", "", None, "TSDoc"),
        ("rust", "", None, "Rustdoc"),
        ("go", "", None, "Go doc comments"),
        ("java", "", None, "Javadoc"),
        ("c", "", None, "Doxygen"),
        ("zig", "", None, ""),
    ],
)
def test_the_form_of_documentation(language_id: str, text: str, wanted: str | None, style: str) -> None:
    """What the settings ask for, else what the code does, else what the language does."""
    assert style in documentation_style(parse(text, language_id), language_id, wanted)


@pytest.mark.parametrize(
    ("language_id", "test", "framework"),
    [
        ("python", "import unittest\n\n\nclass T(unittest.TestCase):\n    pass\n", "unittest"),
        ("python", "from unittest import mock\n\n\ndef test_a():\n    pass\n", "pytest"),
        ("typescript", "import { test } from 'vitest';\n", "vitest"),
        ("javascript", "const test = require('node:test');\n", "node:test"),
        ("javascript", "const { expect } = require('chai');\n", "mocha"),
        ("java", "import org.junit.Test;\n", "JUnit 4"),
        ("java", "import org.junit.jupiter.api.Test;\n", "JUnit 5"),
        ("go", 'import "github.com/stretchr/testify/assert"\n', "the package testing, with testify"),
        ("c", "#include <cmocka.h>\n", "cmocka"),
        ("cpp", "#include <catch2/catch_test_macros.hpp>\n", "Catch2"),
    ],
)
def test_an_existing_test_tells_the_framework(language_id: str, test: str, framework: str) -> None:
    """What the project's own tests use goes before what is usual, and the nearest of them is the example."""
    sample = Snapshot(uri="s", language_id=language_id, text=test, name="tests/near")
    plan = plan_tests(
        Snapshot(uri="u", language_id=language_id, text="", name="src/a"), ProjectFiles(samples=(sample,))
    )
    assert plan.framework == framework
    assert plan.example is sample


def test_tests_of_a_crate_name_it() -> None:
    """Tests in a file of their own reach a Rust crate by its name."""
    project = ProjectFiles(manifests=(("Cargo.toml", '[package]\nname = "my-sums"\n'),))
    plan = plan_tests(Snapshot(uri="u", language_id="rust", text="", name="src/sums.rs"), project)
    assert "my_sums" in plan.describe()


def test_the_nearest_tests_are_the_samples() -> None:
    """A few tests are named for reading, those first that lie where the new ones will."""
    names = ("tests/test_z.py", "tests/unit/a/test_near.py", "tests/unit/test_b.py", "lib/a/calc.py", "tests/x.py")
    document = Snapshot(uri="u", language_id="python", text="", name="lib/a/calc.py")
    assert existing_tests(document, names) == ("tests/unit/a/test_near.py", "tests/unit/test_b.py", "tests/test_z.py")


def test_a_file_without_docstrings_takes_the_style_of_its_neighbours() -> None:
    """The project's style is found in the files around it, nearest first."""
    names = ("other/x.py", "pkg/b.py", "pkg/a.py", "pkg/deep/c.py", "pkg/readme.md")
    assert documented_neighbours("pkg/a.py", "python", names) == ("pkg/b.py", "pkg/deep/c.py", "other/x.py")
    assert documented_neighbours("pkg/a.rs", "rust", ("pkg/b.rs",)) == ()
    tree = parse("def f(a):\n    return a\n", "python")
    assert documentation_style(tree, "python", None, ("x = 1\n", NUMPY)) == "Write docstrings in NumPy style."


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", "tests"),
        ("#[cfg(test)]\nmod checks {\n    use super::*;\n}\n", "checks_2"),
        ("use sums::add;\n\n#[test]\nfn adds() {\n    add();\n}\n", None),
        ("#[cfg(test)]\nmod tests {\n    use crate::add;\n}\n", None),
        ("pub fn add() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", None),
    ],
)
def test_rust_s_own_module_of_tests_goes_to_the_end_of_its_source(content: str, name: str | None) -> None:
    """A module that reaches for its parent is appended under a free name; anything else is a file of its own."""
    source = "pub fn add() {}\n\nmod checks {}\n"
    text = with_test_module(source, content, "rust")
    if name is None:
        assert text is None
    else:
        assert text == source + "\n#[cfg(test)]\nmod " + name + " {\n    use super::*;\n}\n"
