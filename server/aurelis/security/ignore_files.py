"""Ignore files: version control's, the search tools' and those of AI tools, read as git reads its own.

In come a path and the workspace folder that holds it, out goes the ignore file that keeps it here, or None.
The library turns patterns into expressions; which of them decides, level by level, is said here, because a library's
answer for `a/b/c` does not tell a pattern that names `a` from one that names `a/b/c`.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import attrs
from pathspec import GitIgnoreSpec
from pathspec.pattern import RegexPattern

from aurelis.security.git_excludes import GitExcludes, is_top

IGNORE_FILES: Final = (
    ".gitignore",
    ".ignore",
    ".aiexclude",
    ".aiignore",
    ".aurelisignore",
    ".codeiumignore",
    ".continueignore",
    ".copilotignore",
    ".cursorignore",
    ".geminiignore",
    ".tabnineignore",
)
"""Files whose patterns keep documents here: version control's, the common search tools', and those of AI tools."""

_GIT: Final = ".gitignore"
_OWN_EXCLUDE: Final = (".git", "info", "exclude")
"""What one clone alone ignores, beneath its top; it counts after what a person ignores everywhere."""

_FILE_BYTES: Final = 1_000_000
"""An ignore file larger than this is taken to exclude everything beneath it."""

_KEPT: Final = 1_024
"""Parsed ignore files, and folders whose ignore files are known."""

_LEVELS_UP: Final = 64
"""Folders above the workspace that are looked through for the top of its repository."""

_ANYTHING: Final = "\0"
"""A name that no pattern means by itself: what names it names whatever lies in the folder."""

_COARSE_NS: Final = 2_000_000_000
_FOLDER_GROUP: Final = "ps_d"
"""The library's group for the slash behind what a pattern names."""

_CLASSES: Final = MappingProxyType(
    {
        "alnum": "a-zA-Z0-9",
        "alpha": "a-zA-Z",
        "blank": " \t",
        "digit": "0-9",
        "lower": "a-z",
        "punct": "!-,.-/:-@^-`{-~",
        "space": " \t\r\n\v\f",
        "upper": "A-Z",
        "xdigit": "0-9a-fA-F",
    }
)
"""POSIX classes, which git knows within brackets and the library does not."""

_CLASS: Final = re.compile(rf"\[:({'|'.join(_CLASSES)}):\]")

_BENEATH: Final = re.compile(r"/\*\*/[ \t]*$")
"""What names the folders beneath one, and not that one itself, as the library has it."""

Spec = tuple[RegexPattern, ...]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def parse_patterns(lines: Iterable[str]) -> Spec:
    """Patterns of an ignore file; a line that is none matches nothing, as in git."""
    patterns: list[RegexPattern] = []
    for line in lines:
        with warnings.catch_warnings(), contextlib.suppress(ValueError, re.error):
            warnings.simplefilter("ignore", FutureWarning)  # of `re`, about what looks like a set within a set
            plain = _BENEATH.sub("/**/*/", _CLASS.sub(lambda match: _CLASSES[match[1]], line))
            patterns += [
                pattern for pattern in GitIgnoreSpec.from_lines([plain]).patterns if pattern.include is not None
            ]
    return tuple(patterns)


_EVERYTHING: Final = parse_patterns(["*"])


def names(spec: Spec, path: str, *, is_folder: bool) -> bool | None:
    """What the last pattern that names the path itself says: True to keep it here, False to let it go, None if none."""
    for pattern in reversed(spec):
        if _names(pattern, path, is_folder=is_folder):
            return pattern.include
    return None


@attrs.frozen
class Patterns:
    """Parsed patterns, how many folders down they stand, and the file that they are from, if they are from one."""

    spec: Spec
    depth: int = 0
    file: Path | None = None


def keeping(found: Sequence[Patterns], parts: Sequence[str]) -> Patterns | None:
    """The patterns that keep a path here, if any do; beneath an ignored folder nothing returns."""
    for length in range(1, len(parts) + 1):
        for patterns in reversed(found):
            depth = patterns.depth
            if depth >= length:
                continue
            said = names(patterns.spec, "/".join(parts[depth:length]), is_folder=length < len(parts))
            if said:
                return patterns
            if said is False:
                break
    return None


class IgnoreFiles:
    """Finds and reads ignore files; keeps at most 1,024 of them parsed. Not for several threads at once."""

    def __init__(self, *, fold_case: bool) -> None:
        self._fold_case = fold_case
        self._excludes = GitExcludes()
        self._specs: dict[str, tuple[tuple[int, int, int], Spec]] = {}
        self._kinds: dict[str, tuple[int, tuple[str, ...]]] = {}

    def keeping(self, path: Path, folder: Path | None) -> Path | None:
        """The ignore file that excludes a path, of those from the top of its repository down to it, if any.

        Each kind of file is judged by itself: what one excludes no other can let out. A workspace folder that its own
        repository ignores was opened all the same: then only what stands in it counts.
        """
        top = _top(path.parent if folder is None else folder)
        above = 0 if folder is None else len(folder.relative_to(top).parts)
        parts = tuple(part.lower() if self._fold_case else part for part in path.relative_to(top).parts)
        for found in self._patterns_above(top, path).values():
            opened = [patterns for patterns in found if patterns.depth < above]
            own = found[len(opened) :] if opened and keeping(opened, (*parts[:above], _ANYTHING)) else found
            decisive = keeping(own, parts)
            if decisive is not None:
                return decisive.file
        return None

    def _patterns_above(self, top: Path, path: Path) -> dict[str, list[Patterns]]:
        """The patterns of each kind of file, from the top downwards."""
        by_kind: dict[str, list[Patterns]] = {}
        of_the_person = self._excludes.file_for(top)
        for file in (of_the_person, top.joinpath(*_OWN_EXCLUDE)):
            spec = self._spec(file) if file is not None else ()
            if spec:
                by_kind.setdefault(_GIT, []).append(Patterns(spec, 0, file))
        directory = top
        for depth, part in enumerate(path.relative_to(top).parts):
            for kind in self._kinds_in(directory):
                spec = self._spec(directory / kind)
                if spec:
                    by_kind.setdefault(kind, []).append(Patterns(spec, depth, directory / kind))
            directory /= part
        return by_kind

    def _kinds_in(self, directory: Path) -> tuple[str, ...]:
        """The ignore files of a directory, looked for again when the directory's time changed."""
        key = str(directory)
        try:
            changed = directory.stat().st_mtime_ns
        except (OSError, ValueError):
            return ()
        kept = self._kinds.get(key)
        if kept is not None and kept[0] == changed:
            return kept[1]
        kinds = tuple(
            kind
            for kind in IGNORE_FILES
            if os.path.isfile(directory / kind)  # noqa: PTH113 - that of Path raises where it cannot look
        )
        if _settled(changed):
            bounded(self._kinds, _KEPT)[key] = (changed, kinds)
        return kinds

    def _spec(self, path: Path) -> Spec:
        """The parsed ignore file, read again when its time, size or number changed."""
        key = str(path)
        try:
            found = path.stat()
        except (OSError, ValueError):
            return ()
        if not stat.S_ISREG(found.st_mode):
            return ()  # A pipe or a device would never end.
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        kept = self._specs.get(key)
        if kept is not None and kept[0] == version:
            return kept[1]
        spec = _read(path, found.st_size, fold_case=self._fold_case)
        if _settled(found.st_mtime_ns):
            bounded(self._specs, _KEPT)[key] = (version, spec)
        return spec


def bounded(cache: dict[_Key, _Value], most: int) -> dict[_Key, _Value]:
    """The cache, emptied if it is full; what it knows can be found out again."""
    if len(cache) >= most:
        cache.clear()
    return cache


def _names(pattern: RegexPattern, path: str, *, is_folder: bool) -> bool:
    """Whether a pattern names the path itself, not a folder above it."""
    if pattern.regex is None:
        return False
    if _FOLDER_GROUP not in pattern.regex.groupindex:
        return pattern.regex.search(path) is not None
    if not pattern.regex.pattern.startswith("^"):
        return is_folder  # A pattern such as `*/` names any folder.
    match = pattern.regex.search(path + "/" if is_folder else path)
    return match is not None and match.start(_FOLDER_GROUP) in {-1, len(path)}


def _top(folder: Path) -> Path:
    """The top of the repository that a folder belongs to, else the folder itself."""
    for candidate in (folder, *list(folder.parents)[:_LEVELS_UP]):
        if is_top(candidate):
            return candidate
    return folder


def _settled(changed_ns: int) -> bool:
    """Whether a time of change is old enough that another change would show: clocks of file systems are coarse."""
    return time.time_ns() - changed_ns > _COARSE_NS


def _read(path: Path, size: int, *, fold_case: bool) -> Spec:
    """Parse an ignore file; one that cannot be read excludes everything beneath it, as its wishes are unknown."""
    if size > _FILE_BYTES:
        return _EVERYTHING
    try:
        text = path.read_text("utf-8-sig", errors="replace")
        return parse_patterns((text.lower() if fold_case else text).splitlines())
    except (OSError, ValueError):
        return _EVERYTHING
