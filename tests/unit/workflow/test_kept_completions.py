"""Completions found again at another cursor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aurelis.core.snapshot import Snapshot
from aurelis.workflow.kept_completions import Kept, KeptCompletions, Offered, Place

URI = "file:///a.py"


def accepted(snapshot: Snapshot, offered: Offered) -> str:
    return snapshot.text[: offered.start] + offered.text + snapshot.text[offered.end :]


CODE_TEXT = st.text(st.sampled_from("ab()[]{}\"' \n\té\U0001f600"), max_size=12)


@given(
    before=CODE_TEXT,
    text=CODE_TEXT,
    after=CODE_TEXT,
    closers=st.sampled_from(["", ")", "]", '"', "))"]),
    data=st.data(),
)
def test_taking_a_kept_completion_changes_only_the_cursor_s_line(
    before: str, text: str, after: str, closers: str, data: st.DataObject
) -> None:
    """Whatever was typed of it, what is offered lies at the cursor and keeps all that stood behind it."""
    kept = KeptCompletions()
    original = Snapshot(uri=URI, language_id="python", text=before + after)
    kept.keep(Kept(Place.of(original, len(before), len(before)), text, "1"))
    typed = text[: data.draw(st.integers(0, len(text)))]
    snapshot = Snapshot(uri=URI, language_id="python", text=before + typed + closers + after)
    position = len(before + typed)
    for offered in kept.find(snapshot, position) or ():
        assert offered.start == position
        replaced = snapshot.text[offered.start : offered.end]
        assert "\n" not in replaced
        assert accepted(snapshot, offered).startswith(before + typed)
        remaining = iter(offered.text)
        assert all(character in remaining for character in replaced)
        assert accepted(snapshot, offered).endswith(after)
