"""Asking a provider one question: its JSON answer, or one of our errors. Bounded in time, size and tries."""

from __future__ import annotations

import asyncio
import random
import re
import ssl
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import orjson

from .addresses import HOST, parse_url
from .errors import (
    BadAnswer,
    BrokenOff,
    NothingThere,
    RateLimited,
    Redirected,
    Refused,
    Rejected,
    ServerFault,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
    UpstreamError,
)
from .reasons import is_like_key, reason_in, reason_of

REASON_BYTES = 64_000  # of an error's body; more is not worth reading
TELLING = 16  # characters; a shorter key may be a word that occurs by chance
KEY_TROUBLE = re.compile(r"api[ _-]?key", re.IGNORECASE)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, how often and how much. Seconds; tests pass their own clock and sleep."""

    total: float = 120  # one question with all its tries and pauses
    tries: int = 3
    pause: float = 1  # the first pause is random up to this, each further up to twice the one before
    max_bytes: int = 64_000_000
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = now


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: parsed JSON, or nothing if it has not changed since the ETag that was sent."""

    payload: Any
    headers: Mapping[str, str]
    not_modified: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request to one provider; `key` is only here to keep it out of what is shown."""

    who: str
    method: str
    url: httpx2.URL
    headers: Mapping[str, str] = field(repr=False)
    json: Any
    key: str = field(repr=False)


async def ask(
    client: httpx2.AsyncClient,
    url: str,
    *,
    who: str,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    key: str = "",
    patience: Patience = Patience(),  # noqa: B008  frozen
) -> Answer:
    """Ask for JSON, trying again what may pass. Raises UpstreamError, never anything else."""
    address = parse_url(url).copy_merge_params(params or {})
    method = "GET" if json is None else "POST"
    question = Question(who=who, method=method, url=address, headers=headers or {}, json=json, key=key)
    try:
        async with asyncio.timeout(patience.total):
            return await ask_again(client, question, patience)
    except TimeoutError as error:
        raise TimedOut(who, patience.total) from error


async def ask_again(client: httpx2.AsyncClient, question: Question, patience: Patience) -> Answer:
    deadline = asyncio.get_running_loop().time() + patience.total
    for attempt in range(1, patience.tries + 1):
        try:
            return await ask_once(client, question, patience)
        except UpstreamError as error:
            pause = pause_after(error, attempt, patience)
            late = asyncio.get_running_loop().time() + pause >= deadline
            if not error.may_pass or attempt == patience.tries or late:
                raise
        await patience.sleep(pause)
    raise AssertionError("unreachable: the last try returns or raises")


def pause_after(error: UpstreamError, attempt: int, patience: Patience) -> float:
    """Full jitter over a doubling ceiling, and never less than the provider asks for."""
    asked = getattr(error, "retry_after", None) or 0.0
    return max(asked, patience.jitter(0, patience.pause * 2 ** (attempt - 1)))


async def ask_once(client: httpx2.AsyncClient, question: Question, patience: Patience) -> Answer:
    who = question.who
    try:
        async with client.stream(
            question.method, question.url, headers=question.headers, json=question.json
        ) as response:
            return await read_answer(response, question, patience)
    except httpx2.ConnectTimeout as error:
        raise TimedOut(who, client.timeout.connect or 0, "accepted no connection for") from error
    except httpx2.TimeoutException as error:
        raise TimedOut(who, client.timeout.read or 0, "sent nothing for") from error
    except httpx2.DecodingError as error:
        raise BadAnswer(who, "something that cannot be decompressed") from error
    except httpx2.ConnectError as error:
        raise unconnected(who, error) from error
    except httpx2.TransportError as error:
        raise BrokenOff(who) from error


def unconnected(who: str, error: httpx2.ConnectError) -> UpstreamError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return TlsFailed(who, cause.verify_message.lower())
        if isinstance(cause, ssl.SSLError):
            return TlsFailed(who, (cause.reason or "handshake failure").replace("_", " ").lower())
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(who, "the connection was refused")
        cause = cause.__cause__ or cause.__context__
    return Unreachable(who)


async def read_answer(response: httpx2.Response, question: Question, patience: Patience) -> Answer:
    status = response.status_code
    if status == 304 and "If-None-Match" in question.headers:
        return Answer(payload=None, headers=response.headers, not_modified=True)
    if 300 <= status < 400:
        raise Redirected(question.who, status, redirect_host(response.headers.get("location", ""), question.key))
    if status >= 400:
        raise fault(response, question, await read_reason(response, question), patience)
    body = await read_body(response, question.who, patience.max_bytes)
    refuse_echo(body, response.headers, question)
    return Answer(payload=parse(body, response, question), headers=response.headers)


def redirect_host(location: str, key: str) -> str:
    """The host of a redirect; none if it is none, or tells the key."""
    try:
        host = httpx2.URL(location).host
    except httpx2.InvalidURL:
        return ""
    return host if HOST.fullmatch(host) and not is_like_key(host, key.lower()) else ""


async def read_body(response: httpx2.Response, who: str, limit: int) -> bytes:
    """The decoded body, given up as soon as it is larger than it may be: a small gzip file can hold a huge one."""
    parts: list[bytes] = []
    size = 0
    if int(response.headers.get("content-length", "0")) > limit:
        raise TooLarge(who, limit)
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit or response.num_bytes_downloaded > limit:
            raise TooLarge(who, limit)
        parts.append(part)
    return b"".join(parts)


def refuse_echo(body: bytes, headers: Mapping[str, str], question: Question) -> None:
    """What we take from an answer is stored and shown, so it may not hold the key that was sent."""
    key = question.key
    if len(key) >= TELLING and (key.encode() in body or any(key in value for value in headers.values())):
        raise BadAnswer(question.who, "with the key it was sent, which is not taken in", reason_in(body, key))


async def read_reason(response: httpx2.Response, question: Question) -> str:
    try:
        body = await read_body(response, question.who, REASON_BYTES)
    except (UpstreamError, httpx2.TransportError, httpx2.DecodingError):
        return ""  # the status says enough
    return reason_in(body, question.key)


def fault(response: httpx2.Response, question: Question, reason: str, patience: Patience) -> UpstreamError:
    """The error a status stands for."""
    who, status = question.who, response.status_code
    wait = retry_after(response.headers.get("retry-after", ""), patience.now())
    # Gemini and xAI answer 400 to a wrong key.
    if status in (401, 403) or (status == 400 and KEY_TROUBLE.search(reason)):
        return Refused(who, status, with_key=bool(question.key), reason=reason)
    if status == 429:
        return RateLimited(who, wait, reason)
    if status >= 500 or status == 408:
        return ServerFault(who, status, wait, reason)
    return (NothingThere if status in (404, 405, 410) else Rejected)(who, status, reason)


def retry_after(value: str, at: datetime) -> float | None:
    """The seconds a Retry-After header asks for: a number of them, or a date."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - at).total_seconds())


def parse(body: bytes, response: httpx2.Response, question: Question) -> Any:
    """The JSON of a good answer. Raises BadAnswer for anything else, also for {"success": false}."""
    who = question.who
    try:
        payload = orjson.loads(body.removeprefix(BOM_UTF8))
        orjson.dumps(payload)  # it writes 254 levels and reads 1,024: what we cannot store again is refused here
    except orjson.JSONDecodeError as error:
        raise BadAnswer(who, unreadable(body, response, error)) from None
    except orjson.JSONEncodeError:
        raise BadAnswer(who, "JSON that is nested too deep") from None
    if isinstance(payload, dict) and payload.get("success") is False:
        raise BadAnswer(who, "that it did not succeed", reason_of(payload, question.key))
    return payload


def unreadable(body: bytes, response: httpx2.Response, error: orjson.JSONDecodeError) -> str:
    """What a body is that is not JSON, in words."""
    start = body[:100].lstrip().lower()
    if not start:
        return "nothing: its body is empty"
    if start.startswith(b"<") or "html" in response.headers.get("content-type", ""):
        return "a web page instead of JSON. Check the base URL"
    if "depth limit" in error.msg:
        return "JSON that is nested too deep"
    if "unexpected end" in error.msg:
        return "JSON that breaks off in the middle"
    return "something that is not JSON"
