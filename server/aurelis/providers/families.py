"""What is known about model families wherever they are served."""

from __future__ import annotations

from typing import Final

from aurelis.providers.profile import ModelRow

_BOUND: Final = "max_completion_tokens"

OPENAI_ROWS: Final = (
    ModelRow(pattern="^o1-mini", system_role=False),
    ModelRow(pattern="^o1-preview", system_role=False),
    ModelRow(pattern="^gpt-5-chat", max_tokens_field="max_tokens", temperature=True, reasoning=False, reasoning_off={}),
    ModelRow(pattern="^gpt-5.", reasoning_off={"reasoning_effort": "none"}),
    ModelRow(pattern="^gpt-5", reasoning_off={"reasoning_effort": "minimal"}),
    ModelRow(pattern="^o1", reasoning_off={}),
    *(ModelRow(pattern=f"^o{digit}", reasoning_off={"reasoning_effort": "low"}) for digit in (3, 4)),
    *(
        ModelRow(pattern=pattern, max_tokens_field=_BOUND, temperature=False, reasoning=True)
        for pattern in ("^gpt-5", "^o1", "^o3", "^o4")
    ),
)
"""OpenAI's reasoning models: another name for the bound of the answer, no temperature, graded effort."""

TEMPLATE_OPENED_ROWS: Final = tuple(
    ModelRow(pattern=pattern, opens_reasoning=True, reasoning=True)
    for pattern in ("deepseek-r1", "r1-distill", "qwq", "-thinking", "minimax-m2", "glm-z1")
)
"""Models whose chat template opens the reasoning itself; a server that does not parse it sends only the closing tag."""
