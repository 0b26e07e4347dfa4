"""Layers of settings into one tree.

In come layers as they were read, later ones winning: user file, workspace file, environment, editor. Out come the
settings in force and the problems, never an exception: whatever is wrong in a layer is as if it had not been said,
except where that would be less safe (see `kinds.Setting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from aurelis.config.check import build, check, merge
from aurelis.config.faults import ROLES, reference_fault
from aurelis.config.findings import Findings, Problem
from aurelis.config.settings import Settings
from aurelis.config.trust import allowed
from aurelis.core.plain_file import open_plain

Origin = Literal["user", "workspace", "environment", "editor"]

WORKSPACE_FILE: Final = ".aurelis.toml"
LARGEST_FILE: Final = 1_048_576
"""Bytes of a settings file; a larger one is not read."""

ORDER: Final[tuple[Origin, ...]] = ("user", "workspace", "environment", "editor")
CLIENT_KEYS: Final = frozenset({"trusted", "trace", "client"})
"""Keys beside the tree that belong to the editor's own side: trust, protocol tracing, the extension's own settings."""


@attrs.frozen
class Layer:
    """One source of settings as it was read.

    Attributes:
        origin: its place in the order; several of one origin count in the order given.
        data: the table, unchecked.
        source: what messages call it.
        problems: what went wrong in reading it.
        failure: why nothing of it could be read, as a clause; None when it was read, or was not there.
    """

    origin: Origin
    data: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    source: str = ""
    problems: tuple[Problem, ...] = ()
    failure: str | None = None


def load(layers: Iterable[Layer], *, trusted: bool = True) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings in force, and everything that was not taken.

    In a workspace that is not trusted, instruction files are switched off whoever asked for them.
    """
    findings = Findings()
    merged: dict[str, Any] = {}
    added: list[str] = []
    for layer in sorted(layers, key=lambda layer: ORDER.index(layer.origin)):
        findings.source = layer.source
        for problem in layer.problems:
            findings.take(problem)
        data = layer.data
        if layer.origin == "workspace":
            data = allowed(data, findings, trusted=trusted)
        fitting = check(Settings, data, merged, findings)
        if layer.origin == "workspace" and "privacy" in fitting:
            added.extend(fitting.pop("privacy").get("exclude", ()))
        merged = merge(merged, fitting)
    settings = build(Settings(), merged)
    if added:
        exclude = tuple(dict.fromkeys((*settings.privacy.exclude, *added)))
        settings = attrs.evolve(settings, privacy=attrs.evolve(settings.privacy, exclude=exclude))
    if not trusted:
        settings = attrs.evolve(settings, instructions=attrs.evolve(settings.instructions, files=()))
    return settings, findings.result()


def user_layer(file: Path | None, *, must_exist: bool = False) -> Layer:
    """The user's own file; a missing one says nothing, unless the user named it. Reads the disk."""
    if file is None:
        return Layer("user")
    return _file_layer("user", file, f"the user file ({file.name})", must_exist=must_exist)


def workspace_layer(folder: Path) -> Layer:
    """What the workspace folder brings along. Reads the disk."""
    return _file_layer("workspace", folder / WORKSPACE_FILE, f"the workspace file ({WORKSPACE_FILE})", must_exist=False)


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """The three variables that name a provider, a model for every role, and a log level."""
    data: dict[str, Any] = {}
    problems = []
    if provider := environ.get("AURELIS_PROVIDER"):
        data["provider"] = provider
    if level := environ.get("AURELIS_LOG"):
        data["log"] = {"level": level.lower()}
    if model := environ.get("AURELIS_MODEL"):
        wanted = reference_fault(model)
        if wanted:
            problems.append(Problem("AURELIS_MODEL", f"Expected {wanted}; it is ignored.", "the environment"))
        else:
            data["models"] = dict.fromkeys(ROLES, model)
    return Layer("environment", data, "the environment", tuple(problems))


def editor_layer(data: object) -> Layer:
    """What the editor sent; the keys of its own side are left out."""
    source = "the editor's settings"
    if data is None:
        return Layer("editor", source=source)
    if not isinstance(data, Mapping):
        problem = Problem("settings", "Expected a table; nothing of it is used.", source)
        return Layer("editor", source=source, problems=(problem,))
    return Layer("editor", {key: value for key, value in data.items() if key not in CLIENT_KEYS}, source)


def _file_layer(origin: Origin, file: Path, source: str, *, must_exist: bool) -> Layer:
    def failed(reason: str) -> Layer:
        problem = Problem(file.name, f"{reason}; nothing of it is used.", source)
        return Layer(origin, source=source, problems=(problem,), failure=reason)

    try:
        content = _read(file)
    except FileNotFoundError:
        return failed("The file does not exist") if must_exist else Layer(origin, source=source)
    except OSError as error:
        return failed(f"The file cannot be read ({error.strerror or 'no reason given'})")
    except ValueError:
        return failed("The path is not one of a file")
    import tomllib  # noqa: PLC0415 - only those who have a file pay for it at the start

    if len(content) > LARGEST_FILE:
        return failed(f"The file is larger than {LARGEST_FILE} bytes")
    try:
        return Layer(origin, tomllib.loads(content.decode("utf-8-sig")), source)
    except UnicodeDecodeError:
        return failed("The file is not UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        where = f"in line {found[1]}" if found else "at its end"
        return failed(f"The file is not valid TOML {where}")
    except (RecursionError, ValueError):
        return failed("The file is nested too deeply or holds an impossible value")


def _read(file: Path) -> bytes:
    """The content of a plain file, one byte more than is allowed at most."""
    with open_plain(file) as stream:
        return stream.read(LARGEST_FILE + 1)
