"""The changes that are about to be committed, for a commit message.

git is asked in a way that runs nothing of the repository's; see `safe_git`.
Files that must not leave the machine are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.core.ports import EgressPolicy
from aurelis.core.request import Source
from aurelis.core.snapshot import Snapshot
from aurelis.lsp.safe_git import SAFE_DIFF, ask_git

DIFF_BYTES: Final = 400_000
"""How much of a diff is taken; the prompt is shorter still."""

NAMES_BYTES: Final = 4_000_000
"""How much of the list of changed files is taken."""

MOST_FILES: Final = 500
"""Changed files that are looked at."""


async def staged_changes(folders: Iterable[Path], egress: EgressPolicy) -> Snapshot:
    """The staged changes of the first workspace folder, as a diff.

    Raises:
        RequestError: `configuration` when there is no repository, no git or nothing staged; `excluded` when all that
            is staged must stay on the machine.
    """
    folder = next(iter(folders), None)
    if folder is None:
        raise RequestError(ErrorKind.CONFIGURATION, "There is no workspace folder; open one with a git repository.")
    listed = await _git(folder, NAMES_BYTES, "diff", "--staged", *SAFE_DIFF, "--name-only", "--relative", "-z")
    names = [name for name in listed.split("\0") if name][:MOST_FILES]
    if not names:
        raise RequestError(ErrorKind.CONFIGURATION, "Nothing is staged; stage the changes first (git add).")
    allowed = [name for name in names if egress.refusal(_source(folder, name)) is None]
    if not allowed:
        raise RequestError(ErrorKind.EXCLUDED, "All staged files are excluded from leaving this machine.")
    paths = (f":(literal){name}" for name in allowed)
    diff = await _git(folder, DIFF_BYTES, "diff", "--staged", *SAFE_DIFF, "--relative", "--", *paths)
    return Snapshot(uri="aurelis:/staged.diff", language_id="diff", text=diff, name="staged changes")


def _source(folder: Path, name: str) -> Source:
    path = folder / name
    return Source(path.as_uri(), path, "", name)


async def _git(folder: Path, most: int, *arguments: str) -> str:
    answer = await ask_git(folder, *arguments, most=most)
    if answer.code and not answer.output:
        raise RequestError(ErrorKind.CONFIGURATION, "The workspace folder is not a git repository.")
    return answer.output
