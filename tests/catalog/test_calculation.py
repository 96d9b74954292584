"""Calculations against numbers worked by hand, and what holds of all of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog import energy, pricing
from catalog.calculation import Candidate, compare
from catalog.conversation import Conversation, conversation_of
from catalog.energy import Place
from catalog.errors import Invalid
from catalog.models import Price
from catalog.tokens import DEFAULT_WEIGHTS, Counts, counts_of, weights_of

CALL = Counts(input_with_cache=1_000, input_without_cache=2_000, cache_read=10_000, output_tokens=500)
TALK = Conversation(turns=3, agents=1, system_tokens=1_000, user_tokens=100, answer_tokens=200, cache=False)


def price(**amounts: str) -> Price:
    return Price(**{name: Decimal(text) for name, text in amounts.items()})


def cached(talk: Conversation, **changes: int) -> Conversation:
    return replace(talk, cache=True, **changes)


SONNET = price(input_mtok="3", output_mtok="15", cache_read_mtok="0.3", cache_write_mtok="3.75")
PLACE = Place()


def total(talk: Conversation, room: int | None = None) -> Counts:
    return sum(talk.calls(talk.longest if room is None else room), Counts())


class TestOneCall:
    def test_it_costs_each_kind_at_its_price(self) -> None:
        """1,000 x 3.75 + 2,000 x 3 + 10,000 x 0.30 + 500 x 15 = 20,250 USD per million."""
        [result] = compare(CALL, [Candidate(name="m", price=SONNET)], PLACE)

        assert (result.cost, result.rank, result.calls) == (Decimal("0.02025"), 1, 1)

    def test_it_weighs_by_the_default_weights(self) -> None:
        """1,000 x 1.25 + 2,000 x 1 + 10,000 x 0.10 + 500 x 5 = 6,750."""
        assert CALL.weighted(DEFAULT_WEIGHTS) == 6_750

    def test_a_model_may_weigh_some_kinds_its_own_way(self) -> None:
        """1,250 + 2,000 + 1,000 + 500 x 4 = 6,250."""
        assert CALL.weighted(weights_of({"outputTokens": 4.0})) == 6_250

    def test_its_energy_is_watts_over_speed_times_weight_size_and_pue(self) -> None:
        """A board of 700 W does 246 x (5 + 1) = 1,476 tokens a second.

        700 / 1,476 x 6,750 x 70 / 175 x 1.56 = 1,997.56 J; that is 0.000554878 kWh, at 481 g per kWh 0.266896 g.
        """
        [result] = compare(CALL, [Candidate(name="m", price=None, parameters=Decimal(70))], PLACE)

        assert result.candidate.complexity == Decimal("0.4")
        assert result.energy is not None
        assert round(result.energy.joules, 2) == Decimal("1997.56")
        assert round(result.energy.kwh, 9) == Decimal("0.000554878")
        assert round(result.energy.co2_grams, 6) == Decimal("0.266896")

    def test_unknown_stays_unknown_and_comes_last_without_a_rank(self) -> None:
        results = compare(
            CALL,
            [
                Candidate(name="no price", price=None),
                Candidate(name="half a price", price=price(input_mtok="1")),
                Candidate(name="dear", price=SONNET),
                Candidate(name="free", price=price(input_mtok="0", output_mtok="0")),
            ],
            PLACE,
        )

        assert [(result.candidate.name, result.rank, result.cost) for result in results] == [
            ("free", 1, 0),
            ("dear", 2, Decimal("0.02025")),
            ("half a price", None, None),
            ("no price", None, None),
        ]
        assert {result.energy for result in results} == {None}

    def test_equal_costs_share_a_rank(self) -> None:
        same = [Candidate(name=name, price=SONNET) for name in ("b", "a")]
        dearer = Candidate(name="c", price=price(input_mtok="100", output_mtok="100"))

        results = compare(CALL, [dearer, *same], PLACE)

        assert [(result.candidate.name, result.rank) for result in results] == [("a", 1), ("b", 1), ("c", 3)]


class TestConversation:
    def test_the_context_grows_turn_by_turn(self) -> None:
        """1,000 + 100; then the answer and the next question come: 1,400; 1,700."""
        assert [call.input_without_cache for call in TALK.calls(TALK.longest)] == [1_100, 1_400, 1_700]
        assert total(TALK) == Counts(input_without_cache=4_200, output_tokens=600)

    def test_every_agent_reads_what_was_said_before_it(self) -> None:
        """A turn adds 100 + 2 x 200. First turn 1,100 and 1,300; second 1,600 and 1,800."""
        two = Conversation(turns=2, agents=2, system_tokens=1_000, user_tokens=100, answer_tokens=200, cache=False)

        assert [call.input_without_cache for call in two.calls(two.longest)] == [1_100, 1_300, 1_600, 1_800]

    def test_the_cache_holds_what_an_agent_read_the_turn_before(self) -> None:
        """Written 1,100 + 1,300, then 500 more for each; read 1,100 + 1,300.

        3,400 x 3.75 + 2,400 x 0.30 + 800 x 15 = 25,470 USD per million; weight 4,250 + 240 + 4,000.
        """
        two = cached(TALK, turns=2, agents=2)

        [result] = compare(two, [Candidate(name="m", price=SONNET)], PLACE)

        assert result.counts == Counts(input_with_cache=3_400, cache_read=2_400, output_tokens=800)
        assert (result.cost, result.weighted, result.calls) == (Decimal("0.02547"), 8_490, 4)

    def test_a_window_drops_the_oldest_messages(self) -> None:
        """1,600 less the answer leaves 1,400: the third call reads no more than that."""
        assert TALK.room(context_window=1_600) == 1_400
        assert [call.input_without_cache for call in TALK.calls(1_400)] == [1_100, 1_400, 1_400]

    def test_what_was_dropped_is_no_longer_in_the_cache(self) -> None:
        """Written 1,100, 300, and 400 beside the system prompt; read 1,100, then the system prompt alone."""
        assert list(cached(TALK).calls(1_400)) == [
            Counts(input_with_cache=1_100, output_tokens=200),
            Counts(input_with_cache=300, cache_read=1_100, output_tokens=200),
            Counts(input_with_cache=400, cache_read=1_000, output_tokens=200),
        ]

    @pytest.mark.parametrize(
        ("context_window", "active_window", "room"),
        [
            (None, None, 1_700),
            (1_900, None, 1_700),
            (1_899, None, 1_699),
            (1_300, None, 1_100),
            (1_299, None, None),
            (None, 1_500, 1_500),
            (None, 50, 1_100),
            (1_600, 1_500, 1_400),
            (1_299, 1_500, None),
        ],
    )
    def test_the_smaller_window_counts_but_an_active_one_holds_the_prompt_and_what_is_said(
        self, context_window: int | None, active_window: int | None, room: int | None
    ) -> None:
        assert TALK.room(context_window, active_window) == room

    def test_a_model_whose_window_is_smaller_drops_messages(self) -> None:
        wide = Candidate(name="wide", price=SONNET, context_window=1_900)
        narrow = Candidate(name="narrow", price=SONNET, context_window=1_600)

        narrow_result, wide_result = compare(TALK, [wide, narrow], PLACE)

        assert (narrow_result.counts, narrow_result.is_cut) == (total(TALK, 1_400), True)
        assert (wide_result.counts, wide_result.is_cut) == (total(TALK), False)

    def test_a_model_that_cannot_begin_it_is_unknown(self) -> None:
        [result] = compare(TALK, [Candidate(name="tiny", price=SONNET, context_window=1_299)], PLACE)

        assert (result.counts, result.cost, result.rank, result.weighted) == (None, None, None, None)

    def test_a_price_for_each_request_is_paid_for_each_call(self) -> None:
        [result] = compare(
            TALK, [Candidate(name="m", price=price(input_mtok="0", output_mtok="0", request="1"))], PLACE
        )

        assert result.cost == 3


CONVERSATIONS = st.builds(
    Conversation,
    turns=st.integers(1, 12),
    agents=st.integers(1, 4),
    system_tokens=st.integers(0, 3_000),
    user_tokens=st.integers(0, 500),
    answer_tokens=st.integers(0, 500),
    cache=st.booleans(),
)


WINDOWS = st.none() | st.integers(1, 30_000)


@given(CONVERSATIONS, WINDOWS, WINDOWS)
def test_nothing_is_negative_and_every_call_fits_its_window(
    talk: Conversation, context_window: int | None, active_window: int | None
) -> None:
    room = talk.room(context_window, active_window)
    assume(room is not None)

    calls = list(talk.calls(room or 0))

    assert len(calls) == talk.turns * talk.agents
    assert all(min(call.by_kind.values()) >= 0 for call in calls)
    assert max(call.input for call in calls) == room
    assert context_window is None or (room or 0) + talk.answer_tokens <= context_window


@given(CONVERSATIONS, WINDOWS)
def test_the_cache_changes_how_tokens_are_read_not_how_many(talk: Conversation, active_window: int | None) -> None:
    room = talk.room(active_window=active_window)

    assert total(cached(talk), room).input == total(replace(talk, cache=False), room).input_without_cache


@given(CONVERSATIONS, st.integers(1, 5_000), st.integers(5_001, 9_000))
def test_a_conversation_costs_what_its_calls_cost_each_in_its_tier(talk: Conversation, low: int, high: int) -> None:
    tiered = price(input_mtok="1", output_mtok="2", request="0.01")
    tiered.tiers = [{"from": low, "input_mtok": "1.5"}, {"from": high, "input_mtok": "3", "output_mtok": "4"}]

    [result] = compare(talk, [Candidate(name="m", price=tiered)], PLACE)

    assert result.cost == sum(pricing.cost(tiered, call.billed) or 0 for call in talk.calls(talk.longest))


def test_every_entry_of_the_table_says_where_it_is_from_and_when() -> None:
    for table in energy.TABLES.values():
        for key, entry in table.items():
            assert entry.key == key and entry.name and entry.source and 2020 <= entry.year <= 2026
    assert all(site.pue >= 1 for site in energy.SITES.values())


def test_what_is_not_in_the_table_is_refused_by_name() -> None:
    assert energy.place_of({"grid": "se"}).grid.intensity == 41

    with pytest.raises(Invalid) as refused:
        energy.place_of({"grid": "mars", "site": 5})

    assert set(refused.value.details) == {"grid", "site"}


@pytest.mark.parametrize(
    ("given_fields", "named"),
    [
        ({"turns": 0}, {"turns"}),
        ({"turns": 1.5, "agents": True}, {"turns", "agents"}),
        ({"user_tokens": -1, "system_tokens": 10**9}, {"user_tokens", "system_tokens"}),
        ({"cache": "yes"}, {"cache"}),
        ({"turns": 1_000, "agents": 3}, {"turns"}),
    ],
)
def test_a_conversation_that_cannot_be_is_refused_by_name(given_fields: dict[str, object], named: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        conversation_of(given_fields)

    assert set(refused.value.details) == named


def test_counts_below_nothing_are_refused() -> None:
    with pytest.raises(Invalid, match="cache_read: must be a whole number from 0 to 1,000,000,000"):
        counts_of({"cache_read": -1})
