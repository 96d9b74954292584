"""What a provider says when it fails, as our error: with its status and its own words, cleaned."""

from __future__ import annotations

import re
from typing import Any

import orjson

from catalog.upstream.reasons import clean
from gateway.errors import CALLERS_MISTAKES, StreamBroken, UpstreamFailed
from gateway.lenient import loads

KEY_REFUSED = "upstream_auth"  # our key is wrong or may not do this: never the caller's mistake
# What foreign JSON can do to a reader; ArithmeticError comes of a cost that is no number.
UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError)
MOST_REASONS = 3  # of a list of complaints
SAYING = (
    "error",
    "message",
    "detail",
    "msg",
    "reason",
    "errors",
    "error_message",
    "fault",
    "faultstring",
    "error_msg",
    "status_msg",
    "base_resp",
    "title",
    "Message",
)  # where the words stand
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
TAG = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")
WORDS = re.compile(r"[a-z]{1,20}(?:[_.-][a-z]{1,20}){0,9}")
ABOUT_A_KEY = re.compile(r"api[ _-]?key", re.IGNORECASE)
# What MiniMax's numbers mean as statuses.
NUMBERED: dict[Any, int] = {1001: 504, 1002: 429, 1004: 401, 1008: 402, 1013: 500, 1039: 400, 2013: 400, 2049: 401}
# What the names of errors inside an answer mean as statuses.
NAMED = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "service_unavailable": 503,
    "unavailable": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
    "insufficient_system_resource": 503,
    "engine_overloaded": 529,
}


def failure(status: int, body: bytes) -> UpstreamFailed:
    """The error of an answer that is none; its body may be JSON, plain text or a page."""
    try:
        return failed(status, loads(body))
    except ValueError:
        return failed(status, plain(body[:20_000].decode("utf-8", "replace")))


def failed(
    status: int,
    payload: Any,
    *,
    code: str = "",
    retry_after: float | None = None,
    kind: type[UpstreamFailed] = UpstreamFailed,
) -> UpstreamFailed:
    """The same of a payload that is read already. Status 0: it came inside an answer; its own words may name one."""
    if isinstance(payload, list) and payload and isinstance(payload[0], dict) and "error" in payload[0]:
        payload = payload[0]  # as Google does
    reason = clean(ADDRESS.sub("[link]", said(payload)))
    status = status or status_in(payload)
    if status == 400 and ABOUT_A_KEY.search(reason):
        status = 401  # some answer 400 to a bad key
    error = error_in(payload)
    if status == 403 and isinstance(metadata := error.get("metadata"), dict) and "flagged_input" in metadata:
        status = 400  # at OpenRouter: what was asked may not be asked
    callers = status in CALLERS_MISTAKES
    head = f"The provider answered {status}" if status else "The provider failed"
    return kind(
        f"{head}: {reason}" if reason else f"{head}.",
        upstream_status=status,
        code=code or (KEY_REFUSED if status in (401, 403) else name_in(error) if callers else ""),
        retry_after=delay_in(error) if retry_after is None else retry_after,
        param=param_in(error) if callers else None,
    )


def broken(text: str = "The provider sent something that could not be read.") -> StreamBroken:
    return StreamBroken(text)


def said(payload: Any) -> str:
    """The words of an error in any of the shapes providers use, however deep they stand."""
    if isinstance(payload, str):
        return payload
    if isinstance(payload, list):
        return "; ".join(filter(None, map(said, payload[:MOST_REASONS])))
    if not isinstance(payload, dict):
        return ""
    words = next(filter(None, (said(payload.get(name)) for name in SAYING)), "")
    place = payload.get("loc")
    if words and isinstance(place, list):  # FastAPI names the field apart
        words = f"{'.'.join(map(str, place))}: {words}"
    metadata = payload.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f"{words}: {said_by_another(raw)}" if words and isinstance(raw, str) else words


def said_by_another(raw: str) -> str:
    """OpenRouter quotes the provider behind it, as text or as the JSON it sent."""
    try:
        return said(orjson.loads(raw)) or raw
    except orjson.JSONDecodeError:
        return raw


def plain(text: str) -> str:
    """Text without marks of HTML; of a page its title says enough."""
    title = TITLE.search(text)
    return (title[1] if title and title[1].strip() else TAG.sub(" ", text)).strip()


def error_in(payload: Any) -> dict[str, Any]:
    """The object that tells of the error: one inside another, or the whole."""
    if not isinstance(payload, dict):
        return {}
    inner = payload.get("error")
    return inner if isinstance(inner, dict) else payload


def delay_in(error: dict[str, Any]) -> float | None:
    """The seconds after which to come again, as Google states them among its details."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        stated = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(stated, str) and (found := DELAY.fullmatch(stated)):
            return float(found[1])
    return None


def status_in(payload: Any) -> int:
    """The status an error inside an answer states, or the one its name means; 0 if neither is known."""
    inner = error_in(payload)
    base = inner.get("base_resp")
    if isinstance(base, dict):
        return NUMBERED.get(base.get("status_code"), 0)
    for name in ("code", "status_code", "status", "http_code", "type"):
        value = inner.get(name)
        number = int(value) if isinstance(value, int | str) and str(value).isdecimal() and len(str(value)) == 3 else 0
        number = number or (NAMED.get(value.lower(), 0) if isinstance(value, str) else 0)
        if number >= 400:
            return number
    return 0


def name_in(error: dict[str, Any]) -> str:
    """The code or type that an error of the caller's making has, where it is a plain name."""
    for name in ("code", "type"):
        value = error.get(name)
        if isinstance(value, str) and NAME.fullmatch(value) and is_safe(value):
            return value
    return ""


def param_in(error: dict[str, Any]) -> str | None:
    """The field it is about, if nothing like a key stands there."""
    value = error.get("param")
    return value if isinstance(value, str) and is_safe(value) else None


def is_safe(name: str) -> bool:
    """Whether nothing like a key stands there; long names of words are none."""
    return WORDS.fullmatch(name) is not None or clean(name) == name
