"""What a difference between two variants means, in words: whether it is real, or how much is missing to tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from console.charts import MONEY, words
from gateway.experiments import Contrast, Measured, Variant
from gateway.statistics import CONFIDENCE, more_needed

SURE = f"{CONFIDENCE * 100:.0f} %"
HOPELESS = 1_000_000  # calls: a difference that needs more is none that matters
GOOD, BAD, EVEN, EARLY = "good", "bad", "even", "early"
UNNAMED = "before one was chosen"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """How a measure reads. `less` and `more` say what a variant does that has less or more of it than the first;
    where they have a place for it, by how much."""

    label: str
    unit: str
    less: str
    more: str
    made_of: str = "call"
    less_is: str = GOOD
    is_rate: bool = False

    def said(self, value: float | None) -> str:
        if value is None:
            return words(None, self.unit)
        if self.unit == MONEY:
            return words(Decimal(repr(value)), self.unit)
        return words(round(value * 100, 1) if self.is_rate else round(value), self.unit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A sentence, whether the difference is real, and whether it is one for the better."""

    text: str
    tone: str
    is_real: bool = False


MEASURES: Mapping[str, Measure] = {
    "error_rate": Measure(label="Failed", unit="%", less="fails less often", more="fails more often", is_rate=True),
    "fallback_rate": Measure(
        label="Answered by a fallback",
        unit="%",
        less="falls back less often",
        more="falls back more often",
        made_of="answered call",
        is_rate=True,
    ),
    "latency_ms": Measure(
        label="Latency", unit="ms", less="is {} faster", more="is {} slower", made_of="answered call"
    ),
    "tokens": Measure(
        label="Tokens a call", unit="tokens", less="takes {} fewer tokens", more="takes {} more tokens", less_is=EVEN
    ),
    "cost": Measure(label="Cost a call", unit=MONEY, less="is {} cheaper", more="is {} dearer", made_of="priced call"),
    "rating": Measure(
        label="Good ratings",
        unit="%",
        less="is liked less",
        more="is liked more",
        made_of="rating",
        less_is=BAD,
        is_rate=True,
    ),
}


def name_of(variant: Variant) -> str:
    return variant.name or UNNAMED


def verdict(measure: Measure, name: str, mine: Measured, first: Measured) -> Verdict | None:
    """How a variant differs from the first; None while one of the two is unknown."""
    contrast = mine.contrast
    if contrast is None or first.value is None or mine.value is None:
        return None
    if contrast.interval is None:
        return Verdict(text=f"Too early to tell: at least two {measure.made_of}s of each are needed.", tone=EARLY)
    if contrast.is_real:
        phrase = difference(measure, contrast, mine.value, first.value)
        text = f"{name} {phrase}; the difference is real ({SURE})."
        return Verdict(text=text, tone=tone(measure, contrast), is_real=True)
    return undecided(measure, name, mine, first)


def undecided(measure: Measure, name: str, mine: Measured, first: Measured) -> Verdict:
    contrast = mine.contrast
    assert contrast is not None and contrast.interval is not None and mine.value is not None and first.value is not None
    missing = more_needed(contrast.value, contrast.interval, mine.of + first.of)
    if missing is None:
        return Verdict(text="No difference so far.", tone=EARLY)
    if missing > HOPELESS:
        return Verdict(text=f"No difference that matters: telling it would take over {HOPELESS:,} calls.", tone=EVEN)
    counted = f"{rounded(missing):,} more {measure.made_of}s"
    phrase = difference(measure, contrast, mine.value, first.value)
    return Verdict(text=f"Too early to tell: about {counted}. So far {name} {phrase}.", tone=EARLY)


def difference(measure: Measure, contrast: Contrast, value: float, before: float) -> str:
    """What the variant does, and by how much: of rates both, of means the share of the first."""
    pattern = measure.less if contrast.value < 0 else measure.more
    if measure.is_rate:
        return f"{pattern} ({measure.said(value)} rather than {measure.said(before)})"
    if before == 0:
        return f"{pattern.format('much')} ({measure.said(value)} rather than {measure.said(before)})"
    return pattern.format(percent(abs(contrast.value) / before))


def tone(measure: Measure, contrast: Contrast) -> str:
    if measure.less_is == EVEN:
        return EVEN
    return measure.less_is if contrast.value < 0 else {GOOD: BAD, BAD: GOOD}[measure.less_is]


def percent(share: float) -> str:
    """One digit behind the point below ten, and none above."""
    return f"{share * 100:.0f} %" if share >= 0.0995 else f"{share * 100:.1f} %"


def rounded(count: int) -> int:
    """To two digits: it is an estimate."""
    step: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // step) * step
