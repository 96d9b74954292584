"""Thoughts and signatures come back to the wire they came over, in either dialect, and to no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects import anthropic, openai
from gateway.wires.base import Chat, Delta, Part, Reasoning, Reply, Stop, Text, ToolCall, replayed

WORDS = st.text(min_size=1, max_size=9)
SIGNS = WORDS.filter(lambda sign: not sign.startswith("@"))  # ours begins so, no provider's does
ORIGINS = st.sampled_from(["openai", "anthropic", "gemini", "ollama", "cohere"])
DETAILS = {"field": "reasoning_details", "type": "reasoning.text", "format": "x-v1", "index": 0}
NAMES = {"model": "m", "call_id": "c", "created": 1}


def by_openai(deltas: list[Delta]) -> dict[str, Any]:
    """The message a client puts together of a stream, as the `openai` package does."""
    renderer = openai.Renderer(Chat(model="m", messages=[]), "m", "c", 1)
    stream = renderer.begin() + b"".join(map(renderer.feed, deltas)) + renderer.end()
    message: dict[str, Any] = {}
    for line in stream.split(b"\n"):
        if line.startswith(b"data: {"):
            for choice in orjson.loads(line[6:])["choices"]:
                add(message, choice["delta"])
    return message


def add(sofar: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if isinstance(value, list):
            entries = sofar.setdefault(name, [])
            for entry in value:
                if entry["index"] == len(entries):
                    entries.append({})
                add(entries[entry["index"]], entry)
        elif isinstance(value, dict):
            add(sofar.setdefault(name, {}), value)
        elif isinstance(value, str) and name not in ("type", "role"):
            sofar[name] = (sofar.get(name) or "") + value
        else:
            sofar[name] = value


def by_anthropic(deltas: list[Delta]) -> list[dict[str, Any]]:
    """The blocks a client puts together of a stream."""
    renderer = anthropic.Renderer(Chat(model="m", messages=[]), "m", "c", 1)
    stream = renderer.begin() + b"".join(map(renderer.feed, deltas)) + renderer.end()
    blocks: list[dict[str, Any]] = []
    open_block = None
    for line in stream.split(b"\n"):
        event = orjson.loads(line[6:]) if line.startswith(b"data: ") else {}
        match event.get("type"):
            case "content_block_start":
                assert open_block is None and event["index"] == len(blocks)
                open_block = event["index"]
                blocks.append(event["content_block"])
            case "content_block_delta":
                assert event["index"] == open_block
                grow(blocks[-1], event["delta"])
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
    for block in blocks:
        if block["type"] == "tool_use":
            block["input"] = orjson.loads(block.pop("json", "{}"))
    return blocks


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["json"] = block.get("json", "") + delta["partial_json"]


def sent_back(dialect: Any, content: Any) -> list[Part]:
    """What is read of an answer that a client sends back as it was."""
    message = content if isinstance(content, dict) else {"content": content}
    body = {"model": "m", "max_tokens": 1, "messages": [{**message, "role": "assistant"}]}
    return dialect.parse(body).messages[0].parts


@st.composite
def replies(draw: st.DrawFn) -> list[Any]:
    """Thoughts, a text, calls: in the order they are kept in both dialects."""
    origin = draw(ORIGINS)
    signed = {"signature": draw(SIGNS), "origin": origin}
    form = DETAILS if origin == "openai" else None
    thoughts = [
        Reasoning(text=draw(WORDS), signature=draw(SIGNS), origin=origin, form=form),
        Reasoning(sealed=draw(SIGNS), origin=origin, form={**form, "type": "reasoning.encrypted"} if form else None),
        Reasoning(text=draw(WORDS), origin="gemini"),
    ]
    parts: list[Any] = [part for part in thoughts if draw(st.booleans())]
    if draw(st.booleans()):
        parts.append(Text(text=draw(WORDS), **(signed if draw(st.booleans()) else {})))
    for index in range(draw(st.integers(0, 2))):
        signature = signed if draw(st.booleans()) else {}
        parts.append(ToolCall(id=f"call_{index}", name="f", arguments='{"x":1}', **signature))
    return parts


@given(parts=replies())
def test_an_answer_comes_back_as_it_was(parts: list[Any]) -> None:
    reply = Reply(parts=parts, stop=Stop.END)
    whole = orjson.loads(openai.render(reply, **NAMES))["choices"][0]["message"]
    blocks = orjson.loads(anthropic.render(reply, **NAMES))["content"]

    assert indexed(sent_back(openai, whole)) == indexed(parts)
    assert sent_back(anthropic, blocks) == parts


@given(parts=replies())
def test_a_stream_comes_back_as_it_was(parts: list[Any]) -> None:
    deltas = list(replayed(Reply(parts=parts, stop=Stop.END)))

    assert indexed(sent_back(openai, by_openai(deltas))) == indexed(parts)
    assert sent_back(anthropic, by_anthropic(deltas)) == parts


def indexed(parts: list[Any]) -> list[Any]:
    """Clients need details numbered as they stand, so their own numbers are not kept there."""

    def without(part: Any) -> Any:
        if not isinstance(part, Reasoning) or not part.form:
            return part
        return replace(part, form={name: value for name, value in part.form.items() if name != "index"})

    return [without(part) for part in parts]


def test_thoughts_in_a_field_of_their_own_come_back_there() -> None:
    """DeepSeek wants its reasoning_content back, and knows no details."""
    parts = [Reasoning(text="We", origin="openai"), Text(text="4")]
    deltas = list(replayed(Reply(parts=parts)))

    message = by_openai(deltas)

    assert "reasoning_details" not in message
    assert sent_back(openai, message) == sent_back(anthropic, by_anthropic(deltas)) == parts


def test_what_anthropic_signed_looks_as_it_gave_it() -> None:
    thought = Reasoning(text="We", signature="EqkB", origin="anthropic")

    (block,) = orjson.loads(anthropic.render(Reply(parts=[thought]), **NAMES))["content"]

    assert block == {"type": "thinking", "thinking": "We", "signature": "EqkB"}


def test_what_others_signed_names_them() -> None:
    thought = Reasoning(text="We", signature="sig", origin="gemini")
    call = ToolCall(id="a", name="f", arguments="{}", signature="sig", origin="gemini")

    blocks = orjson.loads(anthropic.render(Reply(parts=[thought, call]), **NAMES))["content"]
    message = orjson.loads(openai.render(Reply(parts=[thought, call]), **NAMES))["choices"][0]["message"]

    assert [block["type"] for block in blocks] == ["thinking", "thinking", "tool_use"]
    assert all(block["signature"].startswith("@gemini:") for block in blocks[:2])
    assert message["reasoning_content"] == "We"
    assert message["reasoning_details"] == [
        {"type": "reasoning.text", "text": "We", "signature": "sig", "format": "registry:gemini", "index": 0}
    ]
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "sig"}, "origin": "gemini"}


@pytest.mark.parametrize("signature", ["@", "@gemini", "@gemini:", "@gemini:{", "@gemini:[]", "@:{}", "@gemini:7"])
def test_a_signature_that_was_changed_goes_nowhere(signature: str) -> None:
    (part,) = sent_back(anthropic, [{"type": "thinking", "thinking": "We", "signature": signature}])

    assert isinstance(part, Reasoning) and not part.signature
    assert part.origin != "anthropic"


def test_signatures_without_a_mark_came_as_they_are() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    signed = {**call, "extra_content": {"google": {"thought_signature": "sig"}}}

    (part,) = sent_back(openai, {"content": None, "tool_calls": [signed]})

    assert part == ToolCall(id="a", name="f", arguments="{}", signature="sig", origin="openai")


@given(parts=replies())
def test_what_is_anothers_is_found_in_a_body(parts: list[Any]) -> None:
    reply = Reply(parts=parts, stop=Stop.END)
    whole = orjson.loads(openai.render(reply, **NAMES))["choices"][0]["message"]
    blocks = orjson.loads(anthropic.render(reply, **NAMES))["content"]
    thoughts = {part.origin for part in parts if isinstance(part, Reasoning)}
    signed = {part.origin for part in parts if not isinstance(part, Reasoning) and part.signature}

    assert openai.holds_others({"messages": [whole]}) is bool((thoughts | signed) - {"openai"})
    # Anthropic itself signs nothing but thoughts.
    assert anthropic.holds_others({"messages": [{"content": blocks}]}) is bool(thoughts - {"anthropic"} or signed)


@pytest.mark.parametrize("role", ["tool", "user"])
def test_a_failure_of_a_tool_is_said_in_the_word_of_another(role: str) -> None:
    assert openai.holds_others({"messages": [{"role": role, "is_error": True}]}) is (role == "tool")


@given(
    st.dictionaries(st.sampled_from(["messages", "model"]), st.recursive(st.none() | st.booleans() | WORDS, st.lists))
)
def test_whoever_looks_for_it_minds_no_shape(body: dict[str, Any]) -> None:
    assert not openai.holds_others(body)
    assert not anthropic.holds_others(body)
