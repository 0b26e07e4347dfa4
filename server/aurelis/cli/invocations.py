"""What surrounds a document, for a task that works on it: instructions files, prompt files, names of other files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from aurelis.cli.documents import Chosen
from aurelis.config.folders import config_folder
from aurelis.lsp.project import read_instructions, read_project
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.services import Services

PROMPTS: Final = "prompts"
"""The folder of the user's own prompt files, within the configuration folder."""


async def invocation_for(services: Services, verb: str, chosen: Chosen, **more: Any) -> Invocation:
    """An invocation of a verb on a document, with what lies around it; `more` are further fields."""
    folder = chosen.folder
    names = services.settings.instructions.files if services.trusted else ()
    instructions = await asyncio.to_thread(read_instructions, folder, names, services.egress)
    project = await asyncio.to_thread(read_project, verb, chosen.snapshot, folder, services.egress)
    return Invocation(
        verb=verb,
        snapshot=chosen.snapshot,
        range=chosen.range,
        position=chosen.position,
        instructions=instructions,
        prompts_folder=await prompts_folder(),
        project_files=project,
        **more,
    )


async def prompts_folder() -> Path | None:
    """The folder of the user's own prompt files, if there is one."""
    folder = await asyncio.to_thread(config_folder)
    path = folder / PROMPTS if folder is not None else None
    return path if path is not None and await asyncio.to_thread(path.is_dir) else None
