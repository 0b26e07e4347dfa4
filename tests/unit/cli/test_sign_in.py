"""`aurelis login`, `auth status` and `doctor`: tokens are tried before they are kept, and what was chosen is told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import run_sandbox

REFUSED = Step(status=401, path="/v1/models")
BROKEN = Step(status=503, path="/v1/models")


async def run(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> tuple[int, str, str]:
    """Run the program with a configuration of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "aurelis", *arguments),
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
            "XDG_CONFIG_HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_DATA_HOME": str(folder / "data"),
            **environment,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate(stdin.encode())
    return process.returncode or 0, output.decode(), errors.decode()


def configure(folder: Path, base_url: str, profile: str = "custom") -> None:
    """Write the person's settings file: one provider, `mine`."""
    (folder / "aurelis").mkdir(mode=0o700)
    (folder / "aurelis" / "config.toml").write_text(
        f'provider = "mine"\n[providers.mine]\nprofile = "{profile}"\nbaseUrl = "{base_url}"\n'
    )


@pytest.mark.parametrize(
    ("step", "profile", "state", "output", "errors"),
    [
        (None, "custom", "valid", "Signed in to mine.\n", ""),
        (None, "openai", "valid", "Signed in to mine.\n", "usually begin with one of: sk-. This one does not"),
        (REFUSED, "custom", None, "", "refused the token (HTTP 401)"),
        (BROKEN, "custom", "unknown", "Signed in to mine.\n", "could not be found out; it is kept"),
    ],
)
async def test_a_token_is_tried_before_it_is_kept(
    tmp_path: Path, step: Step | None, profile: str, state: str | None, output: str, errors: str
) -> None:
    """An unfamiliar form warns, a refused token is not kept, and one that cannot be tried is kept and told of."""
    token = "anything"
    # More often than the token is tried: models are listed meanwhile, too.
    async with run_sandbox(scenario=[] if step is None else [step] * 100) as sandbox:
        configure(tmp_path, sandbox.base_url, profile)
        done = await run(tmp_path, "login", "mine", "--file", stdin=f"{token}\n")
        assert done[:2] == (0 if output else 1, output), done
        assert errors in done[2]
        assert token not in done[1] + done[2]
        sent = [request.headers.get("authorization") for request in sandbox.requests]
        assert f"Bearer {token}" in sent
        _, status, _ = await run(tmp_path, "auth", "status", "--json")
    (row,) = json.loads(status)
    assert (row["provider"], row["present"], row.get("state")) == ("mine", state is not None, state)


async def test_a_retired_service_takes_no_token(tmp_path: Path) -> None:
    """Nothing is sent to it; the sentence names the choices and the commands that set one up."""
    code, output, errors = await run(
        tmp_path, "login", "github", "--file", stdin="ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"
    )
    assert (code, output) == (1, "")
    assert "has been shut down for good; choose another provider" in errors
    assert "`aurelis login PROVIDER`" in errors
    assert "`aurelis local`" in errors


async def test_the_doctor_says_who_answers_and_why(tmp_path: Path) -> None:
    """What was chosen and the reason come first; a healthy provider leaves at most one step."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        code, output, _ = await run(tmp_path, "doctor")
        assert code == 0
        address = sandbox.base_url.removeprefix("http://").removesuffix("/v1")
        assert f"Answers come from mine/default at {address}: the setting provider names it." in output.replace(
            "\n", " "
        )
        assert "Next step: mine/default completes code by way of a chat" in output


async def test_the_doctor_names_a_model_that_is_not_listed(tmp_path: Path) -> None:
    """The model that will be asked is named, and that its provider does not list it; what it lists is offered."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        with (tmp_path / "aurelis" / "config.toml").open("a") as settings:
            settings.write('\n[models]\ncode = "mine/misspelt"\n')
        code, output, _ = await run(tmp_path, "doctor")
        assert (code, "Answers come from mine/misspelt" in output) == (0, True)
        assert "mine lists no model misspelt; " in output
        assert "one that is listed: default." in output.replace("\n", " ")


async def test_the_doctor_tries_the_token(tmp_path: Path) -> None:
    """A token that is refused is unhealthy, with the command that replaces it as the next step."""
    async with run_sandbox(scenario=[Step(status=401, path="/v1/models")] * 9) as sandbox:
        configure(tmp_path, sandbox.base_url, "openai")
        code, output, _ = await run(tmp_path, "doctor", "--json", AURELIS_LOG="error", OPENAI_API_KEY="sk-x")
    record = json.loads(output)
    assert (code, record["overall"]) == (2, "unhealthy")
    assert "aurelis login mine" in record["next"]


async def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    """Settings that name a variable want its token to be used, even where the provider might do without one."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        with (tmp_path / "aurelis" / "config.toml").open("a") as settings:
            settings.write('apiKeyEnv = "MY_API_KEY"\n')
        _, unset, _ = await run(tmp_path, "doctor", "--json")
        _, is_set, _ = await run(tmp_path, "doctor", "--json", MY_API_KEY="anything")
        _, broken, _ = await run(tmp_path, "doctor", "--json", MY_API_KEY="two words")
    before = json.loads(unset)["components"]["authentication"]
    assert (before["status"], before["error"]) == (
        "degraded",
        "MY_API_KEY, which providers.mine.apiKeyEnv names, is not set.",
    )
    assert json.loads(is_set)["components"]["authentication"]["status"] == "healthy"
    assert json.loads(broken)["components"]["authentication"]["error"].endswith("apiKeyEnv names, holds no token.")


async def test_what_is_true_of_every_provider_is_said_once(tmp_path: Path) -> None:
    """That a machine has no keychain is one fact, however many tokens are looked for in it."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        with (tmp_path / "aurelis" / "config.toml").open("a") as settings:
            settings.write(f'[providers.other]\nbaseUrl = "{sandbox.base_url}"\n')
        no_keychain = "keyring.backends.fail.Keyring"
        code, output, errors = await run(tmp_path, "auth", "status", PYTHON_KEYRING_BACKEND=no_keychain)
    assert (code, "mine" in output, "other" in output) == (0, True, True)
    assert errors == "This machine has no keychain.\n"


@pytest.mark.parametrize(
    ("options", "output", "ending"),
    [
        (("ask", "What is a lock?"), "Half an answer\n", "broke off before its end"),
        (("explain", "a.py"), "Half an answer\n", "broke off before its end"),
        (("review", "a.py"), "Half an answer\n", "broke off before its end"),
        (("ask", "What is a lock?", "--json"), "", "cut off before its answer was complete"),
    ],
)
async def test_an_answer_that_broke_off_is_told_to_scripts_too(
    tmp_path: Path, options: tuple[str, ...], output: str, ending: str
) -> None:
    """What was printed looks whole; that it is not stands on standard error and in the exit code."""
    (tmp_path / "a.py").write_text("x = 1\n")
    event = {"choices": [{"index": 0, "delta": {"content": "Half an answer"}, "finish_reason": None}]}
    broken = Step(headers={"content-type": "text/event-stream"}, body=f"data: {json.dumps(event)}\n\n")
    async with run_sandbox(scenario=[broken] * 9) as sandbox:
        configure(tmp_path, sandbox.base_url)
        code, printed, errors = await run(tmp_path, *options)
    assert (code, printed) == (1, output)
    assert ending in errors


async def test_an_answer_as_long_as_was_allowed_has_not_failed(tmp_path: Path) -> None:
    """Whoever bounds an answer gets what was asked for: it is said on standard error, and the exit code is 0."""
    event = {"choices": [{"index": 0, "delta": {"content": "Half an"}, "finish_reason": "length"}]}
    long = Step(headers={"content-type": "text/event-stream"}, body=f"data: {json.dumps(event)}\n\n")
    async with run_sandbox(scenario=[long]) as sandbox:
        configure(tmp_path, sandbox.base_url)
        code, output, errors = await run(tmp_path, "ask", "What is a lock?", "--max-tokens", "2")
    assert (code, output) == (0, "Half an\n")
    assert "--max-tokens raises it" in errors


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the folder's access list keeps the file private")
async def test_a_token_in_a_file_that_others_can_read_is_told_with_the_request(tmp_path: Path) -> None:
    """Whoever is told that there is no token reads as well why the one in credentials.toml is not used."""
    async with run_sandbox(scenario=[Step(status=401)] * 9) as sandbox:
        configure(tmp_path, sandbox.base_url)
        file = tmp_path / "aurelis" / "credentials.toml"
        file.write_text('[mine]\ntoken = "planted-secret"\n')
        file.chmod(0o644)
        code, output, errors = await run(tmp_path, "ask", "What is a lock?")
        assert not [request for request in sandbox.requests if "planted-secret" in str(request.headers)]
    assert (code, output) == (1, "")
    assert "sign in with `aurelis login mine`. credentials.toml can be read by other users and is not used" in errors
    assert "chmod 600" in errors
    assert "planted-secret" not in errors


@pytest.mark.parametrize("header", ["Authorization", "x-goog-api-key", "X-Team"])
async def test_a_header_from_a_variable_is_sent_and_not_quoted(tmp_path: Path, header: str) -> None:
    """A gateway may want the key in a form of its own: the settings name the variable, and no error shows its value."""
    words = {"error": {"message": f"the key custom-scheme k3y-0f-m1ne in {header} has expired"}}
    async with run_sandbox(scenario=[Step(), Step(status=401, body=words)]) as sandbox:
        configure(tmp_path, sandbox.base_url)
        file = tmp_path / "aurelis" / "config.toml"
        file.write_text(f'{file.read_text()}headersEnv = {{ "{header}" = "MINE" }}\nmodels = ["default"]\n')
        asked = [await run(tmp_path, "ask", question, MINE="custom-scheme k3y-0f-m1ne") for question in ("A?", "B?")]
        sent = [request.headers.get(header.lower()) for request in sandbox.requests if request.method == "POST"]
    assert sent == ["custom-scheme k3y-0f-m1ne"] * 2
    assert [code for code, _, _ in asked] == [0, 1]
    assert "HTTP 401" in asked[1][2]
    assert "k3y-0f-m1ne" not in "".join(output + errors for _, output, errors in asked)


async def test_a_key_in_a_header_makes_a_token_needless(tmp_path: Path) -> None:
    """Nobody is told to sign in where the settings say in what form the key is sent."""
    configure(tmp_path, "http://127.0.0.1:9/v1", "openai")
    file = tmp_path / "aurelis" / "config.toml"
    rows = []
    for more in ("", 'headersEnv = { Authorization = "MINE" }\n'):
        file.write_text(file.read_text() + more)
        _, output, _ = await run(tmp_path, "auth", "status", "--json", MINE="Bearer k3y-0f-m1ne")
        rows.append(next(row for row in json.loads(output) if row["provider"] == "mine"))
    assert [(row["present"], row["required"]) for row in rows] == [(False, True), (False, False)]


async def test_a_key_that_lies_ready_is_mentioned(tmp_path: Path) -> None:
    """A key in the environment of a provider that nobody chose is told and not used."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        _, output, _ = await run(tmp_path, "doctor", "--json", MISTRAL_API_KEY="secret-of-mine")
        assert not [request for request in sandbox.requests if "secret-of-mine" in str(request.headers)]
    (sentence,) = json.loads(output)["mentioned"]
    assert sentence.startswith("MISTRAL_API_KEY is set, but nobody chose mistral")
    assert "secret-of-mine" not in output


async def test_models_that_cannot_be_listed(tmp_path: Path) -> None:
    """When no provider lists a model the exit code says so, beside the reason; nobody is asked again and again."""
    async with run_sandbox(scenario=[REFUSED] * 100) as sandbox:
        configure(tmp_path, sandbox.base_url)
        code, output, errors = await run(tmp_path, "models")
        asked = [request for request in sandbox.requests if request.path.endswith("/models")]
    assert (code, output) == (1, "")
    assert "wants a token" in errors
    assert len(asked) <= 2  # Once when it starts, and once for the table, not for each task.


async def test_nobody_types_a_token_for_a_provider_that_does_not_exist(tmp_path: Path) -> None:
    """A misspelt name is told before the token is read, with the names that there are."""
    code, output, errors = await run(tmp_path, "login", "opnai")
    assert (code, output) == (2, "")
    assert "'opnai' is not a provider" in errors
    assert "openai" in errors


async def test_nobody_types_a_token_where_none_can_be_kept(tmp_path: Path) -> None:
    """A machine without a keychain says so, and what else there is, before the token is read."""
    code, output, errors = await run(
        tmp_path, "login", "openai", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring", stdin="sk-a-token\n"
    )
    assert (code, output) == (2, "")
    assert errors.startswith(
        "This machine has no keychain, so that no token was asked for. `aurelis login openai --file`"
    )
    assert "apiKeyEnv" in errors


@pytest.mark.parametrize("others", [True, False])
async def test_a_chosen_provider_that_does_not_exist_is_named(tmp_path: Path, others: bool) -> None:
    """The doctor says which name is wrong, not that another provider or the sandbox answers."""
    async with run_sandbox() as sandbox:
        if others:
            configure(tmp_path, sandbox.base_url)
        code, output, _ = await run(tmp_path, "doctor", AURELIS_PROVIDER="opnai")
    assert code == 2
    assert "The provider 'opnai' is not configured" in " ".join(output.split())
    assert "Answers come from" not in output


async def test_the_models_say_what_they_are_used_for(tmp_path: Path) -> None:
    """A person sees which tasks go where: by role, by name where a role is divided, or everything."""
    async with run_sandbox() as sandbox:
        configure(tmp_path, sandbox.base_url)
        config = tmp_path / "aurelis" / "config.toml"
        alone = await run(tmp_path, "models")
        config.write_text(
            config.read_text()
            + '[models]\nreasoning = "mine/thinker"\nfast = "mine/default"\ncompletion = "mine/default"\n'
            + 'code = "mine/default"\ndocumentation = "mine/default"\n[routing.tasks]\nfix = "mine/thinker"\n'
        )
        divided = await run(tmp_path, "models")
        rows = {line.split()[0]: " ".join(line.split()) for line in divided[1].splitlines() if line.strip()}
        assert f"mine at 127.0.0.1:{sandbox.port}, on this machine" in alone[1]
    assert " mine/default everything - -" in " ".join(alone[1].split())
    assert rows["mine/thinker"].startswith("mine/thinker fix, reasoning - -")
    assert (
        "completion, code_generation, refactoring, optimization, testing, documentation, fast" in rows["mine/default"]
    )


async def test_a_list_that_cannot_be_renewed_is_told(tmp_path: Path) -> None:
    """`--refresh` says why there is no new list, and shows the one of before."""
    async with run_sandbox(profile="openrouter") as sandbox:
        configure(tmp_path, sandbox.base_url)
        environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        assert (await run(tmp_path, "models", **environment))[0] == 0
        sandbox.add(*[Step(status=503, path="/api/v1/models")] * 100)
        code, output, errors = await run(tmp_path, "models", "--refresh", **environment)
    assert code == 0
    assert "mine/default" in output
    assert "mine: The server" in errors
