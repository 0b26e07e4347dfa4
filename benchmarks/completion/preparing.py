"""What it takes to prepare a request at every key: the document parsed anew, its context and prompt assembled.

Processor time of one process, which a busy machine does not change much; 20 other documents are open, prepared as the
server does it off the typing path. Keys are typed in a line of their own at the top, in the middle and at the end of
the document; brackets are closed at once, as editors do, or left open until they are closed by a key, as other editors
do.

    python benchmarks/completion/preparing.py [--keys 40]
"""

from __future__ import annotations

import argparse
import time
from types import SimpleNamespace
from typing import Any, Final, cast

from aurelis.config.settings import Settings
from aurelis.core.snapshot import Snapshot
from aurelis.syntax.parses import ParseCache
from aurelis.tasks.context.completion import warm
from aurelis.workflow.inline import Around, CompletionAsked, prepare_completion

OTHERS: Final = 20
LINES: Final = 10_000
TYPED: Final = "result = compute(value, other)"


def python_text(number: int, lines: int) -> str:
    """Classes with short methods."""
    made = [f"import package_{number}\n", "from os import path\n"]
    for row in range(lines // 5):
        made.append(
            f"\n\ndef work_{number}_{row}(value, other):\n    '''Work {row}.'''\n    return value + other * {row}\n"
        )
    return "".join(made)


def script_text(number: int, lines: int) -> str:
    """Functions of TypeScript."""
    made = [f'import {{ other }} from "./other{number}";\n']
    for row in range(lines // 5):
        made.append(
            f"\n/** Work {row}. */\nexport function work{row}(value: number) {{\n  return other(value) + {row};\n}}\n"
        )
    return "".join(made)


MINIFIED: Final = 'function a(b){return b+1};var x={k:[1,2,3],t:"ab cd"};' * 18_000
DOCUMENTS: Final = {
    "Python, 2,000 lines": ("python", python_text(0, 2_000)),
    "Python, 10,000 lines": ("python", python_text(0, LINES)),
    "Python, 10,000 lines, CRLF": ("python", python_text(0, LINES).replace("\n", "\r\n")),
    "TypeScript, 10,000 lines": ("typescript", script_text(0, LINES)),
    "prose, 10,000 lines": ("plaintext", "Some words that make a line of prose here.\n" * LINES),
    "JavaScript, one line of 1 MB": ("javascript", MINIFIED),
}
OPEN: Final = ("Python, 10,000 lines", "TypeScript, 10,000 lines")
"""Documents in which brackets are left open, too, until they are closed by a key."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=40)
    arguments = parser.parse_args()
    services: Any = SimpleNamespace(settings=Settings(), egress=SimpleNamespace(refusal=lambda _: None))
    print("| document | typing at | p50 ms | p95 ms |\n|---|---|---:|---:|")
    for name, closer in [*((name, ")") for name in DOCUMENTS), *((name, "") for name in OPEN)]:
        language_id, text = DOCUMENTS[name]
        others = tuple(
            Snapshot(uri=f"o{n}", language_id="python", text=python_text(n, 1_000), name=f"o{n}.py")
            for n in range(OTHERS)
        )
        warm(others)
        for place, share in (("top", 0.0), ("middle", 0.5), ("end", 1.0)):
            at = text.find("\n" if "\n" in text else ";", int(share * (len(text) - 200))) + 1
            ordered = sorted(typed(services, (language_id, text), at, others, arguments.keys, closer))
            p50, p95 = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
            described = name if closer else f"{name}, a bracket left open"
            print(f"| {described} | {place} | {p50:.1f} | {p95:.1f} |", flush=True)


def typed(
    services: Any, document: tuple[str, str], at: int, others: tuple[Snapshot, ...], keys: int, closer: str
) -> list[float]:
    """Milliseconds of processor time for each key, the first parse of the document left out."""
    language_id, text = document
    parses = ParseCache()
    times: list[float] = []
    for number in range(keys + 1):
        middle = (TYPED * (1 + number // len(TYPED)))[: number + 1]
        closing = closer if middle.count("(") > middle.count(")") else ""
        end = "\n" if "\n" in text else ""
        whole = f"{text[:at]}{middle}{closing}{end}{text[at:]}"
        began = time.process_time()
        snapshot = Snapshot(uri="typed", language_id=language_id, text=whole, name="typed")
        asked = CompletionAsked(snapshot=snapshot, position=at + len(middle), around=Around(others=others))
        prepared = prepare_completion(cast("Any", services), asked, parses)
        assert prepared is not None, "nothing was prepared"
        times.append((time.process_time() - began) * 1000)
    return times[1:]


if __name__ == "__main__":
    main()
