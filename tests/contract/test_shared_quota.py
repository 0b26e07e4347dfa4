"""Two real server processes of one user, as two windows of an editor have them, on one provider's limits."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from pygls.exceptions import JsonRpcException

from aurelis.lsp.client import EditorClient
from aurelis.sandbox.server import run_sandbox

SERVE = (sys.executable, "-P", "-m", "aurelis", "serve")
PER_DAY, AT_ONCE, WANTED = 6, 2, 4


async def outcome(client: EditorClient, question: str) -> str:
    """What became of a question: its only attempt, or the error's kind and whether it says when to ask again."""
    try:
        result: Any = await client.execute("aurelis.ask", {"question": question})
    except JsonRpcException as error:
        return f"{error.data['kind']} {0 < error.data['retryAfterSeconds'] <= 86_500}"
    return " ".join(attempt["outcome"] for attempt in result["attempts"])


async def test_two_servers_send_no_more_than_one_quota_together(tmp_path: Path) -> None:
    """Asked at once they send exactly what a day allows and say when more can go; the next one finds it used up."""
    names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
    folders = {name: str(tmp_path / name) for name in names}
    async with run_sandbox(chunk_seconds=0.01) as sandbox:
        limits = {"requestsPerDay": PER_DAY, "concurrent": AT_ONCE}
        provider = {"baseUrl": sandbox.base_url, "models": ["default"], "limits": limits}
        settings = {"providers": {"custom": provider}}
        outcomes: list[str] = []
        for number, servers in enumerate((2, 1)):
            clients = [EditorClient(settings) for _ in range(servers)]
            for client in clients:
                await client.start(SERVE, env=folders)
                await client.initialize(tmp_path)
            asked = [
                outcome(client, f"{number}: question {n} of {place}")
                for n in range(WANTED)
                for place, client in enumerate(clients)
            ]
            outcomes += await asyncio.gather(*asked)
            for client in clients:
                assert await client.close() == 0
        arrived = [request for request in sandbox.requests if request.method == "POST"]

    assert len(arrived) == PER_DAY
    assert sorted(outcomes) == ["ok"] * PER_DAY + ["rate_limit True"] * (3 * WANTED - PER_DAY)
