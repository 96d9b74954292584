"""A provider on loopback that answers like OpenRouter, OpenAI, Anthropic and Gemini: lists, paging, refusals, calls."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .lists import Entry, Lists, from_prices, from_recordings
from .provider import FakeProvider, Reply, Responder, Seen, json_reply
from .upstream import Guard, Upstream

# Where each provider lives on the demo server; what a base URL is made of.
PREFIXES = {
    "openrouter": "/openrouter/api/v1",
    "openai": "/openai/v1",
    "anthropic": "/anthropic/v1",
    "gemini": "/gemini/v1beta",
}


def serve_demo(*, port: int = 0, recordings: Path | None = None) -> FakeProvider:
    """Start the server in a thread of this process; the caller closes it. Any key is accepted, no key is refused.

    What calls are answered says .chat.mind: "You said: …".
    """
    lists = from_recordings(recordings) if recordings else from_prices()
    provider = FakeProvider(port=port)
    for slug, responder in responders(lists).items():
        provider.serve(f"{PREFIXES[slug]}/models", responder)
    for slug, guard in GUARDS.items():
        Upstream(provider).play(slug, PREFIXES[slug], guard)
    return provider


def base_urls(provider: FakeProvider) -> dict[str, str]:
    """What to enter as base URL for each provider."""
    return {slug: provider.url + prefix for slug, prefix in PREFIXES.items()}


def responders(lists: Lists) -> dict[str, Responder]:
    return {
        "openrouter": lambda seen: openrouter(lists.openrouter, seen),
        "openai": GUARDS["openai"](lambda seen: openai(lists.openai)),
        "anthropic": GUARDS["anthropic"](lambda seen: anthropic(lists.anthropic, seen)),
        "gemini": GUARDS["gemini"](lambda seen: gemini(lists.gemini, seen)),
    }


# Keys


def with_key(key_of: Callable[[Seen], str], refusal: Callable[[], Reply]) -> Guard:
    return lambda answer: lambda seen: answer(seen) if key_of(seen) else refusal()


def bearer(seen: Seen) -> str:
    scheme, _, key = seen.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def header(name: str) -> Callable[[Seen], str]:
    return lambda seen: seen.headers.get(name, "").strip()


def openai_refusal() -> Reply:
    message = "You didn't provide an API key. You need to provide your API key in an Authorization header."
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    return json_reply({"error": error}, 401)


def anthropic_refusal() -> Reply:
    error = {"type": "authentication_error", "message": "x-api-key header is required"}
    return json_reply({"type": "error", "error": error, "request_id": None}, 401)


def gemini_refusal() -> Reply:
    # The real one says 400 to a wrong key and 403 to none.
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    message = "API key not valid. Please pass a valid API key."
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [reason]}
    return json_reply({"error": error}, 400)


# Who is let in to calls, and to lists too but for OpenRouter's.
GUARDS: dict[str, Guard] = {
    "openrouter": with_key(bearer, openai_refusal),
    "openai": with_key(bearer, openai_refusal),
    "anthropic": with_key(header("x-api-key"), anthropic_refusal),
    "gemini": with_key(header("x-goog-api-key"), gemini_refusal),
}


# Lists


def openrouter(entries: list[Entry], seen: Seen) -> Reply:
    """Public; only what puts out text unless more is asked for; a relative link to the next page."""
    wanted = seen.query.get("output_modalities", "text")
    if wanted != "all":
        kinds = set(wanted.split(","))
        entries = [entry for entry in entries if kinds & set(entry["architecture"]["output_modalities"])]
    offset, limit = number(seen, "offset", 0, 10**6), number(seen, "limit", 500, 500)
    more = "".join(f"&{name}={value}" for name, value in seen.query.items() if name not in ("offset", "limit"))
    following = f"{seen.path}?offset={offset + limit}&limit={limit}{more}" if offset + limit < len(entries) else None
    page = entries[offset : offset + limit]
    return json_reply({"data": page, "total_count": len(entries), "links": {"next": following}})


def openai(entries: list[Entry]) -> Reply:
    return json_reply({"object": "list", "data": entries})


def anthropic(entries: list[Entry], seen: Seen) -> Reply:
    """Pages of 20 unless asked for more, by the last id of the page before; wants its version named."""
    if "anthropic-version" not in seen.headers:
        error = {"type": "invalid_request_error", "message": "anthropic-version: header is required"}
        return json_reply({"type": "error", "error": error}, 400)
    start = after(entries, seen.query.get("after_id"))
    page = entries[start : start + number(seen, "limit", 20, 1000)]
    return json_reply(
        {
            "data": page,
            "has_more": start + len(page) < len(entries),
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }
    )


def gemini(entries: list[Entry], seen: Seen) -> Reply:
    """Pages of 50 unless asked for more, by a token that means something only to the server."""
    try:
        start = int(base64.urlsafe_b64decode(seen.query.get("pageToken", "MA==")))
    except (ValueError, binascii.Error):
        error = {"code": 400, "message": "Invalid page token.", "status": "INVALID_ARGUMENT"}
        return json_reply({"error": error}, 400)
    end = start + number(seen, "pageSize", 50, 1000)
    token = base64.urlsafe_b64encode(str(end).encode()).decode()
    more: dict[str, Any] = {"nextPageToken": token} if end < len(entries) else {}
    return json_reply({"models": entries[start:end], **more})


def number(seen: Seen, name: str, default: int, most: int) -> int:
    text = seen.query.get(name, "")
    return min(int(text), most) if text.isdecimal() else default


def after(entries: list[Entry], model_id: str | None) -> int:
    """Where the entries after an id begin; the beginning for an id nobody knows."""
    ids = [entry["id"] for entry in entries]
    return ids.index(model_id) + 1 if model_id in ids else 0
