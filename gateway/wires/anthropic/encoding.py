"""What is asked, in the words of the Messages API."""

from __future__ import annotations

import re
from typing import Any

import orjson

from gateway.errors import Unsupported
from gateway.wires.base import Chat, Foreign, Outgoing, Target, Tool
from gateway.wires.foreign import refuse_foreign

from .messages import conversation_of
from .thinking import thinking_of
from .versions import STRICT_TOOLS, version

OWN = ("anthropic", "")  # dialects whose `rest` this wire knows; "" is a chat made in Python
HEADERS = {"anthropic-version": "2023-06-01"}
VERSIONED = re.compile(r"/v\d+\w*/?$")
LONGEST_USER = 256  # characters
MOST_TOKENS = 8_192  # of an answer where neither the caller nor the catalog says; the field is required
UNKNOWN_HERE = ("seed", "frequency_penalty", "presence_penalty")
SAMPLING = ("temperature", "top_p", "top_k")
# Both dialects' defaults. Not saying them matters: many models take only one of the two, the newest neither.
USUAL = {"temperature": 1, "top_p": 1}
CHOICES = {"auto": "auto", "none": "none", "required": "any", "named": "tool"}


def path(target: Target) -> str:
    """Those who are compatible give their address without the version."""
    return "/messages" if VERSIONED.search(target.base_url) else "/v1/messages"


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    own = chat.dialect in OWN
    refuse(chat, own)
    rest = chat.rest if own else {}
    max_tokens = chat.max_tokens if chat.max_tokens is not None else target.max_output_tokens or MOST_TOKENS
    thinking, effort, max_tokens = thinking_of(chat, target, max_tokens)
    system, messages = conversation_of(chat.messages, own, version(target.model_id))
    body: dict[str, Any] = {"model": target.model_id, "max_tokens": max_tokens, "messages": messages}
    if system:
        body["system"] = system
    for name in SAMPLING:
        value = getattr(chat, name)
        if value is not None and (own or value != USUAL.get(name)):
            body[name] = value
    if chat.stop:
        body["stop_sequences"] = chat.stop
    if thinking:
        body["thinking"] = thinking
    body.update(tooling(chat, rest.get("tools") or {}, version(target.model_id) >= STRICT_TOOLS or own))
    output: dict[str, Any] = {**rest.get("output_config", {}), **({"effort": effort} if effort else {})}
    if chat.format and chat.format.schema is not None:
        output["format"] = {"type": "json_schema", "schema": chat.format.schema}
    if output:
        body["output_config"] = output
    if chat.user and len(chat.user) <= LONGEST_USER:
        body["metadata"] = {"user_id": chat.user}
    if chat.stream:
        body["stream"] = True
    body.update((name, value) for name, value in rest.items() if name not in ("tools", "output_config"))
    return Outgoing(path=path(target), body=orjson.dumps(body), headers=HEADERS)


def refuse(chat: Chat, own: bool) -> None:
    """Raise Unsupported for what cannot be said."""
    if not own:
        refuse_foreign(chat, "anthropic")
    for name in UNKNOWN_HERE:
        if getattr(chat, name) is not None:
            raise Unsupported(name, "anthropic")
    if chat.temperature is not None and chat.temperature > 1 and not own:
        raise Unsupported("temperature", "anthropic", "it goes from 0 to 1 there")
    if chat.format and chat.format.schema is None:
        raise Unsupported("response_format", "anthropic", "send a schema with type json_schema")


def tooling(chat: Chat, foreign: dict[int, Foreign], strict: bool) -> dict[str, Any]:
    """Definitions and choice. Tools of Anthropic's own kinds stand where they stood."""
    tools = [tool_of(tool, strict) for tool in chat.tools]
    for index, tool in sorted(foreign.items()):
        tools.insert(index, dict(tool.block))
    said: dict[str, Any] = {"tools": tools} if tools else {}
    choice = chat.tool_choice
    if choice:
        said["tool_choice"] = {"type": CHOICES[choice.mode], **({"name": choice.name} if choice.name else {})}
    if chat.parallel_tools is not None and (choice.mode != "none" if choice else tools):
        said.setdefault("tool_choice", {"type": "auto"})["disable_parallel_tool_use"] = not chat.parallel_tools
    return said


def tool_of(tool: Tool, strict: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"name": tool.name, "input_schema": tool.parameters}
    if "type" not in tool.parameters:
        said["input_schema"] = {"type": "object", "properties": {}, **tool.parameters}
    if tool.description:
        said["description"] = tool.description
    if strict and tool.strict is not None:
        said["strict"] = tool.strict
    if tool.cache:
        said["cache_control"] = tool.cache
    return said
