from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog import facts
from catalog.providers import SPECS
from discovery import price_book
from discovery.listings import DIALECTS
from discovery.listings.base import parse
from tests.conftest import ROOT, bare_environment

DAY = date(2026, 8, 17)


def known(slug: str, model_id: str, day: date = DAY) -> dict[str, Any]:
    return price_book.facts_of(slug, [model_id], day).get(model_id, {})


@pytest.mark.parametrize(
    ("slug", "model_id", "price"),
    [
        ("openai", "gpt-4o", {"input_mtok": "2.5", "output_mtok": "10", "cache_read_mtok": "1.25"}),
        ("openai", "tts-1-hd", {"mchar": "30"}),
        ("openai", "whisper-1", {"minute": "0.006"}),
        ("perplexity", "sonar-pro", {"input_mtok": "3", "output_mtok": "15", "request": "0.014"}),
        (
            "gemini",
            "gemini-2.5-flash",
            {"input_mtok": "0.3", "output_mtok": "2.5", "cache_read_mtok": "0.03", "audio_input_mtok": "1"},
        ),
        (
            "openai",
            "gpt-5.4",
            {
                "input_mtok": "2.5",
                "output_mtok": "15",
                "cache_read_mtok": "0.25",
                "tiers": [{"from": 272_001, "input_mtok": "5", "output_mtok": "22.5", "cache_read_mtok": "0.5"}],
            },
        ),
    ],
)
def test_prices_are_told_in_our_amounts_and_units(slug: str, model_id: str, price: dict[str, Any]) -> None:
    assert known(slug, model_id)["price"] == price


@pytest.mark.parametrize(
    ("day", "input_price"), [(date(2026, 8, 16), "0.14"), (date(2026, 8, 17), "0.22"), (date(2026, 9, 10), "0.15")]
)
def test_the_price_is_that_of_the_day_and_not_of_some_hours(day: date, input_price: str) -> None:
    assert known("deepseek", "deepseek-v4-flash", day)["price"]["input_mtok"] == input_price


@pytest.mark.parametrize(
    ("slug", "model_id", "name"),
    [
        ("anthropic", "claude-opus-4-7", "Claude Opus 4.7"),
        ("openai", "gpt-5", "GPT-5"),
        ("openai", "gpt-5-2025-08-07", None),  # the entry speaks of all that cost the same
        ("openai", "gpt-4o", None),  # "gpt 4o" says no more than the id
        ("openai", "o4-mini", None),  # "o4 Mini High" is another one
    ],
)
def test_a_name_is_taken_only_where_it_is_the_id_as_people_write_it(slug: str, model_id: str, name: str | None) -> None:
    assert known(slug, model_id).get("name") == name


@pytest.mark.parametrize(
    ("slug", "model_id"),
    [
        ("openai", "claude-opus-4-7"),
        ("anthropic", "gpt-4o"),
        ("azure-openai", "claude-opus-4-7"),  # with its fallbacks the data set would lend Anthropic's price
        ("azure-openai", "grok-4-0709"),
        ("mistral", "gpt-4o"),
        ("groq", "gpt-4o"),
        ("openai", "a-name-nobody-uses"),
        ("openai", "sora-2"),
    ],
)
def test_no_price_is_lent_across_providers_or_families(slug: str, model_id: str) -> None:
    assert known(slug, model_id) == {}


def test_every_data_set_of_the_table_exists_and_belongs_to_a_provider_of_ours() -> None:
    from genai_prices.data import providers

    assert set(price_book.DATA_SETS) <= set(SPECS)
    assert set(price_book.DATA_SETS.values()) <= {provider.id for provider in providers}


def test_whatever_the_book_says_is_a_valid_claim() -> None:
    from genai_prices.data import providers

    names = {provider.id: [model.id for model in provider.models] for provider in providers}
    for slug, data_set in price_book.DATA_SETS.items():
        for stated in price_book.facts_of(slug, names[data_set], DAY).values():
            assert facts.clean(stated) == stated


RECORDED = {
    "openai": ("openai__models__2026-08-17.json", 100),
    "anthropic": ("anthropic__models__2026-08-17.json", 10),
    "gemini": ("gemini__models_page1__2026-07.json", 30),
    "mistral": ("mistral__models__2026-08-15.json", 28),
    "groq": ("groq__models__2026-08.json", 10),
    "xai": ("xai__models__2026-02-14.json", 8),
    "deepseek": ("deepseek__models__2026-06-05.json", 2),
    "cerebras": ("cerebras__public_models__2026.json", 2),
}


@pytest.mark.parametrize("slug", RECORDED)
def test_recorded_lists_get_their_prices_and_no_price_of_their_own_is_disputed(slug: str, recordings: Path) -> None:
    from orjson import loads

    name, least = RECORDED[slug]
    body = loads((recordings / "providers" / name).read_bytes())
    listings = parse(DIALECTS[SPECS[slug].listing], body).listings

    found = price_book.facts_of(slug, [listing.model_id for listing in listings], DAY)

    assert sum("price" in stated for stated in found.values()) >= least
    for listing in listings:
        stated = {"provider": listing.facts, "genai-prices": found.get(listing.model_id, {})}
        claims = {source: {"facts": claimed, "changed_at": ""} for source, claimed in stated.items()}
        assert "price" not in [conflict["fact"] for conflict in facts.disagreements(claims)]


def test_the_web_process_never_loads_the_data_set() -> None:
    program = """
import sys, django
django.setup()
import modelregistry.asgi, modelregistry.urls
from django.urls import get_resolver
get_resolver().reverse_dict  # everything behind the addresses is loaded
import discovery.sync, discovery.enrichment
print(sorted(name for name in sys.modules if name.startswith("genai_prices")))
"""
    environment = bare_environment(DJANGO_SETTINGS_MODULE="tests.settings")

    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )

    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr
