"""One thing to ask for each: who can be asked for it, and who refuses it by name. docs/wires.md is written from it:

python -m tests.gateway.wires.probes
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.dialects import anthropic, openai
from gateway.errors import Unsupported
from gateway.wires import WIRES
from gateway.wires.base import Outgoing, Target
from gateway.wires.effort import BUDGETS
from gateway.wires.foreign import HINTS, MESSAGE_HINTS, NOTHING

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "wires.md"
DIALECTS = {"openai": openai, "anthropic": anthropic}
TITLES = {"openai": "Chat Completions", "anthropic": "Messages"}
MODELS = {"anthropic": "claude-sonnet-5", "gemini": "gemini-3-flash"}  # of today, by wire

PIXEL = "iVBORw0KGgo="
PDF, TEXT = "application/pdf", "text/plain"
SCHEMA = {"type": "object", "properties": {"mark": {"type": "string"}}, "required": ["mark"]}
FUNCTION = {"type": "function", "function": {"name": "mark", "parameters": SCHEMA}}
TOOL = {"name": "mark", "input_schema": SCHEMA}
FORMAT = {"type": "json_schema", "json_schema": {"name": "mark", "schema": SCHEMA}}
CUSTOM = {"id": "a", "type": "custom", "custom": {"name": "mark", "input": ""}}
CALL = {"id": "a", "type": "function", "function": {"name": "mark", "arguments": "{}"}}
FAILED = (
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "a", "content": "mark", "is_error": True},
)
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}


@dataclass(frozen=True)
class Probe:
    """What is asked for, in the words of the document; the fields that ask for it; what must be seen of it upstream."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""
    content: Any = "Hi"  # of the message of the user
    messages: tuple[Any, ...] = ()  # after it


def part(name: str, mark: str, kind: str, said: Any) -> Probe:
    """A part of a message of Chat Completions."""
    return Probe(name, mark=mark, content=[{"type": "text", "text": "Hi"}, {"type": kind, kind: said}])


def tool(name: str, mark: str = "", **fields: Any) -> Probe:
    """A function may be called."""
    return Probe(name, {"tools": [FUNCTION], **fields}, mark)


def block(name: str, mark: str, kind: str, **fields: Any) -> Probe:
    """A block of a message of Messages."""
    return Probe(name, mark=mark, content=[{"type": "text", "text": "Hi"}, {"type": kind, **fields}])


def source(name: str, mark: str, kind: str, of: str, **fields: Any) -> Probe:
    """An image or document."""
    return block(name, mark, kind, source={"type": of, **fields})


def own_tool(asked: str, **choice: Any) -> Probe:
    return Probe(asked, {"tools": [TOOL], "tool_choice": choice})


def result(name: str, mark: str, **fields: Any) -> Probe:
    call = {"type": "tool_use", "id": "call_1", "name": "mark", "input": {}}
    answer = {"type": "tool_result", "tool_use_id": "call_1", "content": "mark", **fields}
    turns = ({"role": "assistant", "content": [call]}, {"role": "user", "content": [answer]})
    return Probe(name, mark=mark, messages=turns)


PROBES: dict[str, tuple[Probe, ...]] = {
    "openai": (
        Probe("`temperature` above 1", {"temperature": 1.42}, "1.42"),
        Probe("`top_p`", {"top_p": 0.42}, "0.42"),
        Probe("`top_k`", {"top_k": 4242}, "4242"),
        Probe("`seed`", {"seed": 4242}, "4242"),
        Probe("`frequency_penalty` other than 0", {"frequency_penalty": 0.42}, "0.42"),
        Probe("`presence_penalty` other than 0", {"presence_penalty": 0.42}, "0.42"),
        Probe("`max_tokens`", {"max_tokens": 4242}, "4242"),
        Probe("`max_completion_tokens`", {"max_completion_tokens": 4242}, "4242"),
        Probe("`stop`", {"stop": ["mark"]}, "mark"),
        Probe("`n` above 1", {"n": 2}),
        Probe("`logprobs` true", {"logprobs": True}),
        Probe("`top_logprobs`", {"top_logprobs": 2}),
        Probe("`logit_bias`", {"logit_bias": {"1": 2}}),
        Probe("`reasoning_effort`", {"reasoning_effort": "high"}),
        Probe("`verbosity` low or high", {"verbosity": "low"}),
        Probe("`response_format` json_object", {"response_format": {"type": "json_object"}}, "json"),
        Probe("`response_format` json_schema", {"response_format": FORMAT}, "mark"),
        tool("`tools` of type function", "mark"),
        Probe("`tools` of type custom", {"tools": [{"type": "custom", "custom": {"name": "mark"}}]}),
        tool("`tool_choice` required", tool_choice="required"),
        tool("`tool_choice` of a function", tool_choice=FUNCTION),
        tool("`tool_choice` allowed_tools", tool_choice={"type": "allowed_tools", "allowed_tools": {}}),
        tool("`parallel_tool_calls` false", parallel_tool_calls=False),
        Probe("`functions`", {"functions": [{"name": "mark"}]}),
        Probe("`audio` and its modality", {"modalities": ["text", "audio"]}),
        Probe("`prediction`", {"prediction": {"type": "content", "content": "Hi"}}),
        Probe("`web_search_options`", {"web_search_options": {"search_context_size": "low"}}),
        Probe("`store` true", {"store": True}),
        Probe("`service_tier` other than auto and default", {"service_tier": "flex"}),
        Probe("fields that are not OpenAI's", {"unheard_of": 1}),
        part("an image as base64", PIXEL, "image_url", {"url": f"data:image/png;base64,{PIXEL}"}),
        part("an image by URL", "mark", "image_url", {"url": "https://mark.example/a.png"}),
        part("sound", "bWFyaw==", "input_audio", {"data": "bWFyaw==", "format": "wav"}),
        part("a PDF as base64", "bWFyaw==", "file", {"file_data": f"data:{PDF};base64,bWFyaw==", "filename": "a.pdf"}),
        part("a file by URL", "mark", "file", {"file_data": "https://mark.example/a.pdf"}),
        part("a file by its id", "mark", "file", {"file_id": "file-mark"}),
        part("parts of other types, such as `video_url`", "", "video_url", {"url": "https://a.example"}),
        Probe("`audio` of an earlier answer", messages=({"role": "assistant", "audio": {"id": "a"}},)),
        Probe("`is_error` of a tool's result", mark="rror", messages=FAILED),
        Probe("calls of type custom", messages=({"role": "assistant", "tool_calls": [CUSTOM]},)),
        Probe("a system message in between", mark="mark", messages=({"role": "system", "content": "mark"},)),
    ),
    "anthropic": (
        Probe("`temperature`", {"temperature": 0.42}, "0.42"),
        Probe("`top_p`", {"top_p": 0.42}, "0.42"),
        Probe("`top_k`", {"top_k": 4242}, "4242"),
        Probe("`max_tokens`", {"max_tokens": 4242}, "4242"),
        Probe("`stop_sequences`", {"stop_sequences": ["mark"]}, "mark"),
        Probe("`thinking` enabled", {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}),
        Probe("`thinking` adaptive", {"thinking": {"type": "adaptive"}}),
        Probe("`thinking` disabled", {"thinking": {"type": "disabled"}}),
        Probe("`thinking` of other types", {"thinking": {"type": "between_tools"}}),
        Probe("`output_config.effort`", {"output_config": {"effort": "high"}}),
        Probe(
            "`output_config.format`", {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}, "mark"
        ),
        Probe("`output_config`: other fields", {"output_config": {"task_budget": {"type": "tokens", "total": 1}}}),
        Probe("`tools` of one's own", {"tools": [TOOL]}, "mark"),
        Probe("`tools` that Anthropic runs", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        Probe("`tools`: `input_examples` and others", {"tools": [{**TOOL, "input_examples": [{"mark": "a"}]}]}),
        own_tool("`tool_choice` any", type="any"),
        own_tool("`tool_choice` tool", type="tool", name="mark"),
        own_tool("`disable_parallel_tool_use` true", type="auto", disable_parallel_tool_use=True),
        Probe("`mcp_servers`", {"mcp_servers": [{"type": "url", "name": "a", "url": "https://a.example"}]}),
        Probe("`container`", {"container": "a"}),
        Probe("`inference_geo`", {"inference_geo": "eu"}),
        Probe("`speed` fast", {"speed": "fast"}),
        Probe("fields that are not Anthropic's", {"unheard_of": 1}),
        source("an image as base64", PIXEL, "image", "base64", media_type="image/png", data=PIXEL),
        source("an image by URL", "mark", "image", "url", url="https://mark.example/a.png"),
        source("an image by its id", "", "image", "file", file_id="a"),
        source("a PDF as base64", "bWFyaw==", "document", "base64", media_type=PDF, data="bWFyaw=="),
        source("a document by URL", "mark", "document", "url", url="https://mark.example/a.pdf"),
        source("a document of text", "", "document", "text", media_type=TEXT, data="mark"),
        source("a document of blocks", "", "document", "content", content=[{"type": "text", "text": "mark"}]),
        source("a document by its id", "", "document", "file", file_id="file_mark"),
        block("`citations` of a document", "", "document", source=IMAGE["source"], citations={"enabled": True}),
        block("other blocks, such as `search_result`", "", "search_result", source="a", title="a", content=[]),
        result("a tool's result", "mark"),
        result("an image in a tool's result", PIXEL, content=[IMAGE]),
        result("`is_error` of a tool's result", "rror", is_error=True),
        Probe("a system message in between", mark="mark", messages=({"role": "system", "content": "mark"},)),
    ),
}


def foreign(dialect: str) -> list[str]:
    """The wires of others."""
    return [name for name, wire in WIRES.items() if wire.dialect != dialect]


def encoded(dialect: str, wire: str, probe: Probe) -> Outgoing:
    """Raises Unsupported."""
    messages = [{"role": "user", "content": probe.content}, *probe.messages]
    body = {"model": "any", "messages": messages, **({"max_tokens": 100} if dialect == "anthropic" else {})}
    target = Target(provider="any", model_id=MODELS.get(wire, "any"), base_url="https://provider.example/v1")
    return WIRES[wire].encode(DIALECTS[dialect].parse({**body, **probe.fields}), target)


def refused_by(dialect: str, probe: Probe) -> list[str]:
    def refuses(wire: str) -> bool:
        try:
            encoded(dialect, wire, probe)
        except Unsupported:
            return True
        return False

    return [wire for wire in foreign(dialect) if refuses(wire)]


def shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def tables() -> Iterator[str]:
    for dialect, title in TITLES.items():
        wires = foreign(dialect)
        yield f"### Callers of {title}\n"
        yield f"| asked for | {' | '.join(wires)} |"
        yield "|---" * (len(wires) + 1) + "|"
        by_all = []
        for probe in PROBES[dialect]:
            refusing = refused_by(dialect, probe)
            if refusing == wires:
                by_all.append(probe.name)
            elif refusing:
                yield f"| {probe.name} | {' | '.join('refused' if wire in refusing else 'yes' for wire in wires)} |"
        yield f"\nRefused by all of them: {'; '.join(by_all)}.\n"
    yield "### What changes no answer\n"
    yield "| dialect | left out | left out where it asks for what happens anyway |"
    yield "|---|---|---|"
    for dialect, title in TITLES.items():
        hints = ", ".join(f"`{name}`" for name in sorted(HINTS[dialect]))
        nothing = ", ".join(
            f"`{name}` {' or '.join(map(shown, values))}"
            for name, values in NOTHING[dialect].items()
            if name != "tools"
        )
        yield f"| {title} | {hints} | {nothing} |"
    yield f"\nIn messages: {', '.join(f'`{name}`' for name in sorted(MESSAGE_HINTS))}.\n"
    yield "### Efforts as budgets\n"
    yield f"| {' | '.join(BUDGETS)} |"
    yield "|---" * len(BUDGETS) + "|"
    yield f"| {' | '.join(f'{budget:,}' for budget in BUDGETS.values())} |"


BEGIN, END = "<!-- written by tests.gateway.wires.probes -->\n", "<!-- end -->\n"


def rewritten(document: str) -> str:
    before, _, rest = document.partition(BEGIN)
    return before + BEGIN + "\n".join(tables()) + "\n\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text("utf-8")), "utf-8")
