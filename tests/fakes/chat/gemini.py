"""Google's generateContent, whole and streamed."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from tests.fakes.provider import Seen

from .mind import Answer, Asked, Refused, Tool, fields, words

FINISH = {"end": "STOP", "length": "MAX_TOKENS", "tools": "STOP", "sequence": "STOP", "filter": "SAFETY"}
KNOWN = fields(
    "cachedContent contents generationConfig labels model safetySettings serviceTier systemInstruction toolConfig tools"
)
KNOWN_CONFIG = fields(
    "audioTimestamp candidateCount enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs maxOutputTokens "
    "mediaResolution presencePenalty responseJsonSchema responseLogprobs responseMimeType responseModalities "
    "responseSchema seed speechConfig stopSequences temperature thinkingConfig topK topP"
)
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
OF_OTHERS = "skip_thought_signature_validator"


class Gemini:
    stream_type = "text/event-stream"

    def read(self, seen: Seen) -> Asked:
        body = seen.json
        config = body.get("generationConfig") or {}
        unknown = [*(set(body) - KNOWN), *(set(config) - KNOWN_CONFIG)]
        if unknown:
            raise Refused(f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.')
        if not body.get("contents"):
            raise Refused("* GenerateContentRequest.contents: contents is not specified")
        model, _, method = seen.path.rpartition("/models/")[2].rpartition(":")
        if method == "streamGenerateContent" and seen.query.get("alt") != "sse":
            raise Refused("This fake streams events only: ?alt=sse")
        check_contents(body["contents"], strict=model.startswith("gemini-3"))
        return asked(body, model, stream=method == "streamGenerateContent")

    def whole(self, asked: Asked, answer: Answer) -> Any:
        return chunk(asked, answer, parts(answer), finished=True)

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        pieces = [piece for part in parts(answer) for piece in pieces_of(part)]
        for number, piece in enumerate(pieces or [{"text": ""}], 1):
            payload = chunk(asked, answer, [piece], finished=number >= len(pieces))
            yield b"data: " + orjson.dumps(payload) + b"\r\n\r\n"

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        return {"error": {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}}

    def broken(self, message: str) -> bytes:
        return b"data: " + orjson.dumps(self.error(503, message)) + b"\r\n\r\n"


def signature_of(text: str) -> str:
    return base64.b64encode(f"gemini:{zlib.crc32(text.encode()):08x}".encode()).decode()


def parts(answer: Answer) -> list[dict[str, Any]]:
    """The first thing that is said after thinking carries the signature."""
    made: list[dict[str, Any]] = []
    if answer.reasoning:
        made.append({"text": answer.reasoning, "thought": True})
    if answer.text:
        signed = {"thoughtSignature": signature_of(answer.text)} if answer.reasoning else {}
        made.append({"text": answer.text, **signed})
    for number, call in enumerate(answer.calls):
        signed = {"thoughtSignature": signature_of(call.name)} if number == 0 else {}
        made.append({"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}, **signed})
    return made


def pieces_of(part: dict[str, Any]) -> list[dict[str, Any]]:
    """Text comes in pieces, its signature with the last; calls come whole."""
    if "text" not in part:
        return [part]
    cut = words(part["text"])
    thought = {"thought": True} if part.get("thought") else {}
    return [{**thought, "text": word} for word in cut[:-1]] + [{**part, "text": cut[-1]}]


def chunk(asked: Asked, answer: Answer, parts: list[dict[str, Any]], *, finished: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finished:
        candidate["finishReason"] = FINISH[answer.stop]
    if answer.stop == "filter":
        del candidate["content"]
    return {
        "candidates": [candidate],
        "usageMetadata": usage(answer) if finished else {"promptTokenCount": answer.input},
        "modelVersion": asked.model,
        "responseId": f"{zlib.crc32(asked.prompt.encode()):08x}",
    }


def usage(answer: Answer) -> dict[str, Any]:
    """Thoughts are not among the candidates' tokens here; those of the cache are among the prompt's."""
    return {
        "promptTokenCount": answer.input,
        "candidatesTokenCount": answer.spoken,
        "totalTokenCount": answer.input + answer.output,
        **({"cachedContentTokenCount": answer.cached} if answer.cached else {}),
        **({"thoughtsTokenCount": answer.thoughts} if answer.thoughts else {}),
    }


def asked(body: dict[str, Any], model: str, *, stream: bool) -> Asked:
    config = body.get("generationConfig") or {}
    contents = body["contents"]
    every = [part for content in contents for part in content["parts"]]
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    allowed = calling.get("allowedFunctionNames") or []
    thinking = config.get("thinkingConfig") or {}
    last = contents[-1]["parts"] if contents[-1].get("role") != "model" else []
    users = [texts(content["parts"]) for content in contents if content.get("role", "user") == "user"]
    return Asked(
        model=model,
        prompt=" ".join(next((text for text in reversed(users) if text), [])),
        texts=[*texts((body.get("systemInstruction") or {}).get("parts") or []), *texts(every), *results(every)],
        images=sum("inlineData" in part or "fileData" in part for part in every),
        tools=tools_of(body),
        must_call=(allowed[0] if len(allowed) == 1 else True) if calling.get("mode") == "ANY" else False,
        may_call=calling.get("mode") != "NONE",
        results=results(last),
        thinks=bool(thinking.get("includeThoughts")),
        json=config.get("responseMimeType") == "application/json",
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        stop=config.get("stopSequences") or [],
        max_tokens=config.get("maxOutputTokens"),
        stream=stream,
    )


def tools_of(body: dict[str, Any]) -> list[Tool]:
    return [
        Tool(name=tool["name"], schema=tool.get("parametersJsonSchema") or tool.get("parameters") or {})
        for group in body.get("tools") or []
        for tool in group.get("functionDeclarations") or []
    ]


def texts(parts: list[dict[str, Any]]) -> list[str]:
    return [part["text"] for part in parts if "text" in part and not part.get("thought")]


def results(parts: list[dict[str, Any]]) -> list[str]:
    return [said(part["functionResponse"]["response"]) for part in parts if "functionResponse" in part]


def said(response: dict[str, Any]) -> str:
    value = next(iter(response.values())) if len(response) == 1 else response
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def check_contents(contents: list[Any], *, strict: bool) -> None:
    """As many results as calls, right after them, by the same names; signatures as they were sent, or the word that
    stands for those of other models."""
    open_calls: list[str] = []
    for content in contents:
        if content.get("role", "user") not in ("user", "model", "function"):
            raise Refused("Please use a valid role: user, model.")
        answered = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        if (open_calls or answered) and sorted(open_calls) != sorted(answered):
            raise Refused(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = [part for part in content["parts"] if "functionCall" in part]
        open_calls = [part["functionCall"]["name"] for part in calls]
        if strict and calls and "thoughtSignature" not in calls[0]:
            raise Refused("Function call is missing a thought_signature in functionCall parts.")
        for part in content["parts"]:
            said = part.get("text") or (part.get("functionCall") or {}).get("name", "")
            if part.get("thoughtSignature", OF_OTHERS) not in (OF_OTHERS, signature_of(said)):
                raise Refused("Thought signature is not valid.")
