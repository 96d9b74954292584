"""Token counts and costs as OpenAI and the compatible providers state them, in the normal form."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.wires.base import Counted, Tokens
from gateway.wires.failures import UNREADABLE

TICKS = 10**10  # of a USD
STATED = re.compile(rb'"usage"\s*:\s*(\{)')


def counted(usage: dict[str, Any]) -> Counted:
    """Raises what foreign JSON can raise."""
    # Images and speech are counted by the names of the Responses API.
    prompt = number(usage, "prompt_tokens", "input_tokens")
    completion = number(usage, "completion_tokens", "output_tokens")
    before = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    after = usage.get("completion_tokens_details") or {}
    reasoning = number(after, "reasoning_tokens")
    if reasoning is None:
        reasoning = number(usage, "reasoning_tokens")
    cached = number(before, "cached_tokens")
    if cached is None:
        cached = number(
            usage, "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens"
        )
    written = number(before, "cache_write_tokens", "cache_creation_input_tokens")
    if written is None:
        written = number(usage, "cache_creation_input_tokens")
    total, audio = number(usage, "total_tokens"), number(before, "audio_tokens")
    prompt = with_audio(prompt, audio, completion, total)
    if prompt is not None:  # xAI and OpenRouter have been seen to state more cached tokens than were sent
        cached = cached if cached is None else min(cached, prompt)
        written = written if written is None else min(written, prompt - (cached or 0))
    tokens = Tokens(
        input=prompt,
        output=with_reasoning(prompt, completion, reasoning, total),
        cache_read=cached,
        cache_write=written,
        reasoning=reasoning,
        audio_input=audio,
        audio_output=number(after, "audio_tokens"),
    )
    return Counted(tokens=tokens, provider_cost=cost(usage))


def counted_at_the_end(tail: bytes) -> Counted:
    """What the last bytes of a stream of events state; all unknown if they state nothing."""
    found = list(STATED.finditer(tail))
    if not found:
        return Counted(tokens=Tokens())
    try:
        usage, _ = json.JSONDecoder().raw_decode(tail[found[-1].start(1) :].decode("utf-8", "replace"))
        return counted(usage)
    except UNREADABLE:
        return Counted(tokens=Tokens())


def with_audio(prompt: int | None, audio: int | None, completion: int | None, total: int | None) -> int | None:
    """All tokens that went in. Mistral leaves speech out of the prompt."""
    if prompt is None or not audio or completion is None or total is None or audio <= prompt:
        return prompt
    return prompt + audio if prompt + audio + completion == total else prompt


def with_reasoning(prompt: int | None, completion: int | None, reasoning: int | None, total: int | None) -> int | None:
    """All tokens that came out. xAI, Perplexity and Gemini's compatible API leave reasoning out of the completion."""
    if completion is None:
        return None
    if total is not None and prompt is not None and total > prompt + completion:
        return total - prompt
    return completion + reasoning if reasoning and reasoning > completion else completion


def cost(usage: dict[str, Any]) -> str:
    """In USD: a number at OpenRouter and DeepInfra, an object at Perplexity; "" where none is stated.

    xAI counts ticks, of which 0 says nothing: docs.x.ai/developers/cost-tracking.
    """
    stated = usage.get("cost")
    if stated is None:
        stated = usage.get("estimated_cost")
    if isinstance(stated, dict):
        stated = stated.get("total_cost")
    if stated is None and (ticks := number(usage, "cost_in_usd_ticks")):
        stated = str(Decimal(ticks) / TICKS)
    if isinstance(stated, bool) or not isinstance(stated, int | float | str):
        return ""
    try:
        return format(Decimal(str(stated)), "f")
    except InvalidOperation:
        return ""


def number(counts: dict[str, Any], *names: str) -> int | None:
    """The first of these that is stated as a number."""
    for name in names:
        value = counts.get(name)
        if value is None:
            continue
        if type(value) is int:
            return value
        if type(value) is float:
            return int(value)
    return None
