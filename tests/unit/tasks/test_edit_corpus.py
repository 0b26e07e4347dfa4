"""Replies about real code in eight languages: the change told in every shape, the document compared with the wanted."""

from collections import Counter
from random import Random

import pytest

from aurelis.core.text_edits import apply_edits, minimal_edits
from aurelis.tasks.replies.edits import read_edit
from fixtures.corpus import PLACES, changes
from fixtures.needs import require
from fixtures.reply_shapes import replies

AMBIGUOUS = "the answer's changes do not fit the code"
"""What a change is refused with whose lines stand in two places; patches may meet that, as they give no numbers."""


@pytest.mark.parametrize("language", PLACES)
def test_real_definitions_are_changed_as_told(language: str) -> None:
    """In every shape the document becomes the one that was meant, by edits of the changed lines alone."""
    if language != "python":
        require("corpus")
    told: Counter[str] = Counter()
    for form, change in changes(language, Random(language), files=5):  # noqa: S311 - the same choices in every run
        for shape, reply in replies(change).items():
            reading = read_edit(change.document, change.region.start, change.region.end, language, reply)
            if reading.text is None and "patch" in shape and reading.reason == AMBIGUOUS:
                continue
            assert reading.text == change.wanted, (change.name, form, shape, reading.reason)
            assert not reading.outside, (change.name, form, shape, reply)
            edits = minimal_edits(change.document, reading.text)
            assert apply_edits(change.document, edits) == change.wanted
            assert sum(edit.end - edit.start for edit in edits) < 200
            told[shape] += 1
    assert len(told) == len(replies(change))
    assert min(told.values()) >= 3
