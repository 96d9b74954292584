"""What a test found. None is unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Tested:
    reachable: bool | None = None
    authorised: bool | None = None
    model_exists: bool | None = None
    answers: bool | None = None
    latency_ms: int | None = None
    billed: bool = False  # whether a real call was made
    has_trouble: bool = False  # whether the provider answered with a fault of its own, or with nonsense
    said: tuple[str, ...] = field(default=())  # sentences

    @property
    def has_failed(self) -> bool:
        return self.has_trouble or False in (self.reachable, self.authorised, self.model_exists, self.answers)

    @property
    def message(self) -> str:
        return " ".join(self.said)

    @property
    def json(self) -> dict[str, Any]:
        return {
            "reachable": self.reachable,
            "authorised": self.authorised,
            "modelExists": self.model_exists,
            "answers": self.answers,
            "latencyMs": self.latency_ms,
            "message": self.message,
            "billed": self.billed,
        }
