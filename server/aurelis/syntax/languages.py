"""The languages whose structure is known: a row each, from LSP's language identifier to grammar and node types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from tree_sitter import Language


@attrs.frozen
class LanguageRules:
    """What must be known of a grammar.

    `definitions` are the node types that a person would call a function, a class or the like; `wrappers` stand around
    one and belong to it (decorators, `export`, `template <...>`); `values` make a variable a function; `names` are the
    node types of identifiers; `quiet` are those in which code is not code: comments and strings.
    """

    module: str
    entry: str
    definitions: frozenset[str]
    imports: frozenset[str]
    names: frozenset[str]
    quiet: frozenset[str]
    wrappers: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    line_comment: str = "//"


_SCRIPT_QUIET: Final = frozenset({"comment", "string", "template_string", "string_fragment", "regex", "html_comment"})
_SCRIPT_DEFINITIONS: Final = frozenset(
    {
        "class_declaration",
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "variable_declarator",
    }
)
_SCRIPT_VALUES: Final = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_TYPED_DEFINITIONS: Final = _SCRIPT_DEFINITIONS | {
    "abstract_class_declaration",
    "abstract_method_signature",
    "enum_declaration",
    "function_signature",
    "interface_declaration",
    "internal_module",
    "type_alias_declaration",
}
_SCRIPT_NAMES: Final = frozenset(
    {
        "identifier",
        "property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "type_identifier",
    }
)
_C_DEFINITIONS: Final = frozenset(
    {"enum_specifier", "function_definition", "struct_specifier", "type_definition", "union_specifier"}
)
_C_NAMES: Final = frozenset({"identifier", "field_identifier", "type_identifier"})
_C_QUIET: Final = frozenset({"comment", "string_literal", "char_literal", "system_lib_string", "raw_string_literal"})

_PYTHON: Final = LanguageRules(
    module="tree_sitter_python",
    entry="language",
    definitions=frozenset({"class_definition", "function_definition"}),
    wrappers=frozenset({"decorated_definition"}),
    imports=frozenset({"future_import_statement", "import_from_statement", "import_statement"}),
    names=frozenset({"identifier"}),
    quiet=frozenset({"comment", "string_content", "string_start", "string_end"}),
    line_comment="#",
)
_JAVASCRIPT: Final = LanguageRules(
    module="tree_sitter_javascript",
    entry="language",
    definitions=_SCRIPT_DEFINITIONS,
    wrappers=frozenset({"export_statement", "lexical_declaration", "variable_declaration"}),
    values=_SCRIPT_VALUES,
    imports=frozenset({"import_statement"}),
    names=_SCRIPT_NAMES,
    quiet=_SCRIPT_QUIET,
)
_TYPESCRIPT: Final = attrs.evolve(
    _JAVASCRIPT, module="tree_sitter_typescript", entry="language_typescript", definitions=_TYPED_DEFINITIONS
)
_C: Final = LanguageRules(
    module="tree_sitter_c",
    entry="language",
    definitions=_C_DEFINITIONS,
    imports=frozenset({"preproc_include"}),
    names=_C_NAMES,
    quiet=_C_QUIET,
)

RULES: Final[Mapping[str, LanguageRules]] = MappingProxyType(
    {
        "python": _PYTHON,
        "javascript": _JAVASCRIPT,
        "javascriptreact": _JAVASCRIPT,
        "typescript": _TYPESCRIPT,
        "typescriptreact": attrs.evolve(_TYPESCRIPT, entry="language_tsx"),
        "go": LanguageRules(
            module="tree_sitter_go",
            entry="language",
            definitions=frozenset({"function_declaration", "method_declaration", "type_alias", "type_spec"}),
            wrappers=frozenset({"type_declaration"}),
            imports=frozenset({"import_declaration"}),
            names=frozenset({"identifier", "field_identifier", "package_identifier", "type_identifier"}),
            quiet=frozenset({"comment", "interpreted_string_literal", "raw_string_literal", "rune_literal"}),
        ),
        "rust": LanguageRules(
            module="tree_sitter_rust",
            entry="language",
            definitions=frozenset(
                {
                    "enum_item",
                    "function_item",
                    "function_signature_item",
                    "impl_item",
                    "macro_definition",
                    "mod_item",
                    "struct_item",
                    "trait_item",
                    "type_item",
                    "union_item",
                }
            ),
            imports=frozenset({"extern_crate_declaration", "use_declaration"}),
            names=frozenset({"identifier", "field_identifier", "shorthand_field_identifier", "type_identifier"}),
            quiet=frozenset({"block_comment", "char_literal", "line_comment", "raw_string_literal", "string_literal"}),
        ),
        "java": LanguageRules(
            module="tree_sitter_java",
            entry="language",
            definitions=frozenset(
                {
                    "annotation_type_declaration",
                    "class_declaration",
                    "constructor_declaration",
                    "enum_declaration",
                    "interface_declaration",
                    "method_declaration",
                    "record_declaration",
                }
            ),
            imports=frozenset({"import_declaration"}),
            names=frozenset({"identifier", "type_identifier"}),
            quiet=frozenset({"block_comment", "character_literal", "line_comment", "string_literal"}),
        ),
        "c": _C,
        "cpp": attrs.evolve(
            _C,
            module="tree_sitter_cpp",
            definitions=_C_DEFINITIONS | {"alias_declaration", "class_specifier", "namespace_definition"},
            wrappers=frozenset({"template_declaration"}),
            imports=frozenset({"preproc_include", "using_declaration"}),
            names=_C_NAMES | {"namespace_identifier"},
        ),
    }
)

_GRAMMARS: Final = 16
"""The bound on loaded grammars; above the number of rows, so that each is loaded once."""


def rules_for(language_id: str) -> LanguageRules | None:
    """What is known of a language's grammar, or None where it has none here."""
    return RULES.get(language_id)


@lru_cache(maxsize=_GRAMMARS)
def grammar(rules: LanguageRules) -> Language:
    """The loaded grammar; the first call for a language imports its wheel (a few milliseconds)."""
    from tree_sitter import Language  # noqa: PLC0415 - a server that has not parsed anything yet must not import it

    return Language(getattr(import_module(rules.module), rules.entry)())
