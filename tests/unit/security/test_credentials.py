import asyncio
import json
import os
import stat
import threading
import traceback
from typing import Any

import attrs
import pytest

from aurelis.core.errors import ErrorKind, RequestError
from aurelis.security.credentials import ABSENCE_SECONDS, MOST_PROVIDERS, Credentials, Lookup, Token, origin_of
from aurelis.security.keychain import Keychain

HERE = origin_of("https://here.example/v1")
THERE = origin_of("https://there.example/v1")
SECRET = "tok-0123456789"
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")


class MemoryKeyring:
    """A keychain that keeps texts in memory and counts how often it is read."""

    def __init__(self, **texts: str) -> Any:
        self.texts = texts
        self.reads = 0
        self.read = threading.Event()
        self.failure = None

    def get_password(self, service: Any, user: Any) -> Any:
        assert service == "aurelis"
        self.reads += 1
        if self.failure:
            raise self.failure
        text = self.texts.get(user)
        self.read.set()
        return text

    def set_password(self, service: Any, user: Any, text: Any) -> Any:
        assert service == "aurelis"
        if self.failure:
            raise self.failure
        self.texts[user] = text

    def delete_password(self, service: Any, user: Any) -> Any:
        del self.texts[user]


@attrs.define
class ManualClock:
    now: float = 0.0

    def monotonic(self) -> Any:
        return self.now

    def time(self) -> Any:
        return self.now

    async def sleep(self, seconds: Any) -> Any:
        self.now += seconds


@attrs.define
class Setup:
    folder: object
    environ: dict = attrs.field(factory=dict)
    keyring: MemoryKeyring = attrs.field(factory=MemoryKeyring)
    clock: ManualClock = attrs.field(factory=ManualClock)

    def credentials(self) -> Any:
        keychain = Keychain(backend=lambda: self.keyring)
        return Credentials(self.folder, self.environ, keychain=keychain, clock=self.clock)

    def write_file(self, text: Any, mode: Any = 0o600) -> Any:
        file = self.folder / "credentials.toml"
        file.write_text(text)
        file.chmod(mode)
        return file


@pytest.fixture
def given(tmp_path: Any) -> Any:
    return Setup(tmp_path)


def sealed(token: Any, origin: Any) -> Any:
    return json.dumps({"origin": str(origin), "token": token})


async def source_of(credentials: Any, lookup: Any) -> Any:
    (row,) = await credentials.status([lookup])
    assert row["present"] == (await credentials.token(lookup) is not None)
    return row["source"]


async def test_sources_are_asked_in_the_contracts_order(given: Any) -> None:
    """Editor, environment, file, keychain: each source counts once the ones before it have nothing."""
    lookup = Lookup("p", HERE, variable="P_KEY")
    given.environ["P_KEY"] = "from-environment"
    given.write_file(f'[p]\ntoken = "from-file"\norigin = "{HERE}"\n')
    given.keyring.texts["p"] = sealed("from-keychain", HERE)
    credentials = given.credentials()
    credentials.hand_over("p", "from-editor")
    seen = []
    for step in (
        lambda: credentials.hand_over("p", None),
        given.environ.clear,
        (given.folder / "credentials.toml").unlink,
        given.keyring.texts.clear,
        given.environ.clear,
    ):
        credentials.forget("p")
        token = await credentials.token(lookup)
        seen.append((await source_of(credentials, lookup), token and token.reveal(HERE)))
        step()
    assert seen == [
        ("editor", "from-editor"),
        ("environment", "from-environment"),
        ("file", "from-file"),
        ("keychain", "from-keychain"),
        (None, None),
    ]


@pytest.mark.parametrize("source", ["editor", "file", "keychain", "file by hand", "keychain by hand"])
async def test_a_token_never_goes_to_another_origin(given: Any, source: Any) -> None:
    """After a change of the address no source hands its token out; the error says to sign in again."""
    credentials = given.credentials()
    match source:
        case "editor":
            credentials.hand_over("p", SECRET)
        case "file" | "keychain":
            await credentials.store("p", HERE, SECRET, where=source)
        case "file by hand":
            given.write_file(f'p = "{SECRET}"\n')
        case "keychain by hand":
            given.keyring.texts["p"] = SECRET
    token = await credentials.token(Lookup("p", HERE))
    assert token is not None
    assert token.reveal(HERE) == SECRET
    with pytest.raises(RequestError, match="sign in again") as caught:
        await credentials.token(Lookup("p", THERE))
    assert caught.value.kind is ErrorKind.AUTH
    assert caught.value.security_event == "token_rejected"
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    (row,) = await credentials.status([Lookup("p", THERE)])
    assert (row["present"], row["source"]) == (False, None)
    if source != "editor":
        with pytest.raises(RequestError, match="sign in again"):
            await given.credentials().token(Lookup("p", THERE))
        assert await given.credentials().token(Lookup("p", HERE)) == token


async def test_status_says_where_a_token_belongs_that_is_not_used(given: Any) -> None:
    """After a change of the address a person sees why the token that is there does not count."""
    given.write_file(f'[p]\ntoken = "{SECRET}"\norigin = "{THERE}"\n')
    (elsewhere,) = await given.credentials().status([Lookup("p", HERE)])
    (fitting,) = await given.credentials().status([Lookup("p", THERE)])
    assert (elsewhere["present"], elsewhere["message"]) == (False, f"The token is bound to {THERE}; sign in again.")
    assert (fitting["present"], fitting.get("message")) == (True, None)


async def test_the_editor_may_say_what_the_user_agreed_to(given: Any) -> None:
    """A token handed over together with its origin is bound to that one from the start."""
    credentials = given.credentials()
    credentials.hand_over("p", SECRET, "https://here.example/other")
    with pytest.raises(RequestError, match="sign in again"):
        await credentials.token(Lookup("p", THERE))
    assert await credentials.token(Lookup("p", HERE)) == Token(SECRET, HERE)


async def test_null_from_the_editor_falls_back_to_the_next_source(given: Any) -> None:
    """Signing out in the editor leaves the other sources in force."""
    given.environ["P_KEY"] = "other"
    credentials = given.credentials()
    credentials.hand_over("p", SECRET)
    credentials.hand_over("p", None)
    assert await source_of(credentials, Lookup("p", HERE, variable="P_KEY")) == "environment"


async def test_a_binding_holds_even_where_it_cannot_be_written_down(given: Any) -> None:
    """A token set by hand in a keychain that refuses writing is bound for the rest of the process."""
    given.keyring.texts["p"] = SECRET
    given.keyring.set_password = None
    credentials = given.credentials()
    assert await credentials.token(Lookup("p", HERE)) is not None
    credentials.forget("p")
    with pytest.raises(RequestError, match="sign in again"):
        await credentials.token(Lookup("p", THERE))


@pytest.mark.parametrize(
    ("own_origin", "variable", "present"),
    [(None, None, True), (HERE, None, True), (THERE, None, False), (THERE, "OTHER_KEY", True)],
)
async def test_a_well_known_variable_belongs_to_its_own_address(
    given: Any, own_origin: Any, variable: Any, present: Any
) -> None:
    """A vendor's own variable is not sent to another address, unless the user names a variable for it."""
    given.environ.update(VENDOR_KEY=SECRET, OTHER_KEY="named")
    lookup = Lookup("p", HERE, variable=variable, own_variable="VENDOR_KEY", own_origin=own_origin)
    credentials = given.credentials()
    token = await credentials.token(lookup)
    assert (token is not None) == present
    if token is not None:
        assert token.reveal(HERE) == ("named" if variable else SECRET)
    else:
        assert (await credentials.absence(lookup)).startswith("VENDOR_KEY belongs to https")


async def test_keys_of_others_are_mentioned_and_not_used(given: Any) -> None:
    """A key in the environment for a provider that nobody configured is named, without its value."""
    given.environ["VENDOR_KEY"] = SECRET
    credentials = given.credentials()
    assert credentials.mentions(["VENDOR_KEY", "ABSENT_KEY"]) == ("VENDOR_KEY",)
    assert await credentials.token(Lookup("p", HERE)) is None


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o666])
async def test_a_file_that_others_can_read_is_refused(given: Any, mode: Any) -> None:
    """credentials.toml is used only if nobody else can read or write it; the message says what to do."""
    given.write_file(f'[p]\ntoken = "{SECRET}"\norigin = "{HERE}"\n', mode)
    credentials = given.credentials()
    assert await credentials.token(Lookup("p", HERE)) is None
    assert "run chmod 600 on it." in await credentials.absence(Lookup("p", HERE))
    with pytest.raises(RequestError, match="chmod 600"):
        await credentials.store("p", HERE, SECRET, where="file")


@pytest.mark.parametrize(
    "text", ["p = ", "p = 3", "[p]\ntoken = 3", "[p]\norigin = 'x'", "a = " + "[" * 9999, "\0", 'p = "two words"']
)
async def test_a_damaged_file_is_no_token_and_no_crash(given: Any, text: Any) -> None:
    """Whatever lies in credentials.toml, a look-up answers None."""
    given.write_file(text)
    assert await given.credentials().token(Lookup("p", HERE)) is None


@POSIX
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
async def test_what_is_no_file_is_no_token_and_no_crash(given: Any, make: Any) -> None:
    """A folder or a pipe of the file's name is said to be none; requests that need no token go on."""
    make(given.folder / "credentials.toml")
    credentials = given.credentials()
    assert await credentials.token(Lookup("p", HERE)) is None
    assert await credentials.absence(Lookup("p", HERE)) == "credentials.toml is not a plain file."


@POSIX
async def test_the_file_is_written_private_and_whole(given: Any) -> None:
    """Storing and deleting rewrite the file with mode 0600, keep other entries and leave nothing lying about."""
    credentials = given.credentials()
    await credentials.store("p", HERE, SECRET, where="file")
    await credentials.store("q.r", THERE, "tok-other", where="file")
    file = given.folder / "credentials.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await given.credentials().token(Lookup("q.r", THERE)) == Token("tok-other", THERE)
    assert await credentials.delete("p") == ("file",)
    assert SECRET not in file.read_text()
    assert "tok-other" in file.read_text()
    assert [entry.name for entry in given.folder.iterdir()] == ["credentials.toml"]


async def test_without_a_configuration_folder_only_the_file_is_missing(given: Any) -> None:
    """Where there is no folder, the keychain still works and storing in a file says why it cannot."""
    given.folder = None
    credentials = given.credentials()
    await credentials.store("p", HERE, SECRET, where="keychain")
    assert await source_of(credentials, Lookup("p", HERE)) == "keychain"
    with pytest.raises(RequestError, match="no configuration folder"):
        await credentials.store("p", HERE, SECRET, where="file")


async def test_login_and_logout_in_the_keychain(given: Any) -> None:
    """What login stores, a later process finds bound to its origin; logout removes it everywhere and says where."""
    credentials = given.credentials()
    await credentials.store("p", HERE, f"  {SECRET}\n", where="keychain")
    assert json.loads(given.keyring.texts["p"]) == {"origin": "https://here.example", "token": SECRET}
    credentials.hand_over("p", "handed")
    assert await credentials.delete("p") == ("editor", "keychain")
    assert given.keyring.texts == {}
    assert await credentials.token(Lookup("p", HERE)) is None
    assert await credentials.delete("p") == ()


@POSIX
async def test_logout_removes_what_it_can_and_says_what_it_cannot(given: Any) -> None:
    """A file that must not be touched is named, and the keychain is emptied all the same."""
    given.write_file('[p]\ntoken = "x"\n', 0o644)
    given.keyring.texts["p"] = sealed(SECRET, HERE)
    with pytest.raises(RequestError, match="a token may still be there"):
        await given.credentials().delete("p")
    assert given.keyring.texts == {}


@pytest.mark.parametrize("token", ["", " ", "two words", "new\nline", "caf\u00e9", "x" * 20_000, "\0"])
async def test_what_is_no_token_is_refused_without_being_quoted(given: Any, token: Any) -> None:
    """Empty, endless and odd texts are refused where they come in."""
    credentials = given.credentials()
    with pytest.raises(RequestError, match="no token") as caught:
        await credentials.store("p", HERE, token, where="file")
    assert caught.value.kind is ErrorKind.CONFIGURATION
    with pytest.raises(RequestError, match="no token"):
        credentials.hand_over("p", token)


async def test_a_variable_with_an_odd_value_is_said_to_be_odd(given: Any) -> None:
    """A variable that holds no token is not used, and the missing token's message mentions it."""
    given.environ["P_KEY"] = "two words"
    assert "P_KEY holds no token" in await given.credentials().absence(Lookup("p", HERE, variable="P_KEY"))


async def test_a_found_token_is_kept_until_it_is_forgotten(given: Any) -> None:
    """The keychain is asked once; after a 401 the next look-up asks again."""
    given.keyring.texts["p"] = sealed(SECRET, HERE)
    credentials = given.credentials()
    for _ in range(5):
        assert await credentials.token(Lookup("p", HERE)) is not None
    assert given.keyring.reads == 1
    given.clock.now += 10 * ABSENCE_SECONDS
    await credentials.token(Lookup("p", HERE))
    assert given.keyring.reads == 1
    given.keyring.texts["p"] = sealed("renewed", HERE)
    credentials.forget("p")
    assert await credentials.token(Lookup("p", HERE)) == Token("renewed", HERE)


async def test_many_requests_at_once_share_one_search(given: Any) -> None:
    """The first requests of a start, however many, all get the token; the keychain is asked once."""
    given.keyring.texts["p"] = sealed(SECRET, HERE)
    credentials = given.credentials()
    found = await asyncio.gather(*(credentials.token(Lookup("p", HERE)) for _ in range(200)))
    assert set(found) == {Token(SECRET, HERE)}
    assert given.keyring.reads == 1


async def test_what_was_found_is_not_kept_when_it_was_to_be_forgotten_meanwhile(given: Any) -> None:
    """A token that was refused while the keychain was being asked is looked up anew."""
    given.keyring.texts["p"] = sealed("tok-of-yesterday", HERE)
    credentials = given.credentials()
    under_way = asyncio.create_task(credentials.token(Lookup("p", HERE)))
    await asyncio.to_thread(given.keyring.read.wait, 10)
    given.keyring.texts["p"] = sealed(SECRET, HERE)
    credentials.forget("p")
    await under_way
    assert await credentials.token(Lookup("p", HERE)) == Token(SECRET, HERE)


async def test_an_absence_is_believed_for_a_while_only(given: Any) -> None:
    """A login in a terminal reaches a running server within half a minute."""
    credentials = given.credentials()
    assert await credentials.token(Lookup("p", HERE)) is None
    given.keyring.texts["p"] = sealed(SECRET, HERE)
    given.clock.now += ABSENCE_SECONDS - 1
    assert await credentials.token(Lookup("p", HERE)) is None
    given.clock.now += 2
    assert await credentials.token(Lookup("p", HERE)) is not None
    assert given.keyring.reads == 2


async def test_what_is_held_in_memory_is_bounded(given: Any) -> None:
    """Neither handed-over tokens nor kept results grow without end."""
    credentials = given.credentials()
    for number in range(MOST_PROVIDERS):
        credentials.hand_over(f"p{number}", SECRET)
    with pytest.raises(RequestError, match="Too many"):
        credentials.hand_over("one-more", SECRET)
    for number in range(MOST_PROVIDERS + 5):
        await credentials.token(Lookup(f"q{number}", HERE))
    assert len(credentials._kept) <= MOST_PROVIDERS


async def test_status_shows_where_a_token_is_and_never_the_token(given: Any) -> None:
    """The rows name provider, source, origin and presence."""
    credentials = given.credentials()
    credentials.hand_over("p", SECRET)
    rows = await credentials.status([Lookup("p", HERE), Lookup("q", THERE)])
    assert rows == (
        {"provider": "p", "source": "editor", "origin": "https://here.example", "present": True},
        {"provider": "q", "source": None, "origin": "https://there.example", "present": False},
    )
    assert SECRET not in repr(rows)
