"""Voices are synced with their provider's models: what a list of them does, and what a bad one does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import credentials, populate
from catalog.curated import CURATED_VOICES
from catalog.models import AIModel, Change, Provider, Voice
from catalog.upstream import Patience
from catalog.voices import digest_of
from discovery import decisions, sync
from discovery.fetch import Pace
from discovery.listings.voices import Voice as ListedVoice
from discovery.models import SyncResult
from discovery.voices import KnownVoice, plan, stated_by
from tests.builders import ADMIN, a_model
from tests.fakes import faults
from tests.fakes.provider import FakeProvider, Reply, Seen, json_reply

pytestmark = pytest.mark.django_db(transaction=True)

ONCE = Pace(question=Patience(tries=1))
KEY = "a-key-that-opens-voices-9876"
NOW = timezone.now()


@pytest.fixture
def google(fake_provider: FakeProvider) -> Provider:
    return at("google-tts", f"{fake_provider.url}/v1")


@pytest.fixture
def eleven(fake_provider: FakeProvider) -> Provider:
    fake_provider.serve("/v1/models", [{"model_id": "eleven_x", "name": "X", "can_do_text_to_speech": True}])
    return at("elevenlabs", f"{fake_provider.url}/v1")


def at(slug: str, base_url: str, *, key: str = KEY) -> Provider:
    provider = Provider.objects.get(slug=slug)
    provider.base_url = base_url
    provider.save()
    if key:
        credentials.set_key(provider, key, ADMIN)
    return provider


def google_voices(*names: str, **more: Any) -> dict[str, Any]:
    return {"voices": [{"name": name, "languageCodes": [name[:5]], "ssmlGender": "FEMALE", **more} for name in names]}


def standard(count: int) -> dict[str, Any]:
    return google_voices(*(f"en-GB-Standard-{number}" for number in range(count)))


def eleven_voices(*ids: str, **more: Any) -> dict[str, Any]:
    return {"voices": [{"voice_id": name, "name": name.title(), "labels": {"language": "en"}} for name in ids], **more}


def synced(slug: str, **options: Any) -> SyncResult:
    return sync.sync(ADMIN, [slug], force=True, pace=ONCE, **options).results.get()


def rows() -> list[Any]:
    return list(Voice.objects.order_by("pk").values())


def writes(queries: CaptureQueriesContext) -> list[str]:
    changing = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    return [sql for sql in changing if "catalog_voice" in sql]


def test_a_provider_that_lists_voices_only_gives_its_curated_models_and_its_voices(
    google: Provider, fake_provider: FakeProvider
) -> None:
    fake_provider.serve("/v1/voices", google_voices("en-GB-Chirp3-HD-Ada", "de-DE-Wavenet-A"))

    result = synced("google-tts")

    assert (result.state, result.message) == (
        "succeeded",
        "Using curated list (the provider has no list of models): 6 models. Voices: 2 new.",
    )
    ada = Voice.objects.get(voice_id="en-GB-Chirp3-HD-Ada")
    assert (ada.name, ada.languages, ada.gender, ada.labels) == (
        "en-GB-Chirp3-HD-Ada",
        ["en-GB"],
        "female",
        {"tier": "Chirp3-HD"},
    )
    assert ada.is_active and ada.listed_at and not ada.missing_since
    model = AIModel.objects.get(provider=google, model_id="chirp-3-hd")
    assert list(Voice.objects.of_model(model)) == [ada]
    google.refresh_from_db()
    assert (google.health, google.last_synced_at is not None) == ("healthy", True)
    assert fake_provider.seen[0].headers["x-goog-api-key"] == KEY


def test_without_a_key_no_voices_are_asked_for(fake_provider: FakeProvider) -> None:
    at("google-tts", f"{fake_provider.url}/v1", key="")

    result = synced("google-tts")

    assert result.message == (
        "Using curated list (no key is configured; set one on the provider's page or GOOGLE_TTS_API_KEY): 6 models."
    )
    assert fake_provider.seen == []


def test_a_second_sync_writes_no_voice(google: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/v1/voices", standard(40))
    synced("google-tts")
    before = rows()

    with CaptureQueriesContext(connection) as queries:
        result = synced("google-tts")

    assert result.message.endswith("Voices: 40 unchanged.")
    assert writes(queries) == []
    assert rows() == before


def test_the_number_of_statements_does_not_grow_with_every_voice(google: Provider, fake_provider: FakeProvider) -> None:
    counts = []
    for number in (100, 600):
        Voice.objects.all().delete()
        fake_provider.serve("/v1/voices", standard(number))
        with CaptureQueriesContext(connection) as queries:
            synced("google-tts")
        counts.append(len(queries))

    assert counts[1] - counts[0] <= 3


def test_voices_come_page_by_page_with_the_models(eleven: Provider, fake_provider: FakeProvider) -> None:
    def paged(seen: Seen) -> Reply:
        if "next_page_token" in seen.query:
            return json_reply(eleven_voices("cleo", has_more=False))
        return json_reply(eleven_voices("ada", "bob", has_more=True, next_page_token="t2"))

    fake_provider.serve("/v2/voices", paged)

    result = synced("elevenlabs")

    assert result.message == "Synced 1 models from elevenlabs. Fetched: 1, Transformed: 1, Skipped: 0. Voices: 3 new"
    assert sorted(Voice.objects.values_list("voice_id", flat=True)) == ["ada", "bob", "cleo"]
    assert [seen.query.get("page_size") for seen in fake_provider.seen] == [None, "100", "100"]


def test_what_is_stated_anew_of_a_voice_is_taken(google: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/v1/voices", google_voices("en-GB-Neural2-A"))
    synced("google-tts")
    first = Voice.objects.get()
    fake_provider.serve("/v1/voices", google_voices("en-GB-Neural2-A", ssmlGender="MALE"))

    result = synced("google-tts")

    again = Voice.objects.get()
    assert result.message.endswith("Voices: 1 changed.")
    assert (again.pk, again.gender, again.created_at, again.listed_at) == (
        first.pk,
        "male",
        first.created_at,
        first.listed_at,
    )


def test_a_voice_that_is_listed_no_more_is_marked_kept_and_returns(
    google: Provider, fake_provider: FakeProvider
) -> None:
    fake_provider.serve("/v1/voices", standard(4))
    synced("google-tts")
    fake_provider.serve("/v1/voices", standard(3))

    states = []
    for _ in range(3):
        synced("google-tts")
        gone = Voice.objects.get(voice_id="en-GB-Standard-3")
        states.append((gone.missing_since is not None, gone.misses, gone.is_active))
    fake_provider.serve("/v1/voices", standard(4))
    synced("google-tts")

    assert states == [(True, 1, True), (True, 2, True), (True, 3, False)]
    gone.refresh_from_db()
    assert (gone.missing_since, gone.misses, gone.is_active) == (None, 0, True)


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"voices": []}),
        json_reply({"models": []}),
        faults.refused(),
        faults.server_fault(),
        faults.web_page(),
        faults.truncated_json(standard(9)),
        faults.sign_in_redirect(),
        faults.nesting_bomb(),
        json_reply({"voices": [{"name": 7}, None, "x"]}),
    ],
    ids=["empty", "other list", "refused", "fault", "page", "truncated", "redirect", "bomb", "nothing usable"],
)
def test_a_list_of_voices_that_fails_changes_nothing_and_says_so(
    google: Provider, eleven: Provider, fake_provider: FakeProvider, reply: Reply
) -> None:
    fake_provider.serve("/v1/voices", standard(9))
    fake_provider.serve("/v2/voices", eleven_voices("ada", "bob"))
    synced("google-tts")
    synced("elevenlabs")
    before = rows()
    fake_provider.serve("/v1/voices", reply)
    fake_provider.serve("/v2/voices", reply)

    only_voices, with_models = synced("google-tts"), synced("elevenlabs")

    assert rows() == before
    assert only_voices.state == "failed"
    assert only_voices.message.startswith("google-tts ")
    assert (with_models.state, with_models.unchanged) == ("succeeded", 1)
    assert with_models.warnings[0].startswith("The voices were left as they are. elevenlabs ")
    assert not any(KEY in str(value) for value in [only_voices.message, with_models.warnings])


def test_one_bad_entry_never_loses_the_others(google: Provider, fake_provider: FakeProvider) -> None:
    listed = standard(2)["voices"]
    fake_provider.serve("/v1/voices", {"voices": [listed[0], None, {"name": 7}, listed[1], listed[0]]})

    result = synced("google-tts")

    assert Voice.objects.count() == 2
    assert result.reasons == [
        "voice entry 2: is nothing, not an object",
        "voice entry 3: its id is a number, not text",
        "voice en-GB-Standard-0: listed more than once",
    ]


def test_the_same_page_for_ever_is_given_up(eleven: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/v2/voices", faults.ever_new_token(eleven_voices("ada", has_more=True), "next_page_token"))

    result = synced("elevenlabs")

    assert "the same voices again" in result.warnings[0]
    assert Voice.objects.count() == 0


@pytest.mark.parametrize("slug", ["google-tts", "elevenlabs"])
def test_less_than_half_of_the_voices_is_held_until_a_person_accepts_it(
    google: Provider, eleven: Provider, fake_provider: FakeProvider, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.decisions.launch", lambda run: sync.execute(run, pace=ONCE))
    fake_provider.serve("/v1/voices", standard(9))
    fake_provider.serve("/v2/voices", eleven_voices(*"abcdefghi"))
    synced(slug)
    before = rows()
    fake_provider.serve("/v1/voices", standard(4))
    fake_provider.serve("/v2/voices", eleven_voices(*"abcd"))

    held = synced(slug)
    untouched = rows() == before
    accepted = decisions.apply_reviewed(held, ADMIN, reason="they told us").results.get()

    assert held.state == "held"
    assert "The list names 4 voices; before it named 9. Less than half: held" in held.message
    assert untouched
    assert (accepted.state, accepted.message.count("Voices: 4 unchanged, 5 missing")) == ("succeeded", 1)
    assert Voice.objects.filter(missing_since=None).count() == 4
    assert Voice.objects.count() == 9


def test_a_dry_run_tells_of_voices_and_touches_none(
    google: Provider, fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.decisions.launch", lambda run: sync.execute(run, pace=ONCE))
    fake_provider.serve("/v1/voices", standard(3))

    shown = synced("google-tts", dry_run=True)
    untouched = Voice.objects.count() == 0
    fake_provider.serve("/v1/voices", standard(5))
    other = decisions.apply_reviewed(shown, ADMIN).results.get()
    still_untouched = Voice.objects.count() == 0
    fake_provider.serve("/v1/voices", standard(3))
    applied = decisions.apply_reviewed(shown, ADMIN).results.get()

    assert (shown.message.endswith("Voices: 3 new."), shown.plan["voices"]["new"]) == (True, 3)
    assert untouched and still_untouched
    assert "differ from what was reviewed" in other.message
    assert applied.message.endswith("Voices: 3 new.")
    assert Voice.objects.count() == 3


def test_a_sync_of_another_category_asks_for_no_voices(eleven: Provider, fake_provider: FakeProvider) -> None:
    result = synced("elevenlabs", category="text")

    assert result.warnings == []
    assert [seen.path for seen in fake_provider.seen] == ["/v1/models"]


def test_voices_leave_no_trace_in_the_history(google: Provider, fake_provider: FakeProvider) -> None:
    populate.populate(ADMIN)
    fake_provider.serve("/v1/voices", standard(3))
    before = Change.objects.count()

    synced("google-tts")

    assert Change.objects.count() == before


def test_openai_has_the_voices_of_its_api_with_and_without_a_key(fake_provider: FakeProvider) -> None:
    synced("openai")
    without = rows()
    fake_provider.serve("/v1/models", {"object": "list", "data": [{"id": "tts-1"}, {"id": "gpt-4.1"}]})
    at("openai", f"{fake_provider.url}/v1")

    with CaptureQueriesContext(connection) as queries:
        synced("openai")

    assert len(without) == len([voice for voice in CURATED_VOICES if voice.provider == "openai"]) == 13
    assert rows() == without
    assert writes(queries) == []
    names = {
        model_id: set(Voice.objects.of_model(row).values_list("voice_id", flat=True))
        for model_id in ("tts-1", "gpt-4o-mini-tts", "gpt-4.1")
        for row in AIModel.objects.filter(provider__slug="openai", model_id=model_id)
    }
    assert len(names["gpt-4o-mini-tts"]) == 13
    assert names["gpt-4o-mini-tts"] - names["tts-1"] == {"ballad", "verse", "marin", "cedar"}
    assert names["gpt-4.1"] == set()


def test_ordinary_syncs_ask_nothing_about_voices(fake_provider: FakeProvider) -> None:
    fake_provider.serve("/v1/models", {"data": [{"id": "m"}]})
    at("groq", f"{fake_provider.url}/v1")
    synced("groq")

    with CaptureQueriesContext(connection) as queries:
        synced("groq")

    assert not any("catalog_voice" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("language", "found"), [("en", {"a", "b"}), ("en-GB", {"b"}), ("de", {"b"}), ("e", set()), ('"', set())]
)
def test_voices_are_found_by_language(language: str, found: set[str]) -> None:
    provider = a_model("m").provider
    Voice.objects.create(provider=provider, voice_id="a", name="A", languages=["en"])
    Voice.objects.create(provider=provider, voice_id="b", name="B", languages=["de-DE", "en-GB"])
    Voice.objects.create(provider=provider, voice_id="c", name="C", languages=["eng", "und"])

    assert set(Voice.objects.speaking(language).values_list("voice_id", flat=True)) == found


def test_a_model_speaks_with_the_voices_that_name_it_exactly() -> None:
    model = a_model("Eleven_V3", category="tts")
    for voice_id, names in {"all": [], "this": ["a", "Eleven_V3"], "other": ["eleven_v3", "Eleven_V3_flash"]}.items():
        Voice.objects.create(provider=model.provider, voice_id=voice_id, name=voice_id, model_ids=names)

    assert set(Voice.objects.of_model(model).values_list("voice_id", flat=True)) == {"all", "this"}


def known(voice_id: str, voice: ListedVoice | None = None, **more: Any) -> KnownVoice:
    usual = {"listed_at": NOW, "missing_since": None, "misses": 0, "is_active": True}
    digest = digest_of(stated_by(voice)) if voice else "old"
    return KnownVoice(pk=1, voice_id=voice_id, digest=digest, **{**usual, **more})


def heard(voice_id: str) -> ListedVoice:
    return ListedVoice(voice_id=voice_id, name=voice_id, entry={})


@pytest.mark.parametrize(
    ("rows", "listed", "new", "changed", "unchanged", "missing"),
    [
        ([], "ab", 2, 0, 0, 0),
        ([known("a", heard("a"))], "ab", 1, 0, 1, 0),
        ([known("a")], "a", 0, 1, 0, 0),
        ([known("a", heard("a"), listed_at=None)], "a", 0, 1, 0, 0),
        ([known("a", heard("a")), known("b")], "a", 0, 0, 1, 1),
        ([known("a", heard("a")), known("b", listed_at=None)], "a", 0, 0, 1, 0),
        ([known("A", heard("A"))], "aA", 1, 0, 1, 0),
    ],
)
def test_what_a_list_of_voices_means(
    rows: list[KnownVoice], listed: str, new: int, changed: int, unchanged: int, missing: int
) -> None:
    made = plan(rows, map(heard, listed))

    assert (len(made.new), len(made.changed), made.unchanged, len(made.missing)) == (new, changed, unchanged, missing)


RECORDED = {
    "google-tts": ("/v1/voices", "googletts__voices__2026-02.json", 2006),
    "elevenlabs": ("/v2/voices", "elevenlabs__voices__2026-02.json", 21),
    "azure-tts": ("/v1/voices/list", "azuretts__voices_list__2020.json", 77),
}


@pytest.mark.parametrize("slug", RECORDED)
def test_recorded_voices_are_all_taken_and_a_second_sync_writes_nothing(
    slug: str, eleven: Provider, fake_provider: FakeProvider, recordings: Path
) -> None:
    path, name, count = RECORDED[slug]
    body = (recordings / "providers" / name).read_bytes()
    fake_provider.serve(path, Reply(headers={"Content-Type": "application/json"}, body=body))
    at(slug, f"{fake_provider.url}/v1")

    first = synced(slug)
    stored = rows()
    with CaptureQueriesContext(connection) as queries:
        second = synced(slug)

    assert (first.state, second.state, first.warnings, first.reasons) == ("succeeded", "succeeded", [], [])
    assert f"Voices: {count:,} new" in first.message
    assert f"Voices: {count:,} unchanged" in second.message
    assert Voice.objects.for_provider(slug).count() == count
    assert (rows(), writes(queries)) == (stored, [])
    entries = orjson.loads(body)
    assert len(entries if isinstance(entries, list) else entries["voices"]) == count


def test_the_recorded_voices_of_google_belong_to_the_models_of_their_tier(
    google: Provider, fake_provider: FakeProvider, recordings: Path
) -> None:
    body = (recordings / "providers" / "googletts__voices__2026-02.json").read_bytes()
    fake_provider.serve("/v1/voices", Reply(headers={"Content-Type": "application/json"}, body=body))
    synced("google-tts")

    counts = {row.model_id: Voice.objects.of_model(row).count() for row in AIModel.objects.filter(provider=google)}

    of_gemini = {"gemini-2.5-flash-tts": 30, "gemini-2.5-pro-tts": 30}
    assert counts == {"chirp-3-hd": 1508, "neural2": 62, "wavenet": 161, "standard": 180, **of_gemini}
