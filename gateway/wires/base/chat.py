"""A chat call and its whole answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .parts import Part, Reasoning, Refusal, Stop, Text, Tokens, ToolCall

Role = Literal["system", "user", "assistant"]


@dataclass(slots=True, kw_only=True)
class Message:
    role: Role  # results of tools stand in a user message
    parts: list[Part]
    name: str = ""
    rest: Mapping[str, Any] | None = None  # fields that only the caller's own dialect knows, as sent


@dataclass(slots=True, kw_only=True)
class Tool:
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)  # JSON Schema
    strict: bool | None = None
    cache: Mapping[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class ToolChoice:
    mode: Literal["auto", "none", "required", "named"]
    name: str = ""  # of "named"


@dataclass(slots=True, kw_only=True)
class Format:
    """Structured output: any JSON object, or one that follows a schema."""

    schema: Mapping[str, Any] | None = None
    name: str = ""
    strict: bool | None = None
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Thinking:
    """How much to reason: by effort, by a budget of tokens, off, or as the model likes (adaptive)."""

    effort: str = ""  # minimal, low, medium, high, xhigh, max; "none" is off
    budget: int | None = None  # tokens
    adaptive: bool = False
    off: bool = False
    show: bool | None = None  # whether to send it along


@dataclass(slots=True, kw_only=True)
class Chat:
    """One chat call in the neutral form. None and empty mean: not said, so the provider's own default holds."""

    model: str  # the name the caller sent; what goes upstream is Target.model_id
    messages: list[Message]
    tools: list[Tool] = field(default_factory=list)
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    format: Format | None = None
    thinking: Thinking | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] = field(default_factory=list)
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    user: str = ""
    stream: bool = False
    stream_usage: bool = False  # whether the caller asked for usage in the stream
    dialect: str = ""  # the caller's
    rest: dict[str, Any] = field(default_factory=dict)  # fields that only the caller's own dialect knows, as sent


@dataclass(slots=True, kw_only=True)
class Reply:
    """A whole answer in the neutral form."""

    id: str = ""
    model: str = ""  # as the provider names it
    created: int = 0  # seconds since 1970, 0: not said
    parts: list[Text | Reasoning | ToolCall | Refusal] = field(default_factory=list)
    stop: Stop = Stop.UNKNOWN
    stop_sequence: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    provider_cost: str = ""  # USD as the provider states it, a decimal number; empty: it does not
    citations: list[Any] = field(default_factory=list)  # as the provider gives them
