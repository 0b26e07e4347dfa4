"""`aurelis.commitMessage` in a workspace of several repositories."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lsp.fake_services import FakeServices
from lsp.raw_editor import connection
from lsp.scenes import execute


def stage(folder: Path) -> None:
    """Make a repository with one staged file that is named like it."""
    folder.mkdir()
    (folder / f"{folder.name}.py").write_text("x = 1\n")
    for command in ("init --quiet", "add ."):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)  # noqa: S607 -- git by its name


@pytest.mark.needs("git")
async def test_a_commit_message_is_about_the_folder_that_was_named(tmp_path: Path) -> None:
    """With several repositories in a workspace the client says which; one outside the workspace is not read."""
    for name in ("one", "two", "outside"):
        stage(tmp_path / name)
    services = FakeServices(lambda request: re.findall(r"\+\+\+ b/(\w+\.py)", str(request.messages))[0])
    async with connection(services) as (editor, _):
        await editor.initialize(workspaceFolders=[{"uri": (tmp_path / n).as_uri(), "name": n} for n in ("one", "two")])

        def ask(**arguments: str) -> dict[str, Any]:
            return execute("commitMessage", **arguments)

        first = await editor.request("workspace/executeCommand", ask())
        named = await editor.request("workspace/executeCommand", ask(folder=(tmp_path / "two").as_uri()))
        assert (first["text"], named["text"]) == ("one.py", "two.py")
        failure = await editor.failure("workspace/executeCommand", ask(folder=(tmp_path / "outside").as_uri()))
        assert failure["data"]["kind"] == "excluded"
        wrong = await editor.failure("workspace/executeCommand", execute("commitMessage", folder=1))
        assert "'folder' must be a string" in wrong["message"]
