"""Real source files to cut holes in: those of the packages that are installed beside the benchmark.

Files come from the environment's Python packages, from the editor extension's npm packages, from Python's and Node's C
headers, and from any other folder that is named. A third of the packages, chosen by a hash of their names, is held
out: it is read only with `--held-out`, so that what was tuned was never tuned on it.
"""

from __future__ import annotations

import hashlib
import random
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import attrs

ROOT: Final = Path(__file__).resolve().parents[2]

LANGUAGES: Final = MappingProxyType(
    {
        ".c": "c",
        ".cc": "cpp",
        ".cpp": "cpp",
        ".css": "css",
        ".go": "go",
        ".h": "cpp",
        ".html": "html",
        ".java": "java",
        ".js": "javascript",
        ".json": "json",
        ".jsx": "javascriptreact",
        ".kt": "kotlin",
        ".lua": "lua",
        ".md": "markdown",
        ".mjs": "javascript",
        ".php": "php",
        ".pl": "perl",
        ".pm": "perl",
        ".py": "python",
        ".rb": "ruby",
        ".rs": "rust",
        ".rst": "restructuredtext",
        ".sh": "shellscript",
        ".sql": "sql",
        ".swift": "swift",
        ".tex": "latex",
        ".toml": "toml",
        ".ts": "typescript",
        ".tsx": "typescriptreact",
        ".xml": "xml",
        ".yaml": "yaml",
        ".yml": "yaml",
    }
)
SMALLEST: Final = 600
LARGEST: Final = 60_000
"""Characters of a file that takes part."""
LONGEST_LINE: Final = 300
"""A longer line is generated or minified: nobody types there."""
FROM_ONE_PACKAGE: Final = 6
"""The most files of one package and language, so that no package outweighs the others."""


@attrs.frozen
class SourceFile:
    """One file of a package, by LSP's language identifier."""

    package: str
    name: str
    language_id: str
    text: str = attrs.field(repr=False)


def is_held_out(name: str) -> bool:
    """Whether a package or a shape belongs to the third that is kept for the end."""
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0


def source_files(seed: int, *, held_out: bool, also: Sequence[Path] = ()) -> list[SourceFile]:
    """The files of one side of the division, in an order that the seed decides; the languages take turns."""
    found: list[SourceFile] = []
    for package, folder in sorted(_packages(also)):
        if is_held_out(package) is held_out:
            found += _chosen(package, folder, random.Random(f"{seed} {package}"))
    return _in_turns(found, seed)


def _in_turns(found: list[SourceFile], seed: int) -> list[SourceFile]:
    random.Random(seed).shuffle(found)
    seen: Counter[str] = Counter()
    turns = []
    for file in found:
        turns.append(seen[file.language_id])
        seen[file.language_id] += 1
    return [file for _, file in sorted(zip(turns, found, strict=True), key=lambda pair: pair[0])]


def files_of(folder: Path, seed: int) -> list[SourceFile]:
    """The files of the projects of one folder, all of them, in the same way."""
    projects = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    return _in_turns(
        [file for path in projects for file in _chosen(path.name, path, random.Random(f"{seed} {path.name}"))], seed
    )


def _packages(also: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    paths = sysconfig.get_paths()
    for folder in Path(paths["purelib"]).iterdir():
        if folder.is_dir() and not folder.name.startswith((".", "_", "aurelis")) and folder.suffix != ".dist-info":
            yield folder.name, folder
    for folder in (ROOT / "client-vscode" / "node_modules").glob("*"):
        if folder.name.startswith("@"):
            yield from ((f"{folder.name}/{inner.name}", inner) for inner in folder.iterdir() if inner.is_dir())
        elif folder.is_dir() and not folder.name.startswith("."):
            yield folder.name, folder
    yield from (("python-headers", Path(paths["include"])), ("node-headers", Path("/usr/include/node")))
    for parent in also:
        yield from ((folder.name, folder) for folder in parent.iterdir() if folder.is_dir())


def _chosen(package: str, folder: Path, chance: random.Random) -> Iterator[SourceFile]:
    by_language: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        language_id = LANGUAGES.get(path.suffix)
        inner = path.relative_to(folder).parts
        if language_id is not None and "node_modules" not in inner and path.is_file() and not path.is_symlink():
            by_language.setdefault(language_id, []).append(path)
    for language_id, paths in by_language.items():
        chance.shuffle(paths)
        taken = 0
        for path in paths:
            text = _text(path)
            if text is not None:
                taken += 1
                yield SourceFile(package, str(path.relative_to(folder)), language_id, text)
            if taken == FROM_ONE_PACKAGE:
                break


def _text(path: Path) -> str | None:
    if not SMALLEST <= path.stat().st_size <= LARGEST:
        return None
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    if max(map(len, lines)) > LONGEST_LINE or ".min." in path.name or "\r" in text.replace("\r\n", ""):
        return None
    return text
