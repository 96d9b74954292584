"""The table of providers and the tables of dialects know each other's names."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from catalog.models import Category
from catalog.models.provider import Auth
from catalog.providers import SPECS, ProviderSpec
from discovery.listings import DIALECTS
from discovery.listings.voices import VOICES

SLUGS = """openai anthropic gemini google-vertex mistral xai openrouter deepinfra featherless groq fireworks together
    huggingface cerebras nebius novita helicone aihubmix anannas aimo near chutes alibaba deepseek perplexity cohere
    azure-openai ollama vllm lmstudio llamacpp fal vercel-ai-gateway elevenlabs google-tts azure-tts cursor meta
    custom"""
WIRES = {"openai", "anthropic", "gemini", "ollama", "cohere", "fal", "elevenlabs", "google-tts", "azure-tts"}
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


def test_every_provider_of_the_plan_has_its_spec() -> None:
    assert list(SPECS) == SLUGS.split()


@each_spec
def test_a_spec_names_a_dialect_that_exists(spec: ProviderSpec) -> None:
    assert spec.listing == "" or spec.listing in DIALECTS
    assert spec.voices == "" or spec.voices in VOICES


def test_every_dialect_is_used() -> None:
    assert {spec.listing for spec in SPECS.values()} - {""} == set(DIALECTS)
    assert {spec.voices for spec in SPECS.values()} - {""} == set(VOICES)


@each_spec
def test_a_spec_can_become_a_provider(spec: ProviderSpec) -> None:
    assert spec.auth in Auth.values
    assert spec.wire in WIRES
    assert spec.categories and set(spec.categories) <= set(Category.values)
    assert len(set(spec.categories)) == len(spec.categories)
    assert spec.key_env == "" or re.fullmatch(r"[A-Z][A-Z0-9_]+", spec.key_env)
    assert spec.note == "" or spec.note.endswith(".")
    assert spec.slug == "custom" or spec.key_env


@each_spec
def test_addresses_are_complete_and_encrypted_unless_local(spec: ProviderSpec) -> None:
    for url in (spec.base_url, spec.list_url, spec.site_url, spec.docs_url, spec.status_url):
        parts = urlsplit(url)
        assert url == "" or parts.scheme == "https" or parts.hostname == "localhost"
        assert not url.endswith("/") and not parts.query


@each_spec
def test_a_list_elsewhere_ends_with_the_path_of_its_dialect(spec: ProviderSpec) -> None:
    assert spec.list_url == "" or spec.list_url.endswith(DIALECTS[spec.listing].request.path)


@each_spec
def test_a_provider_without_an_address_says_what_to_enter(spec: ProviderSpec) -> None:
    assert spec.base_url or spec.note


def test_local_servers_start_inactive_and_without_a_key() -> None:
    local = {slug for slug, spec in SPECS.items() if "localhost" in spec.base_url}

    assert local == {"ollama", "vllm", "lmstudio", "llamacpp"}
    assert {slug for slug, spec in SPECS.items() if not spec.active} == local | {"custom"}
    assert {slug for slug, spec in SPECS.items() if spec.auth == "none"} == local


def test_clients_group_models_by_the_names_they_expect() -> None:
    groups = {slug: spec.group for slug, spec in SPECS.items() if spec.group != slug}

    assert groups == {"openai": "openAI", "gemini": "google", "google-vertex": "google"}
