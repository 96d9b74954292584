"""Experiments: what each variant did, and in words whether it differs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import Route
from console.experiments.intervals import drawing, scale_of
from console.experiments.verdicts import MEASURES, verdict
from gateway.experiments import Contrast, Measured, measured
from gateway.models import Rating, UsageDay
from gateway.statistics import Interval, Sample, Share
from tests.builders import a_model, a_route

pytestmark = pytest.mark.django_db

PAGE = "/admin/experiments"


@pytest.fixture
def split() -> Route:
    for name in ("a", "b"):
        a_model(name, status="enabled")
    targets = [{"model": "acme/a", "weight": 3, "variant": "old"}, {"model": "acme/b", "weight": 1, "variant": "new"}]
    return a_route("chat", *targets, is_experiment=True, description="Which is better?")


def did(variant: str, calls: int, *, mean: float = 1_000, spread: float = 100, **sums: Any) -> None:
    """A day of answered calls whose durations have this mean and spread; each has 10 tokens and costs 0.5."""
    fields = {
        "calls": calls + sums.get("errors", 0) + sums.get("refused", 0),
        "answered": calls,
        "duration_ms": round(calls * mean),
        "duration_squares": calls * (mean**2 + spread**2),
        "counted": calls,
        "input_tokens": 10 * calls,
        "token_squares": 100.0 * calls,
        "priced": calls,
        "cost": Decimal("0.5") * calls,
        "cost_squares": 0.25 * calls,
    }
    UsageDay.objects.create(day=timezone.now().date(), route="chat", variant=variant, **{**fields, **sums})


def text(client: Client, address: str, status: int = 200) -> str:
    page = client.get(address)
    assert page.status_code == status
    return " ".join(re.sub(r"<[^>]*>", " ", page.content.decode().partition('id="content-main"')[2]).split())


def test_variants_stand_side_by_side(admin_client: Client, split: Route) -> None:
    did("old", 300, errors=30, refused=2)
    did("new", 100, mean=880, errors=1)
    Rating.objects.create(call_id="x", route="chat", variant="new", score=1)

    said = text(admin_client, f"{PAGE}/{split.pk}")

    for words in (
        "Which is better?",
        "old 75 % of the calls new 25 % of the calls",
        "Calls 332 30 errors, 2 refused 101 1 errors",
        "Failed 9.1 % 6.4 % to 12.7 %, of 330 calls 1 %",
        "new fails less often (1 % rather than 9.1 %); the difference is real (95 %).",
        "Latency 1,000 ms 989 ms to 1,011 ms, of 300 answered calls 880 ms",
        "new is 12 % faster; the difference is real (95 %).",
        "Cost a call USD 0.50",
        "No difference so far.",
        "Good ratings unknown 100 % 20.7 % to 100 %, of 1 rating",
    ):
        assert words in said


def test_what_is_certain_stands_on_the_list(admin_client: Client, split: Route) -> None:
    did("old", 300)
    did("new", 100, mean=1_200)

    assert "chat 400 calls Which is better? old (75 % of the calls)" in text(admin_client, PAGE)
    assert "new is 20 % slower; the difference is real (95 %)." in text(admin_client, PAGE)
    assertContains(admin_client.get(PAGE), f'href="{PAGE}/{split.pk}"')


def test_too_early_says_how_many_calls_are_missing(admin_client: Client, split: Route) -> None:
    did("old", 20, spread=400)
    did("new", 20, mean=900, spread=400)

    said = text(admin_client, f"{PAGE}/{split.pk}")

    assert re.search(r"Too early to tell: about 2\d0 more answered calls\. So far new is 10 % faster\.", said)
    assert "No difference yet." in said


def test_a_variant_that_is_gone_is_still_shown(admin_client: Client, split: Route) -> None:
    did("older", 10)
    did("", 3)

    said = text(admin_client, f"{PAGE}/{split.pk}")

    assert "older no longer in the route" in said and "before one was chosen" in said
    assert (
        f"{'/admin/usage/calls'}?route=chat&amp;variant=older"
        in admin_client.get(f"{PAGE}/{split.pk}").content.decode()
    )


def test_without_calls_and_without_experiments_the_pages_say_what_to_do(admin_client: Client) -> None:
    assert "Give a route two models with a weight each" in text(admin_client, PAGE)
    for name in ("a", "b"):
        a_model(name, status="enabled")
    route = a_route("chat", {"model": "acme/a", "weight": 1}, {"model": "acme/b", "weight": 1})

    assert "Nothing was called by way of it in these days." in text(admin_client, PAGE)
    assert "Callers send its name as the model." in text(admin_client, f"{PAGE}/{route.pk}")


def test_days_stand_in_the_address(admin_client: Client, split: Route) -> None:
    did("old", 10)
    UsageDay.objects.update(day=timezone.now().date() - timedelta(days=20))

    assert "10 calls" in text(admin_client, PAGE)
    assert "0 calls" in text(admin_client, f"{PAGE}?days=7")
    assert "is not known here" in text(admin_client, f"{PAGE}?model=a", 400)
    assert "must be a day" in text(admin_client, f"{PAGE}/{split.pk}?from=x", 400)
    assert admin_client.get(f"{PAGE}/987").status_code == 404


def test_a_route_leads_to_its_experiment(admin_client: Client, split: Route) -> None:
    page = admin_client.get(f"/admin/catalog/route/{split.pk}/change/")

    assertContains(page, f'<a href="{PAGE}/{split.pk}">Compare them</a>')


def test_only_staff_who_may_see_usage_see_them(staff: Callable[..., Client], split: Route) -> None:
    carol = staff("view_route")

    assert [carol.get(address).status_code for address in (PAGE, f"{PAGE}/{split.pk}")] == [403, 403]
    assertNotContains(carol.get(f"/admin/catalog/route/{split.pk}/change/"), "Compare them")


def test_many_experiments_cost_no_more_questions_than_one(admin_client: Client, split: Route) -> None:
    for number in range(15):
        a_route(f"r-{number}", {"model": "acme/a", "weight": 1}, {"model": "acme/b", "weight": 1})

    with CaptureQueriesContext(connection) as made:
        admin_client.get(PAGE)

    assert len(made) <= 12


SAMPLES = st.builds(lambda count, mean, spread: Sample(count, count * mean, count * (mean**2 + spread**2)),
                    st.integers(0, 500), st.floats(0, 10_000), st.floats(0, 1_000))  # fmt: skip
SHARES = st.integers(0, 500).flatmap(lambda total: st.builds(Share, st.integers(0, total), st.just(total)))


@given(st.sampled_from(sorted(MEASURES)), st.data())
def test_every_two_variants_can_be_compared(name: str, data: st.DataObject) -> None:
    kind = SHARES if MEASURES[name].is_rate else SAMPLES
    first, second = data.draw(kind), data.draw(kind)
    one = measured(first, None)
    other = measured(second, first)

    found = verdict(MEASURES[name], "new", other, one)

    assert (found is None) == (one.value is None or other.value is None)
    if found is not None and other.contrast is not None:
        assert found.is_real == bool(other.contrast.is_real)
        assert found.text.endswith(".") and "nan" not in found.text
    for end in (one, other):
        places = [float(place) for place in re.findall(r'[xc]x?\d?="([\d.]+)%"', drawing(end, scale_of([one, other])))]
        assert all(0 <= place <= 100 for place in places)


@pytest.mark.parametrize(
    ("name", "now", "before", "said", "tone"),
    [
        ("latency_ms", 1_200, 1_000, "is 20 % slower", "bad"),
        ("tokens", 955, 1_000, "takes 4.5 % fewer tokens", "even"),
        ("cost", 0.5, 1.0, "is 50 % cheaper", "good"),
        ("cost", 0.5, 0.0, "is much dearer (USD 0.50 rather than USD 0.00)", "bad"),
        ("rating", 0.9, 0.8, "is liked more (90 % rather than 80 %)", "good"),
        ("rating", 0.7, 0.8, "is liked less (70 % rather than 80 %)", "bad"),
        ("fallback_rate", 0.2, 0.1, "falls back more often (20 % rather than 10 %)", "bad"),
    ],
)
def test_differences_read_as_one_says_them(name: str, now: float, before: float, said: str, tone: str) -> None:
    value = now - before
    contrast = Contrast(value=value, interval=Interval(value - abs(value) / 2, value + abs(value) / 2))
    mine = Measured(value=now, interval=None, of=9, contrast=contrast)

    found = verdict(MEASURES[name], "new", mine, Measured(value=before, interval=None, of=9))

    assert found is not None
    assert (found.text, found.tone) == (f"new {said}; the difference is real (95 %).", tone)
