"""Records of calls as the gateway notes them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


def a_record(**fields: Any) -> dict[str, Any]:
    """An answered chat call with every field that one has."""
    usual = {
        "call_id": uuid.uuid4().hex,
        "at": datetime.now(UTC),
        "kind": "chat",
        "dialect": "openai",
        "requested": "gpt-x",
        "reason": "exact",
        "provider": "acme",
        "model": "acme/gpt-x",
        "model_row": None,
        "key_id": 1,
        "key_name": "search",
        "user_id": 0,
        "user_name": "",
        "route": "",
        "variant": "",
        "personal": False,
        "conversation": "",
        "client_request_id": "",
        "outcome": "ok",
        "status": 200,
        "error_code": "",
        "streamed": False,
        "attempts": 1,
        "tried": [],
        "duration_ms": 800,
        "first_ms": 200,
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_tokens": None,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "audio_input_tokens": None,
        "audio_output_tokens": None,
        "characters": None,
        "images": None,
        "price_id": 7,
        "cost": Decimal("0.0012"),
        "provider_cost": None,
        "stop_reason": "end",
    }
    return {**usual, **fields}
