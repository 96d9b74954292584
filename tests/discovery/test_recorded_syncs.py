"""Every recorded list goes all the way into the catalog: served by a real server, fetched, planned, applied."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from catalog.models import AIModel, Change, Provider
from discovery import sync
from discovery.listings import DIALECTS
from discovery.listings.base import address
from tests.builders import ADMIN
from tests.fakes.provider import FakeProvider, Reply

pytestmark = pytest.mark.django_db(transaction=True)

NEWEST = {
    "anthropic": "anthropic__models__2026-08-17.json",
    "azure-openai": "azure__openai_v1_models__2026-02-14.json",
    "cerebras": "cerebras__public_models__2026.json",
    "cohere": "cohere__models__2025-07-18.json",
    "deepinfra": "deepinfra__openai_models__2026-04.json",
    "deepseek": "deepseek__models__2026-06-05.json",
    "elevenlabs": "elevenlabs__models__docs.json",
    "fal": "fal__models_page1__2026-04.json",
    "featherless": "featherless__models__docs.json",
    "gemini": "gemini__models__2026-02-14.json",
    "google-vertex": "vertex__publisher_models__2026-02-14.json",
    "groq": "groq__models__2026-08.json",
    "huggingface": "huggingface__router_models__2026-04.json",
    "llamacpp": "llamacpp__v1_models__2026-08-19.json",
    "mistral": "mistral__models__2026-08-15.json",
    "nebius": "nebius__models__2026-02-25.json",
    "novita": "novita__models__authored.json",
    "ollama": "ollama__api_tags__2026-06-19.json",
    "openai": "openai__models__2026-08-17.json",
    "openrouter": "openrouter__models__2026-08-16.json",
    "perplexity": "perplexity__models__2026-08-10.json",
    "together": "together__models__2026-01.json",
    "vercel-ai-gateway": "vercel__models__authored.json",
    "vllm": "vllm__v1_models__authored.json",
    "xai": "xai__models__2026-02-14.json",
}


def last_page(body: bytes) -> bytes:
    """A recorded first page as the whole list."""
    payload = orjson.loads(body)
    if isinstance(payload, dict):
        for name in ("nextPageToken", "next_page_token", "next_cursor"):
            payload.pop(name, None)
        if "has_more" in payload:
            payload["has_more"] = False
    return orjson.dumps(payload)


def play(fake: FakeProvider, folder: Path, slug: str) -> None:
    provider = Provider.objects.get(slug=slug)
    provider.base_url = f"{fake.url}/{slug}/v1"
    provider.save()
    dialect = DIALECTS[provider.listing]
    path = urlsplit(address(dialect.request, dialect=dialect, base_url=provider.base_url)).path
    fake.serve(
        path, Reply(headers={"Content-Type": "application/json"}, body=last_page((folder / NEWEST[slug]).read_bytes()))
    )


def test_all_recordings_are_synced_in_one_go_and_a_second_sync_writes_nothing(
    recordings: Path, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug in NEWEST:
        provider = Provider.objects.get(slug=slug)
        if provider.api_key_env:
            monkeypatch.setenv(provider.api_key_env, "key-of-a-test")
        play(fake_provider, recordings / "providers", slug)
        Provider.objects.filter(slug=slug).update(env_key_base_url=f"{fake_provider.url}/{slug}/v1")

    first = sync.sync(ADMIN, NEWEST)

    failed = {result.provider.slug: result.message for result in first.results.exclude(state="succeeded")}
    assert failed == {}
    for result in first.results.select_related("provider"):
        known = AIModel.objects.for_provider(result.provider.slug).count()
        assert known == result.transformed, result.message
        assert result.fetched - result.transformed <= result.skipped == len(result.reasons), result.reasons
    models, changes = AIModel.objects.count(), Change.objects.count()
    assert models > 1_400

    again = sync.sync(ADMIN, NEWEST, force=True)

    assert not again.results.exclude(state="succeeded").exists()
    assert {(result.new, result.changed, result.missing) for result in again.results.all()} == {(0, 0, 0)}
    assert (AIModel.objects.count(), Change.objects.count()) == (models, changes)
