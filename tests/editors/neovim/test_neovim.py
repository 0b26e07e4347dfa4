"""A Neovim as it comes, with its own language client: ghost text while typing, hovers, edits of code actions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from editors.small_file import SETTINGS
from fixtures.needs import require

_SCRIPT = Path(__file__).with_name("ghost_text.lua")


@pytest.mark.needs("nvim")
def test_ghost_text_hovers_and_code_actions_work(tmp_path: Path) -> None:
    """Typing shows ghost text, which can be taken; a hover shows the explanation; a code action is one undo step."""
    file = tmp_path / "settings.py"
    file.write_text(SETTINGS, "utf-8")
    variables = {
        "AURELIS_PROVIDER": "sandbox",  # This machine may run a model server of its own.
        "AURELIS_TEST_PYTHON": sys.executable,
        "AURELIS_TEST_FILE": str(file),
    }
    command = [str(require("nvim")), "--headless", "--clean", "-n", "-c", f"luafile {_SCRIPT}"]
    ended = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=110, check=False
    )
    seen = json.loads(ended.stdout.strip().splitlines()[-1])
    assert "failure" not in seen, (seen, ended.stderr[-3000:])
    assert seen["ghost"].startswith("digit():")
    assert seen["accepted"] == ["if not text.isdigit():", '    raise SettingsError("A port is a number.")']
    assert seen["explained"].splitlines()[0] in seen["hover"]
    assert seen["documented"][0].startswith('    """Read port.')
    assert seen["undone_at_once"] is True
