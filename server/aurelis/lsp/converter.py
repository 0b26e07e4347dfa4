"""How JSON becomes lsprotocol's types: its converter, with what it reads wrongly put right."""

from __future__ import annotations

from typing import Any, Union

import cattrs
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage


def plain_converter() -> cattrs.Converter:
    """The converter of lsprotocol, with the parameters of custom messages left as plain dictionaries.

    lsprotocol takes an action that holds a command for a command; here only what is named by a string is one.
    """
    converter = get_converter()

    def action(item: dict[str, Any], _: Any) -> types.Command | types.CodeAction:
        if isinstance(item.get("command"), str):
            return converter.structure(item, types.Command)
        return converter.structure(item, types.CodeAction)

    converter.register_structure_hook(Union[types.Command, types.CodeAction], action)  # noqa: UP007 -- the way lsprotocol spells it

    def unchanged(message: dict[str, Any], cls: type[Any]) -> Any:
        fields = {name: message.get(name) for name in cls.__annotations__}
        return cls(**fields)

    for cls in (JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage):
        converter.register_structure_hook(cls, unchanged)
    return converter
