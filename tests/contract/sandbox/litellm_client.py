"""Runs in litellm's own environment: asks models whole and streamed, then meets the errors that each server has ready.

In comes a list of `{model, api_base, messages, errors}` on standard input; out comes one of `{whole, streamed,
errors}`.
"""

import gc
import json
import os
import socket
import sys
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is downloaded

import litellm  # type: ignore[import-not-found]  # it is in an environment of its own

# It leaves streams unread, and one that is collected while a connection is taken waits for the lock that is held then.
gc.disable()

_resolve = socket.getaddrinfo


def only_this_machine(host: Any, *arguments: Any, **more: Any) -> Any:
    """Refuse at once to look up any other host: the library asks for lists of its own, and may wait for minutes."""
    if host not in {"127.0.0.1", "localhost", "::1", None}:
        raise socket.gaierror(socket.EAI_NONAME, "only this machine is reached")
    return _resolve(host, *arguments, **more)


socket.getaddrinfo = only_this_machine
litellm.telemetry = False
litellm.suppress_debug_info = True


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What one server answers."""
    common = {
        "model": asked["model"],
        "api_base": asked["api_base"],
        "api_key": "unused",
        "messages": asked["messages"],
        "num_retries": 0,
        "max_retries": 0,
        "timeout": 30,
    }
    whole = litellm.completion(**common).choices[0].message.content
    chunks = litellm.completion(**common, stream=True)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    errors = []
    for _ in range(asked["errors"]):
        try:
            litellm.completion(**common)
            errors.append("none")
        except Exception as error:  # noqa: BLE001 - its kind is what the test is about
            errors.append(type(error).__name__)
    return {"whole": whole, "streamed": streamed, "errors": errors}


json.dump([answer(asked) for asked in json.load(sys.stdin)], sys.stdout)
