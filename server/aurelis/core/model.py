"""Models as the orchestrator sees them: a reference that a user can type, and what is known about it."""

from __future__ import annotations

import attrs

from aurelis.core.errors import ErrorKind, RequestError


@attrs.frozen(order=True)
class ModelReference:
    """`provider/model`, the model part spelled as the provider spells it (it may hold slashes itself)."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> ModelReference:
        """Read `provider/model`.

        Raises:
            RequestError: of kind `configuration`, when either part is missing.
        """
        provider, slash, model = text.strip().partition("/")
        if not (slash and provider and model):
            message = f"'{text}' is not a model reference; write it as provider/model, for example sandbox/default."
            raise RequestError(ErrorKind.CONFIGURATION, message)
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@attrs.frozen
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float


@attrs.frozen
class ModelInfo:
    """What is known about one model of one provider; None and empty mean unknown, not unlimited.

    `input_tokens` and `output_tokens` are the largest prompt and answer of one request. `fim` names the
    fill-in-the-middle dialect that the model's endpoint speaks, or None. `price` None means that nobody knows it.
    """

    reference: ModelReference
    input_tokens: int | None = None
    output_tokens: int | None = None
    fim: str | None = None
    system_role: bool = True
    base_model: str | None = None
    price: Price | None = None
    reasoning: bool = False
