"""Keeping tokens inside this process: no core files, no secrets in the environment of child processes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_SECRET_NAME: Final = re.compile(r"(API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_|$)", re.IGNORECASE)


def disable_core_dumps() -> None:
    """Keep the memory of this process, tokens included, out of core files; does nothing where there are none."""
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return


def child_environment(environ: Mapping[str, str], variables: Iterable[str] = ()) -> dict[str, str]:
    """A child's environment: without the named variables and those whose names say that they are secret."""
    named = frozenset(variables)
    return {name: value for name, value in environ.items() if name not in named and not _SECRET_NAME.search(name)}
