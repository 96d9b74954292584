"""Gemini's and Vertex's protocol, by bodies of our own in its true shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.errors import BadRequest, Unsupported, UpstreamFailed
from gateway.wires.base import (
    Audio,
    Chat,
    Failed,
    File,
    Format,
    Image,
    Reasoning,
    Stop,
    Target,
    Text,
    Thinking,
    Tokens,
    ToolCall,
    ToolChoice,
)
from gateway.wires.gemini import WIRE

from .asking import WEATHER, assistant, called, chat, result, system, target, user
from .asking import body as body_of
from .streams import told

FLASH = target("gemini-2.5-flash", "https://generativelanguage.googleapis.com/v1beta")
THIRD = target("gemini-3-flash-preview", "https://generativelanguage.googleapis.com/v1beta")
PROJECT = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1"


def sent(*messages: Any, to: Target = FLASH, **fields: Any) -> Any:
    return body_of(WIRE, chat(*messages, **fields), to)


def answer(*parts: Any, reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "r1", **more}


def events(*chunks: Any) -> bytes:
    return b"".join(b"data: " + orjson.dumps(chunk) + b"\r\n\r\n" for chunk in chunks)


# Where it goes


@pytest.mark.parametrize(
    ("base_url", "model_id", "path"),
    [
        (FLASH.base_url, "gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
        (FLASH.base_url, "models/gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
        (FLASH.base_url, "a/b c?d", "/models/a%2Fb%20c%3Fd:generateContent"),
        (PROJECT, "gemini-2.5-flash", "/publishers/google/models/gemini-2.5-flash:generateContent"),
        (f"{PROJECT}/publishers/google", "gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
    ],
)
def test_the_path_names_the_model(base_url: str, model_id: str, path: str) -> None:
    assert WIRE.encode(chat("hello"), target(model_id, base_url)).path == path


def test_a_stream_has_a_method_of_its_own() -> None:
    assert WIRE.encode(chat("hello", stream=True), FLASH).path.endswith(":streamGenerateContent?alt=sse")


# What is asked


def test_system_messages_are_instructions_wherever_they_stand() -> None:
    body = sent(system("Be brief."), "hello", assistant("hi"), system("Be kind."), "how are you?")

    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]


def test_images_documents_and_sounds_are_sent_or_pointed_at() -> None:
    body = sent(
        user(
            "What is this?",
            Image(media_type="image/png", data="aW1n"),
            Image(url="https://example.org/a.jpg?x=1"),
            File(media_type="application/pdf", data="cGRm", name="a.pdf"),
            File(url="gs://bucket/b.pdf"),
            Audio(data="c25k", format="mp3"),
        )
    )

    assert body["contents"][0]["parts"] == [
        {"text": "What is this?"},
        {"inlineData": {"mimeType": "image/png", "data": "aW1n"}},
        {"fileData": {"fileUri": "https://example.org/a.jpg?x=1", "mimeType": "image/jpeg"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "cGRm"}},
        {"fileData": {"fileUri": "gs://bucket/b.pdf", "mimeType": "application/pdf"}},
        {"inlineData": {"mimeType": "audio/mp3", "data": "c25k"}},
    ]


def test_only_its_own_thoughts_and_signatures_go_back() -> None:
    body = sent(
        "hello",
        assistant(
            Reasoning(text="mine", signature="s1", origin="gemini"),
            Reasoning(text="other", signature="s2", origin="anthropic"),
            Text(text="hi", signature="s3", origin="gemini"),
            Text(text="there", signature="s4", origin="openai"),
            called(signature="s5", origin="gemini"),
        ),
        user(result("sunny")),
    )

    assert body["contents"][1]["parts"] == [
        {"text": "mine", "thought": True, "thoughtSignature": "s1"},
        {"text": "hi", "thoughtSignature": "s3"},
        {"text": "there"},
        {
            "functionCall": {"id": "call_1", "name": "weather", "args": {"city": "Paris"}},
            "thoughtSignature": "s5",
        },
    ]


def test_all_results_answer_the_calls_at_once_before_anything_else() -> None:
    body = sent(
        "Paris and Rome?",
        assistant(called("a"), called("b", "Rome")),
        user(result("sunny", id="a"), "Well?"),
        user(result("no idea", id="b", is_error=True)),
    )

    assert body["contents"][2:] == [
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "a", "name": "weather", "response": {"output": "sunny"}}},
                {"functionResponse": {"id": "b", "name": "weather", "response": {"error": "no idea"}}},
            ],
        },
        {"role": "user", "parts": [{"text": "Well?"}]},
    ]


def test_the_name_of_a_result_is_found_by_its_call() -> None:
    nameless = result("sunny")
    nameless.name = ""

    body = sent("Paris?", assistant(called()), user(nameless))

    assert body["contents"][2]["parts"][0]["functionResponse"]["name"] == "weather"
    with pytest.raises(BadRequest, match="answers no call"):
        sent("Paris?", user(nameless))


def test_an_image_in_a_result_stands_in_it_or_after_it_by_the_age_of_the_model() -> None:
    asked = ["Paris?", assistant(called()), user(result("look", Image(media_type="image/png", data="aW1n")))]
    image = {"inlineData": {"mimeType": "image/png", "data": "aW1n"}}

    new, old = sent(*asked, to=THIRD)["contents"], sent(*asked)["contents"]

    assert new[2]["parts"][0]["functionResponse"]["parts"] == [image]
    assert "parts" not in old[2]["parts"][0]["functionResponse"]
    assert old[3]["parts"] == [{"text": "What the tool call call_1 returned:"}, image]


def test_new_models_are_told_which_calls_were_made_by_others() -> None:
    asked = [
        "Paris and Rome?",
        assistant(called("a"), called("b", "Rome")),
        user(result("x", id="a"), result("y", id="b")),
    ]

    new, old = sent(*asked, to=THIRD)["contents"][1]["parts"], sent(*asked)["contents"][1]["parts"]

    assert [part.get("thoughtSignature") for part in new] == ["skip_thought_signature_validator", None]
    assert [part.get("thoughtSignature") for part in old] == [None, None]


def test_ids_we_made_are_kept_to_ourselves() -> None:
    call = WIRE.decode(orjson.dumps(answer({"functionCall": {"name": "weather", "args": {"city": "Paris"}}}))).parts[0]
    assert isinstance(call, ToolCall)

    body = sent("Paris?", assistant(call), user(result("sunny", id=call.id)))

    assert body["contents"][1]["parts"][0]["functionCall"] == {"name": "weather", "args": {"city": "Paris"}}
    assert "id" not in body["contents"][2]["parts"][0]["functionResponse"]


def test_arguments_that_are_no_object_are_refused() -> None:
    with pytest.raises(BadRequest, match="no JSON object"):
        sent("Paris?", assistant(ToolCall(id="a", name="weather", arguments='{"city": "Pa')), user(result("x", id="a")))


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (ToolChoice(mode="named", name="weather"), {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
    ],
)
def test_tools_and_their_choice(choice: ToolChoice, config: Any) -> None:
    body = sent("Paris?", tools=[WEATHER], tool_choice=choice)

    assert body["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "weather",
                    "description": "Tells the weather.",
                    "parametersJsonSchema": WEATHER.parameters,
                }
            ]
        }
    ]
    assert body["toolConfig"] == {"functionCallingConfig": config}


def test_settings_have_other_names_and_no_penalty_is_not_said() -> None:
    body = sent(
        "hello",
        max_tokens=5,
        temperature=0.0,
        top_p=0.9,
        top_k=40,
        stop=["END"],
        seed=0,
        frequency_penalty=0.0,
        presence_penalty=0.5,
        format=Format(schema={"type": "object"}),
    )

    assert body["generationConfig"] == {
        "temperature": 0.0,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 5,
        "stopSequences": ["END"],
        "seed": 0,
        "presencePenalty": 0.5,
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }
    assert "generationConfig" not in sent("hello")


@pytest.mark.parametrize(
    ("thinking", "old", "new"),
    [
        (Thinking(off=True), {"thinkingBudget": 0}, {"thinkingLevel": "minimal"}),
        (Thinking(effort="minimal"), {"thinkingBudget": 1024}, {"thinkingLevel": "minimal"}),
        (Thinking(effort="medium"), {"thinkingBudget": 8192}, {"thinkingLevel": "medium"}),
        (Thinking(effort="max"), {"thinkingBudget": 24576}, {"thinkingLevel": "high"}),
        (Thinking(budget=2000), {"thinkingBudget": 2000}, {"thinkingLevel": "low"}),
        (Thinking(budget=31999), {"thinkingBudget": 24576}, {"thinkingLevel": "high"}),
        (Thinking(adaptive=True), {"thinkingBudget": -1}, {}),
        (Thinking(show=True), {}, {}),
    ],
)
def test_thinking_is_a_budget_for_old_models_and_a_level_for_new(thinking: Thinking, old: Any, new: Any) -> None:
    shown = {} if thinking.off else {"includeThoughts": True}

    assert sent("hello", thinking=thinking)["generationConfig"]["thinkingConfig"] == shown | old
    assert sent("hello", thinking=thinking, to=THIRD)["generationConfig"]["thinkingConfig"] == shown | new


def test_thoughts_are_not_shown_to_who_does_not_want_them() -> None:
    asked = sent("hello", thinking=Thinking(effort="low", show=False), to=THIRD)

    assert asked["generationConfig"]["thinkingConfig"] == {"includeThoughts": False, "thinkingLevel": "low"}


def test_a_model_that_cannot_think_need_not_be_told_not_to() -> None:
    assert "generationConfig" not in sent(
        "hello", thinking=Thinking(off=True), to=target("gemini-2.0-flash", reasons=False)
    )


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (chat("hello", tools=[WEATHER], parallel_tools=False), "parallel_tool_calls"),
        (chat("hello", dialect="openai", rest={"n": 2}), "n"),
        (chat(user(File(file_id="file-1"))), "messages[].content[].file.file_id"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(asked: Chat, param: str) -> None:
    with pytest.raises(Unsupported) as caught:
        WIRE.encode(asked, FLASH)

    assert caught.value.param == param


# What is answered


def test_an_answer_with_thoughts_text_and_calls() -> None:
    body = answer(
        {"text": "Hm.", "thought": True},
        {"text": "Let me see.", "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "x1", "name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "c2lnMg=="},
        {"functionCall": {"name": "weather"}},
        createTime="2026-08-19T14:38:23.916396Z",
    )

    reply = WIRE.decode(orjson.dumps(body))

    assert (reply.id, reply.model, reply.created, reply.stop) == ("r1", "m", 1787150303, Stop.TOOL_CALLS)
    assert reply.parts[:3] == [
        Reasoning(text="Hm.", origin="gemini"),
        Text(text="Let me see.", signature="c2ln", origin="gemini"),
        ToolCall(id="x1", name="weather", arguments='{"city":"Paris"}', signature="c2lnMg==", origin="gemini"),
    ]
    last = reply.parts[3]
    assert isinstance(last, ToolCall) and last.arguments == "{}" and last.id.startswith("call_made_")


def test_a_signature_at_the_end_of_a_stream_belongs_to_the_text_before_it() -> None:
    stream = events(
        answer({"text": "Hel"}, reason=None),
        answer({"text": "lo"}, reason=None),
        answer({"text": "", "thoughtSignature": "c2ln"}),
    )

    found = told(WIRE, stream)

    assert found.reply.parts == [Text(text="Hello", signature="c2ln", origin="gemini")]
    assert found.ended


def test_a_stream_as_an_array_says_the_same() -> None:
    chunks = [answer({"text": "a [b] {c"}, reason=None), answer({"text": '"}'})]

    array = told(WIRE, orjson.dumps(chunks, option=orjson.OPT_INDENT_2), range(1, 400, 7))

    assert array.deltas == told(WIRE, events(*chunks)).deltas
    assert array.ended


def test_made_ids_are_the_same_for_the_same_answer_only() -> None:
    call = {"functionCall": {"name": "weather", "args": {}}}
    bodies = [answer(call), answer(call), answer(call, responseId="r2"), answer(call, call)]

    ids = [[part.id for part in WIRE.decode(orjson.dumps(body)).parts if isinstance(part, ToolCall)] for body in bodies]

    assert ids[0] == ids[1] != ids[2]
    assert ids[3][0] == ids[0][0] != ids[3][1]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", Stop.END),
        ("MAX_TOKENS", Stop.LENGTH),
        ("SAFETY", Stop.FILTERED),
        ("RECITATION", Stop.FILTERED),
        ("MALFORMED_FUNCTION_CALL", Stop.UNKNOWN),
        (1, Stop.END),
        (2, Stop.LENGTH),
        (3, Stop.FILTERED),
    ],
)
def test_why_it_ended(reason: Any, stop: Stop) -> None:
    assert WIRE.decode(orjson.dumps(answer({"text": "a"}, reason=reason))).stop is stop


@pytest.mark.parametrize("reason", ["STOP", "UNEXPECTED_TOOL_CALL", 1])
def test_an_end_with_calls_waits_for_results(reason: Any) -> None:
    call = {"functionCall": {"name": "weather", "args": {}}}

    assert WIRE.decode(orjson.dumps(answer(call, reason=reason))).stop is Stop.TOOL_CALLS


def test_of_several_candidates_the_first_is_the_answer() -> None:
    pieces = [answer({"text": text}) for text in "ab"]
    pieces[1]["candidates"][0]["index"] = 1

    whole = {**pieces[0], "candidates": [pieces[1]["candidates"][0], pieces[0]["candidates"][0]]}

    assert WIRE.decode(orjson.dumps(whole)).parts == told(WIRE, events(*pieces)).reply.parts == [Text(text="a")]


def test_a_call_without_a_name_is_none() -> None:
    call = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}

    assert len(WIRE.decode(orjson.dumps(answer(call, {"functionCall": {}}))).parts) == 1


def test_a_question_that_was_held_back_has_an_empty_answer() -> None:
    body = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8},
    }

    reply = WIRE.decode(orjson.dumps(body))

    assert (reply.parts, reply.stop) == ([], Stop.FILTERED)
    assert reply.tokens == Tokens(input=8, output=0)
    assert told(WIRE, events(body)).ended


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 30,
                "totalTokenCount": 155,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 70},
                    {"modality": "AUDIO", "tokenCount": 30},
                ],
            },
            Tokens(input=105, output=50, cache_read=60, reasoning=30, audio_input=30),
        ),
        (
            {"promptTokenCount": 4, "thoughtsTokenCount": 6, "totalTokenCount": 10},
            Tokens(input=4, output=6, reasoning=6),
        ),
        ({"promptTokenCount": 4, "totalTokenCount": 9}, Tokens(input=4, output=5)),
        ({"trafficType": "ON_DEMAND"}, Tokens()),
    ],
)
def test_tokens_are_counted_in_the_normal_form(usage: Any, tokens: Tokens) -> None:
    assert WIRE.decode(orjson.dumps(answer({"text": "a"}, usageMetadata=usage))).tokens == tokens


def test_what_is_null_is_not_there() -> None:
    part = {"text": "a", "thought": None, "thoughtSignature": None, "functionCall": None}

    assert WIRE.decode(orjson.dumps(answer(part))) == WIRE.decode(orjson.dumps(answer({"text": "a"})))


def test_citations_are_kept() -> None:
    body = answer({"text": "a"})
    body["candidates"][0]["citationMetadata"] = {"citationSources": [{"uri": "https://example.org"}]}

    assert WIRE.decode(orjson.dumps(body)).citations == [{"uri": "https://example.org"}]


def test_citations_of_all_pieces_are_kept() -> None:
    pieces = [answer({"text": text}, reason=None) for text in "ab"]
    for piece, names in zip(pieces, ("x", "xy"), strict=True):
        piece["candidates"][0]["citationMetadata"] = {"citationSources": [{"uri": name} for name in names]}

    assert told(WIRE, events(*pieces, answer())).reply.citations == [{"uri": "x"}, {"uri": "y"}]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"candidates": [1]}', b'{"candidates": "x"}', b"null"])
def test_what_is_no_answer_is_the_providers_failure(body: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        WIRE.decode(body)


def test_an_image_in_the_answer_is_not_lost_silently() -> None:
    with pytest.raises(UpstreamFailed, match="an image"):
        WIRE.decode(orjson.dumps(answer({"inlineData": {"mimeType": "image/png", "data": "aW1n"}})))


# What goes wrong


def refused(status: int, code: str, message: str, *details: Any) -> bytes:
    return orjson.dumps({"error": {"code": status, "message": message, "status": code, "details": list(details)}})


def test_a_wrong_key_is_not_the_callers_mistake() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    body = refused(400, "INVALID_ARGUMENT", "Not valid. Please pass a valid one.", info)

    error = WIRE.error(400, body)

    assert (error.code, error.upstream_status, error.status, error.may_pass) == ("upstream_auth", 401, 502, True)


def test_the_wait_of_a_limit_is_found_also_in_a_list() -> None:
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
    body = b"[" + refused(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", delay) + b"]"

    error = WIRE.error(429, body)

    assert (error.status, error.retry_after) == (429, 34.5)
    assert "exceeded your current quota" in error.message


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[]", b'{"error": "down"}', b'{"error": null}'])
def test_any_error_body_is_an_error(body: bytes) -> None:
    assert WIRE.error(503, body).status == 503


def test_an_error_inside_a_stream_is_told() -> None:
    stream = events(answer({"text": "a"}, reason=None)) + refused(503, "UNAVAILABLE", "The model is overloaded.")

    found = told(WIRE, stream)

    assert isinstance(found.deltas[-1], Failed) and found.deltas[-1].error.status == 503
    assert not found.ended
