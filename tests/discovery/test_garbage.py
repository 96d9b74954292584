from __future__ import annotations

import gc

import pytest

from discovery.garbage import OBJECTS, rarely_collected


def test_the_collector_rests_inside_and_works_as_before_afterwards() -> None:
    before = gc.get_threshold()

    with rarely_collected():
        assert gc.get_threshold()[0] == OBJECTS > before[0]

    assert gc.get_threshold() == before


def test_a_failure_wakes_the_collector_too() -> None:
    before = gc.get_threshold()

    with pytest.raises(RuntimeError), rarely_collected():
        raise RuntimeError

    assert gc.get_threshold() == before


def test_of_two_syncs_at_once_the_last_wakes_the_collector() -> None:
    before = gc.get_threshold()
    one, other = rarely_collected(), rarely_collected()

    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] == OBJECTS
    other.__exit__(None, None, None)

    assert gc.get_threshold() == before
