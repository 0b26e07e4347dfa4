"""The extension in a real VS Code, driven through a real browser; screenshots go to build/screenshots."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from editors.small_file import SETTINGS
from editors.vscode.code_server import HERE, Editor, packed, wheelhouse
from editors.vscode.waiting_index import waiting_index
from fixtures.needs import require
from fixtures.source_tree import ROOT

pytestmark = [pytest.mark.needs("node", "chromium", "code-server"), pytest.mark.timeout(540)]

_NOBODY = "http://127.0.0.1:9/v1"
# What a workspace may try to decide; taken seriously, any of it would break the journey.
_HOSTILE = {
    "aurelis.client.interpreter": "/bin/false",
    "aurelis.models": {"code": "elsewhere/model"},
    "aurelis.provider": "elsewhere",
    "aurelis.providers": {"custom": {"baseUrl": _NOBODY}, "elsewhere": {"baseUrl": _NOBODY, "profile": "custom"}},
    "aurelis.providers.custom.baseUrl": _NOBODY,
    "aurelis.models.code": "elsewhere/model",
}
_TOKEN = "token-of-nobody-4711"


@pytest.fixture(scope="session")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged extension, with the wheel that the tests run against."""
    package: Path = tmp_path_factory.mktemp("vsix") / "aurelis.vsix"
    environment = {**os.environ, "AURELIS_WHEELS": str(Path(sys.prefix) / "wheel")}
    command = [str(require("node")), str(ROOT / "client-vscode" / "scripts" / "package.mjs"), str(package)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    return package


@pytest.fixture
def editor(tmp_path: Path, vsix: Path) -> Editor:
    """An installed extension and a workspace with one file; nothing is configured and nothing runs yet."""
    return installed(tmp_path, vsix)


def installed(folder: Path, vsix: Path) -> Editor:
    """An editor below a folder."""
    editor = Editor(folder)
    write_workspace(editor.workspace)
    editor.install(vsix)
    return editor


def write_workspace(folder: Path) -> None:
    """A folder with a small file in it."""
    folder.mkdir(parents=True)
    (folder / "settings.py").write_text(SETTINGS, "utf-8")


def plain_python(folder: Path) -> Path:
    """A folder with the Python behind this one, which has no package of ours."""
    folder.mkdir()
    (folder / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    return folder


@contextmanager
def running_sandbox(*options: str) -> Iterator[str]:
    """The base URL of a sandbox with further options."""
    command = [sys.executable, "-P", "-m", "aurelis", "sandbox", "--until-stdin-closes", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["baseUrl"]


@pytest.fixture
def sandbox() -> Iterator[str]:
    """The base URL of a sandbox that answers at once."""
    with running_sandbox() as base_url:
        yield base_url


@pytest.fixture
def holding_sandbox(tmp_path: Path) -> Iterator[str]:
    """The base URL of a sandbox whose first chat answer stops in its middle, until the connection is closed."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text(json.dumps([{"path": "/v1/chat/completions", "holdAfter": 3000}]), "utf-8")
    with running_sandbox("--scenario", str(scenario)) as base_url:
        yield base_url


def custom(base_url: str) -> dict[str, object]:
    """Settings for a provider at an address."""
    return {
        "aurelis.providers": {"custom": {"baseUrl": base_url, "profile": "custom", "models": ["default"]}},
        "aurelis.models": {"code": "custom/default"},
    }


@pytest.mark.needs("wheelhouse")
def test_the_first_start_installs_the_server_and_shows_ghost_text(editor: Editor) -> None:
    """Without any setting the person is asked once, the server is installed, and Tab takes ghost text."""
    editor.python_folders = (str(plain_python(editor.folder / "plain python")),)
    with waiting_index(wheelhouse()) as index:
        editor.environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index.url}
        with editor.running():
            editor.drive("first_start", release=index.release_url)


def test_hover_explanations_and_edits_work(editor: Editor, holding_sandbox: str) -> None:
    """All features do their work, nothing pops up that nobody asked for, and the workspace cannot redirect anything."""
    editor.settings = custom(holding_sandbox)
    hostile = editor.workspace / ".vscode" / "settings.json"
    hostile.parent.mkdir()
    hostile.write_text(json.dumps(_HOSTILE), "utf-8")
    with editor.running():
        editor.drive("working")


def test_somebody_s_first_minutes_lead_somewhere(editor: Editor) -> None:
    """With nothing set up the walkthrough's example shows ghost text, and each failure offers what helps."""
    subprocess.run(["git", "init", "--quiet", str(editor.workspace)], check=True)  # noqa: S607 - the machine's git
    editor.settings = {"git.enabled": True}
    with editor.running():
        editor.drive("beginning")


def test_the_fix_of_another_extension_stands_above_ours(editor: Editor, sandbox: str, tmp_path: Path) -> None:
    """In the menu of quick fixes ours comes after another extension's, and not at all once its kind is left out."""
    editor.install(packed(HERE / "other_extension", tmp_path / "linter.vsix"))
    editor.settings = custom(sandbox)
    with editor.running():
        editor.drive("quick_fixes")


def test_the_token_stays_in_the_keychain(editor: Editor, sandbox: str) -> None:
    """A sign-in survives a reload and ends with the sign-out; it is in no file, although all is traced."""
    editor.settings = {**custom(sandbox), "aurelis.trace.server": "verbose"}
    with editor.running():
        editor.drive("signing_in", token=_TOKEN)
    plan = editor.folder / "signing_in.json"
    plan.unlink()
    holding = [file for file in editor.folder.rglob("*") if file.is_file() and _TOKEN.encode() in file.read_bytes()]
    assert holding == []
    logs = [file.read_text("utf-8", "replace") for file in editor.folder.rglob("*Aurelis*.log")]
    assert any("aurelis/auth/setToken" in log for log in logs)


def test_failures_are_said_once_and_in_words(editor: Editor, sandbox: str) -> None:
    """A wrong setting and an unreachable provider give one message each; a killed server comes back by itself."""
    editor.settings = {**custom(sandbox), "aurelis.hover.mode": "sometimes"}
    with editor.running():
        editor.drive("trouble", baseUrl=sandbox)


def test_a_missing_python_is_explained(editor: Editor) -> None:
    """Without a usable Python, and with a storage folder that cannot be used, the messages say what to do."""
    editor.python_folders = ()
    editor.storage.parent.mkdir(parents=True, exist_ok=True)
    editor.storage.write_text("not a folder", "utf-8")
    plain = plain_python(editor.folder / "plain") / "python3"
    with editor.running():
        editor.drive("without_python", plainPython=str(plain), python=sys.executable)


def test_two_windows_in_folders_with_odd_names(tmp_path: Path, vsix: Path) -> None:
    """Blanks, umlauts and other scripts in every path, and two windows with a server each."""
    editor = installed(tmp_path / "Größe und 大小", vsix)
    second = editor.folder / "zweites Fenster é"
    write_workspace(second)
    with editor.running():
        editor.drive("two_windows", secondFolder=str(second))
