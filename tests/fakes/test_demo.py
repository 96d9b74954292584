from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from catalog import upstream
from discovery.fetch import Fetched, Pace, Source, fetch
from discovery.listings import DIALECTS
from tests.fakes.demo import PREFIXES, base_urls, responders, serve_demo
from tests.fakes.lists import Lists, from_prices, from_recordings, of, price_today, pricing
from tests.fakes.provider import FakeProvider

AUTH = {"openrouter": "bearer", "openai": "bearer", "anthropic": "x-api-key", "gemini": "x-goog-api-key"}


@pytest.fixture(scope="module")
def demo() -> Iterator[FakeProvider]:
    with serve_demo() as provider:
        yield provider


def read(provider: FakeProvider, slug: str, key: str = "demo-key") -> Fetched:
    source = Source(slug=slug, base_url=base_urls(provider)[slug], dialect=DIALECTS[slug], auth=AUTH[slug], key=key)
    return asyncio.run(fetch(source, pace=Pace(question=upstream.Patience(tries=1))))


@pytest.mark.parametrize(("slug", "least"), [("openrouter", 300), ("openai", 100), ("anthropic", 20), ("gemini", 40)])
def test_the_product_reads_each_list_without_loss(demo: FakeProvider, slug: str, least: int) -> None:
    fetched = read(demo, slug)

    assert len(fetched.listings) >= least
    assert (fetched.skipped, fetched.warnings) == ([], [])
    assert len(fetched.listings) == len(getattr(from_prices(), slug))


def test_the_defaults_of_the_catalog_are_listed(demo: FakeProvider) -> None:
    assert {"gpt-4.1", "gpt-4.1-nano"} <= {listing.model_id for listing in read(demo, "openai").listings}
    assert "claude-sonnet-4-20250514" in {listing.model_id for listing in read(demo, "anthropic").listings}


def test_prices_are_those_of_the_data(demo: FakeProvider) -> None:
    listing = next(item for item in read(demo, "openrouter").listings if item.model_id == "anthropic/claude-sonnet-4.5")
    stated = price_today(next(model for model in of("openrouter") if model.id == listing.model_id))

    assert Decimal(listing.entry["pricing"]["prompt"]) * 1_000_000 == stated.input_mtok.base  # type: ignore[union-attr]
    assert Decimal(listing.facts["price"]["input_mtok"]) == stated.input_mtok.base  # type: ignore[union-attr]


def test_every_price_is_a_plain_decimal_string() -> None:
    amounts = [amount for entry in from_prices().openrouter for amount in entry["pricing"].values()]

    assert all(isinstance(amount, str | list) for amount in amounts)
    assert not [amount for amount in amounts if isinstance(amount, str) and "e" in amount.lower()]


def test_longer_prompts_have_their_prices() -> None:
    tiered = next(model for model in of("openrouter") if model.id == "anthropic/claude-sonnet-4.5")

    assert pricing(price_today(tiered))["overrides"][0]["min_prompt_tokens"] == 200_000


@pytest.mark.parametrize(
    ("slug", "status", "path"),
    [
        ("openai", 401, ("error", "code")),
        ("anthropic", 401, ("error", "type")),
        ("gemini", 400, ("error", "details")),
    ],
)
def test_without_a_key_each_refuses_in_its_own_words(
    demo: FakeProvider, slug: str, status: int, path: tuple[str, str]
) -> None:
    answer = httpx2.get(f"{demo.url}{PREFIXES[slug]}/models", trust_env=False)

    assert answer.status_code == status
    assert answer.json()[path[0]][path[1]]
    with pytest.raises(upstream.Refused, match="it wants a key"):
        read(demo, slug, key="")


def test_openrouter_is_public(demo: FakeProvider) -> None:
    assert len(read(demo, "openrouter", key="").listings) >= 300


def test_openrouter_lists_what_puts_out_text_unless_asked_for_all(demo: FakeProvider) -> None:
    url = f"{demo.url}{PREFIXES['openrouter']}/models"
    images = httpx2.get(url, params={"output_modalities": "image"}, trust_env=False).json()["data"]

    assert images
    assert all("image" in entry["architecture"]["output_modalities"] for entry in images)


@pytest.mark.parametrize("slug", PREFIXES)
def test_long_lists_come_in_pages(slug: str) -> None:
    longer = from_prices()
    entries = [renamed(entry, number) for number in range(1_200) for entry in getattr(longer, slug)[:1]]
    lists = Lists(**{name: entries if name == slug else [] for name in PREFIXES})
    with FakeProvider() as provider:
        provider.serve(f"{PREFIXES[slug]}/models", responders(lists)[slug])

        fetched = read(provider, slug)

    assert len(fetched.listings) == 1_200
    assert fetched.pages == {"openrouter": 3, "openai": 1, "anthropic": 2, "gemini": 2}[slug]


def renamed(entry: dict[str, Any], number: int) -> dict[str, Any]:
    name = "name" if entry.get("name", "").startswith("models/") else "id"
    return {**entry, name: f"{entry[name]}-{number}"}


@pytest.mark.parametrize("token", ["!", "bm90IGEgbnVtYmVy"])
def test_a_page_token_gemini_did_not_give_is_refused(demo: FakeProvider, token: str) -> None:
    url = f"{demo.url}{PREFIXES['gemini']}/models"
    answer = httpx2.get(url, params={"pageToken": token}, headers={"x-goog-api-key": "k"}, trust_env=False)

    assert answer.status_code == 400


def test_the_newest_recording_of_each_provider_is_replayed(tmp_path: Path) -> None:
    for name, payload in {
        "openrouter__models__2026-02-14": {"data": [{"id": "old/model"}]},
        "openrouter__models__2026-08-16": {"data": [{"id": "new/model"}]},
        "openai__models__2026-08-17": {"data": []},
        "anthropic__models__2026-08-17": {"data": []},
        "gemini__models__2026-02-14": {"models": []},
        "gemini__models_page1__2026-07": {"models": [{"name": "models/newer"}], "nextPageToken": "x"},
    }.items():
        (tmp_path / f"{name}.json").write_bytes(orjson.dumps(payload))

    lists = from_recordings(tmp_path)

    assert lists.openrouter == [{"id": "new/model"}]
    assert lists.gemini == [{"name": "models/newer"}]


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no recording openrouter__models__"):
        from_recordings(tmp_path)


@pytest.mark.parametrize("slug", PREFIXES)
def test_recorded_lists_are_served_whole(recordings: Path, slug: str) -> None:
    with serve_demo(recordings=recordings) as provider:
        fetched = read(provider, slug)

    assert (fetched.entries_seen, fetched.skipped) == (len(getattr(from_recordings(recordings), slug)), [])


CALLS = {
    "openrouter": ("/chat/completions", "authorization"),
    "openai": ("/chat/completions", "authorization"),
    "anthropic": ("/messages", "x-api-key"),
    "gemini": ("/models/gemini-2.5-flash:generateContent", "x-goog-api-key"),
}


@pytest.mark.parametrize("slug", PREFIXES)
def test_each_answers_a_chat_call_to_whoever_has_a_key(demo: FakeProvider, slug: str) -> None:
    path, header = CALLS[slug]
    body: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    if slug == "gemini":
        body = {"contents": [{"parts": [{"text": "hello"}]}]}
    key = {header: "Bearer any" if header == "authorization" else "any", "anthropic-version": "2023-06-01"}

    answers = [
        httpx2.post(base_urls(demo)[slug] + path, json=body, headers=headers, trust_env=False) for headers in (key, {})
    ]

    assert "You said: hello" in answers[0].text
    assert answers[1].status_code == (400 if slug == "gemini" else 401)
