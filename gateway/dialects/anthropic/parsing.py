"""A body of the Messages API, read into the neutral form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects.reading import (
    flag,
    items,
    mapping,
    model_and_messages,
    number,
    some,
    strings,
    text,
    whole,
    wrong,
)
from gateway.wires.base import Chat, Foreign, Format, Message, Thinking, Tool, ToolChoice

from .conversation import message_of, system_of

NEUTRAL = {
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
}
MODES = {"auto": "auto", "any": "required", "none": "none", "tool": "named"}
# Of a tool: what the neutral form holds, and what changes nothing for others.
OF_A_TOOL = {"cache_control", "description", "eager_input_streaming", "input_schema", "name", "strict", "type"}
NOTHING: tuple[Any, ...] = (None, [], {}, False, ["direct"])


def parse(body: Mapping[str, Any]) -> Chat:
    """Raises BadRequest, naming the field."""
    model, entries = model_and_messages(body)
    if body.get("max_tokens") is None:
        raise wrong("max_tokens", "is required: send the most tokens that the answer may have")
    messages = [message_of(entry, f"messages[{index}]") for index, entry in enumerate(entries)]
    system = system_of(body.get("system"), "system")
    if system:
        messages.insert(0, Message(role="system", parts=system))
    chat = Chat(
        model=model,
        messages=messages,
        max_tokens=whole(body, "max_tokens"),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=whole(body, "top_k"),
        stop=strings(body.get("stop_sequences") or [], "stop_sequences"),
        stream=flag(body, "stream") or False,
        stream_usage=True,
        dialect="anthropic",
        rest={name: value for name, value in body.items() if name not in NEUTRAL and value is not None},
    )
    read_tools(chat, body)
    read_thinking(chat, body.get("thinking"))
    read_output(chat, body)
    read_metadata(chat, body.get("metadata"))
    return chat


def read_tools(chat: Chat, body: Mapping[str, Any]) -> None:
    """Tools of the caller; Anthropic's own, and those with more than others know, stay as they are in `rest`."""
    foreign: dict[int, Foreign] = {}
    for index, tool in enumerate(items(body.get("tools") or [], "tools")):
        path = f"tools[{index}]"
        more = [name for name, value in mapping(tool, path).items() if name not in OF_A_TOOL and value not in NOTHING]
        if tool.get("type", "custom") not in ("custom", None) or more:
            foreign[index] = Foreign(param=f"{path}.{more[0] if 'input_schema' in tool else 'type'}", block=tool)
            continue
        chat.tools.append(
            Tool(
                name=some(tool.get("name"), f"{path}.name"),
                description=text(tool.get("description") or "", f"{path}.description"),
                parameters=mapping(tool.get("input_schema"), f"{path}.input_schema"),
                strict=tool.get("strict"),
                cache=tool.get("cache_control"),
            )
        )
    if foreign:
        chat.rest["tools"] = foreign
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = mapping(choice, "tool_choice").get("type")
    if kind not in MODES:
        raise wrong("tool_choice.type", "must be auto, any, tool or none")
    name = some(choice.get("name"), "tool_choice.name") if kind == "tool" else ""
    chat.tool_choice = ToolChoice(mode=MODES[kind], name=name)  # type: ignore[arg-type]
    if "disable_parallel_tool_use" in choice:
        chat.parallel_tools = not choice["disable_parallel_tool_use"]


def read_thinking(chat: Chat, said: Any) -> None:
    if said is None:
        return
    kind, display = mapping(said, "thinking").get("type"), said.get("display")
    if kind not in ("enabled", "disabled", "adaptive"):
        chat.rest["thinking"] = said
        return
    budget = said.get("budget_tokens")
    if kind == "enabled" and not isinstance(budget, int):
        raise wrong("thinking.budget_tokens", "is required: send a whole number of tokens")
    chat.thinking = Thinking(
        budget=budget if kind == "enabled" else None,
        adaptive=kind == "adaptive",
        off=kind == "disabled",
        show=None if display is None else display == "summarized",
    )


def read_output(chat: Chat, body: Mapping[str, Any]) -> None:
    """Effort and form of the answer. `output_format` is what the form was called before."""
    output = dict(mapping(body.get("output_config") or {}, "output_config"))
    effort, wanted = output.pop("effort", None), output.pop("format", None) or body.get("output_format")
    if effort is not None:
        chat.thinking = chat.thinking or Thinking()
        chat.thinking.effort = text(effort, "output_config.effort")
    if wanted is not None:
        if mapping(wanted, "output_config.format").get("type") != "json_schema":
            raise wrong("output_config.format.type", "must be json_schema")
        chat.format = Format(schema=mapping(wanted.get("schema"), "output_config.format.schema"), strict=True)
    if output:
        chat.rest["output_config"] = output


def read_metadata(chat: Chat, said: Any) -> None:
    metadata = mapping(said or {}, "metadata")
    chat.user = text(metadata.get("user_id") or "", "metadata.user_id")
    if metadata.keys() - {"user_id"}:
        chat.rest["metadata"] = metadata
