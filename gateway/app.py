"""The ASGI application behind `/v1`: routes, who is calling, and the body. No Django on this path."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any

from django.db import DatabaseError

from access import request_id, tokens
from access.caller import ANONYMOUS, Caller
from access.events import NOTES
from access.limits import Limit
from access.masking import masked_path
from access.middleware import SANE_ID
from access.models import Kind as AccessKind
from access.scopes import Scope
from access.snapshot import KEYS, START, Entry, Refusal
from gateway import listing, unary
from gateway.call import Call
from gateway.dialects import ANTHROPIC, OPENAI, Dialect
from gateway.errors import BadRequest, Forbidden, GatewayError, TooLarge, Unauthorized
from gateway.limits import limits_of_key
from gateway.pipeline import Serving, send_error
from gateway.questions import ChatQuestion, Question
from gateway.runtime import Gateway
from gateway.threads import on_a_thread

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers = Mapping[bytes, bytes]
Ask = Callable[[bytes, Headers], Question]

LARGEST_BODY = 64 * 2**20  # bytes; several images in base64

logger = logging.getLogger("gateway")
LOOK_AGAIN = 0.25  # seconds between two looks for keys nobody knows yet


def chat(raw: bytes, headers: Headers) -> Question:
    return ChatQuestion(OPENAI, raw, headers)


def messages(raw: bytes, headers: Headers) -> Question:
    return ChatQuestion(ANTHROPIC, raw, headers)


POSTS: dict[str, tuple[Dialect, Ask]] = {
    "/v1/chat/completions": (OPENAI, chat),
    "/v1/messages": (ANTHROPIC, messages),
    "/v1/embeddings": (OPENAI, unary.embeddings),
    "/v1/images/generations": (OPENAI, unary.images),
    "/v1/audio/speech": (OPENAI, unary.speech),
}


class NotFoundHere(GatewayError):
    status = 404
    code = "not_found"

    def __init__(self, path: str) -> None:
        super().__init__(f"There is nothing at {masked_path(path)[:100]}. See GET /v1/models and the documentation.")


class NotAllowedHere(GatewayError):
    status = 405
    code = "method_not_allowed"

    def __init__(self, path: str, methods: str) -> None:
        super().__init__(f"{masked_path(path)[:100]} wants {methods}.")
        self.allow = methods


class App:
    """Serves one process; `gateway` is started and stopped by whoever owns the event loop."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.looking: asyncio.Task[None] | None = None
        self.looked_at = -LOOK_AGAIN
        self.known_limits: dict[int, tuple[Entry, tuple[Limit, ...]]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        post = POSTS.get(path)
        dialect = post[0] if post is not None else OPENAI
        headers: Headers = dict(scope["headers"])
        call: Call | None = None
        try:
            call = Call(self.gateway.snapshot, dialect.name)
            note_headers(call, headers)
            await self.identify(call, headers)
            if post is not None and scope["method"] == "POST":
                raw = await read_body(receive, headers)
                if raw is not None:
                    serving = Serving(self.gateway, call, post[1](raw, headers), send)
                    await self.gateway.leaving.unless_left(receive, serving.serve())
            elif path == "/v1/models" or path.startswith("/v1/models/") or path == "/v1/audio/voices":
                await self.listed(call, scope, headers, send)
            elif post is not None:
                raise NotAllowedHere(path, "POST")
            else:
                raise NotFoundHere(path)
        except GatewayError as error:
            if call is not None and call.caller.is_authenticated and post is not None:
                call.fail(error)
                self.gateway.record(call.record())
            elif error.status in (401, 403):
                note_refusal(scope, error)
            await send_error(send, call or Call(None, dialect.name), error, dialect)
        except Exception:
            if call is None or call.head_sent:
                raise
            logger.exception("Call %s failed in a way nobody thought of.", call.id)
            await send_error(
                send, call, GatewayError(f"Something went wrong here; the log has it under {call.id}."), dialect
            )

    # who is calling

    async def identify(self, call: Call, headers: Headers) -> None:
        """Find out who calls, by a key of ours or a page's token. Raises Unauthorized, Forbidden."""
        presented = presented_key(headers)
        if presented.startswith(START):
            found = KEYS.checked(presented)
            if found is Refusal.UNKNOWN:  # perhaps made a moment ago, by another process
                await self.look_for_keys()
                found = KEYS.checked(presented)
            if isinstance(found, Refusal):
                raise Unauthorized(found.value)
            call.caller, call.limits = found.caller, self.limits_for(found)
        elif presented.startswith(tokens.START):
            await self.by_token(call, presented)
        elif presented:
            raise Unauthorized("This key is not valid here. Use one made under API keys (it begins with mr_).")
        else:
            raise Unauthorized("Send an API key of this registry: Authorization: Bearer mr_...")
        if not call.caller.may(Scope.GATEWAY):
            raise Forbidden("This key may not call models: it lacks the scope gateway.")
        known = call.snapshot.people.get(call.caller.user_id)
        call.person = known or await self.gateway.person(call.snapshot, call.caller.user_id)

    async def look_for_keys(self) -> None:
        """Ask the database for new keys, once for all who wait for it, and not for every stranger's."""
        if self.looking is None or (self.looking.done() and monotonic() - self.looked_at > LOOK_AGAIN):
            self.looked_at = monotonic()
            self.looking = asyncio.ensure_future(asyncio.to_thread(on_a_thread, look_for_keys))
        await asyncio.shield(self.looking)

    def limits_for(self, entry: Entry) -> tuple[Limit, ...]:
        """The limits of a key and its owner, kept as long as the entry itself."""
        known = self.known_limits.get(id(entry))
        if known is not None and known[0] is entry:
            return known[1]
        found = limits_of_key(entry)
        if len(self.known_limits) > len(KEYS.entries) + 1_000:
            self.known_limits.clear()
        self.known_limits[id(entry)] = entry, found
        return found

    async def by_token(self, call: Call, presented: str) -> None:
        user_id = tokens.PEOPLE.user_id_of(presented)
        caller: Caller | None | bool = None
        if user_id is not None:
            caller = tokens.PEOPLE.remembered(user_id)
            if caller is False:
                caller = await asyncio.to_thread(on_a_thread, tokens.PEOPLE.look_up, user_id)
        if not isinstance(caller, Caller):
            raise Unauthorized("This token is no longer valid. Reload the page.")
        call.caller, call.limits = caller, tokens.PEOPLE.limits_of(caller.user_id or 0)

    # serving

    async def listed(self, call: Call, scope: Message, headers: Headers, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise NotAllowedHere(scope["path"], "GET, HEAD")
        status, body, more = await listing.answer(call, scope["path"], headers)
        lines = [*call.headers(b"application/json"), (b"content-length", b"%d" % len(body)), *more]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def look_for_keys() -> None:
    with contextlib.suppress(DatabaseError):
        KEYS.refresh()


def presented_key(headers: Headers) -> str:
    """The key as OpenAI's clients send it, or Anthropic's."""
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    presented = value if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
    return presented.strip().decode("latin-1")


def note_refusal(scope: Message, error: GatewayError) -> None:
    """Tell the access events who was not let in, at most once a minute an address."""
    path = masked_path(scope["path"])[:100]
    origin = request_id.address.set(scope["client"][0] if scope.get("client") else None)
    try:
        NOTES.add(AccessKind.REFUSED, ANONYMOUS, f"{error.status} {scope['method']} {path}")
    finally:
        request_id.address.reset(origin)


def note_headers(call: Call, headers: Headers) -> None:
    sent = headers.get(b"x-request-id")
    if sent is not None and SANE_ID.fullmatch(text := sent.decode("latin-1")):
        call.client_request_id = text
    conversation = headers.get(b"x-registry-conversation")
    if conversation is not None:
        call.conversation = conversation[:64].decode("latin-1")


async def read_body(receive: Receive, headers: Headers) -> bytes | None:
    """The body; None if the client left before its end. Raises TooLarge."""
    length = headers.get(b"content-length", b"")
    if len(length) > 20 or (length.isdigit() and int(length) > LARGEST_BODY):
        raise TooLarge(f"The body is larger than {LARGEST_BODY // 2**20} MB.")
    if headers.get(b"content-encoding", b"identity") not in (b"", b"identity"):
        raise BadRequest("Compressed bodies are not read: send it as it is.")
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body if message["type"] == "http.request" else None
    pieces = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > LARGEST_BODY:
            raise TooLarge(f"The body is larger than {LARGEST_BODY // 2**20} MB.")
    return b"".join(pieces)
