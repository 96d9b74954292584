"""Requests as providers understand them, read back into the neutral form: the other half of `encode`, for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gateway.dialects import openai
from gateway.wires.base import (
    Chat,
    Format,
    Image,
    Message,
    Part,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from gateway.wires.cohere import PLAN

MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required", "REQUIRED": "required"}


def either(holder: dict[str, Any], name: str) -> Any:
    """Google takes its fields in both spellings."""
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    return holder.get(name, holder.get(snake))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def gemini(body: dict[str, Any]) -> Chat:
    config = body.get("generationConfig") or {}
    system = (either(body, "systemInstruction") or {}).get("parts") or []
    messages = [Message(role="system", parts=[Text(text=part["text"]) for part in system])] if system else []
    ids = Ids()
    for content in body["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        parts = [part for part in (gemini_part(part, ids) for part in content["parts"]) if part]
        messages.append(Message(role=role, parts=parts))
    functions = [each for tool in listed(body.get("tools")) for each in listed(either(tool, "functionDeclarations"))]
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    allowed = calling.get("allowedFunctionNames") or []
    choice = ToolChoice(mode="named", name=allowed[0]) if len(allowed) == 1 else None
    thinks = config.get("thinkingConfig")
    return Chat(
        model="m",
        messages=messages,
        tools=[
            Tool(
                name=each["name"],
                description=each.get("description") or "",
                parameters=either(each, "parametersJsonSchema") or each.get("parameters") or {},
            )
            for each in functions
        ],
        tool_choice=choice or (ToolChoice(mode=MODES[calling["mode"]]) if calling else None),  # type: ignore[arg-type]
        format=Format(schema=config.get("responseJsonSchema")) if config.get("responseMimeType") else None,
        thinking=gemini_thinking(thinks) if thinks else None,
        max_tokens=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        top_k=config.get("topK"),
        stop=config.get("stopSequences") or [],
        seed=config.get("seed"),
        frequency_penalty=config.get("frequencyPenalty"),
        presence_penalty=config.get("presencePenalty"),
    )


def gemini_thinking(config: dict[str, Any]) -> Thinking:
    budget = config.get("thinkingBudget")
    return Thinking(
        effort=config.get("thinkingLevel", ""),
        budget=budget if budget and budget > 0 else None,
        adaptive=budget == -1,
        off=budget == 0,
        show=config.get("includeThoughts"),
    )


class Ids:
    """Calls without ids and their results are paired by their order."""

    def __init__(self) -> None:
        self.calls = self.results = 0

    def of_call(self, given: str | None) -> str:
        self.calls += 1
        return given or f"call_made_{self.calls}"

    def of_result(self, given: str | None) -> str:
        self.results += 1
        return given or f"call_made_{self.results}"


def gemini_part(part: dict[str, Any], ids: Ids) -> Part | None:
    signature = part.get("thoughtSignature", "")
    signature = "" if signature == "skip_thought_signature_validator" else signature
    signed = {"signature": signature, "origin": "gemini"} if signature else {}
    if call := either(part, "functionCall"):
        arguments = orjson.dumps(call.get("args") or {}).decode()
        return ToolCall(id=ids.of_call(call.get("id")), name=call["name"], arguments=arguments, **signed)
    if told := either(part, "functionResponse"):
        response = told["response"]
        is_error = response.keys() == {"error"}
        output = response["error"] if is_error else response.get("output", response)
        text = output if isinstance(output, str) else orjson.dumps(output).decode()
        return ToolResult(
            call_id=ids.of_result(told.get("id")), name=told["name"], parts=[Text(text=text)], is_error=is_error
        )
    if inline := either(part, "inlineData"):
        return Image(media_type=inline["mimeType"], data=inline["data"])
    if part.get("thought"):
        return Reasoning(text=part["text"], signature=signature, origin="gemini")
    return Text(text=part["text"], **signed) if part["text"] or signed else None


def ollama(body: dict[str, Any]) -> Chat:
    options = body.get("options") or {}
    think = body.get("think")
    ids = Ids()
    return Chat(
        model="m",
        messages=[ollama_message(message, ids) for message in body["messages"]],
        tools=tools(body),
        format=(Format(schema=None if body["format"] == "json" else body["format"]) if body.get("format") else None),
        thinking=None
        if think is None
        else Thinking(effort=think if isinstance(think, str) else "", off=think is False, adaptive=think is True),
        max_tokens=options.get("num_predict"),
        stream=body.get("stream", True),
        **{name: options[name] for name in (*SAMPLING, "top_k", "top_p", "stop") if name in options},
    )


def ollama_message(message: dict[str, Any], ids: Ids) -> Message:
    text = [Text(text=message["content"])] if message.get("content") else []
    if message["role"] == "tool":
        call_id = ids.of_result(message.get("tool_call_id"))
        return Message(role="user", parts=[ToolResult(call_id=call_id, name=message["tool_name"], parts=[*text])])
    thought = [Reasoning(text=message["thinking"], origin="ollama")] if message.get("thinking") else []
    images = [Image(data=data) for data in message.get("images") or []]
    calls = [
        ToolCall(
            id=ids.of_call(call.get("id")),
            name=call["function"]["name"],
            arguments=orjson.dumps(call["function"]["arguments"]).decode(),
        )
        for call in message.get("tool_calls") or []
    ]
    return Message(role=message["role"], parts=[*thought, *text, *images, *calls])


def cohere(body: dict[str, Any]) -> Chat:
    mode = body.get("tool_choice")
    format, thinks = body.get("response_format"), body.get("thinking")
    return Chat(
        model="m",
        messages=[cohere_message(message) for message in body["messages"]],
        tools=tools(body),
        tool_choice=ToolChoice(mode=MODES[mode]) if mode else None,  # type: ignore[arg-type]
        format=Format(schema=format.get("json_schema")) if format else None,
        thinking=Thinking(
            off=thinks["type"] == "disabled",
            budget=thinks.get("token_budget"),
            adaptive=thinks["type"] == "enabled" and "token_budget" not in thinks,
        )
        if thinks
        else None,
        max_tokens=body.get("max_tokens"),
        top_p=body.get("p"),
        top_k=body.get("k"),
        stop=body.get("stop_sequences") or [],
        stream=body.get("stream", False),
        **{name: body[name] for name in SAMPLING if name in body},
    )


def cohere_message(message: dict[str, Any]) -> Message:
    content = message.get("content") or []
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts: list[Any] = [cohere_block(block) for block in blocks if block.get("text") != ""]
    if message["role"] == "tool":
        return Message(role="user", parts=[ToolResult(call_id=message["tool_call_id"], parts=parts)])
    if plan := message.get("tool_plan"):
        parts.append(Reasoning(text=plan, origin="cohere", form=PLAN))
    for call in message.get("tool_calls") or []:
        parts.append(ToolCall(id=call["id"], **call["function"]))
    return Message(role=message["role"], parts=parts)


def cohere_block(block: dict[str, Any]) -> Part:
    if block["type"] == "thinking":
        return Reasoning(text=block["thinking"], origin="cohere")
    if block["type"] == "image_url":
        head, _, data = block["image_url"]["url"].partition(",")
        return Image(media_type=head[5:].partition(";")[0], data=data)
    return Text(text=block["text"])


def tgi(body: dict[str, Any]) -> Chat:
    """As Chat Completions, but for its grammars, and for calls that stand apart from the text before them."""
    known = {
        name: value for name, value in body.items() if name not in ("options", "response_format", "return_full_text")
    }
    chat = openai.parse({"model": "m", **known})
    format = body.get("response_format")
    if format:
        chat.format = Format(schema=None if format["value"] == {"type": "object"} else format["value"])
    messages: list[Message] = []
    for message in chat.messages:
        if messages and message.role == "assistant" == messages[-1].role:
            messages[-1].parts += message.parts
        else:
            messages.append(message)
    chat.messages, chat.model, chat.dialect, chat.stream_usage = messages, "m", "", False
    return chat


SAMPLING = ("temperature", "seed", "frequency_penalty", "presence_penalty")
UNDERSTOOD: dict[str, Callable[[dict[str, Any]], Chat]] = {
    "cohere": cohere,
    "gemini": gemini,
    "ollama": ollama,
    "tgi": tgi,
}


def tools(body: dict[str, Any]) -> list[Tool]:
    return [
        Tool(
            name=tool["function"]["name"],
            description=tool["function"].get("description") or "",
            parameters=tool["function"]["parameters"],
        )
        for tool in body.get("tools") or []
    ]
