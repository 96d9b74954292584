from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Voice
from tests.builders import a_model, a_provider
from tests.catalog.admin.conftest import Read

pytestmark = pytest.mark.django_db

VOICES = "/admin/catalog/voice/"


def a_voice(voice_id: str, **fields: Any) -> Voice:
    usual = {"name": voice_id.title(), "listed_at": timezone.now(), "provider": a_provider()}
    return Voice.objects.create(voice_id=voice_id, **{**usual, **fields})


@pytest.fixture
def voices() -> None:
    a_voice("ada", languages=["en-GB", "fr-FR"], gender="female", labels={"accent": "british", "tier": "Neural2"})
    a_voice("bob", languages=["de-DE"], gender="male", preview_url="https://voices.example/bob.mp3")
    a_voice("cleo", provider=a_provider("globex"), languages=["en"], gender="female", missing_since=timezone.now())
    a_voice("dan", languages=["es-MX"], is_active=False, missing_since=timezone.now())


def shown(text: str) -> set[str]:
    return {name for name in ("ada", "bob", "cleo", "dan") if f">{name}</code>" in text}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", {"ada", "bob", "cleo", "dan"}),
        ("?q=ada", {"ada"}),
        ("?q=british+neural2", {"ada"}),
        ("?q=nobody", set()),
        ("?provider=globex", {"cleo"}),
        ("?language=en", {"ada", "cleo"}),
        ("?language=en-GB", {"ada"}),
        ("?gender=male", {"bob"}),
        ("?state=offered", {"ada", "bob"}),
        ("?state=missing", {"cleo", "dan"}),
        ("?state=gone", {"dan"}),
        ("?model=999999999999999999999", {"ada", "bob", "cleo", "dan"}),
    ],
)
def test_voices_are_searched_and_filtered(voices: None, read: Read, question: str, found: set[str]) -> None:
    assert shown(read(VOICES + question).text) == found


def test_the_voices_of_a_model_are_a_link_away(voices: None, read: Read) -> None:
    model = a_model("speaks", category="tts")
    Voice.objects.filter(voice_id="bob").update(model_ids=["other"])

    assert shown(read(f"{VOICES}?model={model.pk}").text) == {"ada", "dan"}


def test_a_preview_is_a_plain_link_that_tells_nothing_of_us(voices: None, read: Read) -> None:
    link = '<a href="https://voices.example/bob.mp3" rel="noopener noreferrer" target="_blank">'

    assert link + "Listen</a>" in read(VOICES).text
    assert link in read(f"{VOICES}{Voice.objects.get(voice_id='bob').pk}/change/").text


def test_a_voice_has_a_page_and_no_form(voices: None, admin_client: Client, read: Read) -> None:
    model = a_model("speaks")
    voice = a_voice("eve", labels={"note": "<b>bold</b>"}, model_ids=["speaks", "unknown"])

    page = read(f"{VOICES}{voice.pk}/change/")

    assert "eve" in page.text and "&lt;b&gt;bold&lt;/b&gt;" in page.text
    assert f"/admin/catalog/aimodel/{model.pk}/change/" in page.text
    assert set(page.buttons) <= {"Log out"}
    assert admin_client.get(f"{VOICES}{voice.pk}/history/").status_code == 404
    assert admin_client.get(f"{VOICES}add/").status_code == 403
    assert admin_client.post(f"{VOICES}{voice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{VOICES}999999/change/", follow=True).redirect_chain[0][0] == "/admin/"


def test_only_staff_who_may_see_voices_see_them(voices: None, staff: Callable[..., Client]) -> None:
    carol = staff("view_aimodel")

    assert carol.get(VOICES).status_code == 403
    assert carol.get(f"{VOICES}{Voice.objects.first().pk}/change/").status_code == 403


def test_the_list_asks_the_same_number_of_questions_at_any_length(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    provider = a_provider()
    for number in range(60):
        Voice.objects.create(provider=provider, voice_id=f"v-{number}", name=f"V {number}", languages=["en-GB"])

    with django_assert_max_num_queries(12):
        assert admin_client.get(VOICES).status_code == 200
