"""What the fake upstream says, in no protocol's words. A function of the question, so that tests can foretell it.

The rules: it answers "You said: …"; a tool whose name stands in the prompt, or that it must call, is called with
arguments made from its schema; results of tools end in "The tools answered: …"; a wanted format is filled in. It thinks
("They said: …") when asked to. A token is a word between spaces; an image counts 100.

Orders stand in brackets in the prompt (or in Upstream's script) and are not echoed:
[fail 429 2] that status, with Retry-After · [html] a web page with 200 · [wait 0.5] seconds before anything · [hang]
[cut 3] [end 3] [stall 3] [error 3] after three events of a stream: break off inside the next, end cleanly, say nothing
more, send an error event · [slow 0.05] seconds before each event · [words 300] that many words · [filter] hold it back
[cached 5] [written 5] so many input tokens came from, or went to, the cache
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

IMAGE_TOKENS = 100
NAMES = "fail|html|wait|hang|cut|end|stall|error|slow|words|filter|cached|written"
ORDER = re.compile(rf"\s*\[({NAMES})((?: [\w.]+)*)\]")
Orders = dict[str, list[float]]


class Refused(Exception):
    """A request that the real one would not take either."""

    def __init__(self, message: str, status: int = 400, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param


@dataclass(frozen=True, kw_only=True)
class Tool:
    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One chat call as its protocol states it."""

    model: str
    prompt: str  # the text of the last user message
    texts: Sequence[str]  # every text that counts as input, the prompt and the results too
    images: int = 0
    tools: Sequence[Tool] = ()
    must_call: str | bool = False  # a tool by name, or any
    may_call: bool = True
    one_call: bool = False
    results: Sequence[str] = ()  # of tools, if the conversation ends with them
    thinks: bool = False
    json: bool = False  # wants JSON
    schema: Mapping[str, Any] | None = None  # that follows this
    stop: Sequence[str] = ()
    max_tokens: int | None = None
    stream: bool = False
    counts_stream: bool = True  # wants usage in it


@dataclass(frozen=True, kw_only=True)
class Call:
    id: str
    name: str
    arguments: dict[str, Any]

    @property
    def text(self) -> str:
        return orjson.dumps(self.arguments).decode()


@dataclass(frozen=True, kw_only=True)
class Answer:
    text: str = ""
    reasoning: str = ""
    calls: Sequence[Call] = ()
    stop: Literal["end", "length", "tools", "sequence", "filter"] = "end"
    stop_sequence: str = ""
    input: int = 0  # tokens, those of the cache among them
    cached: int = 0
    written: int = 0

    @property
    def thoughts(self) -> int:
        return count(self.reasoning)

    @property
    def spoken(self) -> int:
        return count(self.text) + sum(1 + count(call.text) for call in self.calls)

    @property
    def output(self) -> int:
        return self.spoken + self.thoughts


def fields(text: str) -> frozenset[str]:
    """The names a request may hold."""
    return frozenset(text.split())


def count(text: str) -> int:
    return len(text.split())


def orders_in(text: str) -> Orders:
    return {name: [float(number) for number in numbers.split()] for name, numbers in ORDER.findall(text)}


def without_orders(text: str) -> str:
    return ORDER.sub("", text).strip()


def answer(asked: Asked, orders: Orders) -> Answer:
    prompt = without_orders(asked.prompt)
    reasoning = f"They said: {prompt}" if asked.thinks else ""
    text, calls = "", calls_for(asked, prompt)
    if not calls:
        text = "" if "filter" in orders else text_for(asked, prompt, orders)
    stop: Literal["end", "length", "tools", "sequence", "filter"] = "tools" if calls else "end"
    stop_sequence = next((sequence for sequence in asked.stop if sequence in text), "")
    if stop_sequence:
        text, stop = text[: text.index(stop_sequence)], "sequence"
    if asked.max_tokens is not None and count(text) > (room := max(asked.max_tokens - count(reasoning), 0)):
        text, stop, stop_sequence = "".join(words(text)[:room]).rstrip(), "length", ""
    return Answer(
        text=text,
        reasoning=reasoning,
        calls=calls,
        stop="filter" if "filter" in orders else stop,
        stop_sequence=stop_sequence,
        input=sum(count(text) for text in asked.texts) + IMAGE_TOKENS * asked.images,
        cached=int(orders.get("cached", [0])[0]),
        written=int(orders.get("written", [0])[0]),
    )


def text_for(asked: Asked, prompt: str, orders: Orders) -> str:
    if asked.schema is not None:
        return orjson.dumps(sample(asked.schema, prompt)).decode()
    if asked.json:
        return orjson.dumps({"said": prompt}).decode()
    if "words" in orders:
        return " ".join(f"word{number}" for number in range(1, int(orders["words"][0]) + 1))
    if asked.results:
        return f"The tools answered: {'; '.join(asked.results)}"
    shown = f" (with {asked.images} image{'s' if asked.images > 1 else ''})" if asked.images else ""
    return f"You said: {prompt}{shown}"


def calls_for(asked: Asked, prompt: str) -> list[Call]:
    """None once there are results: two turns end every exchange."""
    if not asked.may_call or asked.results:
        return []
    named = [tool for tool in asked.tools if tool.name == asked.must_call] or [
        tool for tool in asked.tools if tool.name in prompt
    ]
    chosen = named or list(asked.tools[:1] if asked.must_call else [])
    return [
        Call(id=f"call_{number}_{tool.name}", name=tool.name, arguments=sample(tool.schema or {}, prompt))
        for number, tool in enumerate(chosen[: 1 if asked.one_call else None])
    ]


def sample(schema: Mapping[str, Any], prompt: str) -> Any:
    """A value that follows a JSON Schema; its strings are the last word of the prompt."""
    if choices := schema.get("enum"):
        return choices[0]
    match schema.get("type", "object"):
        case "string" | "STRING":
            return prompt.split()[-1].rstrip(".?!,") if prompt else ""
        case "integer" | "number" | "INTEGER" | "NUMBER":
            return 1
        case "boolean" | "BOOLEAN":
            return True
        case "array" | "ARRAY":
            return [sample(schema.get("items", {}), prompt)]
        case _:
            return {name: sample(part, prompt) for name, part in schema.get("properties", {}).items()}


def words(text: str) -> list[str]:
    """A text in the pieces a stream sends; joined they are the text."""
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)


def halves(text: str) -> list[str]:
    """A text in two fragments, none empty."""
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]
