"""How long the redaction stage looks at a prompt, as ratios to a control in the same run.

The control is one pass of a trivial regular expression over the same text (`[0-9]{40}`), so that the figures can be
compared between machines. Usage: PYTHONPATH=server python benchmarks/secret_scan.py [characters]
"""

from __future__ import annotations

import re
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from aurelis.core.redaction_map import restore
from aurelis.core.sanitise import sanitise_markdown
from aurelis.security.redact import redact_texts
from aurelis.security.rules import ALL_RULES
from aurelis.security.scan import find_secrets

_ROUNDS = 15
_LIMIT_MS = 5.0
"""The goal for 50,000 characters."""

_CHARACTERS = 50_000
_CONTROL = re.compile("[0-9]{40}")


def _milliseconds(work: Callable[[], object]) -> list[float]:
    durations = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        durations.append((time.perf_counter() - started) * 1_000)
    return durations


def _source(characters: int) -> str:
    library = Path(sysconfig.get_path("stdlib"))
    text = "".join(path.read_text("utf-8", errors="replace") for path in sorted(library.glob("*.py"))[:60])
    return text[:characters]


def main() -> None:
    """Print one line per kind of text."""
    characters = int(sys.argv[1]) if len(sys.argv) > 1 else _CHARACTERS
    source = _source(characters)
    assignments = ('password = os.environ["A"]\ntoken = next(tokens)\n' * (characters // 45))[:characters]
    planted = (source[: characters - 60] + '\nkey = "ghp_' + "q7Zt2LmX9vRb4KcW8sNd1HgY5pJf3TaE6uQo" + '"\n')[
        -characters:
    ]
    redacted, redactions = redact_texts([planted])
    control = _milliseconds(lambda: _CONTROL.search(source))
    rows: dict[str, Callable[[], object]] = {
        "scan, library source": lambda: find_secrets(source, ALL_RULES),
        "scan, nothing but passwords": lambda: find_secrets(assignments, ALL_RULES),
        "scan, one line": lambda: find_secrets(source.replace("\n", " "), ALL_RULES),
        "redact, one secret": lambda: redact_texts([planted]),
        "restore, one secret": lambda: restore(redacted[0], redactions, planted),
        "sanitise as markdown": lambda: sanitise_markdown(source),
    }
    base = statistics.median(control)
    print(f"{characters:,} characters, {len(ALL_RULES)} rules, {_ROUNDS} rounds")
    print(f"{'':32}{'median ms':>12}{'least ms':>12}{'x control':>12}")
    print(f"{'control':32}{base:12.2f}{min(control):12.2f}{1.0:12.1f}")
    for name, work in rows.items():
        durations = _milliseconds(work)
        median = statistics.median(durations)
        mark = (
            "  over the goal"
            if name == "scan, library source" and min(durations) > _LIMIT_MS * characters / 5e4
            else ""
        )
        print(f"{name:32}{median:12.2f}{min(durations):12.2f}{median / base:12.1f}{mark}")


if __name__ == "__main__":
    main()
