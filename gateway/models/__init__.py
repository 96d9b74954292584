from __future__ import annotations

from .breaker import Breaker, BreakerState
from .conversation import Conversation, Message
from .rating import Rating
from .usage import Kind, Outcome, Quarantine, Usage, UsageDay

__all__ = [
    "Breaker",
    "BreakerState",
    "Conversation",
    "Kind",
    "Message",
    "Outcome",
    "Quarantine",
    "Rating",
    "Usage",
    "UsageDay",
]
