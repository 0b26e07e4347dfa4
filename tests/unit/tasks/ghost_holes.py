"""Holes for the tests of ghost text, written as a document with a mark at the cursor."""

from aurelis.syntax.parses import parse
from aurelis.tasks.context.completion import wants_many_lines
from aurelis.tasks.ghost.hole import Hole
from aurelis.tasks.ghost.reading import ghost_text


def hole_at_mark(text: str, language_id: str = "python", **changes: object) -> Hole:
    """The hole at the mark `¦`."""
    at = text.index("¦")
    prefix, suffix = text[:at], text[at + 1 :]
    values = {"multiline": wants_many_lines(prefix + suffix, at), "eol": "\r\n" if "\r\n" in text else "\n"} | changes
    return Hole(prefix=prefix, suffix=suffix, language_id=language_id, **values)  # type: ignore[arg-type] - values of many kinds


def filled(text: str, reply: str, language_id: str = "python") -> str:
    """The document after the completion was taken; as it was where there is none."""
    document = text.replace("¦", "")
    item = ghost_text(reply, hole_at_mark(text, language_id, tree=parse(document, language_id)))
    return document if item is None else document[: item.start] + item.text + document[item.end :]
