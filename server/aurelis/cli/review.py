"""`aurelis review [PATH[:A-B]]... [--since REV] [--sarif]`: findings about files, or about what changed in them."""

from __future__ import annotations

import argparse
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

import attrs

from aurelis import __version__
from aurelis.cli.asking import ask, exit_code
from aurelis.cli.changed_lines import changed_targets
from aurelis.cli.command_line import say, wrong
from aurelis.cli.documents import Chosen, Target, open_target, read_target
from aurelis.cli.invocations import invocation_for
from aurelis.cli.outcomes import add_output_options, print_json
from aurelis.cli.request_options import add_request_options
from aurelis.cli.services import opened_services
from aurelis.core.errors import ErrorKind, RequestError
from aurelis.workflow.events import Outcome
from aurelis.workflow.result import result_of

MOST_REVIEWS: Final = 100
"""Places that one command reviews; more is refused, because each is a request."""

_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


@attrs.frozen
class Reviewed:
    """A place and what was found there."""

    chosen: Chosen
    outcome: Outcome


def configure(parser: argparse.ArgumentParser, word: str) -> None:
    """Add the options."""
    parser.set_defaults(verb=word)
    parser.add_argument("targets", nargs="*", metavar="PATH[:A[-B]]", help="files, or lines of them")
    parser.add_argument(
        "--since", metavar="REV", help="only what changed since this revision (in all files if none is given)"
    )
    parser.add_argument("--instruction", default="", metavar="TEXT", help="what to look for in particular")
    add_request_options(parser)
    add_output_options(parser, edits=False)
    parser.add_argument("--sarif", action="store_true", help="print the findings as SARIF 2.1.0")


async def run(arguments: argparse.Namespace) -> int:
    """Review one place after the other and show what was found."""
    targets = tuple(read_target(text) for text in arguments.targets)
    if arguments.since is not None:
        targets = await changed_targets(arguments.since, targets)
        if not targets:
            say(f"Nothing changed since {arguments.since}.")
    elif not targets:
        raise wrong("There is nothing to review; give a file, or --since with a revision.")
    if len(targets) > MOST_REVIEWS:
        raise wrong(f"That would be {len(targets)} reviews and {MOST_REVIEWS} are allowed at once; name fewer files.")
    reviewed = await _review_all(arguments, targets) if targets else []
    if arguments.sarif:
        print_json(sarif_log(reviewed))
    elif arguments.json:
        results = [_result(entry) for entry in reviewed]
        print_json(results[0] if len(targets) == 1 and arguments.since is None else results)
    return exit_code(*(entry.outcome for entry in reviewed))


async def _review_all(arguments: argparse.Namespace, targets: tuple[Target, ...]) -> list[Reviewed]:
    show = not arguments.json and not arguments.sarif
    reviewed: list[Reviewed] = []
    async with opened_services() as services:
        for target in targets:
            try:
                chosen = await open_target(target)
                if arguments.since is not None and _is_blank(chosen):
                    continue
                if show and len(targets) > 1:
                    print(f"{chosen.snapshot.name}{_lines(target)}:")
                invocation = await invocation_for(services, arguments.verb, chosen, arguments, streams=show)
                reviewed.append(Reviewed(chosen, await ask(services, invocation, show=show)))
            except RequestError as error:
                if error.kind is not ErrorKind.EXCLUDED or arguments.since is None:
                    raise
                say(error.message)
    return reviewed


def _is_blank(chosen: Chosen) -> bool:
    """Whether a change left nothing but blanks, as where a blank line was added or a paragraph removed."""
    start, end = chosen.range or (0, len(chosen.snapshot.text))
    return not chosen.snapshot.text[start:end].strip()


def _lines(target: Target) -> str:
    if target.first is None:
        return ""
    return f":{target.first}" if target.last in {None, target.first} else f":{target.first}-{target.last}"


def _result(entry: Reviewed) -> dict[str, Any]:
    findings = [attrs.asdict(finding) for finding in entry.outcome.findings]
    listed = [
        {
            "path": entry.chosen.snapshot.name,
            "firstLine": finding["first_line"],
            "lastLine": finding["last_line"],
            "severity": finding["severity"],
            "message": finding["message"],
        }
        for finding in findings
    ]
    return {**result_of(entry.outcome), "findings": listed}


def sarif_log(reviewed: list[Reviewed]) -> dict[str, Any]:
    """The findings as a SARIF log (OASIS, version 2.1.0)."""
    results = [
        {
            "ruleId": "review",
            "level": _LEVELS.get(finding.severity, "note"),
            "message": {"text": finding.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(PurePath(entry.chosen.snapshot.name).as_posix())},
                        "region": {"startLine": finding.first_line, "endLine": finding.last_line},
                    }
                }
            ],
        }
        for entry in reviewed
        for finding in entry.outcome.findings
    ]
    driver = {
        "name": "aurelis",
        "version": __version__,
        "rules": [{"id": "review", "shortDescription": {"text": "A finding of a model's review"}}],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}],
    }
