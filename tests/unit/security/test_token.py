import copy
import json
import os
import pickle
import subprocess
import sys
import traceback
from typing import Any

import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.security.credentials import Token, origin_of
from aurelis.security.process import child_environment

HERE = origin_of("https://here.example/v1")
THERE = origin_of("https://there.example/v1")
SECRET = "tok-0123456789"
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")


def test_a_token_does_not_print_copy_or_pickle() -> None:
    """Every way of turning a token into text shows stars; pickling is refused; a copy is the same object."""
    token = Token(SECRET, HERE)
    shown = [repr(token), str(token), f"{token}", f"{token!r:>20}", format(token, "s"), "%s" % token, repr([token])]  # noqa: UP031 - one of the ways
    assert all(SECRET not in text and "***" in text for text in shown)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(token)
    with pytest.raises(TypeError):
        json.dumps({"token": token})
    assert copy.deepcopy(token) is token
    assert copy.copy(token) is token
    with pytest.raises(RequestError) as caught:
        token.reveal(THERE)
    assert SECRET not in "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )


def test_tokens_compare_by_value_and_origin() -> None:
    """Equal secrets for one origin are equal; another origin or secret is not."""
    assert Token(SECRET, HERE) == Token(SECRET, HERE)
    assert len({Token(SECRET, HERE), Token(SECRET, HERE)}) == 1
    assert Token(SECRET, HERE) != Token(SECRET, THERE)
    assert Token(SECRET, HERE) != Token("other", HERE)
    assert Token(SECRET, HERE) != SECRET


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Host.Example/v1", "https://host.example"),
        ("https://host.example:443/x", "https://host.example"),
        ("https://host.example.:8443", "https://host.example:8443"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("HTTPS://user@host.example/", "https://host.example"),
    ],
)
def test_origins_are_scheme_host_and_port(url: Any, origin: Any) -> None:
    """Case, default port, final dot, path and user name make no difference."""
    assert str(origin_of(url)) == origin
    assert origin_of(origin) == origin_of(url)


@pytest.mark.parametrize(
    "url",
    ["", "host/v1", "ftp://host", "https://", "https://a b/", "https://h:99999/", "https://[::1/", "https://a\\b"],
)
def test_addresses_without_an_origin_are_refused(url: Any) -> None:
    """What is no http address has no origin to bind to."""
    with pytest.raises(RequestError) as caught:
        origin_of(url)
    assert caught.value.kind is ErrorKind.CONFIGURATION


def test_children_do_not_inherit_tokens() -> None:
    """Named variables and those whose names say that they are secret stay out of a child's environment."""
    environ = {
        "PATH": "/bin",
        "HOME": "/h",
        "VENDOR_API_KEY": "x",
        "GITHUB_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "MY_PASSWORD": "x",
        "ODD": "x",
        "TOKENIZERS_PARALLELISM": "1",
    }
    assert child_environment(environ, ["ODD"]) == {"PATH": "/bin", "HOME": "/h", "TOKENIZERS_PARALLELISM": "1"}


@POSIX
def test_core_dumps_are_off() -> None:
    """After the call a process leaves no core file, and its children neither."""
    program = (
        "import resource; from aurelis.security.process import disable_core_dumps; disable_core_dumps();"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)
