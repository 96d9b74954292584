"""What is asked arrives: read back from what goes to the provider, it is the same."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.wires import WIRES
from gateway.wires.base import (
    Chat,
    Format,
    Image,
    Message,
    Target,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

from .asking import target
from .recorded import REQUESTS, Recording
from .understanding import UNDERSTOOD

OURS = [param for param in REQUESTS if param.values[0].wire_name in UNDERSTOOD]
BROKEN = ("plaintext",)  # was sent without messages, to see how that is refused


def said_again(name: str, chat: Chat, to: Target) -> Chat:
    return UNDERSTOOD[name](orjson.loads(WIRES[name].encode(chat, to).body))


@pytest.mark.parametrize(
    "recording", [param for param in OURS if not any(word in param.values[0].name for word in BROKEN)]
)
def test_recorded_questions_can_be_asked(recording: Recording) -> None:
    name, body = recording.wire_name, orjson.loads(recording.body)
    chat = UNDERSTOOD[name](body)
    new = "thinkingLevel" in (body.get("generationConfig") or {}).get("thinkingConfig", {})

    again = said_again(name, chat, target("gemini-3-pro" if new else "gemini-2.5-flash"))

    chat.stream = again.stream
    assert again == chat


NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
IMAGES = st.builds(Image, media_type=st.sampled_from(["image/png", "image/jpeg"]), data=st.just("aW1n"))
ARGUMENTS = st.dictionaries(NAMES, TEXTS | st.integers(-9, 9) | st.none(), max_size=2).map(
    lambda a: orjson.dumps(a).decode()
)
SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(NAMES, st.just({"type": "string"}), min_size=1)}
)
TOOLS = st.lists(
    st.builds(Tool, name=NAMES, description=TEXTS, parameters=SCHEMAS),
    min_size=1,
    max_size=3,
    unique_by=lambda tool: tool.name,
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """System prompts first, then turns; each call is answered before anything else is said."""
    messages = [Message(role="system", parts=[Text(text=draw(TEXTS))])] if draw(st.booleans()) else []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message(role="user", parts=[Text(text=draw(TEXTS)), *draw(st.lists(IMAGES, max_size=2))]))
        calls = [
            ToolCall(id=f"call_{turn}_{number}", name=draw(NAMES), arguments=draw(ARGUMENTS))
            for number in range(draw(st.integers(0, 2)))
        ]
        if calls:
            text = [Text(text=draw(TEXTS))] if draw(st.booleans()) else []
            messages.append(Message(role="assistant", parts=[*text, *calls]))
            messages += [
                Message(
                    role="user", parts=[ToolResult(call_id=call.id, name=call.name, parts=[Text(text=draw(TEXTS))])]
                )
                for call in calls
            ]
        messages.append(Message(role="assistant", parts=[Text(text=draw(TEXTS))]))
    return messages


MODES = {
    "cohere": ("none", "required"),
    "gemini": ("auto", "none", "required"),
    "ollama": (),
    "tgi": ("auto", "none", "required"),
}
THINKING = {
    "cohere": [Thinking(off=True), Thinking(adaptive=True), Thinking(budget=500)],
    "gemini": [Thinking(off=True), Thinking(adaptive=True, show=True), Thinking(budget=500, show=False)],
    "ollama": [Thinking(off=True), Thinking(adaptive=True), Thinking(effort="low")],
    "tgi": [],
}


@st.composite
def chats(draw: st.DrawFn, name: str) -> Chat:
    tools = draw(st.just([]) | TOOLS)
    modes = st.sampled_from(MODES[name]).map(lambda mode: ToolChoice(mode=mode)) if MODES[name] else st.none()
    fields: dict[str, Any] = {
        "tools": tools,
        "tool_choice": draw(st.none() | modes) if tools else None,
        "format": draw(st.none() | st.builds(Format, schema=st.none() | SCHEMAS)),
        "thinking": draw(st.none() | st.sampled_from(THINKING[name])) if THINKING[name] else None,
        "max_tokens": draw(st.none() | st.integers(1, 9)),
        "temperature": draw(st.none() | st.sampled_from([0.0, 0.5, 2.0])),
        "top_p": draw(st.none() | st.sampled_from([0.1, 0.9])),
        "top_k": draw(st.none() | st.integers(1, 9)) if name != "tgi" else None,
        "stop": draw(st.lists(TEXTS, max_size=2)),
        "seed": draw(st.none() | st.integers(0, 9)),
        "frequency_penalty": draw(st.none() | st.sampled_from([0.5, 1.0])),
        "presence_penalty": draw(st.none() | st.sampled_from([0.5, 1.0])),
    }
    return Chat(model="m", messages=draw(conversations()), **fields)


@pytest.mark.parametrize("name", UNDERSTOOD)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_any_question_arrives_as_it_was_asked(name: str, data: st.DataObject) -> None:
    chat = data.draw(chats(name))

    again = said_again(name, chat, target("gemini-2.5-flash"))

    for message in chat.messages:
        for part in message.parts:
            if isinstance(part, Image) and name == "ollama":
                part.media_type = ""  # there is no place for it
            if isinstance(part, ToolResult) and name == "cohere":
                part.name = ""
    assert flat(again) == flat(chat)
    again.messages = chat.messages
    assert again == chat


def flat(chat: Chat) -> list[Any]:
    """The parts by role, as messages of one role may be joined or parted."""
    return [(message.role, part) for message in chat.messages for part in message.parts]
