"""Intervals against tables, against the values they are made of, and against what happens when calls are drawn."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.statistics import (
    Interval,
    Sample,
    Share,
    incomplete_beta,
    more_needed,
    newcombe,
    t_quantile,
    welch,
    wilson,
)

# Columns 0.95, 0.975 and 0.995 of the usual table, such as NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
TABLE = {
    1: (6.314, 12.706, 63.657),
    2: (2.920, 4.303, 9.925),
    3: (2.353, 3.182, 5.841),
    4: (2.132, 2.776, 4.604),
    5: (2.015, 2.571, 4.032),
    7: (1.895, 2.365, 3.499),
    10: (1.812, 2.228, 3.169),
    20: (1.725, 2.086, 2.845),
    30: (1.697, 2.042, 2.750),
    60: (1.671, 2.000, 2.660),
    100: (1.660, 1.984, 2.626),
}


def of(values: list[float]) -> Sample:
    return Sample(len(values), sum(values), sum(value * value for value in values))


@pytest.mark.parametrize("freedom", TABLE)
def test_quantiles_are_those_of_the_table(freedom: int) -> None:
    for p, value in zip((0.95, 0.975, 0.995), TABLE[freedom], strict=True):
        assert t_quantile(p, freedom) == pytest.approx(value, abs=5e-4)


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.7062047), (5, 2.5705818), (12.5, 2.1691), (120, 1.9799304), (1e9, 1.9599640)]
)
def test_quantiles_are_exact_to_more_digits_than_tables_print(freedom: float, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, rel=5e-5)
    assert t_quantile(0.025, freedom) == -t_quantile(0.975, freedom)


def test_with_one_and_two_degrees_of_freedom_there_are_formulas() -> None:
    for p in (0.6, 0.9, 0.975, 0.999):
        assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-10)
        assert t_quantile(p, 2) == pytest.approx((2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p))), rel=1e-10)


def test_the_series_for_many_goes_on_where_the_exact_way_ends() -> None:
    assert t_quantile(0.975, 999.999) == pytest.approx(t_quantile(0.975, 1_000), rel=1e-8)


@given(st.floats(0.1, 500), st.floats(0.1, 500), st.integers(0, 1_000).map(lambda thousandths: thousandths / 1_000))
def test_the_incomplete_beta_function_grows_from_0_to_1_and_has_its_mirror(a: float, b: float, x: float) -> None:
    value = incomplete_beta(a, b, x)

    assert -1e-12 <= value <= 1 + 1e-12
    assert value == pytest.approx(1 - incomplete_beta(b, a, 1 - x), abs=1e-9)
    assert value <= incomplete_beta(a, b, min(1.0, x + 0.01)) + 1e-9


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_intervals_that_newcombe_printed(hits: int, total: int, low: float, high: float) -> None:
    """R. G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3."""
    found = wilson(hits, total)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_differences_are_those_that_newcombe_printed(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """Of the first less the second: his table II, method 10."""
    found = newcombe(Share(*other), Share(*one))

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


counts = st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(counts)
def test_a_share_lies_in_its_interval(count: tuple[int, int]) -> None:
    share = Share(*count)
    assert share.interval is not None and share.value is not None

    assert 0 <= share.interval.low <= share.value <= share.interval.high <= 1


@given(counts, counts)
def test_swapping_the_two_swaps_the_sides_of_the_difference(a: tuple[int, int], b: tuple[int, int]) -> None:
    there, back = newcombe(Share(*a), Share(*b)), newcombe(Share(*b), Share(*a))

    assert there is not None and back is not None
    assert there.low == pytest.approx(-back.high) and there.high == pytest.approx(-back.low)
    assert -1 <= there.low <= there.high <= 1 or there.low == pytest.approx(-1) or there.high == pytest.approx(1)


values = st.lists(st.floats(0, 1e6), min_size=2, max_size=50)


@given(values)
def test_sums_and_squares_give_the_mean_and_variance_of_the_values(given_values: list[float]) -> None:
    sample = of(given_values)

    assert sample.mean == pytest.approx(statistics.fmean(given_values))
    scale = max(given_values) ** 2
    assert sample.variance == pytest.approx(statistics.variance(given_values), rel=1e-6, abs=1e-9 * scale)


@given(values, values, st.floats(0.001, 1_000))
def test_the_unit_does_not_matter(a: list[float], b: list[float], unit: float) -> None:
    assume(statistics.pstdev(a) + statistics.pstdev(b) > 1e-3 * max(*a, *b, 1e-9))
    plain, scaled = welch(of(a), of(b)), welch(of([x * unit for x in a]), of([x * unit for x in b]))

    assert plain is not None and scaled is not None
    assert scaled.low == pytest.approx(plain.low * unit, rel=1e-3, abs=1e-6 * unit * max(*a, *b))


def test_welch_gives_what_a_worked_example_gives() -> None:
    """Two samples by hand: means 20.8 and 23.0, variances 7.2 and 4.5, 6 and 10 values: 8.97 degrees of freedom."""
    first = Sample(6, 6 * 20.8, 6 * 20.8**2 + 5 * 7.2)
    second = Sample(10, 230.0, 10 * 23.0**2 + 9 * 4.5)

    found = welch(first, second)

    assert found is not None
    margin = t_quantile(0.975, 1.65**2 / (1.2**2 / 5 + 0.45**2 / 9)) * math.sqrt(1.65)
    assert (found.low, found.high) == (pytest.approx(2.2 - margin), pytest.approx(2.2 + margin))
    assert not found.excludes_zero


def test_of_too_few_calls_nothing_is_said() -> None:
    assert Share(0, 0).value is None and Share(0, 0).interval is None
    assert newcombe(Share(0, 0), Share(1, 2)) is None
    assert Sample(0, 0, 0).mean is None and Sample(1, 5, 25).mean == 5
    assert Sample(1, 5, 25).interval is None
    assert welch(Sample(1, 5, 25), of([1, 2, 3])) is None


def test_values_that_are_all_the_same_differ_or_do_not() -> None:
    assert welch(of([2, 2]), of([3, 3, 3])) == Interval(1, 1)
    assert welch(of([2, 2]), of([2, 2])) == Interval(0, 0)
    assert not Interval(0, 0).excludes_zero and Interval(1, 1).excludes_zero


# Drawn data: of many experiments whose truth we know, 95 in 100 intervals hold it.

DRAWS = 3_000
ABOUT_95 = (0.935, 0.98)  # of whole hits among few calls it cannot be 95 for every share


def covered(experiment: Callable[[random.Random], Interval | None], truth: float) -> float:
    chance = random.Random(20_260_101)
    found = [experiment(chance) for _ in range(DRAWS)]
    return sum(one is not None and one.low <= truth <= one.high for one in found) / DRAWS


@cache
def binomial(total: int, share: float) -> list[float]:
    """How likely so many hits or fewer are."""
    mass = [math.comb(total, hits) * share**hits * (1 - share) ** (total - hits) for hits in range(total + 1)]
    return [sum(mass[: hits + 1]) for hits in range(total + 1)]


def drawn(chance: random.Random, total: int, share: float) -> Share:
    u = chance.random()
    return Share(next((hits for hits, below in enumerate(binomial(total, share)) if u <= below), total), total)


@pytest.mark.parametrize(("total", "share"), [(50, 0.1), (200, 0.05), (200, 0.5), (400, 0.02)])
def test_95_of_100_intervals_hold_the_true_share(total: int, share: float) -> None:
    held = covered(lambda chance: drawn(chance, total, share).interval, share)

    assert ABOUT_95[0] <= held <= ABOUT_95[1]


@pytest.mark.parametrize(("p", "m", "q", "n"), [(0.1, 80, 0.2, 120), (0.05, 300, 0.05, 100), (0.5, 60, 0.4, 60)])
def test_95_of_100_intervals_hold_the_true_difference_of_shares(p: float, m: int, q: float, n: int) -> None:
    held = covered(lambda chance: newcombe(drawn(chance, m, p), drawn(chance, n, q)), q - p)

    assert ABOUT_95[0] <= held <= ABOUT_95[1]


def latencies(chance: random.Random, count: int, mean: float, shape: float) -> Sample:
    """Skewed to the right, as times are."""
    return of([chance.gammavariate(shape, mean / shape) for _ in range(count)])


@pytest.mark.parametrize(("m", "n", "shape"), [(60, 60, 3), (200, 40, 4), (30, 100, 8)])
def test_95_of_100_intervals_hold_the_true_difference_of_means(m: int, n: int, shape: float) -> None:
    held = covered(lambda chance: welch(latencies(chance, m, 900, shape), latencies(chance, n, 1_100, shape)), 200)

    assert ABOUT_95[0] <= held <= ABOUT_95[1]


def test_95_of_100_intervals_hold_the_mean_also_of_few_values() -> None:
    held = covered(lambda chance: of([chance.gauss(10, 3) for _ in range(4)]).interval, 10)

    assert ABOUT_95[0] <= held <= ABOUT_95[1]


def test_equal_variants_are_seldom_called_different_and_unequal_ones_mostly() -> None:
    chance = random.Random(7)

    def real(mean: float) -> int:
        pairs = ((latencies(chance, 150, 1_000, 3), latencies(chance, 150, mean, 3)) for _ in range(500))
        return sum(found.excludes_zero for pair in pairs if (found := welch(*pair)))

    assert real(1_000) / 500 < 0.08
    assert real(1_300) / 500 > 0.9


@given(st.integers(5, 400), st.integers(5, 400), st.floats(1, 1_000), st.floats(0.1, 300), st.floats(-0.2, 0.2))
def test_as_many_more_values_as_are_said_to_be_missing_tell_the_difference(
    count: int, other: int, mean: float, spread: float, change: float
) -> None:
    assume(abs(change) > 0.01)

    def sample(count: int, mean: float) -> Sample:
        return Sample(count, count * mean, count * (mean * mean + spread * spread))

    second = mean * (1 + change)
    interval = welch(sample(count, mean), sample(other, second))
    assert interval is not None
    missing = more_needed(second - mean, interval, count + other)

    assert missing is not None and (missing == 0) == interval.excludes_zero
    times = math.ceil((count + other + missing) / (count + other) * 1.01)
    later = welch(sample(count * times, mean), sample(other * times, second))
    assert later is not None and later.excludes_zero


def test_variances_too_small_to_be_squared_are_compared_too() -> None:
    assert welch(Sample(2, 0.0, 0.0), Sample(2, 0.0, 4.7e-287)) is not None


def test_a_difference_of_nothing_is_never_told() -> None:
    assert more_needed(0.0, Interval(-1.0, 1.0), 10) is None
    assert more_needed(1e-250, Interval(-1.0, 1.0), 10) is None
    assert more_needed(1.0, Interval(0.5, 1.5), 10) == 0
    assert more_needed(-1.0, Interval(-3.0, 1.0), 10) == 30
