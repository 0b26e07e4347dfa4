"""Replies about real code: functions of the standard library, changed, and the change told in every shape."""

from random import Random

import pytest

from aurelis.core.text_edits import apply_edits, minimal_edits
from aurelis.syntax.parses import does_parse
from aurelis.tasks.replies.edits import read_edit
from fixtures.reply_corpus import FILES, LIBRARY, changed, functions, shapes


@pytest.mark.parametrize("name", FILES)
def test_real_functions_are_changed_as_told(name: str) -> None:
    """In every shape the document becomes the one that was meant, by edits of the changed lines alone."""
    document = (LIBRARY / name).read_text("utf-8")
    random = Random(name)  # noqa: S311 - the same choices in every run
    regions = functions(document)
    told = 0
    for region in random.sample(regions, min(4, len(regions))):
        new = changed(region.text(document), random)
        wanted = document[: region.start] + new + document[region.end :]
        if not does_parse(wanted, "python"):
            continue
        for shape, reply in shapes(document, region, new).items():
            reading = read_edit(document, region.start, region.end, "python", reply)
            assert reading.text == wanted, (shape, reading.reason)
            edits = minimal_edits(document, reading.text)
            assert apply_edits(document, edits) == wanted
            assert sum(edit.end - edit.start for edit in edits) < 200
            told += 1
    assert told
