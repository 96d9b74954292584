"""HuggingFace's Text Generation Inference: its dialect of Chat Completions, and its own streams of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from gateway.errors import Unsupported

from . import openai
from .base import (
    Audio,
    Begin,
    Chat,
    Counted,
    Delta,
    Failed,
    File,
    Finish,
    Format,
    Message,
    Outgoing,
    Refusal,
    Reply,
    Stop,
    Target,
    Text,
    TextDelta,
    Tokens,
    Wire,
)
from .documents import text_in
from .failures import failed, failure
from .foreign import refuse_foreign
from .openai.usage import number

NAME = "tgi"
STOPS = {"eos_token": Stop.END, "length": Stop.LENGTH, "stop_sequence": Stop.STOP_SEQUENCE}
# What its names of errors mean as statuses, where they come inside an answer.
FAILURES = {
    "validation": 422,
    "template_error": 422,
    "tool_error": 422,
    "overloaded": 429,
    "generation": 424,
    "incomplete_generation": 500,
}


def encode(chat: Chat, target: Target) -> Outgoing:
    """Raises Unsupported, naming the field, for what this wire cannot say."""
    refuse(chat)
    messages = [replace(message, parts=plain(message)) for message in chat.messages]
    # A penalty of 0 is none, and top_p=1 no limit; both are taken for something else. One call at a time is the rule.
    simple = replace(
        chat,
        dialect=NAME,
        rest={},
        messages=messages,
        user="",
        thinking=None,
        parallel_tools=None,
        format=None,
        top_p=None if chat.top_p == 1 else chat.top_p,
        frequency_penalty=chat.frequency_penalty or None,
        presence_penalty=chat.presence_penalty or None,
    )
    body = openai.body_of(simple, target)
    body["messages"] = [spoken for message in body["messages"] for spoken in alone(message)]
    for tool in body.get("tools", ()):
        tool["function"].setdefault("parameters", {"type": "object", "properties": {}})
    if chat.format:
        body["response_format"] = grammar(chat.format)
    path = "/chat/completions" if target.base_url.rstrip("/").endswith("/v1") else "/v1/chat/completions"
    return Outgoing(path=path, body=orjson.dumps(body))


def refuse(chat: Chat) -> None:
    refuse_foreign(chat, NAME)
    if chat.top_k is not None:
        raise Unsupported("top_k", NAME)
    if chat.thinking and (chat.thinking.effort or chat.thinking.budget):
        raise Unsupported("reasoning_effort", NAME, "its models think as they like")
    for message in chat.messages:
        for part in message.parts:
            if isinstance(part, Audio) or (isinstance(part, File) and text_in(part) is None):
                raise Unsupported(f"messages[].content[] of type {type(part).__name__.lower()}", NAME)


def plain(message: Message) -> list[Any]:
    return [Text(text=part.text) if isinstance(part, Refusal) else part for part in message.parts]


def alone(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where a message has text, TGI does not look at its calls."""
    calls = message.get("tool_calls")
    if calls and message.get("content"):
        yield {name: value for name, value in message.items() if name != "tool_calls"}
        yield {"role": message["role"], "tool_calls": calls}
    else:
        yield {name: value for name, value in message.items() if value is not None}


def grammar(asked: Format) -> dict[str, Any]:
    """It always wants a schema; this spelling all its versions know."""
    return {"type": "json_object", "value": {"type": "object"} if asked.schema is None else asked.schema}


class Decoder(openai.Decoder):
    def read(self, chunk: dict[str, Any], *, whole: bool) -> list[Delta]:
        if chunk.get("error"):
            return [Failed(error=failed(status_in(chunk), chunk))]
        if "token" in chunk:
            return list(self.token(chunk))
        if "generated_text" in chunk:
            return list(self.generated(chunk))
        for choice in chunk.get("choices") or ():
            repair(choice)
        return super().read(chunk, whole=whole)

    def token(self, chunk: dict[str, Any]) -> Iterator[Delta]:
        """The last one repeats the text, at times with the question before it."""
        yield from self.begin()
        token = chunk["token"]
        if token["text"] and not token["special"]:
            yield TextDelta(text=token["text"])
        if chunk.get("generated_text") is None:
            return
        details = chunk.get("details") or {}
        yield Counted(tokens=Tokens(input=number(details, "input_length"), output=number(details, "generated_tokens")))
        # Without details all that is known is whether the model itself made an end.
        yield from self.finish(details.get("finish_reason", "eos_token" if token["special"] else ""))

    def generated(self, answer: dict[str, Any]) -> Iterator[Delta]:
        """With the question before it, if that was asked for; the tokens tell them apart."""
        yield from self.begin()
        details = answer.get("details") or {}
        text = answer["generated_text"]
        written = "".join(token["text"] for token in details.get("tokens") or () if not token["special"])
        yield TextDelta(text=written if text.endswith(written) and written else text)
        prefill = details.get("prefill")
        yield Counted(
            tokens=Tokens(input=len(prefill) if prefill else None, output=number(details, "generated_tokens"))
        )
        yield from self.finish(details.get("finish_reason", ""))

    def begin(self) -> Iterator[Delta]:
        self.empty = False
        if not self.begun:
            self.begun = True
            yield Begin()

    def finish(self, reason: str) -> Iterator[Delta]:
        self.ended = True
        self.finished = Finish(stop=STOPS.get(reason, Stop.UNKNOWN))
        yield self.finished


def status_in(chunk: dict[str, Any]) -> int:
    """Of an error inside an answer; 0 if it states none."""
    error = chunk["error"]
    stated = error.get("http_status_code") if isinstance(error, dict) else FAILURES.get(chunk.get("error_type", ""))
    return stated or 0


def repair(choice: dict[str, Any]) -> None:
    """Old versions send the end-of-text token as text, and a call where a list of calls is expected."""
    piece = choice.get("delta") or {}
    if choice.get("finish_reason") == "eos_token" and piece.get("content"):
        piece["content"] = ""
    if isinstance(piece.get("tool_calls"), dict):
        piece["tool_calls"] = [piece["tool_calls"]]


def decode(body: bytes) -> Reply:
    """Its own answers may stand in a list of one. Raises UpstreamFailed."""
    bare = body.strip()
    return openai.whole_answer(Decoder(), bare[1:-1] if bare.startswith(b"[") else bare)


WIRE = Wire(name=NAME, framing="sse", encode=encode, decode=decode, decoder=Decoder, error=failure)
