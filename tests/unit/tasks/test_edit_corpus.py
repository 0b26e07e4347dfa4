"""Replies about real code: functions of the standard library, changed, and the change told in every shape."""

import difflib
import sysconfig
from pathlib import Path
from random import Random

import pytest

from aurelis.core.positions import LineIndex
from aurelis.core.text_edits import apply_edits, minimal_edits
from aurelis.syntax.parses import does_parse, parse
from aurelis.syntax.scopes import definitions
from aurelis.tasks.context.regions import Region, whole_lines
from aurelis.tasks.replies.edits import read_edit

FILES = (
    "bisect.py",
    "copy.py",
    "fnmatch.py",
    "heapq.py",
    "queue.py",
    "shlex.py",
    "string.py",
    "textwrap.py",
    "uuid.py",
)
LIBRARY = Path(sysconfig.get_paths()["stdlib"])


def _functions(document: str) -> list[Region]:
    """The functions of a file that have between four and forty lines."""
    tree = parse(document, "python")
    assert tree is not None
    index = LineIndex(document)
    regions = [whole_lines(index, found.start, found.end) for found in definitions(tree) if "function" in found.kind]
    return [region for region in regions if 4 <= region.text(document).count("\n") <= 40]


def _changed(code: str, random: Random) -> str:
    """The code with one line of its body changed, added to or removed."""
    lines = code.split("\n")
    number = random.choice([number for number, line in enumerate(lines) if number and len(line.strip()) > 5])
    indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
    change = random.choice(["comment", "insert", "remove"])
    if change == "comment":
        lines[number] += "  # reviewed"
    elif change == "insert":
        lines.insert(number, f"{indent}assert True")
    else:
        del lines[number]
    return "\n".join(lines)


def _shapes(document: str, region: Region, new: str) -> dict[str, str]:
    body = new.rstrip("\n")
    changed = document[: region.start] + new + document[region.end :]
    old_lines, new_lines = document.split("\n"), changed.split("\n")
    diff = "\n".join(difflib.unified_diff(old_lines, new_lines, "a/x.py", "b/x.py", lineterm=""))
    indent = len(body) - len(body.lstrip(" "))
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    patches = []
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "equal":
            before, after = old_lines[max(0, first - 4) : first], old_lines[last : last + 4]
            old = "\n".join(old_lines[max(0, first - 4) : last + 4])
            now = "\n".join([*before, *new_lines[new_first:new_last], *after])
            patches.append(f"<<<<<<< SEARCH\n{old}\n=======\n{now}\n>>>>>>> REPLACE")
    return {
        "fenced": f"```python\n{body}\n```",
        "prose": f"Here you are:\n\n```python\n{body}\n```\n\nThat should do.",
        "reasoning": f"<think>maybe</think>\n```python\n{body}\n```",
        "bare": body,
        "whole": f"```python\n{changed.rstrip()}\n```",
        "margin": "```python\n" + "\n".join(line[indent:] for line in body.split("\n")) + "\n```",
        "several": f"This line:\n```python\n    pass\n```\nbecomes\n```python\n{body}\n```",
        "diff": f"```diff\n{diff}\n```",
        "patch": "\n\n".join(patches),
    }


@pytest.mark.parametrize("name", FILES)
def test_real_functions_are_changed_as_told(name: str) -> None:
    """In every shape the document becomes the one that was meant, by edits of the changed lines alone."""
    document = (LIBRARY / name).read_text("utf-8")
    random = Random(name)  # noqa: S311 - the same choices in every run
    regions = _functions(document)
    told = 0
    for region in random.sample(regions, min(4, len(regions))):
        new = _changed(region.text(document), random)
        wanted = document[: region.start] + new + document[region.end :]
        if not does_parse(wanted, "python"):
            continue
        for shape, reply in _shapes(document, region, new).items():
            reading = read_edit(document, region.start, region.end, "python", reply)
            assert reading.text == wanted, (shape, reading.reason)
            edits = minimal_edits(document, reading.text)
            assert apply_edits(document, edits) == wanted
            assert sum(edit.end - edit.start for edit in edits) < 200
            told += 1
    assert told
