"""A body of Chat Completions, read into the neutral form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects.reading import flag, mapping, model_and_messages, number, some, strings, text, whole, wrong
from gateway.dialects.reading import items as items_of
from gateway.wires.base import Chat, Foreign, Format, Thinking, Tool, ToolChoice

from .conversation import messages_of

NEUTRAL = {
    "frequency_penalty",
    "max_tokens",
    "messages",
    "model",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user",
}
MODES = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def parse(body: Mapping[str, Any]) -> Chat:
    """Raises BadRequest, naming the field."""
    model, messages = model_and_messages(body)
    rest = {name: value for name, value in body.items() if name not in NEUTRAL and value is not None}
    limit = whole(body, "max_completion_tokens")
    chat = Chat(
        model=model,
        messages=messages_of(messages),
        parallel_tools=flag(body, "parallel_tool_calls"),
        thinking=thinking_of(body),
        max_tokens=limit if limit is not None else whole(body, "max_tokens"),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=whole(body, "top_k"),
        seed=whole(body, "seed"),
        # 0 is their default
        frequency_penalty=number(body, "frequency_penalty") or None,
        presence_penalty=number(body, "presence_penalty") or None,
        user=text(body.get("user") or "", "user"),
        stream=flag(body, "stream") or False,
        dialect="openai",
        rest=rest,
    )
    stop = body.get("stop")
    chat.stop = [stop] if isinstance(stop, str) else strings(stop or [], "stop")
    read_stream_options(chat, body.get("stream_options"))
    read_tools(chat, body)
    read_format(chat, body.get("response_format"))
    return chat


def read_stream_options(chat: Chat, options: Any) -> None:
    if options is None:
        return
    others = {name: value for name, value in mapping(options, "stream_options").items() if name != "include_usage"}
    chat.stream_usage = bool(options.get("include_usage"))
    if others:
        chat.rest["stream_options"] = others


def read_tools(chat: Chat, body: Mapping[str, Any]) -> None:
    """Functions; tools of other kinds stay as they are in `rest`."""
    foreign: dict[int, Foreign] = {}
    for index, tool in enumerate(items_of(body.get("tools") or [], "tools")):
        path = f"tools[{index}]"
        if mapping(tool, path).get("type", "function") == "function":
            chat.tools.append(tool_of(tool, path))
        else:
            foreign[index] = Foreign(param=f"{path}.type", block=tool)
    if foreign:
        chat.rest["tools"] = foreign
    choice = body.get("tool_choice")
    if isinstance(choice, str):
        if choice not in MODES:
            raise wrong("tool_choice", "must be auto, none, required or a function")
        chat.tool_choice = ToolChoice(mode=MODES[choice])  # type: ignore[arg-type]
    elif choice is not None and mapping(choice, "tool_choice").get("type") == "function":
        function = mapping(choice.get("function"), "tool_choice.function")
        chat.tool_choice = ToolChoice(mode="named", name=some(function.get("name"), "tool_choice.function.name"))
    elif choice is not None:
        chat.rest["tool_choice"] = choice


def tool_of(tool: Mapping[str, Any], path: str) -> Tool:
    function = mapping(tool.get("function"), f"{path}.function")
    return Tool(
        name=some(function.get("name"), f"{path}.function.name"),
        description=text(function.get("description") or "", f"{path}.function.description"),
        parameters=mapping(function.get("parameters") or {}, f"{path}.function.parameters"),
        strict=function.get("strict"),
        cache=tool.get("cache_control"),
    )


def read_format(chat: Chat, wanted: Any) -> None:
    if wanted is None:
        return
    kind = mapping(wanted, "response_format").get("type")
    if kind == "json_object":
        chat.format = Format()
    elif kind == "json_schema":
        described = mapping(wanted.get("json_schema"), "response_format.json_schema")
        chat.format = Format(
            schema=mapping(described.get("schema"), "response_format.json_schema.schema"),
            name=described.get("name") or "",
            strict=described.get("strict"),
            description=described.get("description") or "",
        )
    elif kind != "text":
        chat.rest["response_format"] = wanted


def thinking_of(body: Mapping[str, Any]) -> Thinking | None:
    """By OpenAI's effort, by the `reasoning` of OpenRouter, or by the `thinking` of DeepSeek and others."""
    effort = body.get("reasoning_effort")
    if effort is not None:
        return Thinking(effort=text(effort, "reasoning_effort"), off=effort == "none")
    reasoning = body.get("reasoning")
    if reasoning is not None:
        wanted = mapping(reasoning, "reasoning")
        said = text(wanted.get("effort") or "", "reasoning.effort")
        excluded = wanted.get("exclude")
        return Thinking(
            effort=said,
            budget=wanted.get("max_tokens"),
            off=said == "none" or wanted.get("enabled") is False,
            adaptive=wanted.get("enabled") is True,
            show=None if excluded is None else not excluded,
        )
    thinking = body.get("thinking")
    if thinking is not None:
        wanted = mapping(thinking, "thinking")
        off = wanted.get("type") == "disabled"
        return Thinking(off=off, budget=wanted.get("budget_tokens"), adaptive=not off)
    return None
