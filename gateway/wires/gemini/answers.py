"""What Gemini and Vertex answer. A whole answer has the shape of each event of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.wires.base import (
    Begin,
    Citations,
    Counted,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    Reply,
    Stop,
    TextDelta,
    Tokens,
    ToolCallBegin,
    ToolCallDelta,
)
from gateway.wires.events import ObjectDecoder, seconds
from gateway.wires.failures import UNREADABLE, failed, failure
from gateway.wires.openai.usage import number
from gateway.wires.toolcalls import made_id

ORIGIN = "gemini"
HELD_BACK = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
)
# All others, such as MALFORMED_FUNCTION_CALL and OTHER, have no name of their own.
STOPS: dict[Any, Stop] = {"STOP": Stop.END, "MAX_TOKENS": Stop.LENGTH, **dict.fromkeys(HELD_BACK, Stop.FILTERED)}
# With enum-encoding=int they come as numbers, of which these mean the same at Gemini and Vertex.
STOPS |= {1: Stop.END, 2: Stop.LENGTH, **dict.fromkeys((3, 4, 6, 7, 8), Stop.FILTERED)}
AUDIO = ("AUDIO", 4)


class Decoder(ObjectDecoder):
    def __init__(self) -> None:
        super().__init__()
        self.begun = False
        self.calls = 0
        self.citations: list[Any] = []
        self.answer = ""  # what tells this answer from others

    def deltas(self, payload: Any) -> Iterator[Delta]:
        if isinstance(payload, list):  # a stream without alt=sse, read at once
            for each in payload or [{}]:
                yield from self.deltas(each)
            return
        if payload.get("error"):
            yield Failed(error=refusal(0, payload))
            return
        yield from self.begin(payload)
        candidates = payload.get("candidates") or []
        # The first by its index; the others only count.
        candidate: Any = next((each for each in candidates if not each.get("index")), {})
        for part in (candidate.get("content") or {}).get("parts") or []:
            yield from self.part(part)
        cited = candidate.get("citationMetadata") or {}
        if found := cited.get("citationSources") or cited.get("citations"):
            self.citations = [*self.citations, *(each for each in found if each not in self.citations)]
            yield Citations(citations=self.citations)
        if usage := payload.get("usageMetadata"):
            yield Counted(tokens=tokens(usage))
        yield from self.end(candidate, payload)

    def begin(self, payload: Any) -> Iterator[Delta]:
        if self.begun:
            return
        if payload.keys().isdisjoint(("candidates", "promptFeedback", "usageMetadata")):
            raise ValueError("neither an answer nor an error")
        self.begun = True
        id = payload.get("responseId") or ""
        self.answer = id or orjson.dumps(payload).decode()
        yield Begin(id=id, model=payload.get("modelVersion") or "", created=seconds(payload.get("createTime")))

    def part(self, part: Any) -> Iterator[Delta]:
        signature, text = part.get("thoughtSignature") or "", part.get("text") or ""
        call = part.get("functionCall")
        if call and call.get("name"):
            yield ToolCallBegin(
                index=self.calls,
                id=call.get("id") or made_id(self.answer, self.calls),
                name=call["name"],
                signature=signature,
                origin=ORIGIN if signature else "",
            )
            yield ToolCallDelta(index=self.calls, arguments=orjson.dumps(call.get("args") or {}).decode())
            self.calls += 1
        elif part.get("thought"):
            yield ReasoningDelta(text=text, signature=signature, origin=ORIGIN)
        elif text or signature:
            yield TextDelta(text=text, signature=signature, origin=ORIGIN if signature else "")
        elif "inlineData" in part:
            raise UpstreamFailed("The model answered with an image or a sound, which a chat cannot carry.")

    def end(self, candidate: Any, payload: Any) -> Iterator[Delta]:
        reason = candidate.get("finishReason")
        if reason:
            stop = STOPS.get(reason, Stop.UNKNOWN)
            self.ended = True
            yield Finish(stop=Stop.TOOL_CALLS if stop in (Stop.END, Stop.UNKNOWN) and self.calls else stop)
        elif (payload.get("promptFeedback") or {}).get("blockReason"):
            self.ended = True
            yield Finish(stop=Stop.FILTERED)


def tokens(usage: Any) -> Tokens:
    """What is 0 is left out by Google, so a count that is absent follows from the others, or is unknown."""
    prompt, total = number(usage, "promptTokenCount"), number(usage, "totalTokenCount")
    answer, thoughts = number(usage, "candidatesTokenCount"), number(usage, "thoughtsTokenCount")
    read = None if prompt is None else prompt + (number(usage, "toolUsePromptTokenCount") or 0)
    written: int | None
    if answer is not None or thoughts is not None:
        written = (answer or 0) + (thoughts or 0)
    else:
        written = None if total is None or read is None else max(0, total - read)
    return Tokens(
        input=read,
        output=written,
        cache_read=number(usage, "cachedContentTokenCount"),
        reasoning=thoughts,
        audio_input=audio(usage, "promptTokensDetails", "toolUsePromptTokensDetails"),
        audio_output=audio(usage, "candidatesTokensDetails"),
    )


def audio(usage: Any, *fields: str) -> int | None:
    rows = [row for field in fields for row in usage.get(field) or () if row.get("modality") in AUDIO]
    counts = [number(row, "tokenCount") or 0 for row in rows]
    return sum(counts) if counts else None


def decode(body: bytes) -> Reply:
    return Decoder().whole(body)


def error(status: int, body: bytes) -> UpstreamFailed:
    try:
        return refusal(status, orjson.loads(body))
    except UNREADABLE:
        return failure(status, body)


def refusal(status: int, payload: Any) -> UpstreamFailed:
    """Of {"error": {code, message, status, details}}, alone or in a list. A wrong key comes as 400, but is ours."""
    if isinstance(payload, list):
        payload = payload[0]
    stated = payload["error"]
    if not isinstance(stated, dict):
        return failed(status, payload)
    reasons = {detail.get("reason") for detail in stated.get("details") or []} | {stated.get("status")}
    return failed(401 if reasons & {"API_KEY_INVALID", "UNAUTHENTICATED"} else status, payload)
