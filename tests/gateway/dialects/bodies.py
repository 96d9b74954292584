"""Bodies of calls in both dialects, made by hypothesis; and what two bodies that mean the same have in common."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
VALUES = st.none() | st.booleans() | st.integers(-99, 99) | WORDS | st.lists(WORDS, max_size=2)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)
BASE64 = st.sampled_from(["aW1n", "cGRm", "AAAA"])


def obj(optional: dict[str, Any] | None = None, **fields: Any) -> Any:
    """An object of these fields, and perhaps of optional ones."""
    return st.fixed_dictionaries(fields, optional=optional or {})


def kind(of: str, optional: dict[str, Any] | None = None, /, **fields: Any) -> Any:
    """One of a certain type."""
    return obj(optional, type=st.just(of), **fields)


SCHEMAS = kind("object", properties=st.dictionaries(NAMES, OBJECTS, max_size=2))
CACHES = kind("ephemeral", {"ttl": st.sampled_from(["5m", "1h"])})


class OfOpenAI:
    text = kind("text", {"cache_control": CACHES}, text=WORDS)
    urls = st.just("https://a.example/i.png") | BASE64.map(lambda data: f"data:image/png;base64,{data}")
    image = kind("image_url", image_url=obj({"detail": st.just("low")}, url=urls))
    sound = kind("input_audio", input_audio=obj(data=BASE64, format=st.just("wav")))
    data = BASE64.map(lambda data: f"data:application/pdf;base64,{data}")
    file = kind("file", file=obj(file_data=data, filename=WORDS))
    other = kind("video_url", video_url=obj(url=WORDS))
    content = WORDS | st.lists(text | image | sound | file | other, min_size=1, max_size=3)

    arguments = OBJECTS.map(lambda arguments: orjson.dumps(arguments).decode())
    signed = obj(google=obj(thought_signature=WORDS))
    call = kind("function", {"extra_content": signed}, id=NAMES, function=obj(name=NAMES, arguments=arguments))
    custom = kind("custom", id=NAMES, custom=obj(name=NAMES, input=WORDS))
    detail = st.one_of(
        kind("reasoning.text", {"signature": WORDS, "format": WORDS}, text=WORDS, index=st.integers(0, 3)),
        kind("reasoning.summary", {"format": WORDS}, summary=WORDS),
        kind("reasoning.encrypted", {"id": WORDS}, data=WORDS, index=st.integers(0, 3)),
    )
    reasoning = st.one_of(
        st.just({}),
        obj(reasoning_content=WORDS),
        obj(reasoning=WORDS),
        obj(reasoning_details=st.lists(detail, min_size=1, max_size=2)),
    )
    its = st.just("assistant")
    assistant = st.one_of(
        obj({"name": NAMES, "prefix": st.just(True), "extra_content": signed}, role=its, content=WORDS),
        obj(role=its, content=st.none(), refusal=WORDS),
        obj(role=its, content=st.none() | WORDS, tool_calls=st.lists(call | custom, min_size=1, max_size=2)),
    )
    message = st.one_of(
        obj({"name": NAMES}, role=st.sampled_from(["system", "developer"]), content=WORDS),
        obj({"name": NAMES}, role=st.just("user"), content=content),
        st.builds(lambda said, thought: said | thought, assistant, reasoning),
        obj(role=st.just("tool"), tool_call_id=NAMES, content=WORDS | st.lists(text, min_size=2, max_size=2)),
    )

    function = obj({"description": WORDS, "parameters": SCHEMAS, "strict": st.booleans()}, name=NAMES)
    tool = kind("function", {"cache_control": CACHES}, function=function)
    named = kind("function", function=obj(name=NAMES))
    allowed = kind("allowed_tools", allowed_tools=OBJECTS)
    schema = kind(
        "json_schema", json_schema=obj({"strict": st.booleans(), "description": WORDS}, name=NAMES, schema=SCHEMAS)
    )
    body = st.builds(
        lambda needed, more: needed | more,
        obj(model=NAMES, messages=st.lists(message, min_size=1, max_size=5)),
        obj(
            {
                "tools": st.lists(tool | kind("custom", custom=OBJECTS), min_size=1, max_size=3),
                "tool_choice": st.sampled_from(["auto", "none", "required"]) | named | allowed,
                "parallel_tool_calls": st.booleans(),
                "response_format": kind("json_object") | schema | kind("grammar", value=WORDS),
                "reasoning_effort": st.sampled_from(["none", "low", "high"]),
                "max_tokens": st.integers(1, 99),
                "max_completion_tokens": st.integers(1, 99),
                "temperature": st.sampled_from([0.0, 0.5, 2.0]),
                "top_p": st.sampled_from([0.1, 1.0]),
                "top_k": st.integers(1, 9),
                "seed": st.integers(0, 9),
                "frequency_penalty": st.sampled_from([-1.5, 0.5]),
                "presence_penalty": st.sampled_from([-1.5, 0.5]),
                "stop": st.lists(WORDS, min_size=1, max_size=2),
                "user": WORDS,
                "stream": st.just(True),
                "n": st.integers(1, 3),
                "logit_bias": OBJECTS,
                "metadata": OBJECTS,
                "min_p": st.just(0.1),
            }
        ),
    )


class OfAnthropic:
    marked = {"cache_control": CACHES}
    text = kind("text", marked, text=WORDS)
    data = kind("base64", media_type=st.just("image/png"), data=BASE64)
    image = kind("image", marked, source=data | kind("url", url=WORDS) | kind("file", file_id=WORDS))
    pdf = kind("base64", media_type=st.just("application/pdf"), data=BASE64)
    plain = kind("text", media_type=st.just("text/plain"), data=WORDS)
    sources = pdf | plain | kind("url", url=WORDS) | kind("file", file_id=WORDS) | kind("content", content=WORDS)
    document = kind("document", {"title": WORDS, **marked, "citations": st.just({"enabled": True})}, source=sources)
    other = kind("search_result", source=WORDS, title=WORDS, content=st.just([]))
    shown = st.lists(text | image | document | other, min_size=1, max_size=2)
    result = kind("tool_result", {"is_error": st.just(True), **marked}, tool_use_id=NAMES, content=WORDS | shown)
    said = st.lists(text | image | document | other | result, min_size=1, max_size=3)

    thinking = kind("thinking", thinking=WORDS, signature=NAMES)
    redacted = kind("redacted_thinking", data=NAMES)
    call = kind("tool_use", marked, id=NAMES, name=NAMES, input=OBJECTS)
    ran = kind("server_tool_use", id=NAMES, name=NAMES, input=OBJECTS)
    answer = st.lists(text | thinking | redacted | call | ran, min_size=1, max_size=4)
    message = st.one_of(
        obj(role=st.just("user"), content=WORDS | said),
        obj(role=st.just("assistant"), content=WORDS | answer),
    )

    optional = {"description": WORDS, "strict": st.booleans(), "input_examples": st.just([{"a": 1}]), **marked}
    tool = obj(optional, name=NAMES, input_schema=SCHEMAS)
    choice = st.one_of(
        kind("auto", {"disable_parallel_tool_use": st.booleans()}),
        kind("any", {"disable_parallel_tool_use": st.booleans()}),
        kind("tool", {"disable_parallel_tool_use": st.booleans()}, name=NAMES),
        kind("none"),
    )
    display = {"display": st.sampled_from(["summarized", "omitted"])}
    body = st.builds(
        lambda needed, more: needed | more,
        obj(model=NAMES, max_tokens=st.integers(1, 99), messages=st.lists(message, min_size=1, max_size=4)),
        obj(
            {
                "system": WORDS | st.lists(text, min_size=1, max_size=2),
                "tools": st.lists(tool | kind("web_search_20250305", name=NAMES), min_size=1, max_size=3),
                "tool_choice": choice,
                "thinking": st.one_of(
                    kind("enabled", display, budget_tokens=st.integers(1024, 2048)),
                    kind("adaptive", display),
                    kind("disabled"),
                    kind("between_tools"),
                ),
                "output_config": obj(
                    {
                        "effort": st.sampled_from(["low", "max"]),
                        "format": kind("json_schema", schema=SCHEMAS),
                        "task_budget": OBJECTS,
                    }
                ).filter(bool),
                "temperature": st.sampled_from([0.0, 0.5, 1.0]),
                "top_p": st.sampled_from([0.1, 1.0]),
                "top_k": st.integers(1, 9),
                "stop_sequences": st.lists(WORDS, min_size=1, max_size=2),
                "metadata": obj({"more": WORDS}, user_id=WORDS),
                "stream": st.just(True),
                "service_tier": st.just("standard_only"),
                "mcp_servers": st.just([{"type": "url"}]),
            }
        ),
    )


BODIES = {"openai": OfOpenAI.body, "anthropic": OfAnthropic.body}
ROLES = {"developer": "system"}
EMPTY: tuple[Any, ...] = (None, "", [], {})


def meaning(value: Any, place: str = "") -> Any:
    """What a body says, however it says it: without empty fields, one text as a string, JSON in strings as JSON."""
    if isinstance(value, dict):
        said = {name: meaning(inner, name) for name, inner in value.items()}
        if said.get("role") in ROLES:
            said["role"] = ROLES[said["role"]]
        if said.get("stream") is False:
            del said["stream"]
        return {name: inner for name, inner in said.items() if inner not in EMPTY or place in ("input", "properties")}
    if isinstance(value, list):
        said_of_each = [meaning(inner) for inner in value]
        if place in ("content", "system") and len(said_of_each) == 1 and said_of_each[0].keys() == {"type", "text"}:
            return said_of_each[0]["text"]
        return said_of_each
    if place == "arguments":
        return orjson.loads(value)
    if place == "stop" and isinstance(value, str):
        return [value]
    return value
