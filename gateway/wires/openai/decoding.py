"""What an answer says, whole or in pieces. A whole answer is read as a stream of one piece, so both say the same."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.framing import data_of
from gateway.lenient import loads
from gateway.wires.base import (
    Begin,
    Citations,
    Delta,
    Failed,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Reply,
    Stop,
    Tally,
    TextDelta,
    collect,
    tally_of,
)
from gateway.wires.failures import UNREADABLE, broken, failed, said
from gateway.wires.soundness import sound

from .calls import Calls
from .thoughts import IN_CONTENT, IN_REASONING, IN_SUMMARY, ORIGIN, Details, signature_in
from .usage import counted

DONE = b"[DONE]"
USUAL = ("stop", "length")
STOPS = {
    "stop": Stop.END,
    "eos": Stop.END,
    "eos_token": Stop.END,
    "end_turn": Stop.END,
    "complete": Stop.END,
    "stop_sequence": Stop.STOP_SEQUENCE,
    "length": Stop.LENGTH,
    "max_tokens": Stop.LENGTH,
    "model_length": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALLS,
    "tool_call": Stop.TOOL_CALLS,
    "tool_use": Stop.TOOL_CALLS,
    "function_call": Stop.TOOL_CALLS,
    "model_context_window_exceeded": Stop.LENGTH,
    **dict.fromkeys(
        (
            "blocklist",
            "content_filter",
            "guardrail_intervened",
            "prohibited_content",
            "recitation",
            "safety",
            "sensitive",
        ),
        Stop.FILTERED,
    ),
    "refusal": Stop.REFUSED,
    "pause_turn": Stop.PAUSED,
}
FAILURES = {  # how answers end at OpenRouter, DeepSeek and Zhipu that failed, with words for those that bring none
    "error": "",
    "insufficient_system_resource": "It has too little capacity now.",
    "network_error": "It lost its connection.",
}
NO_MESSAGE = "The provider's answer holds no message."


def decode(body: bytes) -> Reply:
    return whole_answer(Decoder(), body)


def tally(body: bytes) -> Tally:
    """What `decode` finds, without the message where nothing about it is unusual. Raises UpstreamFailed."""
    try:
        answer = orjson.loads(body)
        (choice,) = answer["choices"]
        reason, message = choice["finish_reason"], choice["message"]
        has = message.get
        is_unusual = has("tool_calls") or has("function_call") or has("refusal") or answer.get("error")
        is_unusual = is_unusual or choice.get("error") or answer.get("base_resp")
        is_unusual = is_unusual or isinstance(choice.get("stop_reason") or choice.get("matched_stop"), str)
        if reason in USUAL and not is_unusual:
            found = counted(answer["usage"])
            return Tally(tokens=found.tokens, stop=STOPS[reason], provider_cost=found.provider_cost)
    except UNREADABLE:
        pass  # decode says what is wrong with it, or reads it all the same
    return tally_of(decode(body))


def whole_answer(decoder: Decoder, body: bytes) -> Reply:
    """The answer of a whole body. Raises UpstreamFailed where it is an error in spite of its status, or unreadable."""
    try:
        deltas = sound(decoder.read(loads(body), whole=True) + decoder.unsaid())
    except UNREADABLE as error:
        raise UpstreamFailed("The provider's answer could not be read.") from error
    return collect(deltas)


class Decoder:
    """Reads one stream."""

    def __init__(self) -> None:
        self.ended = False
        self.begun = False
        self.empty = True  # until a choice was seen
        self.pieced = False  # until a delta was seen
        self.refused = False
        self.finished: Finish | None = None
        self.sources: list[Any] = []
        self.annotations: list[Any] = []
        self.calls = Calls()
        self.details = Details()

    def feed(self, event: bytes) -> list[Delta]:
        """What one event says. Raises StreamBroken if it cannot be read."""
        data = data_of(event)
        if not data:
            if not event.startswith(b"error:"):
                return []
            data = b'{"error":%s}' % (event[6:].strip() or b'""')  # of llama.cpp, before it was data
        if data == DONE:
            self.ended = True
            return self.unsaid()
        if event.startswith((b"event: error", b"event:error")) and data[:1] != b"{":
            return [Failed(error=failed(0, data.decode("utf-8", "replace")))]
        # Some answer the question for a stream with one JSON object, above all if it is an error.
        return self.load(data, whole=event.lstrip()[:1] == b"{")

    def load(self, data: bytes, *, whole: bool) -> list[Delta]:
        try:
            return sound(self.read(loads(data), whole=whole))
        except UNREADABLE as error:
            raise broken() from error

    def close(self) -> list[Delta]:
        return []

    def read(self, chunk: dict[str, Any], *, whole: bool) -> list[Delta]:
        """What one object says, be it a piece or the whole."""
        if chunk.get("error"):
            return [Failed(error=failed(0, chunk))]
        deltas: list[Delta] = []
        choices = chunk.get("choices")
        if choices is None and said({**chunk, "base_resp": None}):  # an error by another name
            return [Failed(error=failed(0, chunk))]
        if (base := chunk.get("base_resp")) and base.get("status_code"):  # at MiniMax, beside anything
            return [Failed(error=failed(0, {"base_resp": base}))]
        if stopped_early := (chunk.get("x_groq") or {}).get("error"):
            return [Failed(error=failed(0, {"error": stopped_early}))]
        if not self.begun and (choices or chunk.get("id")):  # Azure first tells what its filters found
            self.begun = True
            created = chunk.get("created")
            id = chunk.get("id") or ""
            self.calls.answer = id or str(created)
            deltas.append(
                Begin(
                    id=id,
                    model=chunk.get("model") or "",
                    created=int(created) if isinstance(created, int | float) else 0,
                )
            )
        if choices:
            self.empty = False
            first = next((each for each in choices if not each.get("index")), None)
            if first is not None:  # the others are only counted
                self.read_choice(first, deltas, whole)
        usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
        if usage:
            deltas.append(counted(usage))
        citations = chunk.get("citations")
        if citations and citations != self.sources:  # Perplexity repeats them in each piece
            self.sources = citations
            deltas.append(Citations(citations=[*self.sources, *self.annotations]))
        return deltas

    def read_choice(self, choice: dict[str, Any], deltas: list[Delta], whole: bool) -> None:
        message = self.message_in(choice, whole)
        if message:
            self.read_message(message, deltas, whole)
        reason: Any = choice.get("finish_reason")
        if (error := choice.get("error")) or reason in FAILURES:
            deltas.append(Failed(error=failed(0, {"error": error or {"code": reason, "message": FAILURES[reason]}})))
        elif reason and reason != "null":
            self.ended = True
            if usage := choice.get("usage"):  # as at Moonshot
                deltas.append(counted(usage))
            deltas.extend(self.stopped(reason, choice.get("stop_reason") or choice.get("matched_stop")))

    def message_in(self, choice: dict[str, Any], whole: bool) -> dict[str, Any] | None:
        """Perplexity sends both: in a stream the message is all so far, in a whole answer the delta is empty. MiniMax
        ends a stream with the whole message."""
        delta = choice.get("delta")
        if delta and not whole:
            self.pieced = True
        elif not self.pieced:
            return choice.get("message") or delta
        return delta

    def read_message(self, message: dict[str, Any], deltas: list[Delta], whole: bool) -> None:
        entries = message.get("reasoning_details")
        details = self.details.read(entries) if entries else []
        if details and any(detail.text for detail in details):
            pass  # which the fields repeat
        elif thought := message.get("reasoning_content"):
            deltas.append(ReasoningDelta(text=thought, origin=ORIGIN))
        elif thought := message.get("reasoning"):
            deltas.append(ReasoningDelta(text=thought, origin=ORIGIN, form=IN_REASONING))
        deltas.extend(details)
        content = message.get("content")
        signature = signature_in(message) if "extra_content" in message else ""
        if isinstance(content, list):
            read_parts(content, deltas)
        elif content or signature:
            deltas.append(TextDelta(text=content or "", signature=signature, origin=ORIGIN if signature else ""))
        elif audio := message.get("audio"):  # what was said; the sound itself only passes as it came
            deltas.append(TextDelta(text=audio.get("transcript") or ""))
        refusal = message.get("refusal")
        if refusal:
            self.refused = True
            deltas.append(RefusalDelta(text=refusal))
        annotations = message.get("annotations")
        if annotations:
            self.annotations += [each for each in annotations if each not in self.annotations]
            deltas.append(Citations(citations=[*self.sources, *self.annotations]))
        calls = message.get("tool_calls")
        if calls:
            deltas.extend(self.calls.read(calls, whole))
        elif function := message.get("function_call"):
            deltas.extend(self.calls.read([{"index": 0, "function": function}], whole))

    def stopped(self, reason: str, sequence: Any) -> list[Delta]:
        """How it ended. Some say so more than once: what is told later counts, unless it tells less."""
        finish = self.finish_of(reason, sequence)
        told = self.finished
        if told and (told == finish or told.stop not in (Stop.END, Stop.UNKNOWN)):
            return []
        self.finished = finish
        return [*self.calls.close(), finish]

    def finish_of(self, reason: str, sequence: Any) -> Finish:
        """By the reason given and by what was said before. Gemini tells more after a colon."""
        stop = STOPS.get(reason.lower().partition(":")[0], Stop.UNKNOWN)
        if stop in (Stop.END, Stop.UNKNOWN) and self.calls.begun:
            stop = Stop.TOOL_CALLS  # some say stop where a certain tool was asked for
        elif stop is Stop.END and self.refused:
            stop = Stop.REFUSED
        elif stop is Stop.END and isinstance(sequence, str) and sequence not in STOPS:
            return Finish(stop=Stop.STOP_SEQUENCE, stop_sequence=sequence)
        return Finish(stop=stop)

    def unsaid(self) -> list[Delta]:
        """What an answer that is over has not said itself."""
        if self.empty:
            return [Failed(error=UpstreamFailed(NO_MESSAGE))]
        return [] if self.finished else self.stopped("", None)


def read_parts(content: list[dict[str, Any]], deltas: list[Delta]) -> None:
    """Content in parts, as Mistral and Databricks send it when a model thinks."""
    for part in content:
        if isinstance(part.get("text"), str):
            deltas.append(TextDelta(text=part["text"]))
        elif part.get("type") == "thinking":
            thoughts = part.get("thinking") or ()
            text = thoughts if isinstance(thoughts, str) else "".join(thought.get("text") or "" for thought in thoughts)
            deltas.append(ReasoningDelta(text=text, origin=ORIGIN, form=IN_CONTENT))
        elif part.get("type") == "reasoning":
            deltas.extend(
                ReasoningDelta(
                    text=each.get("text") or "",
                    signature=each.get("signature") or "",
                    origin=ORIGIN,
                    form=IN_SUMMARY,
                )
                for each in part.get("summary") or ()
            )
