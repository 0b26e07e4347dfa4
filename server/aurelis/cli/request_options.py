"""The options that every task takes, and how they end in an invocation."""

from __future__ import annotations

import argparse
import math
from typing import Any, Final

PRIORITIES: Final = ("preference", "performance", "cost")


def add_request_options(parser: argparse.ArgumentParser) -> None:
    """Add what chooses the model and how it answers."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", metavar="PROVIDER/MODEL", help="ask this model and no other")
    group.add_argument("--priority", choices=PRIORITIES, help="what to choose a model by")
    group.add_argument("--temperature", type=_temperature, metavar="NUMBER", help="0 to 2")
    group.add_argument("--max-tokens", type=positive_count, metavar="NUMBER", help="longest answer")


def request_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options as keyword arguments of an `Invocation`."""
    return {
        "model": arguments.model,
        "priority": arguments.priority,
        "temperature": arguments.temperature,
        "max_tokens": arguments.max_tokens,
    }


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 2:  # noqa: PLR2004 - the protocol's range
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to 2")
    return value


def positive_count(text: str) -> int:
    """A number of things as an argument; as large as ten digits say at most.

    Raises:
        argparse.ArgumentTypeError: when it is none, or zero.
    """
    if not text.isascii() or not text.isdigit() or int(text[:10]) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")
    return int(text[:10])
