"""Serving a call: who may, which model, by what key, over which wire; and another one if that fails.

Everything that can fail before the first content is tried again at the next candidate: the plan is the same for
streams and plain answers. Whatever happens, each call leaves one record.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import orjson

from access.limits import Spend, unpriced
from access.masking import masked_path
from catalog.credentials import CallKey, NoKey
from catalog.errors import CatalogError
from catalog.resolution import Candidate
from catalog.resolution import NotServed as NotResolved
from gateway import limits as counting
from gateway.breakers import Place
from gateway.call import Call
from gateway.choice import choose
from gateway.dialects import Dialect
from gateway.errors import (
    BadRequest,
    Forbidden,
    GatewayError,
    LimitReached,
    NotServed,
    Unavailable,
    UpstreamFailed,
    UpstreamTimedOut,
)
from gateway.masking import mask
from gateway.metering.costs import cost_of
from gateway.models import Outcome
from gateway.questions import ChatExchange, Exchange, Question, UnaryExchange
from gateway.relay import StaleConnection, trouble
from gateway.runtime import Gateway
from gateway.snapshot import Served
from gateway.streaming import Stream, passed_or_translated, replay
from gateway.wires.base import TAIL, Tokens

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

RETRIES = 2  # of the last candidate, before the first content
FIRST_WAIT = 0.25  # seconds before the first retry, doubled for the next, times a random share
LONGEST_WAIT = 5.0  # seconds one waits because a provider asks for it in Retry-After
MOST_KEPT = 50_000  # names a snapshot remembers the way of
NO_DATA = ("text/html", "application/json")  # what comes with 200 where data was asked for, and is an error
LARGEST_ERROR = 65_536  # bytes of an error that are read
REASON_WAIT = 2.0  # seconds for them
LARGEST_ANSWER = 64 * 2**20  # bytes of a plain answer
LONGEST_LENGTH = 20  # digits

logger = logging.getLogger("gateway")


class Serving:
    """One call on its way through the gateway."""

    def __init__(self, gateway: Gateway, call: Call, question: Question, send: Send) -> None:
        self.gateway = gateway
        self.call = call
        self.question = question
        self.send = send
        self.is_recorded = False
        self.begun: Stream | None = None
        call.kind, call.requested, call.streamed = question.kind, question.model, question.streamed
        call.dialect = question.dialect.name

    async def serve(self) -> None:
        """Answer, whatever happens; write the record. A client that leaves cancels it."""
        call = self.call
        try:
            if self.gateway.spool.is_full:
                raise Unavailable("Calls cannot be recorded now, so none is served. Try again later.")
            self.resolve()
            if call.limits:
                await self.reserve_for_caller()
            await self.try_candidates()
        except GatewayError as error:
            call.fail(error)
            await self.refuse(error)
        except asyncio.CancelledError:
            call.end(Outcome.CANCELLED, 499, "cancelled")
            raise
        except BaseException:
            call.end(Outcome.ERROR, 500, "internal_error")
            raise
        finally:
            self.finish()

    # which models

    def resolve(self) -> None:
        call = self.call
        about = (self.question.model, self.question.kind, call.caller.key_id, call.caller.user_id)
        known = call.snapshot.resolved.get(about) if call.wanted is None else None
        if known is not None and known[0] is call.caller and known[1] is call.person:
            call.resolved = known[2]
            return
        try:
            call.resolved = choose(call, self.question)
        except NotResolved as error:
            call.requested = masked_path(call.requested)
            raise NotServed(
                error.message, status=error.status_code, code=error.code, details=dict(error.details or {})
            ) from error
        call.requested = call.resolved.requested
        is_fixed = call.wanted is None and not call.resolved.route  # a route may lead elsewhere next time
        if is_fixed and call.person is not None and len(call.snapshot.resolved) < MOST_KEPT:
            call.snapshot.resolved[about] = call.caller, call.person, call.resolved

    # limits

    async def reserve_for_caller(self) -> None:
        call = self.call
        assert call.resolved is not None
        first = call.resolved.first.model
        reservation = await self.gateway.counter.reserve(call.limits, self.expected(first, call.limits))
        call.reserved = ((reservation, None),)

    async def reserve_for_model(self, model: Served) -> None:
        """A model's own limits; the caller's budget minds another model's unknown price too."""
        call = self.call
        if call.attempts and call.limits and model.price_at(call.at) is None:
            self.refuse_unpriced()
        if model.limits:
            reservation = await self.gateway.counter.reserve(model.limits, self.expected(model, model.limits))
            call.reserved = (*call.reserved, (reservation, model))

    def refuse_unpriced(self) -> None:
        refused = unpriced(self.call.limits, Spend(usd=None))
        if refused is not None:
            raise counting.refusal(refused)

    def expected(self, model: Served, limits: Any) -> Spend:
        if not counting.minds_tokens(limits):
            return Spend()
        return counting.estimate(self.question.body, self.question.length, model.price_at(self.call.at))

    # candidates

    async def try_candidates(self) -> None:
        call = self.call
        assert call.resolved is not None
        candidates = call.resolved.candidates
        for position, candidate in enumerate(candidates):
            is_last = position == len(candidates) - 1
            call.candidate, call.price = candidate, candidate.model.price_at(call.at)
            try:
                await self.try_candidate(candidate, retries=RETRIES if is_last else 0)
                return
            except (GatewayError, CatalogError) as error:
                failure = of_catalog(error) if isinstance(error, CatalogError) else error
                may_pass = (
                    failure.may_pass
                    or isinstance(failure, LimitReached)
                    or (isinstance(failure, BadRequest) and position > 0)  # one wire less, not the caller's mistake
                )
                if call.head_sent or is_last or not may_pass:
                    raise failure from error
                call.note_failure(failure.code)

    async def try_candidate(self, candidate: Candidate, retries: int) -> None:
        """Call one model, again if that may help. Raises what failed last."""
        call, model = self.call, candidate.model
        if model.limits or call.attempts:
            await self.reserve_for_model(model)
        exchange = self.question.put_to(model, call.snapshot)
        assert call.person is not None
        key = call.snapshot.key_for(model, call.person)
        call.credential_id, call.more_headers, exchange.sent = key.credential_id, exchange.headers, key.headers
        place = (model.provider, place_of(key))
        stale_again = 1
        for attempt in range(retries + 1):
            while True:
                if not self.gateway.breakers.allow(place):
                    wait = self.gateway.breakers.wait(place)
                    raise Unavailable(
                        f"{model.provider} is not called for {wait:.0f} more seconds: its last calls failed.",
                        retry_after=wait,
                    )
                call.attempts += 1
                call.tokens = Tokens()
                try:
                    await self.exchange(exchange, key, model)
                    self.note_end(place)
                    return
                except StaleConnection as error:
                    if call.head_sent or not stale_again:
                        failure: UpstreamFailed = error
                        break
                    stale_again -= 1
                except UpstreamFailed as error:
                    failure = error
                    break
            mask(failure, key.headers)
            if not failure.may_pass:
                self.gateway.breakers.succeeded(place)  # it answered; what it answered is the caller's to mend
                raise failure
            self.gateway.breakers.failed(place, failure.message, failure.retry_after)
            if call.head_sent or attempt == retries or (failure.retry_after or 0) > LONGEST_WAIT or not helps(failure):
                raise failure
            await asyncio.sleep(failure.retry_after or FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.5))

    def note_end(self, place: Place) -> None:
        """Whether the provider did its part: a stream may have failed after its head was out."""
        error = self.call.error
        if isinstance(error, UpstreamFailed) and error.may_pass:
            self.gateway.breakers.failed(place, error.message)
        else:
            self.gateway.breakers.succeeded(place)

    async def exchange(self, exchange: Exchange, key: CallKey, model: Served) -> None:
        """Send, and pass the answer on. Raises UpstreamFailed for what comes before the head of our own answer."""
        outgoing = exchange.outgoing
        headers = {"Content-Type": "application/json", **outgoing.headers, **key.headers}
        stream = None
        if isinstance(exchange, ChatExchange) and exchange.mode == "events":
            stream = self.begun = passed_or_translated(self.call, exchange, self.send, self.finish)
        posting = self.gateway.relay.post(
            model.provider,
            joined(key.base_url, outgoing.path),
            outgoing.body,
            headers,
            streamed=stream is not None,
            private_allowed=key.private_allowed,
        )
        response = await (posting if stream is None else stream.patiently(posting))
        try:
            if response.status >= 300:
                raise await self.upstream_error(exchange, response, model)
            if stream is not None:
                await self.stream(stream, response, model)
            elif isinstance(exchange, UnaryExchange) and exchange.mode == "raw":
                await self.pass_raw(exchange, response, model)
            else:
                await self.answer_whole(exchange, response, model)
        except BaseException:
            response.close()  # the provider stops working on what nobody waits for
            raise
        response.release()

    async def stream(self, stream: Stream, response: aiohttp.ClientResponse, model: Served) -> None:
        if response.content_type == "text/html":
            raise stream.exchange.error(502, await read_reason(response))
        if response.content_type == "application/json":  # in one piece, whatever was asked for
            await replay(stream, await read_whole(response, model))
        else:
            await stream.relay(response)

    async def upstream_error(
        self, exchange: Exchange, response: aiohttp.ClientResponse, model: Served
    ) -> UpstreamFailed:
        if response.status < 400:
            return UpstreamFailed(f"{model.provider} redirects elsewhere; redirects are not followed.")
        error = exchange.error(response.status, await read_reason(response))
        if error.retry_after is None:
            error.retry_after = seconds_of(response.headers.get("Retry-After", ""))
        return error

    async def answer_whole(self, exchange: Exchange, response: aiohttp.ClientResponse, model: Served) -> None:
        call = self.call
        body = await read_whole(response, model)
        content_type = response.headers.get("Content-Type", "")
        answered, stop = exchange.whole(content_type, body, call.id, int(call.at))
        call.note_first()
        call.note_answer(answered, stop)
        await self.send_whole(200, answered.body, answered.content_type.encode())

    async def pass_raw(self, exchange: UnaryExchange, response: aiohttp.ClientResponse, model: Served) -> None:
        """An answer that is data, such as speech, piece by piece; what it took is read from its end."""
        call = self.call
        if response.content_type in NO_DATA:
            raise exchange.error(502, await read_reason(response))
        told = exchange.wire.content_type(exchange.ask) if exchange.wire.content_type is not None else ""
        content_type = told or response.headers.get("Content-Type", "application/octet-stream")
        tail = b""
        try:
            async for chunk in response.content.iter_any():
                if not call.head_sent:
                    call.note_first()
                    call.head_sent = True
                    headers = call.headers(content_type.encode())
                    await self.send({"type": "http.response.start", "status": 200, "headers": headers})
                await self.send({"type": "http.response.body", "body": chunk, "more_body": True})
                tail = (tail + chunk)[-TAIL:] if len(chunk) < TAIL else chunk[-TAIL:]
        except (aiohttp.ClientError, TimeoutError) as error:
            raise trouble(model.provider, error) from error
        if not call.head_sent:
            raise UpstreamFailed(f"{model.provider} answered nothing.")
        if exchange.wire.metered is not None:
            call.note_answer(exchange.wire.metered(exchange.ask, tail))
        self.finish()
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    # the end

    async def send_whole(self, status: int, body: bytes, content_type: bytes) -> None:
        call = self.call
        call.end(Outcome.OK, status)
        self.finish()
        call.head_sent = True
        headers = [*call.headers(content_type), (b"content-length", b"%d" % len(body))]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, error: GatewayError) -> None:
        """The error in the caller's dialect; if the answer had begun, as an event, or the connection ends before it."""
        if self.call.head_sent and self.begun is not None:
            await self.begun.fail(error)
            return
        if self.call.head_sent:
            raise ConnectionAbortedError from error
        self.finish()
        await send_error(self.send, self.call, error, self.question.dialect)

    def finish(self) -> None:
        """Settle what was reserved and write the record, once, before the last bytes leave."""
        if self.is_recorded:
            return
        self.is_recorded = True
        call = self.call
        call.end(Outcome.OK, 200)
        record = call.record()
        usd = call.cost = record["cost"] = cost_of(call.price, record)
        for reservation, model in call.reserved:
            used = model is None or model is call.model
            self.gateway.counter.settle(reservation, call.spend(usd) if used else Spend())
        self.gateway.record(record)


async def send_error(send: Send, call: Call, error: GatewayError, dialect: Dialect) -> None:
    body = orjson.dumps(dialect.error_body(error, call.id))
    headers = [*call.headers(b"application/json"), (b"content-length", b"%d" % len(body))]
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, round(error.retry_after))))
    if error.allow:
        headers.append((b"allow", error.allow.encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def of_catalog(error: CatalogError) -> GatewayError:
    """A refusal of the catalog as one of ours: a key that is missing or cannot be read may be there elsewhere."""
    if isinstance(error, NoKey) or error.status_code >= 500:
        return Unavailable(error.message)
    return Forbidden(error.message)


def place_of(key: CallKey) -> str:
    return f"credential:{key.credential_id}" if key.credential_id is not None else key.origin.value


def helps(failure: UpstreamFailed) -> bool:
    """Whether the same model may answer a moment later: not if the key is wrong or its time was up."""
    return failure.upstream_status not in (401, 402, 403, 404) and not isinstance(failure, UpstreamTimedOut)


def joined(base_url: str, path: str) -> str:
    return path if path.startswith(("http://", "https://")) else f"{base_url}{path}"


def seconds_of(text: str) -> float | None:
    """Retry-After in seconds; a date is not worth reading."""
    return float(text) if text.isascii() and text.replace(".", "", 1).isdigit() else None


async def read_reason(response: aiohttp.ClientResponse) -> bytes:
    """What an error says, as far as it comes soon."""
    body = b""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(REASON_WAIT):
            while len(body) < LARGEST_ERROR and (piece := await response.content.read(LARGEST_ERROR - len(body))):
                body += piece
    return body


async def read_whole(response: aiohttp.ClientResponse, model: Served) -> bytes:
    """All of an answer. Raises UpstreamFailed for one that breaks off, or is too large to be kept."""
    length = response.headers.get("Content-Length", "")
    if len(length) > LONGEST_LENGTH or (length.isdigit() and int(length) > LARGEST_ANSWER):
        raise UpstreamFailed(f"{model.provider} answered more than can be passed on.")
    try:
        return await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise trouble(model.provider, error) from error
