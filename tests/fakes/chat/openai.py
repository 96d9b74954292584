"""OpenAI's chat completions, and what OpenRouter and Hugging Face's TGI make of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from tests.fakes.provider import Seen

from .mind import Answer, Asked, Refused, Tool, fields, halves, words

CREATED = 1_790_000_000
DONE = b"data: [DONE]\n\n"
FINISH = {"end": "stop", "length": "length", "tools": "tool_calls", "sequence": "stop", "filter": "content_filter"}
KNOWN = fields(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages "
    "metadata modalities model n parallel_tool_calls prediction presence_penalty prompt_cache_key "
    "prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream "
    "stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options"
)
# What the many compatible servers take beside that.
COMPATIBLE = KNOWN | fields(
    "chat_template_kwargs enable_thinking include_reasoning min_p models plugins provider reasoning reasoning_format "
    "repetition_penalty route thinking top_k transforms usage"
)


@dataclass(frozen=True)
class OpenAI:
    """`compatible`: takes more fields and shows its reasoning. `router`: sends comments first and states its cost."""

    compatible: bool = False
    router: bool = False

    stream_type = "text/event-stream; charset=utf-8"

    def read(self, seen: Seen) -> Asked:
        body = seen.json
        unknown = sorted(set(body) - (COMPATIBLE if self.compatible or self.router else KNOWN))
        if unknown:
            raise Refused(f"Unrecognized request argument supplied: {unknown[0]}", param=unknown[0])
        return asked(body, shows_reasoning=self.compatible or self.router)

    def whole(self, asked: Asked, answer: Answer) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
        if answer.reasoning and (self.compatible or self.router):
            message[self.reasoning_field] = answer.reasoning
        if answer.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.text}}
                for call in answer.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[answer.stop]}
        return {**self.head(asked, "chat.completion"), "choices": [choice], "usage": self.usage(answer)}

    def events(self, asked: Asked, answer: Answer) -> Iterator[bytes]:
        head = self.head(asked, "chat.completion.chunk")
        # As the real one does: usage is null in every chunk but the last, if it is wanted at all.
        unknown = {"usage": None} if asked.counts_stream and not self.router else {}
        if self.router:
            yield b": OPENROUTER PROCESSING\n\n"
        for delta in self.deltas(answer):
            yield event({**head, "choices": [choice(delta)], **unknown})
        yield event({**head, "choices": [choice({}, FINISH[answer.stop])], **unknown})
        if asked.counts_stream or self.router:
            yield event({**head, "choices": [], "usage": self.usage(answer)})
        yield DONE

    def deltas(self, answer: Answer) -> Iterator[dict[str, Any]]:
        yield {"role": "assistant", "content": "", "refusal": None}
        if self.compatible or self.router:
            for word in words(answer.reasoning):
                yield {self.reasoning_field: word}
        for word in words(answer.text):
            yield {"content": word}
        for index, call in enumerate(answer.calls):
            begin = {"name": call.name, "arguments": ""}
            yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": begin}]}
            for fragment in halves(call.text):
                yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}

    @property
    def reasoning_field(self) -> str:
        return "reasoning" if self.router else "reasoning_content"

    def head(self, asked: Asked, kind: str) -> dict[str, Any]:
        name = f"{zlib.crc32(asked.prompt.encode()):08x}"
        more = {"provider": "Fake"} if self.router else {"system_fingerprint": "fp_fake"}
        return {
            "id": f"gen-{name}" if self.router else f"chatcmpl-{name}",
            "object": kind,
            "created": CREATED,
            "model": asked.model,
            **more,
        }

    def usage(self, answer: Answer) -> dict[str, Any]:
        """OpenRouter states its cost: a millionth of a dollar for each token."""
        total = answer.input + answer.output
        return {
            "prompt_tokens": answer.input,
            "completion_tokens": answer.output,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": answer.thoughts, "audio_tokens": 0},
            **({"cost": total / 1_000_000} if self.router else {}),
        }

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        if self.router:
            return {"error": {"code": status, "message": message, "metadata": {"provider_name": "Fake"}}}
        kind, code = {
            401: ("invalid_request_error", "invalid_api_key"),
            404: ("invalid_request_error", "model_not_found"),
            429: ("requests", "rate_limit_exceeded"),
        }.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
        return {"error": {"message": message, "type": kind, "param": param, "code": code}}

    def broken(self, message: str) -> bytes:
        return event(self.error(502, message))


@dataclass(frozen=True)
class TGI(OpenAI):
    """Text Generation Inference: its own words for errors, a role in every delta, usage only when asked for."""

    compatible: bool = True

    def read(self, seen: Seen) -> Asked:
        """It calls one tool at a time, and wants a format in its own form: a schema by the name of `value`."""
        asked, format = replace(super().read(seen), one_call=True), seen.json.get("response_format")
        if format is None:
            return asked
        if format.get("type") not in ("json", "json_object") or "value" not in format:
            raise Refused("Failed to deserialize the JSON body into the target type: response_format", 422)
        return replace(asked, json=False, schema=format["value"])

    def deltas(self, answer: Answer) -> Iterator[dict[str, Any]]:
        for delta in super().deltas(answer):
            yield {"role": "assistant", **{name: value for name, value in delta.items() if name != "refusal"}}

    def error(self, status: int, message: str, param: str | None = None) -> Any:
        return {"error": message, "error_type": "overloaded" if status == 429 else "validation"}


def event(payload: Any) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"


def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def asked(body: dict[str, Any], *, shows_reasoning: bool) -> Asked:
    messages = body.get("messages")
    if not messages:
        raise Refused("Missing required parameter: 'messages'.", param="messages")
    check_results(messages)
    format = body.get("response_format") or {}
    choice = body.get("tool_choice", "auto")
    effort = body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort")
    thinking = body.get("thinking") or {}
    return Asked(
        model=body["model"],
        prompt=next((text_of(message) for message in reversed(messages) if message["role"] == "user"), ""),
        texts=[text_of(message) for message in messages],
        images=sum(len(parts_of(message, "image_url")) for message in messages),
        tools=[tool_of(tool["function"]) for tool in body.get("tools") or []],
        must_call=choice["function"]["name"] if isinstance(choice, dict) else choice == "required",
        may_call=choice != "none",
        one_call=body.get("parallel_tool_calls") is False,
        results=results_of(messages),
        thinks=bool(
            (effort and effort != "none")
            or thinking.get("type") == "enabled"
            or (shows_reasoning and (body.get("reasoning") or {}).get("enabled"))
        ),
        json=format.get("type") == "json_object",
        schema=(format.get("json_schema") or {}).get("schema"),
        stop=[body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop") or [],
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stream=bool(body.get("stream")),
        counts_stream=bool((body.get("stream_options") or {}).get("include_usage")),
    )


def tool_of(function: Mapping[str, Any]) -> Tool:
    return Tool(name=function["name"], schema=function.get("parameters") or {})


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(part["text"] for part in parts_of(message, "text"))


def parts_of(message: Mapping[str, Any], kind: str) -> list[Any]:
    content = message.get("content")
    return [part for part in content if part.get("type") == kind] if isinstance(content, list) else []


def results_of(messages: list[Any]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.insert(0, text_of(message))
    return results


def check_results(messages: list[Any]) -> None:
    """Each result answers a call before it, and each call has its result."""
    open_calls: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused("Invalid parameter: messages with role 'tool' must be a response to a preceeding message")
            open_calls.remove(message["tool_call_id"])
        elif open_calls:
            raise Refused(f"These tool_call_ids did not have response messages: {', '.join(open_calls)}")
        else:
            open_calls = [call["id"] for call in message.get("tool_calls") or []]
    if open_calls:
        raise Refused(f"These tool_call_ids did not have response messages: {', '.join(open_calls)}")
