"""How sure one can be of shares and means that were counted: 95 % intervals, and whether two differ. Pure.

All of it takes single calls for independent of each other. Calls of one conversation stay with one variant and are
alike, so where conversations are long and few the intervals are somewhat too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

CONFIDENCE = 0.95
UPPER = (1 + CONFIDENCE) / 2  # the quantile an interval ends at
Z = NormalDist().inv_cdf(UPPER)
MANY = 1_000.0  # degrees of freedom from which on a series gives the quantile to ten digits
TINY = 1e-300
NEGLIGIBLE = 1e-6  # of the margin: a difference so small is none


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value lies, in 95 of 100 cases."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some calls it was so with."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Sample:
    """What is left of single values: how many there were, their sum, and the sum of their squares."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    @property
    def variance(self) -> float | None:
        """Of the values, estimated without bias; None for fewer than two."""
        if self.count < 2:
            return None
        return max(0.0, (self.squares - self.total * self.total / self.count) / (self.count - 1))

    @property
    def interval(self) -> Interval | None:
        """Of the mean, by Student's t."""
        mean, variance = self.mean, self.variance
        if mean is None or variance is None:
            return None
        margin = t_quantile(UPPER, self.count - 1) * math.sqrt(variance / self.count)
        return Interval(mean - margin, mean + margin)


def wilson(hits: int, total: int) -> Interval:
    """The score interval of a share. It stays between 0 and 1 and is right also for few calls and rare hits.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), pages 209 to 212.
    """
    share, square = hits / total, Z * Z
    centre = share + square / (2 * total)
    margin = Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    scale = 1 + square / total
    low = 0.0 if hits == 0 else max(0.0, (centre - margin) / scale)
    high = 1.0 if hits == total else min(1.0, (centre + margin) / scale)
    return Interval(low, high)


def newcombe(first: Share, second: Share) -> Interval | None:
    """The interval of the second share less the first, made of their Wilson intervals; None without calls.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998), pages 873 to 890, method 10.
    """
    p, q = first.value, second.value
    if p is None or q is None:
        return None
    a, b = wilson(first.hits, first.total), wilson(second.hits, second.total)
    low = (q - p) - math.hypot(q - b.low, a.high - p)
    high = (q - p) + math.hypot(b.high - q, p - a.low)
    return Interval(low, high)


def welch(first: Sample, second: Sample) -> Interval | None:
    """The interval of the second mean less the first, the variances unknown and not alike; None for fewer than two.

    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34 (1947), pages 28 to 35; degrees of freedom after F. E. Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    if first.mean is None or second.mean is None or first.variance is None or second.variance is None:
        return None
    a, b = first.variance / first.count, second.variance / second.count
    difference = second.mean - first.mean
    if a + b == 0:
        return Interval(difference, difference)
    part = a / (a + b)  # so that nothing is squared that is too small for it
    freedom = 1 / (part**2 / (first.count - 1) + (1 - part) ** 2 / (second.count - 1))
    margin = t_quantile(UPPER, freedom) * math.sqrt(a + b)
    return Interval(difference - margin, difference + margin)


def more_needed(difference: float, interval: Interval, count: int) -> int | None:
    """How many more values, beside the `count` there are, would tell a difference from none if it stays as it is.

    Intervals shrink with the root of the count. 0 if it is told already, None if there is no difference to tell.
    """
    if interval.excludes_zero:
        return 0
    margin = difference - interval.low if difference > 0 else interval.high - difference
    if abs(difference) <= margin * NEGLIGIBLE:
        return None
    return math.ceil(((margin / difference) ** 2 - 1) * count)


@lru_cache(maxsize=4_096)
def t_quantile(p: float, freedom: float) -> float:
    """What Student's t stays below with probability p, 0 < p < 1, for any degrees of freedom > 0."""
    if p < 0.5:
        return -t_quantile(1 - p, freedom)
    z = NormalDist().inv_cdf(p)
    if freedom >= MANY:
        return near_normal(z, freedom)
    t = z  # left of the root: the function is concave there, so Newton's steps never go past it
    for _ in range(100):
        step = (p - t_probability(t, freedom)) / t_density(t, freedom)
        t += step
        if abs(step) <= 1e-12 * max(1.0, t):
            break
    return t


def near_normal(z: float, freedom: float) -> float:
    """Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def t_probability(t: float, freedom: float) -> float:
    """Student's distribution function at t >= 0 (Abramowitz and Stegun, 26.7.1)."""
    return 1 - incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def t_density(t: float, freedom: float) -> float:
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    return math.exp(constant - (freedom + 1) / 2 * math.log1p(t * t / freedom))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, its mirror does not (DLMF 8.17.4)
        return 1 - incomplete_beta(b, a, 1 - x)
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(front) * continued(lambda n: beta_term(n, a, b, x))


def beta_term(n: int, a: float, b: float, x: float) -> float:
    """The n-th numerator of the fraction, counted from 1."""
    m, odd = divmod(n, 2)
    if odd:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def continued(numerator: Callable[[int], float]) -> float:
    """1 / (1 + n(1) / (1 + n(2) / (1 + …))), by the modified method of Lentz (Thompson and Barnett, 1986)."""
    c, d, value = 1.0, 0.0, 1.0
    for n in range(1, 10_000):
        term = numerator(n)
        d = 1 / ((1 + term * d) or TINY)
        c = (1 + term / c) or TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 / value
