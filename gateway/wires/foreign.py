"""What only the caller's own dialect can say: every other wire refuses it by name, unless it asks for nothing.

A dialect keeps such fields in `rest`, as sent, of the chat and of each message. Parts that are its own are Foreign;
tools that are stand in the chat's `rest` as Foreign too, under "tools", by their place among all tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import Unsupported

from .base import Chat, Foreign

# Hints to a provider's cache, accounts or bookkeeping: the answer is the same without them.
HINTS: Mapping[str, frozenset[str]] = {
    "openai": frozenset(
        {
            "metadata",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "safety_identifier",
            "stream_options",
            "user",
        }
    ),
    "anthropic": frozenset({"cache_control", "context_management", "diagnostics", "metadata", "service_tier"}),
}
# Values that ask for what happens anyway.
NOTHING: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "openai": {
        "logit_bias": ({},),
        "logprobs": (False,),
        "modalities": (["text"],),
        "n": (1,),
        "service_tier": ("auto", "default", "on_demand"),
        "store": (False,),
        "tools": ({},),
        "top_logprobs": (0,),
        "verbosity": ("medium",),
    },
    "anthropic": {"mcp_servers": ([],), "speed": ("standard",), "tools": ({},)},
}
# Kept as sent for the caller's own dialect, but said to every other wire in the neutral form as well.
UNDERSTOOD: Mapping[str, frozenset[str]] = {
    "openai": frozenset({"max_completion_tokens", "reasoning", "thinking"}),
    "anthropic": frozenset(),
}
# The same for fields of one message: what a client sends back of an answer.
MESSAGE_HINTS = frozenset({"annotations", "cache_control", "citations", "id", "index", "parsed", "provider", "type"})
REMEDIES: Mapping[str, str] = {
    "functions": "send tools instead",
    "function_call": "send tools and tool_choice instead",
    "n": "send n=1 as often as needed",
    "messages[].function_call": "send tool_calls instead",
    "messages[].prefix": "end with a message of the assistant instead",
}


def refuse_foreign(chat: Chat, wire: str) -> None:
    """Raise Unsupported, naming the field, for what cannot be said on a wire of another dialect than the caller's."""
    dialect = chat.dialect
    hints, nothing = HINTS.get(dialect, frozenset()), NOTHING.get(dialect, {})
    understood = UNDERSTOOD.get(dialect, frozenset())
    for name, value in chat.rest.items():
        if value is None or name in hints or name in understood or value in nothing.get(name, ()):
            continue
        if name == "tools":
            raise Unsupported(next(iter(value.values())).param, wire)
        raise Unsupported(name, wire, REMEDIES.get(name, ""))
    for index, message in enumerate(chat.messages):
        for part in message.parts:
            if isinstance(part, Foreign):
                raise Unsupported(part.param, wire)
        for name in message.rest or ():
            if name not in MESSAGE_HINTS:
                raise Unsupported(f"messages[{index}].{name}", wire, REMEDIES.get(f"messages[].{name}", ""))
