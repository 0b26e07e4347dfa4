"""What start-up leaves behind is given back, and nothing that is still needed goes with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aurelis.app import Application

PROGRAM = """
import builtins, dis, json, sys
import attrs
from lsprotocol import converters, types
from aurelis.composition.memory import give_back

def methods(found):
    values = [value for value in vars(found).values() if hasattr(value, "__code__")]
    return [value for value in values if value.__code__.co_filename.startswith("<attrs generated")]

def codes(code):
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from codes(constant)

def missing():
    found = set()
    for cls in classes:
        for method in methods(cls):
            for code in codes(method.__code__):
                for step in dis.get_instructions(code):
                    if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"} and step.argval not in method.__globals__:
                        if not hasattr(builtins, step.argval):
                            found.add(f"{cls.__name__}.{method.__name__}: {step.argval}")
    return sorted(found)

def megabytes():
    tables = {id(method.__globals__): method.__globals__ for cls in classes for method in methods(cls)}
    return sum(map(sys.getsizeof, tables.values())) / 1e6

classes = [value for value in vars(types).values() if isinstance(value, type) and attrs.has(value)]
before, had = megabytes(), missing()
give_back()
after = megabytes()
give_back()
change = types.TextEdit(types.Range(types.Position(1, 2), types.Position(3, 4)), "text")
converter = converters.get_converter()
again = converter.structure(converter.unstructure(change), types.TextEdit)
print(json.dumps({
    "classes": len(classes), "before": before, "after": after, "missing": sorted({*missing()} - {*had}),
    "equal": again == change, "text": repr(types.Command(title="t", command="c")), "names": len(vars(types)),
}))
"""


def test_methods_of_the_protocol_give_back_the_names_that_they_do_not_use() -> None:
    """Megabytes of names are dropped, every name that a method uses stays, and the protocol works as before."""
    done = subprocess.run([sys.executable, "-P", "-c", PROGRAM], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)

    assert found["classes"] > 500
    assert found["before"] > 4
    assert found["after"] < found["before"] / 5
    assert found["missing"] == []
    assert found["equal"] is True
    assert found["text"] == "Command(title='t', command='c', tooltip=None, arguments=None)"
    assert found["names"] > 700


async def test_a_start_whose_tidying_up_fails_is_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that are imported while unused names are looked for do not fail the first request."""

    def disturbed() -> None:
        message = "dictionary changed size during iteration"
        raise RuntimeError(message)

    monkeypatch.setattr("aurelis.composition.memory._forget_unused_globals", disturbed)
    application = Application({"HOME": str(tmp_path), "AURELIS_PROVIDER": "sandbox"})
    try:
        await application.configure()
        await application.start()
        assert await application.models()
    finally:
        await application.aclose()
