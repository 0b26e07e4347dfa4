"""The regular expressions of two published rule sets, as their packages ship them; knows nothing of the product."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import shutil
import subprocess
from pathlib import Path

import attrs
import detect_secrets.plugins
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.keyword import CONFIG_DENYLIST_REGEX_TO_GROUP, QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP

SECRETLINT = Path(__file__).parents[2] / "tools" / "secretlint"

_ADDRESSES = "ip_public"
"""The one plugin whose finds are no secrets."""

_NO_SECRET = re.compile(r"^\^|^\\[${s]|^[-_%]|^\\\{|^\{")
"""secretlint's helpers: what strips padding, recognises a template or checks what was found."""


@attrs.frozen
class Expression:
    """One expression of a kind; `group` is the secret within it, 0 for all of it, None for its longest group."""

    kind: str
    pattern: re.Pattern[str]
    group: int | str | None = None


def detect_secrets_expressions() -> list[Expression]:
    found = []
    for module in pkgutil.iter_modules(detect_secrets.plugins.__path__):
        plugin = importlib.import_module(f"detect_secrets.plugins.{module.name}")
        for _, kind in inspect.getmembers(plugin, inspect.isclass):
            own = issubclass(kind, RegexBasedDetector) and kind.__module__ == plugin.__name__
            if own and module.name not in {"base", _ADDRESSES}:
                found += [Expression(f"detect-secrets/{module.name}", pattern) for pattern in kind.denylist]
    for table in (QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP, CONFIG_DENYLIST_REGEX_TO_GROUP):
        found += [Expression("detect-secrets/keyword", pattern, group) for pattern, group in table.items()]
    return found


def secretlint_expressions() -> list[Expression]:
    node = shutil.which("node")
    assert node is not None
    run = subprocess.run(
        [node, SECRETLINT / "expressions.mjs"], capture_output=True, check=True, text=True, cwd=SECRETLINT, timeout=60
    )
    found = []
    for entry in json.loads(run.stdout):
        if _NO_SECRET.search(entry["source"]):
            continue
        source = entry["source"].replace(r"\p{L}", r"[^\W\d_]").replace(r"\/", "/").replace("(?<!", "\0")
        source = source.replace("(?<=", "\1").replace("(?<", "(?P<").replace("\0", "(?<!").replace("\1", "(?<=")
        pattern = re.compile(source, re.IGNORECASE if "i" in entry["flags"] else 0)
        found.append(
            Expression(f"secretlint/{entry['rule']}", pattern, "password" if "password" in pattern.groupindex else None)
        )
    return found
