"""The tokens of a conversation in which the context grows. Pure.

A conversation of T turns and n agents: in each turn the user says U tokens, then every agent answers A tokens, one
after the other, and each reads all that was said before, with a system prompt of S tokens. So the call of agent a in
turn t has the context

    context(t, a) = S + (t - 1) x (U + n x A) + U + (a - 1) x A

of which it reads at most what the model has room for: its context window less A, and its active window where it states
one, though always S + U. The oldest messages are dropped, the system prompt never.

With the cache, an agent's first call writes all it reads to the cache. Later ones read from the cache what the agent
read in the turn before and write the rest; once messages are dropped, only the system prompt is still in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.errors import Invalid
from catalog.tokens import Counts, Range, whole_numbers

MOST_CALLS = 2_000
RANGES: dict[str, Range] = {
    "turns": (1, 1_000),
    "agents": (1, 100),
    "system_tokens": (0, 10_000_000),
    "user_tokens": (0, 10_000_000),
    "answer_tokens": (0, 10_000_000),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """What is said in it. The user's tokens are said once a turn, the answer's by every agent."""

    turns: int = 1
    agents: int = 1
    system_tokens: int = 0
    user_tokens: int = 0
    answer_tokens: int = 0
    cache: bool = False

    @property
    def longest(self) -> int:
        """What the last call reads if nothing is dropped."""
        return self.context(self.turns, self.agents)

    def context(self, turn: int, agent: int) -> int:
        a_turn = self.user_tokens + self.agents * self.answer_tokens
        return self.system_tokens + (turn - 1) * a_turn + self.user_tokens + (agent - 1) * self.answer_tokens

    def room(self, context_window: int | None = None, active_window: int | None = None) -> int | None:
        """How much a call may read at a model of these windows, as far as it matters; None if it cannot even begin."""
        least, room = self.system_tokens + self.user_tokens, self.longest
        if context_window is not None:
            if least + self.answer_tokens > context_window:
                return None
            room = min(room, context_window - self.answer_tokens)
        return room if active_window is None else min(room, max(active_window, least))

    def calls(self, room: int) -> Iterator[Counts]:
        """Every call of it, in order, where each may read so much."""
        for turn in range(1, self.turns + 1):
            for agent in range(1, self.agents + 1):
                read = min(self.context(turn, agent), room)
                yield self.call(read, self.cached(turn, agent, room) if self.cache else None)

    def cached(self, turn: int, agent: int, room: int) -> int:
        """What a call finds in the cache."""
        if turn == 1:
            return 0
        is_cut = self.context(turn, agent) > room
        return self.system_tokens if is_cut else self.context(turn - 1, agent)

    def call(self, read: int, cached: int | None) -> Counts:
        if cached is None:
            return Counts(input_without_cache=read, output_tokens=self.answer_tokens)
        return Counts(input_with_cache=read - cached, cache_read=cached, output_tokens=self.answer_tokens)


def conversation_of(given: Mapping[str, Any]) -> Conversation:
    """A conversation somebody described. Raises Invalid by name."""
    cache = given.get("cache", False)
    if not isinstance(cache, bool):
        raise Invalid({"cache": "must be true or false"})
    found = Conversation(**whole_numbers(given, RANGES), cache=cache)
    if found.turns * found.agents > MOST_CALLS:
        raise Invalid({"turns": f"may make at most {MOST_CALLS:,} calls with these agents"})
    return found
