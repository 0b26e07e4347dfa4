import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import keyring.errors
import pytest

from aurelis.core.errors import RequestError
from aurelis.security.credentials import Credentials, Lookup, origin_of
from aurelis.security.keychain import SENTENCES, Keychain, KeychainError, KeychainState, nowhere

HERE = origin_of("https://here.example/v1")
SECRET = "tok-0123456789"


def backend(name: Any, **members: Any) -> Any:
    """An instance of a class of this full name, as a keyring backend would be."""
    module, _, short = name.rpartition(".")
    return type(short, (), {"__module__": module, **members})()


class Refusing:
    """A backend that raises at each use."""

    def __init__(self, error: Any) -> Any:
        self.error = error

    def get_password(self, *_texts: str) -> Any:
        raise self.error

    set_password = delete_password = get_password


@pytest.mark.parametrize(
    ("chosen", "state"),
    [
        (Refusing(keyring.errors.KeyringLocked("x")), KeychainState.LOCKED),
        (Refusing(keyring.errors.InitError("x")), KeychainState.UNREADY),
        (Refusing(keyring.errors.NoKeyringError("x")), KeychainState.ABSENT),
        (Refusing(keyring.errors.PasswordSetError(SECRET)), KeychainState.FAILED),
        (Refusing(OSError(SECRET)), KeychainState.FAILED),
        (Refusing(EOFError()), KeychainState.FAILED),
        (backend("keyring.backends.fail.Keyring"), KeychainState.ABSENT),
        (backend("keyring.backends.null.Keyring"), KeychainState.ABSENT),
        (backend("keyrings.alt.file.EncryptedKeyring"), KeychainState.UNSUITABLE),
        (backend("keyrings.alt.file.PlaintextKeyring"), KeychainState.UNSUITABLE),
        (backend("keyrings.cryptfile.cryptfile.CryptFileKeyring"), KeychainState.UNSUITABLE),
        (backend("other.File", keyring_key=None), KeychainState.UNSUITABLE),
        (
            backend("keyring.backends.chainer.ChainerBackend", backends=[backend("keyrings.alt.file.Encrypted")]),
            KeychainState.UNSUITABLE,
        ),
    ],
)
async def test_each_way_of_having_no_keychain_has_its_sentence(chosen: Any, state: Any, tmp_path: Any) -> None:
    """Errors of keyring become a state with a sentence that a missing token and a failed login carry; nothing leaks."""
    keychain = Keychain(backend=lambda: chosen)
    with pytest.raises(KeychainError) as caught:
        await keychain.get("p")
    assert caught.value.state is state
    credentials = Credentials(tmp_path, {}, keychain=keychain)
    assert await credentials.token(Lookup("p", HERE)) is None
    absence = await credentials.absence(Lookup("p", HERE))
    assert SENTENCES[state] in absence
    with pytest.raises(RequestError) as refused:
        await credentials.store("p", HERE, SECRET, where="keychain")
    assert SENTENCES[state] in refused.value.message
    assert SECRET not in absence + refused.value.message


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", True),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/0/bus"}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"PYTHON_KEYRING_BACKEND": "some.Backend"}, "linux", False),
        ({"PYTHON_KEYRING_BACKEND": ""}, "linux", True),
        ({}, "darwin", False),
        ({}, "win32", False),
    ],
)
def test_keyring_is_not_asked_where_there_is_plainly_no_keychain(
    environ: dict[str, str], platform: str, expected: Any, tmp_path: Path
) -> None:
    """On Linux without a session bus, a desktop or a choice of the user there is none; elsewhere the system has one."""
    assert nowhere({"HOME": str(tmp_path), **environ}, platform) is expected
    (tmp_path / ".config" / "python_keyring").mkdir(parents=True)
    (tmp_path / ".config" / "python_keyring" / "keyringrc.cfg").touch()
    assert not nowhere({"HOME": str(tmp_path), **environ}, platform)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("module", ["keyring.backends.fail", "keyring.backends.null"])
def test_keyring_is_not_asked_where_somebody_chose_no_keychain(module: str, platform: str, tmp_path: Path) -> None:
    """The choice counts whatever the system has, as it does for keyring."""
    environ = {"HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/bus"}
    assert nowhere({**environ, "PYTHON_KEYRING_BACKEND": f"{module}.Keyring"}, platform)


async def test_a_chain_uses_its_first_fit_backend() -> None:
    """Where a file backend and a real keychain are installed together, the real one is asked."""

    class Real:
        def get_password(self, service: Any, user: Any) -> Any:
            return "found"

    chain = backend("keyring.backends.chainer.ChainerBackend", backends=[backend("keyrings.alt.file.X"), Real()])
    assert await Keychain(backend=lambda: chain).get("p") == "found"


async def test_a_keychain_that_hangs_holds_up_nobody() -> None:
    """A call that waits for a person ends in time, the next one at once; when the person has answered it works."""
    answered = threading.Event()
    began = threading.Event()

    class Waiting:
        def get_password(self, service: Any, user: Any) -> Any:
            began.set()
            answered.wait(30)
            return "found"

    keychain = Keychain(backend=Waiting, timeout_seconds=0.05)
    try:
        with pytest.raises(KeychainError) as caught:
            await keychain.get("p")
        assert caught.value.state is KeychainState.SLOW
        assert began.wait(10)
        with pytest.raises(KeychainError):
            await asyncio.wait_for(keychain.get("p"), 5)
        overdue = keychain._worker._overdue
        assert overdue is not None
    finally:
        answered.set()
    assert await asyncio.to_thread(overdue.wait, 10)
    keychain._timeout_seconds = 10.0
    assert await keychain.get("p") == "found"


async def test_keyring_runs_on_a_thread_of_its_own() -> None:
    """All calls come from one thread that is neither the event loop's nor a pool's."""
    threads = []

    class Observed:
        def get_password(self, service: Any, user: Any) -> Any:
            threads.append(threading.current_thread())

    keychain = Keychain(backend=Observed)
    await asyncio.gather(*(keychain.get("p") for _ in range(5)))
    assert {thread.name for thread in threads} == {"aurelis-keychain"}
    assert len(set(threads)) == 1
    assert threads[0].daemon
    assert threads[0] is not threading.current_thread()


def test_a_hanging_keychain_does_not_keep_the_process_alive() -> None:
    """The process ends although a keychain call never returns, and keyring is not imported before it is needed."""
    program = """
import asyncio, sys, threading
from aurelis.security.credentials import Credentials, Lookup, origin_of
from aurelis.security.keychain import Keychain
assert "keyring" not in sys.modules
class Hanging:
    def get_password(self, service, user):
        threading.Event().wait()
credentials = Credentials(None, {}, keychain=Keychain(backend=Hanging, timeout_seconds=0.5))
assert asyncio.run(credentials.token(Lookup("p", origin_of("https://here.example")))) is None
assert "keyring" in sys.modules
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)


PROCESS = """
import asyncio, sys
from aurelis.core.errors import RequestError
from aurelis.security.credentials import Credentials, Lookup, origin_of

async def main(action, address):
    credentials = Credentials(None, {})
    lookup = Lookup("p", origin_of(address))
    if action == "login":
        await credentials.store("p", lookup.origin, sys.stdin.read(), where="keychain")
        return "stored"
    if action == "logout":
        return " ".join(await credentials.delete("p"))
    token = await credentials.token(lookup)
    return token.reveal(lookup.origin) if token else f"none: {await credentials.absence(lookup)}"

try:
    print(asyncio.run(main(*sys.argv[1:])))
except RequestError as error:
    print(error.message)
"""


@pytest.mark.needs("secret-service")
def test_a_real_keychain_keeps_a_token_over_sessions(secret_service: Any, tmp_path: Any) -> None:
    """Login, a new session with the same password, a wrong password, no password, logout, on a real Secret Service."""
    environment = {**os.environ, **secret_service.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def aurelis(action: str, address: str = "https://here.example", typed: str = "") -> str:
        command = [sys.executable, "-c", PROCESS, action, address]
        done = subprocess.run(
            command, env=environment, input=typed, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    def session(*password: str | None) -> None:
        secret_service.stop()
        secret_service.start(*password)

    def unlocked(action: str) -> str:
        """The answer once the daemon, which is on the bus before it has opened the file, has opened it."""
        answers = (aurelis(action) for _ in range(20))
        return next(answer for answer in answers if SENTENCES[KeychainState.LOCKED] not in answer)

    assert aurelis("login", typed=f"{SECRET}\n") == "stored"
    assert aurelis("show") == SECRET
    assert "sign in again" in aurelis("show", "https://there.example")
    session()
    assert unlocked("show") == SECRET
    session("not the password")
    assert SENTENCES[KeychainState.LOCKED] in aurelis("show")
    assert SENTENCES[KeychainState.LOCKED] in aurelis("login", typed="another")
    session(None)
    assert aurelis("show").startswith("none: ")
    session()
    assert unlocked("logout") == "keychain"
    assert aurelis("show") == "none:"
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not [content for content in files if SECRET.encode() in content]


@pytest.mark.needs("secret-service")
@pytest.mark.parametrize("text", [SECRET, f'{{"origin": "https://here.example", "token": "{SECRET}"}}'])
def test_the_systems_own_choice_of_keychain_is_used(secret_service: Any, tmp_path: Any, text: Any) -> None:
    """A process with nothing but the desktop's environment finds a token, set by hand or by login, without asking."""
    program = """
import asyncio, keyring, sys
from aurelis.security.credentials import Credentials, Lookup, origin_of
keyring.set_password("aurelis", "p", sys.argv[1])
here = origin_of("https://here.example")
token = asyncio.run(Credentials(None, {}).token(Lookup("p", here)))
assert token is not None and token.reveal(here) == sys.argv[2], "no token"
assert '"origin": "https://here.example"' in keyring.get_password("aurelis", "p")
"""
    environment = {**os.environ, **secret_service.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    del environment["PYTHON_KEYRING_BACKEND"]
    command = [sys.executable, "-c", program, text, SECRET]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=60, check=True)
