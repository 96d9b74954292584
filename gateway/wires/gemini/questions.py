"""What Gemini and Vertex are asked."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from gateway.errors import Unsupported
from gateway.wires.base import Chat, Format, Outgoing, Target, Thinking, Tool, ToolChoice
from gateway.wires.effort import budget_of, effort_of
from gateway.wires.foreign import refuse_foreign

from .contents import contents, instructions

WIRE = "gemini"
GENERATION = re.compile(r"gemini-(?:[a-z-]+-)?(\d+)")
MOST_BUDGET = 24_576  # tokens; what every model of the second generation takes
LEVELS = {"minimal": "minimal", "low": "low", "medium": "medium"}  # all above is "high"
MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    refuse_foreign(chat, WIRE)
    if chat.parallel_tools is False and chat.tools:
        raise Unsupported("parallel_tool_calls", WIRE)
    third = is_third(target.model_id)
    body: dict[str, Any] = {"contents": contents(chat, third=third)}
    if system := instructions(chat):
        body["systemInstruction"] = {"parts": system}
    if chat.tools:
        body["tools"] = [{"functionDeclarations": [declaration(tool) for tool in chat.tools]}]
        if chat.tool_choice:
            body["toolConfig"] = {"functionCallingConfig": calling(chat.tool_choice)}
    if config := generation(chat, target, third):
        body["generationConfig"] = config
    return Outgoing(path=path(target, chat.stream), body=orjson.dumps(body))


def path(target: Target, stream: bool) -> str:
    return f"{place(target)}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"


def place(target: Target) -> str:
    """Vertex keeps models under their publisher, which the base URL may name already."""
    publisher = "/publishers/google" if is_vertex(target) and "/publishers/" not in target.base_url else ""
    return f"{publisher}/models/{quote(target.model_id.removeprefix('models/'), safe='')}"


def is_vertex(target: Target) -> bool:
    return (urlsplit(target.base_url).hostname or "").endswith("aiplatform.googleapis.com")


def is_third(model_id: str) -> bool:
    """Whether a model is of the third generation or a later one; names without a number are of the latest."""
    found = GENERATION.search(model_id)
    return found is None or int(found[1]) >= 3


def declaration(tool: Tool) -> dict[str, Any]:
    declared: dict[str, Any] = {"name": tool.name, "description": tool.description}
    if tool.parameters:
        declared["parametersJsonSchema"] = tool.parameters
    return declared


def calling(choice: ToolChoice) -> dict[str, Any]:
    config: dict[str, Any] = {"mode": MODES[choice.mode]}
    if choice.mode == "named":
        config["allowedFunctionNames"] = [choice.name]
    return config


def generation(chat: Chat, target: Target, third: bool) -> dict[str, Any]:
    """Only what was said; a penalty of 0 is none."""
    config = {
        "temperature": chat.temperature,
        "topP": chat.top_p,
        "topK": chat.top_k,
        "maxOutputTokens": chat.max_tokens,
        "stopSequences": chat.stop or None,
        "seed": chat.seed,
        "frequencyPenalty": chat.frequency_penalty or None,
        "presencePenalty": chat.presence_penalty or None,
        "thinkingConfig": thinking(chat.thinking, target, third) if chat.thinking else None,
    }
    stated = {name: value for name, value in config.items() if value is not None}
    return stated | structure(chat.format) if chat.format else stated


def thinking(asked: Thinking, target: Target, third: bool) -> dict[str, Any] | None:
    """A level from the third generation on, which cannot be off but minimal; before it a budget in tokens."""
    if asked.off and target.reasons is False:
        return None
    config: dict[str, Any] = {} if asked.off else {"includeThoughts": asked.show is not False}
    if third:
        effort = "minimal" if asked.off else asked.effort or (effort_of(asked.budget) if asked.budget else "")
        if effort:
            config["thinkingLevel"] = LEVELS.get(effort, "high")
    elif asked.off:
        config["thinkingBudget"] = 0
    elif asked.budget or asked.effort:
        config["thinkingBudget"] = min(asked.budget or budget_of(asked.effort), MOST_BUDGET)
    elif asked.adaptive:
        config["thinkingBudget"] = -1
    return config


def structure(asked: Format) -> dict[str, Any]:
    config: dict[str, Any] = {"responseMimeType": "application/json"}
    if asked.schema is not None:
        config["responseJsonSchema"] = asked.schema
    return config
