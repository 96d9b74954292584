"""What is asked, in the words of Chat Completions."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.wires.base import Chat, Foreign, Format, Outgoing, Target, Thinking, Tool, ToolChoice
from gateway.wires.effort import effort_of
from gateway.wires.foreign import refuse_foreign

from .messages import messages_of
from .paths import path

OWN = ("openai", "")  # dialects whose `rest` this wire knows; "" is a chat made in Python
SAMPLING = ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty")
FORMAT_NAME = "response"  # a name is required, and other dialects have none


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    return Outgoing(path=path(target), body=orjson.dumps(body_of(chat, target)))


def body_of(chat: Chat, target: Target) -> dict[str, Any]:
    own = chat.dialect in OWN
    if not own:
        refuse_foreign(chat, "openai")
    rest = chat.rest if own else {}
    body: dict[str, Any] = {"model": target.model_id, "messages": messages_of(chat.messages, own)}
    for name in SAMPLING:
        value = getattr(chat, name)
        if value is not None:
            body[name] = value
    if chat.max_tokens is not None and "max_completion_tokens" not in rest:
        body["max_tokens" if chat.dialect == "openai" else target.limit_name] = chat.max_tokens
    if chat.stop:
        body["stop"] = chat.stop
    if chat.user and own:  # others' are longer than OpenAI takes, and not all compatible providers know the field
        body["user"] = chat.user
    body.update(tooling(chat, rest.get("tools") or {}, own))
    if chat.format:
        body["response_format"] = response_format(chat.format)
    if chat.thinking and "reasoning" not in rest:
        body.update(effort(chat.thinking, target))
    if chat.stream:
        body["stream"] = True
        if chat.stream_usage or target.asks_for_usage:
            body["stream_options"] = {**(rest.get("stream_options") or {}), "include_usage": True}
    body.update((name, value) for name, value in rest.items() if name not in ("tools", "stream_options"))
    return body


def tooling(chat: Chat, foreign: dict[int, Foreign], own: bool) -> dict[str, Any]:
    """Definitions, choice and parallelism. Tools of other kinds stand where they stood."""
    tools = [tool_of(tool, own) for tool in chat.tools]
    for index, tool in sorted(foreign.items()):
        tools.insert(index, dict(tool.block))
    said: dict[str, Any] = {"tools": tools} if tools else {}
    if chat.tool_choice:
        said["tool_choice"] = choice_of(chat.tool_choice)
    if chat.parallel_tools is not None and (tools or own):
        said["parallel_tool_calls"] = chat.parallel_tools
    return said


def tool_of(tool: Tool, own: bool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    cache = {"cache_control": tool.cache} if own and tool.cache else {}
    return {"type": "function", "function": function, **cache}


def choice_of(choice: ToolChoice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "named" else choice.mode


def response_format(wanted: Format) -> dict[str, Any]:
    if wanted.schema is None:
        return {"type": "json_object"}
    described: dict[str, Any] = {"name": wanted.name or FORMAT_NAME, "schema": wanted.schema}
    if wanted.description:
        described["description"] = wanted.description
    if wanted.strict is not None:
        described["strict"] = wanted.strict
    return {"type": "json_schema", "json_schema": described}


def effort(thinking: Thinking, target: Target) -> dict[str, Any]:
    """Nothing where the model decides for itself, or is not to do what it cannot do anyway."""
    if thinking.off and target.reasons is False:
        return {}
    said = thinking.effort or ("none" if thinking.off else effort_of(thinking.budget) if thinking.budget else "")
    return {"reasoning_effort": said} if said else {}
