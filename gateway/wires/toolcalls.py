"""Tool calls between wires that write them differently: ids that some lack, arguments as an object instead of text."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from gateway.errors import BadRequest

from .base import Chat, ToolCall

MADE = "call_made_"  # how an id begins that we gave to a call


def made_id(answer: str, index: int) -> str:
    """An id for a call without one: the same whenever the same answer is read, another in another answer."""
    return MADE + blake2b(f"{answer}/{index}".encode(), digest_size=12).hexdigest()


def written(arguments: Any) -> str:
    """The JSON text of arguments, be they that already or an object; empty if there are none."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else orjson.dumps(arguments).decode()


def given(name: str, call_id: str) -> dict[str, str]:
    """The id under the name of its field; nothing if we made it, as the provider knows calls by their order."""
    return {} if call_id.startswith(MADE) else {name: call_id}


def names_of(chat: Chat) -> dict[str, str]:
    """The name of the tool by the id of each call; not every dialect repeats it with the result."""
    return {part.id: part.name for message in chat.messages for part in message.parts if isinstance(part, ToolCall)}


def arguments_of(call: ToolCall) -> orjson.Fragment:
    """As an object. Raises BadRequest if they are no JSON object."""
    try:
        if not call.arguments.strip() or isinstance(orjson.loads(call.arguments), dict):
            return orjson.Fragment(call.arguments.strip() or "{}")
    except orjson.JSONDecodeError:
        pass
    raise BadRequest(
        f"The arguments of the tool call {call.id} are no JSON object. Send them as the model wrote them.",
        param="messages[].tool_calls[].function.arguments",
    )
