"""VS Code in a browser with the extension installed, and a script that drives it: one pair for each journey."""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixtures.needs import TOOLS_FOLDER, require
from fixtures.processes import end, free_port, wait_until
from fixtures.source_tree import ROOT

HERE = Path(__file__).parent
SCREENSHOTS = ROOT / "build" / "screenshots"
START_SECONDS = 120.0
JOURNEY_SECONDS = 420.0

# No sign-in, no news, nothing that looks at other machines or gets between a key and its effect.
_QUIET: Mapping[str, Any] = {
    "chat.disableAIFeatures": True,
    "editor.accessibilitySupport": "off",
    "editor.minimap.enabled": False,
    "editor.overviewRulerBorder": False,
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.scrollbar.horizontal": "hidden",
    "editor.scrollbar.vertical": "hidden",
    "editor.wordBasedSuggestions": "off",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "files.exclude": {"**/.vscode": True},
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.enableExperiments": False,
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}

_VSIX_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/>
    <DisplayName>{name}</DisplayName>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>
"""


@dataclass
class Editor:
    """One installation of the extension: its folders, the user's settings and the environment that it starts in."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    python_folders: tuple[str, ...] = (str(Path(sys.executable).parent),)
    port: int = 0

    @property
    def workspace(self) -> Path:
        """The folder that is opened."""
        return self.folder / "workspace"

    @property
    def storage(self) -> Path:
        """Where the extension keeps what it makes."""
        return self.folder / "user" / "User" / "globalStorage" / "aurelis.aurelis"

    @property
    def settings_file(self) -> Path:
        """The settings of the extension: of this machine, as the browser is another one and may not decide them."""
        return self.folder / "user" / "Machine" / "settings.json"

    def write_settings(self) -> None:
        """Put the user's settings where the editor reads them."""
        for file, settings in (
            (self.settings_file, self.settings),
            (self.folder / "user" / "User" / "settings.json", _QUIET),
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), "utf-8")

    def variables(self) -> dict[str, str]:
        """The editor's environment: a home of its own, and a PATH with the chosen Pythons alone."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        own = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local" / "state"),
            # Else the editor asks a login shell for its PATH.
            "VSCODE_CLI": "1",
            "EXTENSIONS_GALLERY": '{"serviceUrl":"http://127.0.0.1:9"}',
            "PATH": os.pathsep.join((*self.python_folders, str(self.folder / "programs"))),
        }
        return {**os.environ, **own, **self.environment}

    def install(self, vsix: Path) -> None:
        """Install the extension."""
        command = [str(require("code-server")), "--user-data-dir", str(self.folder / "user")]
        command += ["--extensions-dir", str(self.folder / "extensions"), "--install-extension", str(vsix)]
        subprocess.run(command, env=self._with_shell(), check=True, capture_output=True, timeout=START_SECONDS)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve VS Code on a loopback port until the block ends."""
        self.write_settings()
        self.port = free_port()
        log = self.folder / "code-server.log"
        command = [str(require("code-server")), "--user-data-dir", str(self.folder / "user")]
        command += ["--extensions-dir", str(self.folder / "extensions"), "--bind-addr", f"127.0.0.1:{self.port}"]
        command += ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--disable-getting-started-override"],
                env=self._with_shell(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: _answers(self.port), process, log, START_SECONDS)
            yield
        finally:
            end(process)

    def drive(self, journey: str, **more: Any) -> None:
        """Run a journey; its failure says what was on the screen."""
        plan = {
            "port": self.port,
            "folder": str(self.workspace),
            "profile": str(self.folder / "profile"),
            "screenshots": str(SCREENSHOTS),
            "chromium": str(require("chromium")),
            "settingsFile": str(self.settings_file),
            "storage": str(self.storage),
            "images": str(ROOT / "docs" / "images") if os.environ.get("AURELIS_UPDATE_IMAGES") else None,
            **more,
        }
        file = self.folder / f"{journey}.json"
        file.write_text(json.dumps(plan), "utf-8")
        ended = subprocess.run(
            [str(require("node")), str(HERE / f"{journey}.mjs"), str(file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=JOURNEY_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr[:6000]}"

    def _with_shell(self) -> dict[str, str]:
        # code-server's own starter needs a few programs of the system; the extension must not find a Python among them.
        programs = self.folder / "programs"
        programs.mkdir(exist_ok=True)
        for name in ("bash", "sh", "dirname", "uname", "env", "cat", "ps", "which", "git"):
            path = shutil.which(name)
            if path and not (programs / name).exists():
                (programs / name).symlink_to(path)
        return self.variables()


def packed(extension: Path, package: Path) -> Path:
    """A package of a small extension that needs no building."""
    manifest = json.loads((extension / "package.json").read_text("utf-8"))
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("extension.vsixmanifest", _VSIX_MANIFEST.format(**manifest))
        for file in extension.iterdir():
            archive.write(file, f"extension/{file.name}")
    return package


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            answers: bool = answer.status == 200
            return answers
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def wheelhouse() -> Path:
    """The locked packages, downloaded beforehand."""
    require("wheelhouse")
    return TOOLS_FOLDER / "wheelhouse" / "wheels"
