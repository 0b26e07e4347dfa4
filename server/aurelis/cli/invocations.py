"""What a command asks for: its options, the document, and what surrounds it.

That is the instructions files of its folder, the person's own prompt files, and the names of other files.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from aurelis.cli.documents import Chosen
from aurelis.cli.request_options import request_options
from aurelis.config.folders import config_folder
from aurelis.core.request import Urgency
from aurelis.lsp.project import read_instructions, read_project
from aurelis.workflow.invocation import Invocation
from aurelis.workflow.services import Services

PROMPTS: Final = "prompts"
"""The folder of the user's own prompt files, within the configuration folder."""


async def invocation_for(
    services: Services,
    verb: str,
    chosen: Chosen,
    arguments: argparse.Namespace,
    *,
    streams: bool,
    urgency: Urgency | None = None,
) -> Invocation:
    """An invocation of a verb on a document as the options say, with what lies around it."""
    folder = chosen.folder
    names = services.settings.instructions.files if services.trusted else ()
    instructions = await asyncio.to_thread(read_instructions, folder, names, services.egress)
    project = await asyncio.to_thread(read_project, verb, chosen.snapshot, folder, services.egress)
    return Invocation(
        verb=verb,
        snapshot=chosen.snapshot,
        range=chosen.range,
        position=chosen.position,
        instruction=arguments.instruction,
        streams=streams,
        urgency=urgency,
        instructions=instructions,
        prompts_folder=await prompts_folder(),
        project_files=project,
        **request_options(arguments),
    )


async def prompts_folder() -> Path | None:
    """The folder of the user's own prompt files, if there is one."""
    folder = await asyncio.to_thread(config_folder)
    path = folder / PROMPTS if folder is not None else None
    return path if path is not None and await asyncio.to_thread(path.is_dir) else None
