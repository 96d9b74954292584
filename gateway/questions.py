"""What callers ask, each kind in its own form, and how it is put to a model: as it came, or translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import orjson

from gateway import voices
from gateway.bodies import with_fields, with_model
from gateway.call import in_header
from gateway.dialects import Dialect
from gateway.errors import BadRequest, UpstreamFailed
from gateway.framing import Splitter
from gateway.models import Kind
from gateway.snapshot import Served, Snapshot
from gateway.wires import WIRES
from gateway.wires.base import Answered, Chat, Decoder, Outgoing, Stop, Target, UnaryWire, Wire, tally_of

PASSED_ON = (b"anthropic-beta", b"anthropic-version", b"openai-beta")  # headers that reach the caller's own dialect


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One question as it is put to one model, and how its answer is read."""

    outgoing: Outgoing
    mode: Literal["plain", "events", "raw"]  # read whole; translated or passed event by event; passed as it arrives
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)  # what our own answer says beside the usual
    sent: Mapping[str, str] = field(default_factory=dict, repr=False)  # headers with keys, which no error may tell

    def error(self, status: int, body: bytes) -> UpstreamFailed:
        raise NotImplementedError

    def whole(self, content_type: str, body: bytes, call_id: str, created: int) -> tuple[Answered, Stop | None]:
        """A plain answer as the caller gets it. Raises UpstreamFailed."""
        raise NotImplementedError


class Question(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def categories(self) -> tuple[str, ...]:
        """Of models that can do it, the likeliest first."""

    @property
    def model(self) -> str:
        """The name that was sent."""

    @property
    def body(self) -> Mapping[str, Any]: ...

    @property
    def length(self) -> int:
        """Bytes of the body."""

    @property
    def streamed(self) -> bool: ...

    def put_to(self, model: Served, snapshot: Snapshot) -> Exchange:
        """How this is said to a model. Raises Unsupported, naming the field."""


def target_of(model: Served) -> Target:
    return Target(
        provider=model.provider,
        model_id=model.model_id,
        base_url=model.address,
        max_output_tokens=model.max_output_tokens,
        asks_for_usage=model.asks_for_usage,
        limit_name=model.limit_name,
        reasons=model.reasons,
    )


def parsed(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body with the name of a model. Raises BadRequest."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise BadRequest("model is missing: name one, such as those of GET /v1/models.", param="model")
    return body


@dataclass(slots=True, kw_only=True)
class ChatExchange(Exchange):
    wire: Wire
    dialect: Dialect
    chat: Chat | None  # None: the answer passes as it is, though the question may not have
    body: Mapping[str, Any]  # what the caller sent
    drops_usage: bool = False  # whether a last event with nothing but usage is ours alone
    model: str = ""

    def error(self, status: int, body: bytes) -> UpstreamFailed:
        return self.wire.error(status, body)

    def whole(self, content_type: str, body: bytes, call_id: str, created: int) -> tuple[Answered, Stop | None]:
        if self.chat is None:
            tally = self.wire.tally(body) if self.wire.tally is not None else tally_of(self.wire.decode(body))
            return Answered(body=body, tokens=tally.tokens, provider_cost=tally.provider_cost), tally.stop
        reply = self.wire.decode(body)
        answer = self.dialect.render(reply, model=self.model, call_id=call_id, created=created)
        return Answered(body=answer, tokens=reply.tokens, provider_cost=reply.provider_cost), reply.stop

    def splitter(self) -> Splitter:
        return Splitter(self.wire.framing)

    def decoder(self) -> Decoder:
        return self.wire.decoder()


class ChatQuestion:
    """A chat call in one of the two dialects."""

    kind = Kind.CHAT.value
    categories = ("text", "image", "other")

    def __init__(self, dialect: Dialect, raw: bytes, headers: Mapping[bytes, bytes]) -> None:
        self.dialect = dialect
        self.raw = raw
        self.body = parsed(raw)
        self.length = len(raw)
        self.headers = headers
        self.model: str = self.body["model"]
        self.streamed = self.body.get("stream") is True
        self.chat: Chat | None = None

    def put_to(self, model: Served, snapshot: Snapshot) -> ChatExchange:
        wire = WIRES[model.wire]
        mode: Literal["plain", "events"] = "events" if self.streamed else "plain"
        if wire.dialect == self.dialect.name and not self.dialect.holds_others(self.body):
            outgoing, drops_usage = self.as_it_came(wire, model, snapshot)
            return ChatExchange(
                outgoing=outgoing,
                mode=mode,
                wire=wire,
                dialect=self.dialect,
                chat=None,
                body=self.body,
                drops_usage=drops_usage,
            )
        chat = self.neutral()
        with_defaults = self.with_defaults(chat, model)
        is_own = wire.dialect == self.dialect.name  # then the answer has the caller's form, and may hold more than ours
        return ChatExchange(
            outgoing=wire.encode(with_defaults, target_of(model)),
            mode=mode,
            wire=wire,
            dialect=self.dialect,
            chat=None if is_own else chat,
            body=self.body,
            drops_usage=is_own and self.dialect.asks_for_usage and model.asks_for_usage and not chat.stream_usage,
            model=model.label,
        )

    def neutral(self) -> Chat:
        if self.chat is None:
            self.chat = self.dialect.parse(self.body)
        return self.chat

    def with_defaults(self, chat: Chat, model: Served) -> Chat:
        """The model's own temperature and top_p, where the caller does not say."""
        if model.temperature is None and model.top_p is None:
            return chat
        changed = self.missing_defaults(model)
        return chat if not changed else replaced(chat, changed)

    def missing_defaults(self, model: Served) -> dict[str, float]:
        stated = {"temperature": model.temperature, "top_p": model.top_p}
        return {name: float(value) for name, value in stated.items() if value is not None and name not in self.body}

    def as_it_came(self, wire: Wire, model: Served, snapshot: Snapshot) -> tuple[Outgoing, bool]:
        """The caller's own bytes, with another model and what metering needs; whether usage is asked for by us."""
        if self.body.get("models"):  # some providers would answer with whichever of these they like
            raise BadRequest("models cannot be passed on: call one model, or a route with fallbacks.", param="models")
        body = with_model(self.raw, self.body, model.model_id)
        more: dict[str, Any] = self.missing_defaults(model)
        asks = False
        if self.streamed and self.dialect.asks_for_usage and model.asks_for_usage:
            options = self.body.get("stream_options")
            if options is None and "stream_options" not in self.body:
                asks = True
                more["stream_options"] = {"include_usage": True}
            elif not (isinstance(options, dict) and options.get("include_usage")):
                asks = True
                wanted = {**(options if isinstance(options, dict) else {}), "include_usage": True}
                body = orjson.dumps({**orjson.loads(body), "stream_options": wanted})
        path = snapshot.paths.get(model.pk)
        if path is None or not model.pk:  # 0: no row, and another model each time
            assert wire.path is not None
            path = snapshot.paths[model.pk] = wire.path(target_of(model))
        sent = self.headers
        headers = {name.decode(): sent[name].decode("latin-1") for name in PASSED_ON if name in sent}
        changed = with_fields(body, more)
        return Outgoing(path=path, body=changed, headers={**self.dialect.headers, **headers}), asks


def replaced(chat: Chat, fields: Mapping[str, Any]) -> Chat:
    copy = Chat(**{name: getattr(chat, name) for name in chat.__slots__})
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


@dataclass(slots=True, kw_only=True)
class UnaryExchange(Exchange):
    wire: UnaryWire[Any]
    ask: Any

    def error(self, status: int, body: bytes) -> UpstreamFailed:
        return self.wire.error(status, body)

    def whole(self, content_type: str, body: bytes, call_id: str, created: int) -> tuple[Answered, Stop | None]:
        assert self.wire.decode is not None
        return self.wire.decode(self.ask, content_type, body), None


@dataclass(slots=True, kw_only=True)
class UnaryQuestion:
    """Embeddings, images, speech: one question, one answer, in the OpenAI dialect."""

    kind: str
    dialect: Dialect
    categories: tuple[str, ...]
    model: str
    body: Mapping[str, Any]
    ask: Any
    wires: Mapping[str, UnaryWire[Any]]
    what: str  # "make speech", "make images", for who cannot
    length: int
    streamed: bool = False

    def put_to(self, model: Served, snapshot: Snapshot) -> UnaryExchange:
        return self.exchange(self.wire_of(model), self.ask, model)

    def wire_of(self, model: Served) -> UnaryWire[Any]:
        wire = self.wires.get(model.wire)
        if wire is None:
            raise BadRequest(f"{model.label} cannot {self.what} here: its provider speaks {model.wire}.", param="model")
        return wire

    @staticmethod
    def exchange(wire: UnaryWire[Any], ask: Any, model: Served) -> UnaryExchange:
        outgoing = wire.encode(ask, target_of(model))
        passes = wire.decode is None or outgoing.passes
        return UnaryExchange(outgoing=outgoing, mode="raw" if passes else "plain", wire=wire, ask=ask)


@dataclass(slots=True, kw_only=True)
class SpeechQuestion(UnaryQuestion):
    """Speech, with a voice of whichever model answers."""

    def put_to(self, model: Served, snapshot: Snapshot) -> UnaryExchange:
        known = snapshot.voices.get(model.provider, ())
        chosen = voices.choose(self.ask, known, model.model_id, wire=model.wire)
        exchange = self.exchange(self.wire_of(model), replace(self.ask, voice=chosen.voice_id), model)
        exchange.headers.append((b"x-registry-voice", in_header(chosen.voice_id)))
        if chosen.reason:
            exchange.headers.append((b"x-registry-voice-reason", chosen.reason.encode()))
        return exchange
