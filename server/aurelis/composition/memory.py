"""A smaller process: what start-up leaves behind is collected and given back to the system.

The parts are imported on threads. With glibc's defaults that leaves further heaps, and with them half a megabyte that
a server that lives for days would keep.
"""

from __future__ import annotations

import gc
import linecache
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any, Final, TypeGuard

import attrs

_M_ARENA_MAX: Final = -8
"""glibc's malloc.h: how many heaps threads may have between them."""

_GENERATED: Final = "<attrs generated"
"""How attrs names what it makes: two megabytes for the classes of lsprotocol."""

_OF_CLASSES: Final = frozenset({"aurelis", "lsprotocol"})
_KEPT: Final = frozenset({"__builtins__", "__name__"})
_FILLER: Final = "__filler__"


def share_one_heap() -> None:
    """Let threads take memory from the process's one heap; does nothing without glibc.

    Call it before the first of them is there: a thread stays with the heap that it began with, and leaves it to others.
    """
    mallopt = _glibc("mallopt")
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Collect what start-up left, exempt the rest from further collections, and return free pages to the system.

    Takes about 0.1 s: call it off the event loop.
    """
    gc.unfreeze()
    with suppress(RuntimeError):  # Other threads import meanwhile; whoever waits for the start need not know.
        _forget_generated_source()
        _forget_unused_globals()
    gc.collect()
    gc.freeze()
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _forget_generated_source() -> None:
    """Drop the source of the methods that attrs made; only tracebacks would show it, and their names say enough."""
    for name in [name for name in linecache.cache.copy() if name.startswith(_GENERATED)]:
        linecache.cache.pop(name, None)


def _forget_unused_globals() -> None:
    """Drop the names that generated methods could see but do not use.

    attrs gives the methods of each class a copy of all the names of its module, so that the types of their parameters
    could be looked up: five megabytes for the classes of lsprotocol. Here types are looked up through the classes.
    """
    for found in _classes():
        methods = [value for value in vars(found).copy().values() if _is_generated(value)]
        for visible in {id(method.__globals__): method.__globals__ for method in methods}.values():
            used = {name for method in methods for code in _with_nested(method.__code__) for name in code.co_names}
            _drop(visible, set(visible) - used - _KEPT)


def _classes() -> Iterator[type]:
    """The classes of the protocol and of ours that attrs made.

    Looked for in copies, which are made in one step: other threads import meanwhile.
    """
    for name, module in sys.modules.copy().items():
        if name.partition(".")[0] in _OF_CLASSES:
            for found in vars(module).copy().values():
                if isinstance(found, type) and found.__module__ == name and attrs.has(found):
                    yield found


def _is_generated(value: object) -> TypeGuard[FunctionType]:
    return isinstance(value, FunctionType) and value.__code__.co_filename.startswith(_GENERATED)


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)


def _drop(names: dict[str, Any], unwanted: Collection[str]) -> None:
    """Drop names one by one, as other threads may be reading the others meanwhile, and give back the room they took."""
    size = sys.getsizeof(names)
    for name in unwanted:
        names.pop(name, None)
    for _ in unwanted:  # The table is made anew, and smaller, once its old places are used up.
        names[_FILLER] = None
        del names[_FILLER]
        if sys.getsizeof(names) < size:
            return


def _glibc(function: str) -> Callable[..., int] | None:
    import ctypes  # noqa: PLC0415 - not needed before the parts are built

    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    return getattr(library, function, None)
