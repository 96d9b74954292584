"""Answers in one piece, and the loop of tool calls and results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from gateway import local
from gateway.call import Call
from gateway.errors import BadRequest, GatewayError
from gateway.runtime import Gateway
from gateway.wires.base import ToolCall

from .answers import Answer, Message, answer_of
from .asking import Asking, Model, Who

ROUNDS = 10  # answers of one chat with a tool handler, unless said otherwise

Messages = str | Sequence[Message]
Tools = Sequence[Mapping[str, Any]]
ToolHandler = Callable[[str, dict[str, Any]], Any]

logger = logging.getLogger("gateway.client")


class TooManyRounds(GatewayError):
    """A model that keeps calling tools."""

    status = 502
    code = "too_many_rounds"


def chat(
    model: Model,
    messages: Messages,
    *,
    tools: Tools | None = None,
    tool_handler: ToolHandler | None = None,
    rounds: int = ROUNDS,
    user: Who = None,
    conversation: str = "",
    **options: Any,
) -> Answer:
    """The answer of a model named as on `/v1`, by its row, or (None) the person's own default, else the first enabled.

    A handler is given each tool call's name and arguments, in order, and the model its results, until it calls no more
    tools. Options are fields of Chat Completions. Raises GatewayError; TooManyRounds after so many answers.
    """
    asking = Asking.of(model, user, conversation)
    said = messages_in(messages)
    earlier: list[Answer] = []
    for _ in range(rounds):
        answer = answered(asking, said, body_of(said, tools, options), earlier)
        if tool_handler is None or not answer.tool_calls:
            return answer
        earlier.append(answer)
        said = [*answer.messages, *(result_of(call, tool_handler) for call in answer.tool_calls)]
    raise TooManyRounds(f"Tools are still called after {rounds} answers.")


def answered(asking: Asking, said: Sequence[Message], body: Message, earlier: Sequence[Answer]) -> Answer:
    async def work(gateway: Gateway, call: Call) -> Answer:
        return answer_of(call, await local.chat(gateway, call, body), said, earlier)

    return asking.answered(work)


def messages_in(messages: Messages) -> list[Message]:
    return [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)


def body_of(messages: Sequence[Message], tools: Tools | None, options: Mapping[str, Any]) -> dict[str, Any]:
    body = {"model": local.ANY_MODEL, "messages": messages, **options}
    return {**body, "tools": tools} if tools else body


def result_of(call: ToolCall, handler: ToolHandler) -> dict[str, Any]:
    """What a handler answered. If it fails, the model is told so: it may know another way."""
    said = {"role": "tool", "tool_call_id": call.id}
    try:
        arguments = orjson.loads(call.arguments or "{}")
        if not isinstance(arguments, dict):
            raise BadRequest("The arguments must be an object.")
        result = handler(call.name, arguments)
        content = result if isinstance(result, str) else orjson.dumps(result, default=str).decode()
    except Exception as error:
        logger.warning("The tool %s failed.", call.name, exc_info=error)
        return {**said, "content": str(error) or type(error).__name__, "is_error": True}
    return {**said, "content": content}
