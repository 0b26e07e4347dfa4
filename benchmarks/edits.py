"""What edits cost in this process, on a file of 10,000 lines: the smallest edits, moving them, reading a reply.

A function in the middle has one line changed and fifty lines at the end are changed too; the bare measure beside it is
difflib over all lines. Run it as `python benchmarks/edits.py [rounds]`. Nothing is asserted.
"""

from __future__ import annotations

import difflib
import statistics
import sys
import time
from collections.abc import Callable

from aurelis.core.rebase import rebase
from aurelis.core.text_edits import apply_edits, minimal_edits
from aurelis.tasks.replies.edits import read_edit

FUNCTIONS = 2_500
"""Of four lines each."""
ROUNDS = 20
OLD = "".join(
    f"def compute_{number}(first, second):\n    total = first + {number}\n    return total * second\n\n"
    for number in range(FUNCTIONS)
)
MIDDLE = f"def compute_{FUNCTIONS // 2}(first, second):\n    total = first + {FUNCTIONS // 2}\n"
CHANGED = MIDDLE.replace("total = first", "total = 2 * first")
ONE = OLD.replace(MIDDLE, CHANGED)
MANY = ONE[:-3_000] + ONE[-3_000:].replace("second\n", "second + 1\n")
SHUFFLED = "\n".join(sorted(OLD.split("\n"), key=lambda line: line[::-1]))


def measured(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median and slowest of some runs, in milliseconds."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken), max(taken)


def main(rounds: int) -> None:
    """Measure and print a table."""
    edits = minimal_edits(OLD, ONE)
    later = "# typed meanwhile\n" + OLD
    start = OLD.index(MIDDLE)
    end = start + len(MIDDLE) + len("    return total * second\n")
    block = f"```python\n{CHANGED}    return total * second\n```"
    whole = f"```python\n{ONE}```"
    read_edit(OLD, start, end, "python", block)  # The grammar is loaded once.
    rows: dict[str, Callable[[], object]] = {
        "smallest edits, one line changed": lambda: minimal_edits(OLD, ONE),
        "smallest edits, 50 more at the end": lambda: minimal_edits(OLD, MANY),
        "smallest edits, all lines moved": lambda: minimal_edits(OLD, SHUFFLED),
        "difflib, one line changed": lambda: list(
            difflib.SequenceMatcher(None, OLD.split("\n"), ONE.split("\n"), autojunk=False).get_opcodes()
        ),
        "moving an edit below a typed line": lambda: rebase(edits, OLD, later),
        "reading a block for one function": lambda: read_edit(OLD, start, end, "python", block),
        "reading the whole file": lambda: read_edit(OLD, start, end, "python", whole),
    }
    assert apply_edits(OLD, edits) == ONE
    print(f"{len(OLD.splitlines())} lines, {len(OLD)} characters, {len(edits)} edit of {edits[0].new_text!r}")
    print(f"{'what':36} {'median ms':>10} {'slowest':>10}")
    for what, work in rows.items():
        middle, slowest = measured(work, 3 if what.startswith("difflib") else rounds)
        print(f"{what:36} {middle:10.1f} {slowest:10.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
