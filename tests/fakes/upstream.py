"""The fake upstream: plays every protocol on a FakeProvider. What it answers, and the orders it takes, say .chat.mind.

upstream = Upstream(fake_provider)
base_url = upstream.play("anthropic")     # as a Provider row has it
upstream.next("fail 429 2", "")           # for the next calls, one each; "" is none
upstream.always("fail 503")               # for every call that is not in the script
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

import orjson

from .chat.anthropic import Anthropic
from .chat.cohere import Cohere
from .chat.gemini import Gemini
from .chat.mind import Answer, Asked, Orders, Refused, answer, orders_in
from .chat.ollama import Ollama
from .chat.openai import TGI, OpenAI
from .faults import web_page
from .kinds.table import KINDS, Kind
from .provider import BreakOff, FakeProvider, Reply, Responder, Seen, json_reply

# Where the real ones live, as the end of a base URL: some read it.
VERSIONS = {"anthropic": "/v1", "cohere": "/v2", "elevenlabs": "/v1", "gemini": "/v1beta", "openai": "/v1"}
Guard = Callable[[Responder], Responder]


def unguarded(responder: Responder) -> Responder:
    return responder


UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError)  # what a bad request does to its readers


class ChatProtocol(Protocol):
    stream_type: str

    def read(self, seen: Seen) -> Asked:
        """Raises Refused for what the real one would not take."""

    def whole(self, asked: Asked, answer: Answer) -> Any: ...

    def events(self, asked: Asked, answer: Answer) -> Iterable[bytes]: ...

    def error(self, status: int, message: str, param: str | None = None) -> Any: ...

    def broken(self, message: str) -> bytes:
        """The event that says in a stream that it failed."""


# Protocol -> path under the base URL -> what speaks it; a path that ends with "/" answers for all below it.
CHATS: Mapping[str, Mapping[str, ChatProtocol]] = {
    "openai": {"/chat/completions": OpenAI()},
    "compatible": {"/chat/completions": OpenAI(compatible=True)},
    "openrouter": {"/chat/completions": OpenAI(router=True)},
    "anthropic": {"/messages": Anthropic()},
    "gemini": {"/models/": Gemini()},
    "ollama": {"/api/chat": Ollama(), "/v1/chat/completions": OpenAI(compatible=True)},
    "tgi": {"/v1/chat/completions": TGI(), "/chat/completions": TGI()},
    "cohere": {"/chat": Cohere()},
}


class Upstream:
    """One provider's behaviour; several may live on one server under different prefixes."""

    def __init__(self, provider: FakeProvider) -> None:
        self.provider = provider
        self.script: deque[str] = deque()
        self.standing = ""

    def play(self, protocol: str, prefix: str | None = None, guard: Guard = unguarded) -> str:
        """Answer every path of a protocol under a prefix; returns the base URL. A guard sees requests first."""
        prefix = f"/{protocol}{VERSIONS.get(protocol, '')}" if prefix is None else prefix
        responders = {path: self.chat(chat) for path, chat in CHATS.get(protocol, {}).items()}
        for path, kind in KINDS.get(protocol, {}).items():
            responders[path] = self.kind(kind, responders.get(path))
        for path, responder in responders.items():
            self.provider.serve(prefix + path, guard(responder))
        return self.provider.url + prefix

    def next(self, *orders: str) -> None:
        self.script.extend(orders)

    def always(self, orders: str) -> None:
        self.standing = orders

    def scripted(self) -> Orders:
        try:
            orders = self.script.popleft()
        except IndexError:
            orders = self.standing
        return orders_in("".join(f"[{order.strip()}]" for order in orders.split(",")))

    def chat(self, protocol: ChatProtocol) -> Responder:
        def respond(seen: Seen) -> Reply:
            orders = self.scripted()
            try:
                asked = protocol.read(seen)
                orders = {**orders_in(asked.prompt), **orders}
                if asked.model.startswith("no-such"):
                    raise Refused(f"The model `{asked.model}` does not exist or you do not have access to it.", 404)
            except UNREADABLE as error:
                return json_reply(protocol.error(400, f"Invalid request: {error!r}."), 400)
            except Refused as refused:
                return json_reply(protocol.error(refused.status, refused.message, refused.param), refused.status)
            if fault := fault_of(orders, protocol.error):
                return fault
            said = answer(asked, orders)
            if not asked.stream:
                return whole(protocol, protocol.whole(asked, said), orders)
            return streamed(protocol, protocol.events(asked, said), orders)

        return respond

    def kind(self, kind: Kind, otherwise: Responder | None) -> Responder:
        """Speech, images, embeddings: faults stand in what is to be spoken, drawn or embedded."""

        def respond(seen: Seen) -> Reply:
            if otherwise and not kind.takes(seen):
                return otherwise(seen)
            orders = {**orders_in(seen.body.decode(errors="replace")), **self.scripted()}
            if fault := fault_of(orders, kind.error):
                return fault
            try:
                return replace(kind.answer(seen), wait=orders.get("wait", [0])[0])
            except UNREADABLE as error:
                return json_reply(kind.error(400, f"Invalid request: {error!r}."), 400)
            except Refused as refused:
                return json_reply(kind.error(refused.status, refused.message, refused.param), refused.status)

        return respond


def fault_of(orders: Orders, error: Callable[[int, str], Any]) -> Reply | None:
    if "hang" in orders:
        return Reply(wait=math.inf)
    if "html" in orders:
        return web_page()
    if "fail" in orders:
        status, *retry = orders["fail"]
        headers = {"Retry-After": f"{retry[0]:g}"} if retry else {}
        return json_reply(error(int(status), f"Told to fail with {status:g}."), int(status), headers)
    return None


def whole(protocol: ChatProtocol, payload: Any, orders: Orders) -> Reply:
    """A plain answer breaks off, stalls or holds an error where a stream would."""
    wait = orders.get("wait", [0])[0]
    if "error" in orders:
        return json_reply(protocol.error(502, "Told to fail inside the answer."))
    body = orjson.dumps(payload)
    headers = {"Content-Type": "application/json"}
    if "cut" in orders:
        return Reply(headers={**headers, "Content-Length": str(len(body))}, body=body[: len(body) // 2], wait=wait)
    if "end" in orders:
        return Reply(headers=headers, body=body[: len(body) // 2], wait=wait)
    if "stall" in orders:
        return Reply(headers=headers, body=[body[: len(body) // 2], math.inf], wait=wait)
    return Reply(headers=headers, body=body, wait=wait)


def streamed(protocol: ChatProtocol, events: Iterable[bytes], orders: Orders) -> Reply:
    return Reply(
        headers={"Content-Type": protocol.stream_type},
        body=disturbed(events, orders, protocol.broken("Told to fail inside the stream.")),
        wait=orders.get("wait", [0])[0],
        pause=orders.get("slow", [0])[0],
    )


def disturbed(events: Iterable[bytes], orders: Orders, broken: bytes) -> Iterator[bytes | float]:
    fault, after = next(((name, orders[name]) for name in ("cut", "end", "stall", "error") if name in orders), ("", []))
    number = int(after[0]) if after else 0
    for index, event in enumerate(events):
        if fault and index == number:
            if fault == "cut":
                yield event[: len(event) // 2]
                raise BreakOff
            if fault == "stall":
                yield math.inf
            if fault == "error":
                yield broken
            return
        yield event
