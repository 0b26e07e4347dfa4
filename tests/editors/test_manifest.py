"""The extension's manifest says of the server's settings what the server's own code says."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from aurelis import __version__
from aurelis.config.schema import editor_properties, restricted_configurations
from aurelis.lsp.execute_command import COMMANDS
from aurelis.providers.profiles import PROFILES
from fixtures.source_tree import ROOT

_EXTENSION = ROOT / "client-vscode"
_OWN = ("aurelis.client.", "aurelis.trace.")
_AGAIN = "run `npm run manifest --workspace client-vscode`"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The extension's package.json."""
    read: dict[str, Any] = json.loads((_EXTENSION / "package.json").read_text("utf-8"))
    return read


def test_the_settings_are_those_of_the_server(manifest: dict[str, Any]) -> None:
    """Every setting stands in the manifest with its type, default, description and scope, and no other does."""
    parts = manifest["contributes"]["configuration"]
    declared = {key: value for part in parts for key, value in part["properties"].items()}
    assert {key: value for key, value in declared.items() if not key.startswith(_OWN)} == editor_properties(), _AGAIN
    assert manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] == restricted_configurations()


def test_only_the_user_names_programs(manifest: dict[str, Any]) -> None:
    """A workspace can name no interpreter and switch on no trace."""
    own = manifest["contributes"]["configuration"][0]["properties"]
    assert {key for key, value in own.items() if value["scope"] != "machine"} == {"aurelis.client.preview"}


def test_one_can_sign_in_to_every_vendor_that_still_answers() -> None:
    """The list of vendors is the server's, without those that are gone."""
    listed = {row["name"]: row for row in json.loads((_EXTENSION / "src" / "vendors.json").read_text("utf-8"))}
    alive = [row for row in PROFILES.values() if urlsplit(row.base_url or "").hostname not in row.retired_hosts]
    expected = {row.name: {"name": row.name, "title": row.title, "keyRequired": row.key_required} for row in alive}
    assert listed == expected, _AGAIN


def test_every_command_has_a_handler(manifest: dict[str, Any]) -> None:
    """What the palette offers is implemented, and what the server offers a person can reach."""
    source = (_EXTENSION / "src" / "commands.ts").read_text("utf-8")
    implemented = set(re.findall(r"^\s*'(aurelis\.[\w.]+)': ", source, re.MULTILINE))
    offered = {entry["command"] for entry in manifest["contributes"]["commands"]}
    assert offered <= implemented
    unreachable = {"aurelis.auth.status", "aurelis.cache.invalidate"}  # Asked by the extension itself, and by scripts.
    assert set(COMMANDS) - implemented == unreachable


def test_versions_agree(manifest: dict[str, Any]) -> None:
    """The extension and the server have one version, and the typings are those of the oldest supported editor."""
    assert manifest["version"] == __version__
    assert manifest["engines"]["vscode"] == f"^{manifest['devDependencies']['@types/vscode']}"
    pinned = {**manifest["dependencies"], **manifest["devDependencies"]}
    assert [name for name, version in pinned.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_each_file_of_the_extension_is_one_concern() -> None:
    """Each source file says in its first line what it is for, and none is too long to read in one go."""
    for file in sorted((_EXTENSION / "src").glob("*.ts")):
        lines = file.read_text("utf-8").splitlines()
        assert lines[0].startswith("// "), file.name
        assert len(lines) <= 400, f"{file.name}: {len(lines)} lines"
