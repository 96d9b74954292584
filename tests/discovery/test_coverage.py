from __future__ import annotations

from io import StringIO
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from catalog.providers import SPECS
from discovery import coverage
from discovery.listings import DIALECTS
from discovery.listings.base import Request, parse
from tests.conftest import ROOT

BODIES = ROOT / "tests" / "fixtures" / "providers"
FURTHER = {
    "cerebras": "cerebras_public",
    "deepinfra": "deepinfra_all",
    "fal": "fal_pricing",
    "fireworks": "fireworks_catalogue",
    "lmstudio": "lmstudio_v1",
    "near": "near_catalogue",
    "ollama": "ollama_show",
    "xai": "xai_language_models",
}
NEWEST = {
    "anthropic": "anthropic__models__2026-08-17",
    "azure-openai": "azure__openai_v1_models__2026-02-14",
    "cerebras": "cerebras__public_models__2026",
    "chutes": "chutes__chutes_list__2025-10",
    "cohere": "cohere__models__2025-07-18",
    "deepinfra": "deepinfra__openai_models__2026-04",
    "deepseek": "deepseek__models__2026-06-05",
    "fal": "fal__models_page1__2026-04",
    "gemini": "gemini__models_page1__2026-07",
    "google-vertex": "vertex__publisher_models__2026-02-14",
    "groq": "groq__models__2026-08",
    "huggingface": "huggingface__router_models__2026-04",
    "llamacpp": "llamacpp__v1_models__2026-08-19",
    "lmstudio": "lmstudio__api_v0_models__2026",
    "mistral": "mistral__models__2026-08-15",
    "nebius": "nebius__models__2026-02-25",
    "ollama": "ollama__api_tags__2026-06-19",
    "openai": "openai__models__2026-08-17",
    "openrouter": "openrouter__models__2026-08-16",
    "perplexity": "perplexity__models__2026-08-10",
    "together": "together__models__2026-01",
    "xai": "xai__models__2026-02-14",
}


def words(facts: set[str]) -> set[str]:
    return {word for word, names in coverage.WORDS.items() if names & facts}


def read(dialect: str, body: bytes) -> set[str]:
    """The words for what a body states of any of its models."""
    return words({name for listing in parse(DIALECTS[dialect], orjson.loads(body)).listings for name in listing.facts})


def read_further(dialect: str) -> set[str]:
    if dialect not in FURTHER:
        return set()
    body = orjson.loads((BODIES / f"{FURTHER[dialect]}.json").read_bytes())
    found = DIALECTS[dialect].enrichments[0].facts(body, Request(path="/", json={"model": "m"}))
    return words({name for facts in found.values() for name in facts})


def declared(slug: str) -> set[str]:
    return set(coverage.STATED[slug].split())


@pytest.mark.parametrize("slug", [slug for slug, spec in SPECS.items() if spec.listing not in ("", "generic")])
def test_the_table_says_what_lists_of_that_shape_state(slug: str) -> None:
    dialect = SPECS[slug].listing

    assert read(dialect, (BODIES / f"{dialect}.json").read_bytes()) | read_further(dialect) == declared(slug)


@pytest.mark.parametrize("slug", NEWEST)
def test_the_table_says_what_recorded_lists_state(slug: str, recordings: Path) -> None:
    dialect = SPECS[slug].listing

    found = read(dialect, (recordings / "providers" / f"{NEWEST[slug]}.json").read_bytes())

    assert found <= declared(slug)
    if dialect == "generic":
        assert found == declared(slug)


def test_what_counts_as_recorded_was_recorded() -> None:
    assert set(NEWEST) == {slug for slug in coverage.CHECKED if SPECS[slug].listing} - {"elevenlabs"}


def test_every_provider_has_its_line() -> None:
    lines = coverage.table().splitlines()

    assert len(lines) == len(SPECS) - 1 + 2
    assert set(coverage.STATED) == {slug for slug, spec in SPECS.items() if spec.listing}
    assert all(line.count(" | ") == len(coverage.HEAD) - 1 for line in lines)


def test_the_table_in_readme_is_current() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert coverage.put_into(text) == text, "run: manage.py provider_table --into README.md"


def test_the_command_prints_the_table_or_puts_it_into_a_file(tmp_path: Path) -> None:
    out = StringIO()
    file = tmp_path / "README.md"
    file.write_text(f"before\n{coverage.BEGIN}\nold\n{coverage.END}\nafter\n")

    call_command("provider_table", stdout=out)
    call_command("provider_table", into=str(file))

    assert file.read_text() == f"before\n{coverage.BEGIN}\n{out.getvalue()}{coverage.END}\nafter\n"
    file.write_text("no marks")
    with pytest.raises(CommandError, match="there is no <!-- providers -->"):
        call_command("provider_table", into=str(file))
