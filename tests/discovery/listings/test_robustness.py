"""No answer, however strange, gets past a dialect as anything but models, reasons or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import facts
from discovery.listings import DIALECTS
from discovery.listings.base import UNREADABLE, Parsed, Request, WrongShape, parse
from discovery.listings.voices import VOICES
from discovery.listings.voices import parse as parse_voices

NAMES = """id name model data models items providers pricing prompt completion input output unit usd architecture
    input_modalities output_modalities modality supported_parameters supported_features features capabilities type
    context_length max_tokens top_provider metadata model_spec limits overrides min_prompt_tokens endpoints tags
    supportedGenerationMethods deprecation inference created details family parameter_size model_info voices voice_id
    labels verified_languages language locale languageCodes ssmlGender ShortName model_id endpoint_id category status
    expiration_date knowledge_cutoff alias_target slug links next has_more last_id next_cursor nextPageToken pagination
    current_page total_pages publisherModels launchStage display_name description error success chute_id input_tiers
    cost min publishers modelId inputCostPerToken amount scale currency prices unit_price reasoning config meta"""
TEXTS = [
    "",
    "a",
    "text",
    "image",
    "0.000001",
    "-1",
    "1e400",
    "2027-01-01",
    "chat",
    "text+image->text",
    "USD",
    "seconds",
]
names = st.sampled_from(NAMES.split())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TEXTS) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=4), inner),
    max_leaves=25,
)
entries = st.dictionaries(names, values, max_size=12)
envelopes = st.sampled_from(["data", "models", "items", "publisherModels", "voices", "prices"])
lists = st.lists(entries | values, max_size=4)
payloads = values | lists | st.dictionaries(envelopes, lists, min_size=1) | st.dictionaries(names, values)


@settings(max_examples=250, deadline=None)
@given(payload=payloads)
def test_parsing_anything_gives_clean_facts_reasons_or_a_refusal(payload: Any) -> None:
    for dialect in DIALECTS.values():
        try:
            assert_clean(parse(dialect, payload))
        except WrongShape as refused:
            assert str(refused)
        following = dialect.next_page(payload, {})
        assert following is None or all(isinstance(value, str) for value in following.params.values())


def assert_clean(parsed: Parsed) -> None:
    for listing in parsed.listings:
        assert 0 < len(listing.model_id) <= 255
        assert listing.facts["category"]
        assert None not in listing.facts.values()
        assert facts.clean(listing.facts) == listing.facts  # what discovery states, the catalog takes as it is
        orjson.dumps(listing.facts)


@settings(max_examples=150, deadline=None)
@given(payload=payloads)
def test_enrichments_add_clean_facts_or_fail_as_the_runner_expects(payload: Any) -> None:
    for dialect in DIALECTS.values():
        for enrichment in dialect.enrichments:
            found: Mapping[str, dict[str, Any]] = {}
            with suppress(*UNREADABLE):
                found = enrichment.facts(payload, Request(path="/further", json={"model": "a"}))
            assert all(facts.clean(stated) == stated for stated in found.values())
            with suppress(*UNREADABLE):
                enrichment.next_page(payload, {})


@settings(max_examples=150, deadline=None)
@given(payload=payloads)
def test_voices_of_anything_are_voices_reasons_or_a_refusal(payload: Any) -> None:
    for dialect in VOICES.values():
        try:
            parsed = parse_voices(dialect, payload)
        except WrongShape as refused:
            assert str(refused)
        else:
            for voice in parsed.voices:
                assert voice.name and all(isinstance(language, str) for language in voice.languages)
        dialect.next_page(payload, {})


def deep(depth: int) -> Any:
    value: Any = "bottom"
    for _ in range(depth):
        value = {"data": [value], "pricing": value}
    return value


def test_a_deeply_nested_answer_is_read_only_as_deep_as_it_must() -> None:
    for dialect in DIALECTS.values():
        with suppress(WrongShape):
            parse(dialect, {"data": [{"id": "a", "metadata": deep(500), "pricing": deep(500)}]})
