"""The stand-in's dialects through litellm, which has a driver of its own for each vendor."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aurelis.sandbox.scenario import Step
from aurelis.sandbox.server import run_sandbox
from aurelis.sandbox.vendors import PROFILES
from fixtures.needs import require

CODE = "Task: explanation\nLanguage: python\n\n```python\ndef add(a, b):\n    return a + b\n```"
CLIENT = Path(__file__).with_name("litellm_client.py")


DRIVERS = {
    "openai": "openai",
    "github": "github",
    "lmstudio": "lm_studio",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "groq": "groq",
    "openrouter": "openrouter",
    "vllm": "hosted_vllm",
    "ollama": "ollama_chat",
}
"""Our profile, and litellm's driver for that vendor; one process asks them all, as it is slow to start."""


@pytest.mark.needs("litellm")
async def test_litellm_completes_streams_and_meets_errors() -> None:
    """Its driver for each vendor reads whole and streamed answers alike, and knows the vendor's errors."""
    asked = []
    async with AsyncExitStack() as stack:
        for profile, driver in DRIVERS.items():
            sandbox = await stack.enter_async_context(run_sandbox(profile=profile))
            native = profile == "ollama"
            path = "/api/chat" if native else f"{PROFILES[profile].base_path}/chat/completions"
            sandbox.add(*[Step(path=path)] * 2, *[Step(status=status, path=path) for status in (401, 429)])
            asked.append(
                {
                    "model": f"{driver}/{PROFILES[profile].models[0]}",
                    "api_base": sandbox.root_url if native else sandbox.base_url,
                    "messages": [{"role": "user", "content": CODE}],
                    "errors": 2,
                }
            )
        process = await asyncio.create_subprocess_exec(
            *(require("litellm"), "-I", CLIENT),
            env={**os.environ, "NO_PROXY": "*"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(110):
                output, errors = await process.communicate(json.dumps(asked).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, errors.decode()
    answers = json.loads(output)
    assert len(answers) == len(DRIVERS)
    for profile, answer in zip(DRIVERS, answers, strict=True):
        assert "`add`" in answer["whole"], profile
        assert answer["streamed"] == answer["whole"], profile
        assert answer["errors"] == ["AuthenticationError", "RateLimitError"], profile
