"""Definitions in each language."""

import pytest

from aurelis.syntax.languages import RULES, grammar
from aurelis.syntax.parses import parse
from aurelis.syntax.scopes import (
    definitions,
    definitions_named,
    enclosing_definition,
    enclosing_definitions,
    holding_definitions,
)
from aurelis.syntax.symbols import imports

PYTHON = '''\
import os
from typing import (
    Any,
)

@cache
def first(a: int) -> int:
    """Give it back. 😀"""
    return a


class Box:
    """Holds things."""

    def put(self, thing: Any) -> None:
        def inner():
            pass
        self.thing = thing
'''
GO = """\
package a

import "fmt"

// Box holds things.
type Box struct {
	thing int
}

// Put keeps a thing.
func (b *Box) Put(thing int) error {
	fmt.Println(thing)
	return nil
}
"""
RUST = """\
use std::io;

/// Holds things.
#[derive(Debug)]
pub struct Box2 {
    thing: i32,
}

impl Box2 {
    /// Keeps a thing.
    pub fn put(&mut self, thing: i32) -> io::Result<()> {
        self.thing = thing;
        Ok(())
    }
}
"""
JAVA = """\
import java.util.List;

/** Holds things. */
class Box {
    private int thing;

    /** Keeps a thing. */
    @Deprecated
    public void put(int thing) {
        this.thing = thing;
    }
}
"""
C = """\
#include <stdio.h>

struct box {
    int thing;
};

/* Keeps a thing. */
static int *put(struct box *b, int thing)
{
    b->thing = thing;
    return &b->thing;
}
"""
CPP = """\
#include <vector>

namespace boxes {
// Holds things.
template <class T>
class Box : public Base {
    void put(T thing) { things.push_back(thing); }
    std::vector<T> things;
};

template <class T>
T Box<T>::take() const {
    return things.back();
}
}
"""
JAVASCRIPT = """\
import { a } from "b";

/** Keeps a thing. */
export const put = async (thing) => {
  return a(thing);
};

class Box {
  put(thing) {
    return thing;
  }
}
"""
TYPESCRIPT = """\
import { a } from "b";

export interface Thing {
  name: string;
}

export function put(thing: Thing): string {
  return a(thing);
}
"""
TSX = """\
import React from "react";

export const View = ({ name }: { name: string }) => {
  return <p>{name}</p>;
};
"""
SAMPLES = {
    "python": (PYTHON, ["first", "Box", "put", "inner"], ["import os", "from typing import (\n    Any,\n)"]),
    "go": (GO, ["Box", "Put"], ['import "fmt"']),
    "rust": (RUST, ["Box2", "Box2", "put"], ["use std::io;"]),
    "java": (JAVA, ["Box", "put"], ["import java.util.List;"]),
    "c": (C, ["box", "put"], ["#include <stdio.h>"]),
    "cpp": (CPP, ["boxes", "Box", "put", "Box<T>::take"], ["#include <vector>"]),
    "javascript": (JAVASCRIPT, ["put", "Box", "put"], ['import { a } from "b";']),
    "javascriptreact": (JAVASCRIPT, ["put", "Box", "put"], ['import { a } from "b";']),
    "typescript": (TYPESCRIPT, ["Thing", "put"], ['import { a } from "b";']),
    "typescriptreact": (TSX, ["View"], ['import React from "react";']),
}


def test_each_language_has_a_sample() -> None:
    """No language is left out of the table below."""
    assert SAMPLES.keys() == RULES.keys()


@pytest.mark.parametrize("language_id", SAMPLES)
def test_definitions_and_imports_are_found(language_id: str) -> None:
    """Names of definitions and texts of imports, in the order of the text."""
    text, names, imported = SAMPLES[language_id]
    tree = parse(text, language_id)
    assert tree is not None
    assert tree.complete
    assert [found.name for found in definitions(tree)] == names
    assert list(imports(tree)) == imported


@pytest.mark.parametrize("language_id", SAMPLES)
def test_every_node_type_of_a_row_exists_in_its_grammar(language_id: str) -> None:
    """A row names node types that its grammar has; those of a wider family may be missing only where it says so."""
    rules = RULES[language_id]
    language = grammar(rules)
    known = {language.node_kind_for_id(number) for number in range(language.node_kind_count)}
    assert rules.definitions & known
    assert not rules.definitions - known - {"abstract_method_signature"}
    assert not rules.imports - known


@pytest.mark.parametrize(
    ("language_id", "place", "signature", "documentation"),
    [
        ("python", "return a", "@cache\ndef first(a: int) -> int:", "Give it back. 😀"),
        ("python", "self.thing =", "def put(self, thing: Any) -> None:", ""),
        ("go", "fmt.Println", "func (b *Box) Put(thing int) error", "// Put keeps a thing."),
        ("rust", "self.thing =", "pub fn put(&mut self, thing: i32) -> io::Result<()>", "/// Keeps a thing."),
        ("java", "this.thing =", "@Deprecated\n    public void put(int thing)", "/** Keeps a thing. */"),
        ("c", "b->thing =", "static int *put(struct box *b, int thing)", "/* Keeps a thing. */"),
        ("cpp", "things.back", "template <class T>\nT Box<T>::take() const", ""),
        ("javascript", "return a(", "export const put = async (thing) =>", "/** Keeps a thing. */"),
        ("typescript", "return a(", "export function put(thing: Thing): string", ""),
    ],
)
def test_the_enclosing_definition(language_id: str, place: str, signature: str, documentation: str) -> None:
    """The innermost definition around a place, with its signature and documentation."""
    text = SAMPLES[language_id][0]
    tree = parse(text, language_id)
    assert tree is not None
    found = enclosing_definition(tree, text.index(place))
    assert found is not None
    assert (found.signature, found.documentation) == (signature, documentation)
    assert found.start <= text.index(place) < found.end


def test_enclosing_definitions_come_outermost_first() -> None:
    """A method's class stands before the method."""
    tree = parse(PYTHON, "python")
    assert tree is not None
    place = PYTHON.index("pass")
    assert [found.name for found in enclosing_definitions(tree, place)] == ["Box", "put", "inner"]
    assert enclosing_definitions(tree, 0) == ()


def test_definitions_by_name_leave_out_those_in_functions() -> None:
    """What a name may mean elsewhere is looked for outside functions."""
    tree = parse(PYTHON, "python")
    assert tree is not None
    assert [found.name for found in definitions_named(tree, {"put", "inner", "first"})] == ["first", "put"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class A:\n    def m(self):\n        x = 1\n        |", ["A", "m"]),
        ("class A:\n    def m(self):\n        x = 1\n\n    |\n", ["A"]),
        ("class A:\n    def m(self):\n        x = 1\n\n|", []),
        ("def f():\n    x = g(|", ["f"]),
        ("def f():\n    pass\ndef g():\n    return |1\n", ["g"]),
        ("|", []),
    ],
)
def test_a_cursor_behind_a_block_belongs_to_it_as_far_as_it_is_indented(text: str, names: list[str]) -> None:
    """The tree says that a blank line behind a function is none of it; who types there goes on with the function."""
    tree = parse(text.replace("|", ""), "python")
    assert tree is not None
    assert [found.name for found in holding_definitions(tree, text.index("|"))] == names
