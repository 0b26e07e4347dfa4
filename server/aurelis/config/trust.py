"""What a workspace may decide: an allow-list, so that opening a folder cannot send text or tokens anywhere new.

In goes the table that a workspace brought; out comes the part that it may set, and a problem for everything else. The
scopes of the editor's own settings page follow from the same list (`schema.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aurelis.config.findings import Findings

IGNORED_EVENT: Final = "untrusted_setting_ignored"
"""The audit log's name for a setting that a workspace must not decide."""

_WHOLE: Final = frozenset({"inlineCompletion", "codeActions", "style"})
_TRUSTED_ONLY: Final = frozenset({"instructions"})


def workspace_may_set(path: tuple[str, ...], *, trusted: bool = True) -> bool | None:
    """Whether a workspace may set this; None when that depends on what stands below it."""
    match path:
        case (section, *_) if section in _WHOLE:
            return True
        case (section, *_) if section in _TRUSTED_ONLY:
            return trusted
        case ("hover",) | ("tasks",) | ("tasks", _) | ("privacy",):
            return None
        case ("hover", "mode") | ("privacy", "exclude"):
            return True
        case ("tasks", _, setting, *_):
            return setting != "systemPrompt"
        case _:
            return False


def allowed(data: Mapping[str, Any], findings: Findings, *, trusted: bool) -> dict[str, Any]:
    """The part of a workspace's table that it may set; the rest is reported."""
    return _allowed(data, (), findings, trusted)


def additions(patterns: object, findings: Findings) -> object:
    """The patterns of `privacy.exclude` that only add: those that take files back in are reported and dropped."""
    if not isinstance(patterns, list | tuple):
        return patterns
    kept = []
    for number, pattern in enumerate(patterns):
        if isinstance(pattern, str) and pattern.lstrip().startswith("!"):
            _report(findings, ("privacy", f"exclude[{number}]"), "a workspace may only add files to this list")
        else:
            kept.append(pattern)
    return kept


def _allowed(data: Mapping[str, Any], path: tuple[str, ...], findings: Findings, trusted: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in data.items():
        here = (*path, str(key))
        verdict = workspace_may_set(here, trusted=trusted)
        if verdict is None and isinstance(value, Mapping):
            kept[key] = _allowed(value, here, findings, trusted)
        elif here == ("privacy", "exclude"):
            kept[key] = additions(value, findings)
        elif verdict is not False:
            kept[key] = value
        elif here[0] in _TRUSTED_ONLY:
            _report(findings, here, "only a trusted workspace may set this")
        else:
            _report(findings, here, "a workspace may not set this; put it into your own settings if you want it")
    return kept


def _report(findings: Findings, path: tuple[str, ...], why: str) -> None:
    findings.add(".".join(path), f"Ignored: {why}.", IGNORED_EVENT)
