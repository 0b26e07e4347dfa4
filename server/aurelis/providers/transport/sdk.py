"""The openai package, imported without the types of answers that nothing here asks for.

`import openai` runs some 470 modules of such types, whatever one needs of them: 10 MB for good, and 200 ms of the time
in which the first answer is waited for. Python 3.15 can put imports off until a name is used (PEP 810); this does the
same for the packages below `openai.types`, and for those of `openai.lib` that would ask for them, on every Python.
Whoever asks for one of their names gets it as ever.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Final

__all__ = ["openai"]

_PUT_OFF: Final = ("openai.types.", "openai.lib.")


class _PuttingOff(SourceFileLoader):
    """Loads a package whose file only imports names, each when it is first asked for."""

    def exec_module(self, module: ModuleType) -> None:
        homes = _imported_names(ast.parse(self.get_data(self.path)))
        if homes is None:
            super().exec_module(module)
            return

        def get_name(name: str) -> Any:
            if name not in homes:
                message = f"module {module.__name__!r} has no attribute {name!r}"
                raise AttributeError(message)
            home, original = homes[name]
            found = getattr(importlib.import_module(home, module.__name__), original)
            setattr(module, name, found)
            return found

        module.__dict__.update(__getattr__=get_name, __dir__=lambda: sorted({*module.__dict__, *homes}))


class _Finder(MetaPathFinder):
    """Finds the packages that can wait, and leaves everything else to the usual finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not f"{fullname}.".startswith(_PUT_OFF):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.submodule_search_locations and type(spec.loader) is SourceFileLoader:
            spec.loader = _PuttingOff(spec.loader.name, spec.loader.path)
        return spec


def _imported_names(tree: ast.Module) -> Mapping[str, tuple[str, str]] | None:
    """The module and the name there of each name that a file imports; None for a file that does anything else."""
    homes = {}
    for statement in tree.body:
        if not isinstance(statement, ast.ImportFrom):
            return None
        if statement.module == "__future__":
            continue
        for name in statement.names:
            if not statement.level or statement.module is None or name.name == "*":
                return None
            home = "." * statement.level + statement.module
            homes[name.asname or name.name] = (home, name.name)
    return homes


@contextmanager
def _types_put_off() -> Iterator[None]:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


with _types_put_off():
    import openai
