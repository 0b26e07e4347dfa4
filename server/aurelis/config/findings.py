"""What is wrong with the settings, gathered up to a bound."""

from __future__ import annotations

from typing import Final

import attrs

MOST_PROBLEMS: Final = 50
"""Problems reported of one load; the rest is only counted."""

_LONGEST_PATH: Final = 200


@attrs.frozen
class Problem:
    """A setting that was not taken, in words for the user.

    Attributes:
        path: where it stands, dotted and in camelCase; a file's or variable's name when that as a whole is the problem.
        message: what was expected and what is used instead, in plain words, never quoting the value.
        source: which layer it came from, in words.
        security_event: the audit log's name for it, if it is a security event.
    """

    path: str
    message: str
    source: str = ""
    security_event: str | None = None


@attrs.define
class Findings:
    """Problems in the order they were found, at most `MOST_PROBLEMS` of them; `count` goes on counting."""

    source: str = ""
    count: int = 0
    problems: list[Problem] = attrs.field(factory=list)

    @property
    def full(self) -> bool:
        """Whether further problems are only counted."""
        return len(self.problems) >= MOST_PROBLEMS

    def add(self, path: str, message: str, security_event: str | None = None) -> None:
        """Remember a problem of the present source."""
        self.take(Problem(printable(path), message, self.source, security_event))

    def take(self, problem: Problem) -> None:
        """Remember a problem that was found elsewhere."""
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)

    def result(self) -> tuple[Problem, ...]:
        """All that was remembered, and a last line that counts the rest."""
        left_out = self.count - len(self.problems)
        if not left_out:
            return tuple(self.problems)
        return (*self.problems, Problem("settings", f"There are {left_out} more problems; correct these first."))


def printable(path: str) -> str:
    """A path of keys that others chose, fit for a message: short, and without control characters."""
    text = "".join(character if character.isprintable() else "\ufffd" for character in path[: _LONGEST_PATH + 1])
    return text if len(text) <= _LONGEST_PATH else text[: _LONGEST_PATH - 1] + "\u2026"
