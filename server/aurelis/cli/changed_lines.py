"""Which lines of which files changed since a revision, as git tells.

git is asked in a way that runs nothing of the repository's; see `aurelis.lsp.safe_git`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from aurelis.cli.command_line import wrong
from aurelis.cli.diff_names import from_diff
from aurelis.cli.documents import Target
from aurelis.lsp.safe_git import SAFE_DIFF, ask_git

NEAR_LINES: Final = 20
"""Changes no further apart than this are looked at together."""

_OPTIONS: Final = (
    *SAFE_DIFF,
    "--ignore-submodules=all",
    # Whatever the person's own settings of git call the two sides.
    *("--src-prefix=a/", "--dst-prefix=b/"),
    *("--relative", "--unified=0", "--diff-filter=d"),
)
_HUNK: Final = re.compile(r"^@@ -\d+(?:,(?P<removed>\d+))? \+(?P<first>\d+)(?:,(?P<added>\d+))? @@")


async def changed_targets(revision: str, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """The changed lines of the files (all files if none are given), near ones together.

    Raises:
        RequestError: of kind `configuration`, when git cannot tell.
    """
    if revision.startswith("-"):
        raise wrong(f"'{revision}' is not a revision; give a commit, branch or tag.")
    commit = (await _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")).strip()
    paths = [str(target.path) for target in targets]
    return read_changes(await _git("diff", *_OPTIONS, commit, "--", *paths))


def read_changes(diff: str) -> tuple[Target, ...]:
    """The places of a diff without context lines; a removal counts as the line before it."""
    found: list[Target] = []
    path: Path | None = None
    content = 0  # Lines of the present hunk still to come, which may look like anything.
    for line in diff.split("\n"):
        if content and line.startswith(("+", "-")):
            content -= 1
            continue
        if line.startswith("+++ "):
            name = from_diff(line[4:]).removeprefix("b/")
            path = None if name == "/dev/null" else Path(name)
        match = _HUNK.match(line)
        if match is None or path is None:
            continue
        added = int(match["added"] or 1)
        content = added + int(match["removed"] or 1)
        first = max(1, int(match["first"]))
        last = first + max(1, added) - 1
        previous = found[-1] if found else None
        if previous is not None and previous.path == path and first - (previous.last or 0) <= NEAR_LINES:
            found[-1] = Target(path, previous.first, last)
        else:
            found.append(Target(path, first, last))
    return tuple(found)


async def _git(*arguments: str) -> str:
    answer = await ask_git(Path.cwd(), *arguments)
    if answer.code != 0:
        raise wrong("git does not know that revision here; check it, and that this is a repository.")
    return answer.output
