from __future__ import annotations

from pathlib import Path

import pytest

from aurelis.composition.places import Place, named_place


@pytest.mark.parametrize(
    ("path", "project", "place"),
    [
        (None, None, Place()),
        ("", "", Place()),
        ("src/a.py", None, Place("src/a.py")),
        ("./src/", None, Place("src")),
        ("src\\a.py", None, Place("src/a.py")),
        (".", "one", Place(None, "one")),
        (None, "one", Place(None, "one")),
        ("{root}/src/a.py", None, Place("src/a.py", "root")),
        ("{uri}/src/a%20b.py", None, Place("src/a b.py", "root")),
        (None, "{root}", Place(None, "root")),
        (None, "{uri}", Place(None, "root")),
        (None, "{root}/packages/one", Place("packages/one", "root")),
        ("a.py", "{uri}", Place("a.py", "root")),
        ("/elsewhere/b.py", None, Place("b.py")),
        (None, "/elsewhere/other", Place(None, "other")),
        ("a\0b", None, Place("a\0b")),
    ],
)
def test_places_are_named_as_the_tags_have_them(
    tmp_path: Path, path: str | None, project: str | None, place: Place
) -> None:
    """Relative, absolute or as a URI: what lies in the workspace becomes a relative path and a folder's name."""
    root = tmp_path.resolve() / "root"
    values = {"root": str(root), "uri": root.as_uri()}
    given = [None if name is None else name.format(**values) for name in (path, project)]
    assert named_place(given[0], given[1], [root]) == place
