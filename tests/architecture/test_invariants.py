"""Invariants of ARCHITECTURE.md that show in the source or at import."""

import ast
import json
import subprocess
import sys
from typing import Any

import pytest

from fixtures.source_tree import PACKAGE, modules, parsed, relative

_REDACTOR = PACKAGE / "security" / "redact.py"
# Invariant 11.
_HEAVY = {
    "diskcache",
    "genai_prices",
    "keyring",
    "openai",
    "prometheus_client",
    "redis",
    "rich",
    "tenacity",
    "tree_sitter",
    # The same rule for what these bring along and the product names itself.
    "httpx2",
    "pydantic",
}

# What answers requests is imported while the editor already has its answer to `initialize`.
_ROOMS_FOR_LATER = {"cache", "orchestrator", "providers", "sandbox", "store", "syntax", "tasks"}


def test_only_the_redactor_makes_redacted_requests() -> None:
    """Invariant 1: `RedactedRequest` is constructed, evolved or subclassed in security/redact.py alone."""
    found = []
    for path in modules(PACKAGE):
        aliases = {"RedactedRequest"}
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom | ast.Import):
                aliases |= {name.asname for name in node.names if name.name == "RedactedRequest" and name.asname}
        for node in ast.walk(parsed(path)):
            calls = node.func if isinstance(node, ast.Call) else None
            named = calls.id if isinstance(calls, ast.Name) else calls.attr if isinstance(calls, ast.Attribute) else ""
            bases = [ast.unparse(base).split(".")[-1] for base in node.bases] if isinstance(node, ast.ClassDef) else []
            if named in aliases or aliases & set(bases):
                found.append(path)
    assert {relative(path) for path in found} == {relative(_REDACTOR)}


def test_no_class_can_be_given_a_redacted_request_by_evolving_one() -> None:
    """Invariant 1: nobody outside security/ changes a redacted request by attrs.evolve."""
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in modules(PACKAGE)
        if _REDACTOR.parent not in path.parents
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"attrs.evolve", "evolve"}
        and "redact" in ast.unparse(node.args[0]).lower()
    ]
    assert found == []


def _imported_by(code: str) -> set[str]:
    """The top-level modules that are there after running code in a fresh interpreter."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    return set(json.loads(done.stdout))


def test_ghost_text_is_ready_without_the_names_of_html_and_the_comparison_of_texts() -> None:
    """What only some answers need is not kept in the memory of every server."""
    imported = _imported_by("import aurelis.workflow.ghost_text_session, aurelis.workflow.hover")
    assert "aurelis" in imported
    assert imported & {"difflib", "html"} == set()


@pytest.mark.parametrize(
    "module", ["aurelis.__main__", "aurelis.app", "aurelis.lsp.server", "aurelis.workflow.services"]
)
def test_the_path_to_the_server_imports_nothing_heavy(module: str) -> None:
    """Invariant 11: importing what `aurelis serve` starts from imports none of the heavy packages."""
    imported = _imported_by(f"import {module}")
    assert "aurelis" in imported
    assert imported & _HEAVY == set()


def _frame(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def test_the_server_answers_initialize_without_heavy_imports() -> None:
    """Invariant 11: a real `aurelis serve` has imported none of the heavy packages when it has answered `initialize`.

    The interpreter's own list of imports is read, and the server is shut down without ever being `initialized`.
    """
    conversation = (
        _frame({"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}})
        + _frame({"id": 2, "method": "shutdown"})
        + _frame({"method": "exit"})
    )
    command = [sys.executable, "-P", "-X", "importtime", "-m", "aurelis", "serve"]
    done = subprocess.run(command, input=conversation, capture_output=True, check=False, timeout=60)
    assert b'"name":"aurelis"' in done.stdout.replace(b": ", b":")
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith("import time:")]
    names = [line.rpartition("|")[2].strip().split(".") for line in lines]
    assert {"pygls", "aurelis"} <= {name[0] for name in names}
    assert {name[0] for name in names} & _HEAVY == set()
    assert {name[1] for name in names if name[0] == "aurelis" and len(name) > 1} & _ROOMS_FOR_LATER == set()
