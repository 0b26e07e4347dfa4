"""What a whole reply is dressed in besides a fence: an element, marks, line numbers, a diff, escapes, JSON.

Each is taken off only where it is around everything and the document has nothing of its kind.
"""

from __future__ import annotations

import json
import re
from typing import Final

from aurelis.tasks.ghost.hole import MARKDOWN_LANGUAGES, PROSE_LANGUAGES, Hole
from aurelis.tasks.replies.brackets import unmatched_count, unmatched_openers

_MARKUP: Final = frozenset({"handlebars", "html", "javascriptreact", "php", "svelte", "typescriptreact", "vue", "xml"})
"""Languages that have elements and escapes of their own."""
_ELEMENT: Final = re.compile(
    r"\s*<(answer|code|completion|fill(?:_me|_in)?|insert|missing|output|pre|response|result|solution)(?: [^<>]*)?>"
    r"(.*?)(?:</\1>\s*)?$",
    re.DOTALL | re.IGNORECASE,
)
_CODE_WITH_MARKUP: Final = frozenset({"javascriptreact", "typescriptreact"})
"""Languages of code in which elements are values."""
_PARENTS: Final = frozenset({"jsx_element", "jsx_fragment", "jsx_text", "ERROR"})
"""Nodes between whose parts text may stand."""
_CODE: Final = frozenset({"arguments", "array", "jsx_expression", "object", "program", "statement_block", "string"})
"""Nodes in which it may not."""
_CODE_MARK: Final = re.compile(r"[<>{}=;]")
"""What hardly stands in an element's text but in code."""
_QUOTES: Final = ('"', "'", "`")
_FOR_MARKUP: Final = frozenset({"code", "output", "pre"})
"""Elements that HTML has."""
_CURSOR: Final = re.compile(
    r"<<<CURSOR>>>|</?\|?(?:cursor|fill)(?:_here|_me)?\|?>|\[(?:CURSOR|FILL)(?:_ME|_HERE)?\]|\{\{ ?cursor ?\}\}|\u2588",
    re.IGNORECASE,
)
"""The mark that the prompt puts at the cursor, and what models make of it."""
_INVISIBLE: Final = "\N{BYTE ORDER MARK}\N{ZERO WIDTH SPACE}\N{WORD JOINER}"
_ROLE: Final = re.compile(r"\s*(?:assistant\n|<s>)(?=\S)")
_NUMBERED: Final = re.compile(r"[ \t]*(\d{1,6})[ \t]?([|:\u2502]) ?(.*)$")
_LISTS: Final = ("{", "[", "(", ",")
_ADDED: Final = re.compile(r"\+(?!\+)(.*)$")
_ENTITY: Final = re.compile(r"&(?:lt|gt|amp|quot|#39|#x27|apos);")
_ESCAPED_TAG: Final = re.compile(r"&lt;[/!?]?[A-Za-z][^&]*(?:&(?!lt;)[^&]*)*&gt;|=&gt;|&amp;&amp;|--&gt;")
"""A tag, or an operator of code, that would be none as text."""
_MARKS: Final = frozenset("<>&")
_BRACKET_ENTITY: Final = re.compile(r"&[lg]t;")
_QUOTED_ENTITY: Final = re.compile(rf"[\"'`]{_ENTITY.pattern}|{_ENTITY.pattern}[\"'`]")
_QUOTED_BRACKET: Final = re.compile(r"[\"'`]&lt;")
"""A value of an attribute that begins with one; a tag may end behind a value, and a link before a quotation mark."""
_OBJECT_FENCE: Final = re.compile(r"^[ \t]*```[ \t]*(?:jsonc?|json5)?[ \t]*$(?!.*^[ \t]*```)", re.DOTALL | re.MULTILINE)
"""The last fence, where it is around an object or says nothing about what it is around."""
_JSON_KEYS: Final = frozenset({"answer", "code", "completion", "insert", "output", "text"})


def undressed(reply: str, hole: Hole) -> str:
    """The reply without what is around all of it."""
    return undressed_readings(reply, hole)[0]


def undressed_readings(reply: str, hole: Hole) -> list[str]:
    """The reply without what is around all of it, the likeliest reading first.

    An escape, and in code with markup an element, may be noise or text; the document tells.
    """
    text = _without_marks(reply.strip(_INVISIBLE), hole)
    bare = _without_elements(text, hole)
    found = [_plain(bare, hole)]
    if hole.language_id in _CODE_WITH_MARKUP:
        inner = _ELEMENT.match(bare)
        if inner is not None:
            found.append(inner.group(2).removeprefix("\n").removesuffix("\n"))
    if hole.tree is not None and _ENTITY.search(bare) is not None and not _has_own_marks(bare):
        found += [bare, _resolved(bare)]
    return list(dict.fromkeys(found))


def _plain(text: str, hole: Hole) -> str:
    text = _from_json(text, hole)
    text = _without_numbers(text, hole)
    text = added_lines(text) if _is_diff(text, hole) else text
    return _unescaped(text, hole)


def added_lines(diff: str) -> str:
    """What a diff adds; its context stands in the document already."""
    return "\n".join(line[1:] for line in diff.split("\n") if line.startswith("+") and not line.startswith("+++ "))


def _without_marks(text: str, hole: Hole) -> str:
    document = hole.before + hole.after
    text = _CURSOR.sub(lambda mark: mark.group() if mark.group() in document or _is_quoted(mark) else "", text)
    role = _ROLE.match(text)
    return text if role is None or hole.in_words or hole.language_id in _MARKUP else text[role.end() :]


def _is_quoted(mark: re.Match[str]) -> bool:
    """Whether a mark is all of a string, which is code about marks."""
    before, after = mark.string[: mark.start()][-1:], mark.string[mark.end() :][:1]
    return before == after and before in {'"', "'", "`"}


def _without_elements(text: str, hole: Hole) -> str:
    for _ in range(2):
        element = _ELEMENT.match(text)
        if element is None or _ends_below(element, hole):
            break
        if _is_markup(element.group(1), hole) and not _is_around_code(element, hole):
            break
        text = element.group(2).removeprefix("\n").removesuffix("\n")
    return text


def _ends_below(element: re.Match[str], hole: Hole) -> bool:
    """Whether an element that has no end in a text has one below the cursor."""
    name = element.group(1)
    return f"</{name}" not in element.group() and hole.after.count(f"</{name}") > hole.after.count(f"<{name}")


def _is_around_code(element: re.Match[str], hole: Hole) -> bool:
    """Whether what an element is around can be no text of a page: code in PHP or a script, half of a statement."""
    name, text = element.groups()
    before = hole.line_before
    if hole.in_code_of_markup and not before.rstrip().endswith(_QUOTES):
        return True
    if hole.language_id not in _CODE_WITH_MARKUP:
        return False
    behind_word = before[-1:].isalnum() or before[-1:] in {"_", ".", '"', "'"}
    if behind_word or text.rstrip().endswith((";", "{")) or unmatched_count(text) > 0:
        return True
    return name in _FOR_MARKUP and (not _among_elements(hole) or _CODE_MARK.search(text) is not None)


def _among_elements(hole: Hole) -> bool:
    """Whether the cursor stands between elements rather than in a statement or an expression, as far as is known."""
    if hole.tree is None:
        return True
    around = hole.tree.ancestors(hole.tree.node_at(len(hole.prefix)))
    return next((node.type in _PARENTS for node in around if node.type in _PARENTS or node.type in _CODE), True)


def _is_markup(name: str, hole: Hole) -> bool:
    """Whether an element may be the document's own: one of HTML's, a component, one that stands in it already."""
    if name != name.upper() and name != name.lower():
        return hole.language_id in _MARKUP
    name = name.lower()
    if hole.language_id == "mdx" or (hole.language_id in MARKDOWN_LANGUAGES and name in _FOR_MARKUP):
        return True
    if hole.language_id in {"xml", *MARKDOWN_LANGUAGES}:
        return f"<{name}" in (hole.before + hole.after).lower()
    return hole.language_id in _MARKUP and name in _FOR_MARKUP


def _from_json(text: str, hole: Hole) -> str:
    if re.match(r'\s*\{\s*"', text) is None or _may_be_an_object(hole):
        return text
    try:
        said = json.loads(text)
    except ValueError:
        return text
    whole = isinstance(said, dict) and len(said) == 1 and not said.keys() - _JSON_KEYS
    value = next(iter(said.values())) if whole else None
    return value if isinstance(value, str) else text


def _may_be_an_object(hole: Hole) -> bool:
    """Whether an object of JSON may be what is missing."""
    if hole.language_id in PROSE_LANGUAGES:
        return hole.leaves_fence_open and _OBJECT_FENCE.search(hole.before) is not None and not hole.line_before.strip()
    if hole.language_id not in {"json", "jsonc"}:
        return False
    before = hole.before.rstrip()
    if hole.line_before.count('"') % 2:
        return False
    return not before or before[-1] in ":[" or (before[-1] == "," and unmatched_openers(before).endswith("["))


def _without_numbers(text: str, hole: Hole) -> str:
    """The text without line numbers, where each of its lines has one, each the next."""
    lines = text.strip("\n").split("\n")
    numbered = [match for match in map(_NUMBERED.match, lines) if match is not None]
    if len(numbered) < len(lines):
        return text
    marks = {match.group(2) for match in numbered}
    if ":" in marks and hole.language_id in {*PROSE_LANGUAGES, "yaml", "json", "jsonc"}:
        return text
    numbers = [int(match.group(1)) for match in numbered]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return text
    here = hole.prefix.count("\n") + 1
    # Keys or cases may be numbers, too.
    listed = numbered[0].group(2) == ":" and hole.before.rstrip().endswith(_LISTS)
    if listed or not numbers[0] <= here <= numbers[-1] + 1:
        return text
    return "\n".join(match.group(3) for match in numbered)


def _is_diff(text: str, hole: Hole) -> bool:
    """Whether each line is added, or stands in the document as a diff's context does."""
    if hole.line_before.strip() or hole.language_id in {*PROSE_LANGUAGES, "diff", "yaml"}:
        return False
    lines = [line for line in text.split("\n") if line.strip()]
    added = [line[1:] for line in lines if _ADDED.match(line)]
    filled = [line for line in added if line.strip()]
    base = hole.line_before
    if not filled or not all(line.startswith(base) if base else not filled[0][0].isspace() for line in filled):
        return False  # A sum may go on with `+`, too.
    known = {line.rstrip() for line in (hole.before + hole.after).split("\n")}
    rest = (line for line in lines if not _ADDED.match(line))
    return all(line.startswith("@@") or (line[0] in " -" and line[1:].rstrip() in known) for line in rest)


def _unescaped(text: str, hole: Hole) -> str:
    """The text with its escapes resolved, where it has no mark that would have had to be escaped."""
    if _ENTITY.search(text) is None or hole.language_id in MARKDOWN_LANGUAGES:
        return text
    markup = hole.language_id in _MARKUP and not hole.in_code_of_markup
    quoted = _QUOTED_BRACKET if markup or hole.language_id == "restructuredtext" else _QUOTED_ENTITY
    if _has_own_marks(text) or quoted.search(text):
        return text
    known = (_BRACKET_ENTITY if markup else _ENTITY).search(hole.before + hole.after) is not None
    return text if known or (markup and not _is_escaped_markup(text, hole)) else _resolved(text)


def _has_own_marks(text: str) -> bool:
    """Whether a text has a mark that would have been escaped with the others."""
    return not _MARKS.isdisjoint(_ENTITY.sub("", text))


def _is_escaped_markup(text: str, hole: Hole) -> bool:
    """Whether a text with escapes has a whole tag, an operator, or ends the tag that the cursor stands in."""
    in_tag = hole.line_before.rfind("<") > hole.line_before.rfind(">")
    return _ESCAPED_TAG.search(text) is not None or (in_tag and "&gt;" in text)


def _resolved(text: str) -> str:
    import html  # noqa: PLC0415 - it holds the 2,000 names of HTML (0.8 MB), and few replies are escaped

    return html.unescape(text)
