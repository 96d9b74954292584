"""What Prometheus scrapes, of this process alone: with several workers each answers for itself.

Names and bounds are those of OpenTelemetry's conventions for GenAI where they exist, in Prometheus' spelling. Calls are
counted in plain lists and shaped only when somebody looks.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.metering.days import is_fallback
from gateway.models import Kind, Outcome

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
FIRST_SECONDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TOKENS = tuple(4**power for power in range(14))
OPERATIONS = {Kind.CHAT: "chat", Kind.EMBEDDING: "embeddings", Kind.SPEECH: "speech", Kind.IMAGE: "image"}
MOST_SERIES = 500  # of provider, model, kind and outcome; models beyond are counted together as `other`
OTHERS = "other"
AT_ONCE = 100  # calls
LABELS = ("gen_ai_provider_name", "gen_ai_request_model", "gen_ai_operation_name", "outcome")

Key = tuple[str, str, str, str]
Reading = float | Mapping[tuple[str, ...], float]


class Histogram:
    """Counts between bounds, the last above all of them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def shown(self) -> tuple[list[tuple[str, float]], float]:
        names = [*map(str, map(float, self.bounds)), "+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True)), self.total


class Series:
    """All calls of one model with one outcome."""

    __slots__ = ("cost", "fallbacks", "first", "input", "output", "seconds", "unpriced")

    def __init__(self) -> None:
        self.seconds = Histogram(SECONDS)
        self.first = Histogram(FIRST_SECONDS)
        self.input = Histogram(TOKENS)
        self.output = Histogram(TOKENS)
        self.cost = 0.0
        self.unpriced = 0
        self.fallbacks = 0


class Gauge:
    """A number that is asked for when somebody looks; with labels, one for each of their values."""

    def __init__(self, name: str, help_text: str, read: Callable[[], Reading], labels: Sequence[str]) -> None:
        self.name = name
        self.help_text = help_text
        self.read = read
        self.labels = labels

    def shown(self) -> Metric:
        family = GaugeMetricFamily(self.name, self.help_text, labels=self.labels)
        found = self.read()
        for values, number in found.items() if isinstance(found, Mapping) else [((), found)]:
            family.add_metric(values, number)
        return family


class Metrics(Collector):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.series: dict[Key, Series] = {}
        self.observed: deque[Mapping[str, Any]] = deque()  # and not yet counted: many at once cost a third
        self.gauges: dict[str, Gauge] = {}
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def clear(self) -> None:
        self.series.clear()
        self.observed.clear()
        self.gauges.clear()

    def observe(self, record: Mapping[str, Any]) -> None:
        """Take note of one call, by the fields of Usage."""
        self.observed.append(record)
        if len(self.observed) >= AT_ONCE:
            with self.lock:
                self.count_observed()

    def count_observed(self) -> None:
        """The lock is held."""
        while self.observed:
            self.count(self.observed.popleft())

    def count(self, record: Mapping[str, Any]) -> None:
        key = (record["provider"], record["model"], record["kind"], record["outcome"])
        series = self.series.get(key) or self.new(key)
        series.seconds.add(record["duration_ms"] / 1000)
        if record["first_ms"] is not None:
            series.first.add(record["first_ms"] / 1000)
        if record["input_tokens"] is not None:
            series.input.add(record["input_tokens"])
        if record["output_tokens"] is not None:
            series.output.add(record["output_tokens"])
        if record["cost"] is not None:
            series.cost += float(record["cost"])
        elif record["outcome"] == Outcome.OK or record["first_ms"] is not None:
            series.unpriced += 1
        if record["tried"] and record["outcome"] == Outcome.OK and is_fallback(record):
            series.fallbacks += 1

    def new(self, key: Key) -> Series:
        if len(self.series) >= MOST_SERIES:
            key = (key[0], OTHERS, key[2], key[3])
        return self.series.setdefault(key, Series())

    def gauge(self, name: str, help_text: str, read: Callable[[], Reading], labels: Sequence[str] = ()) -> None:
        """Show what `read` returns: a number, or one for each tuple of label values. A name has one reader."""
        self.gauges[name] = Gauge(name, help_text, read, labels)

    def collect(self) -> Iterator[Metric]:
        with self.lock:
            self.count_observed()
            series = list(self.series.items())
        series.sort(key=itemgetter(0))  # and no lock from here on: no call waits for who reads
        yield from histograms(series)
        yield from counters(series)
        for gauge in list(self.gauges.values()):
            yield gauge.shown()

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)


def histograms(series: Iterable[tuple[Key, Series]]) -> Iterator[Metric]:
    duration = HistogramMetricFamily(
        "gen_ai_client_operation_duration_seconds", "From arrival to the last byte.", labels=LABELS
    )
    first = HistogramMetricFamily(
        "gen_ai_server_time_to_first_token_seconds", "From arrival to the first content.", labels=LABELS
    )
    usage = HistogramMetricFamily(
        "gen_ai_client_token_usage", "Tokens of a call.", labels=(*LABELS, "gen_ai_token_type")
    )
    for key, found in series:
        labels = labels_of(key)
        duration.add_metric(labels, *found.seconds.shown())
        if any(found.first.counts):
            first.add_metric(labels, *found.first.shown())
        for kind, tokens in (("input", found.input), ("output", found.output)):
            if any(tokens.counts):
                usage.add_metric([*labels, kind], *tokens.shown())
    yield from (duration, first, usage)


def counters(series: Iterable[tuple[Key, Series]]) -> Iterator[Metric]:
    cost = CounterMetricFamily("registry_cost_usd", "What calls of known cost have cost, USD.", labels=LABELS)
    unpriced = CounterMetricFamily(
        "registry_unpriced_calls", "Answered calls, if only in part, of unknown cost.", labels=LABELS
    )
    fallbacks = CounterMetricFamily(
        "registry_fallback_calls", "Calls served by another model than the one first tried.", labels=LABELS
    )
    for key, found in series:
        labels = labels_of(key)
        cost.add_metric(labels, found.cost)
        unpriced.add_metric(labels, found.unpriced)
        fallbacks.add_metric(labels, found.fallbacks)
    yield from (cost, unpriced, fallbacks)


def labels_of(key: Key) -> list[str]:
    provider, model, kind, outcome = key
    return [provider, model, OPERATIONS.get(Kind(kind), kind), outcome]


METRICS = Metrics()
observe = METRICS.observe
