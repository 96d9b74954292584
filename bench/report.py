"""What was measured, beside what it should be."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter


@dataclass(frozen=True, kw_only=True)
class Line:
    what: str
    measured: float
    unit: str
    at_most: float | None

    @property
    def verdict(self) -> str:
        return "" if self.at_most is None else "ok" if self.measured <= self.at_most else "MISSED"


@dataclass
class Report:
    """A table that is printed line by line as the numbers come."""

    title: str
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        busy = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} cores busy with other work"
        print(f"{self.title}; {busy}\n{'what':<52}{'measured':>12} {'target':>9}", flush=True)

    def add(self, what: str, measured: float, unit: str, at_most: float | None = None) -> None:
        line = Line(what=what, measured=measured, unit=unit, at_most=at_most)
        self.lines.append(line)
        target = "" if at_most is None else f"{at_most:g} {unit}"
        print(f"{what:<52}{f'{measured:.4g} {unit}':>12} {target:>9} {line.verdict}", flush=True)

    def end(self, *, check: bool) -> None:
        missed = [line.what for line in self.lines if line.verdict == "MISSED"]
        print(f"{len(missed)} of {len(self.lines)} missed" if missed else "Every target is met.")
        sys.exit(1 if missed and check else 0)


def seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def median_of(times: int, work: Callable[[], float]) -> float:
    return median(work() for _ in range(times))
