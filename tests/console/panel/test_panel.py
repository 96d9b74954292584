"""The management panel through its page: what it shows, what its buttons do, and what they say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from catalog import connections, lifecycle, registration
from catalog.models import AIModel, ChangeSet, Provider
from discovery.models import SyncRun
from gateway.models import Breaker
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, some_models
from tests.console.conftest import some_usage

pytestmark = pytest.mark.django_db

PANEL = "/admin/panel"
FACTS = {
    "context_window": 128_000,
    "max_output_tokens": 16_384,
    "supports_tools": True,
    "price": {"input_mtok": "2.5", "output_mtok": "10"},
}
NOTHING: dict[str, str] = {}


def swap(client: Client, act: str, url: str = PANEL, **fields: object) -> HttpResponse:
    """Press a button of the panel as static/swap.js does."""
    return client.post(url, {"act": act, **fields}, headers={"x-requested-with": "swap"})


def cards(text: str, status: str) -> list[str]:
    """The models a section shows, by what they are called."""
    section = re.search(rf'aria-labelledby="section-{status}">.*?</section>', text, flags=re.S)
    return re.findall(r'<article [^>]*aria-label="([^"]*)"', section[0]) if section else []


def status_of(model: AIModel) -> str:
    return AIModel.objects.values_list("status", flat=True).get(pk=model.pk)


def test_each_model_stands_in_the_section_of_its_status(admin_client: Client) -> None:
    for status in ("pending", "enabled", "disabled", "deprecated", "archived"):
        a_model(f"a-{status}", status=status)
    a_model("speaker", category="tts")
    a_personal_model(a_person(), "a-personal", base_url="https://8.8.8.8/v1")

    text = admin_client.get(PANEL).content.decode()

    for status in ("pending", "enabled", "disabled", "deprecated"):
        assert cards(text, status) == [f"acme/a-{status}"]
    assert "a-archived" not in text and "a-personal" not in text


def test_a_card_tells_what_a_decision_needs(admin_client: Client) -> None:
    a_model("fast", name="Fast One", **FACTS)
    a_model("unknown-one")

    page = admin_client.get(PANEL)

    assertContains(page, "128,000 tokens of context, 16,384 out")
    assertContains(page, "USD 2.50 per million input tokens, USD 10.00 per million output tokens")
    assertContains(page, "tools")
    assertContains(page, "No metadata", count=1)


def test_what_is_free_and_what_is_unknown_are_told_apart(admin_client: Client) -> None:
    a_model("free", price={"input_mtok": "0", "output_mtok": "0"})
    a_model("half", context_window=1_000)

    page = admin_client.get(PANEL)

    assertContains(page, "free per million input tokens")
    assertContains(page, "1,000 tokens of context · price unknown")


@pytest.mark.parametrize(
    ("status", "act", "becomes", "said"),
    [
        ("pending", "approve", "enabled", "Approved acme/m-1."),
        ("pending", "reject", "disabled", "Rejected acme/m-1."),
        ("enabled", "disable", "disabled", "Disabled acme/m-1."),
        ("disabled", "enable", "enabled", "Enabled acme/m-1."),
        ("disabled", "archive", "archived", "Archived acme/m-1."),
        ("deprecated", "restore", "enabled", "Restored acme/m-1."),
        ("deprecated", "archive", "archived", "Archived acme/m-1."),
    ],
)
def test_each_button_does_what_it_says_and_offers_to_undo_it(
    admin_client: Client, status: str, act: str, becomes: str, said: str
) -> None:
    model = a_model(status=status)
    assertContains(admin_client.get(PANEL), f'value="{act}:{model.pk}"')

    page = swap(admin_client, f"{act}:{model.pk}")

    assertContains(page, said)
    assert status_of(model) == becomes
    assertContains(page, f'value="undo:{ChangeSet.objects.latest("id").pk}"')
    assert "<html" not in page.content.decode()


def test_without_scripts_the_same_button_leads_back_with_a_message(admin_client: Client) -> None:
    model = a_model()
    here = f"{PANEL}?provider=acme&q=m"

    page = admin_client.post(here, {"act": f"approve:{model.pk}"}, follow=True)

    assert page.redirect_chain == [(here, 302)]
    assertContains(page, "Approved acme/m-1.")
    undo = ChangeSet.objects.latest("id").pk
    assertContains(page, f'name="act" value="undo:{undo}"')
    assertContains(admin_client.post(here, {"act": f"undo:{undo}"}, follow=True), "Undone: 1 change.")
    assert status_of(model) == "pending"


def test_all_that_is_ticked_is_approved_together_and_undone_together(admin_client: Client) -> None:
    chosen = [a_model(f"m-{number}") for number in range(3)]
    other = a_model("other")

    page = swap(admin_client, "approve", chosen=[model.pk for model in chosen])

    assertContains(page, "Approved 3 models.")
    assert {status_of(model) for model in chosen} == {"enabled"}
    assert status_of(other) == "pending"
    swap(admin_client, f"undo:{ChangeSet.objects.latest('id').pk}")
    assert {status_of(model) for model in chosen} == {"pending"}


def test_nothing_ticked_is_said_to_be_nothing(admin_client: Client) -> None:
    a_model()

    assertContains(swap(admin_client, "approve"), "no model is selected")
    assert not ChangeSet.objects.filter(source="admin").exists()


def test_a_refusal_says_why_and_changes_nothing(admin_client: Client) -> None:
    model = a_model(status="enabled")

    page = swap(admin_client, f"approve:{model.pk}")

    assertContains(page, "acme/m-1 is enabled and cannot be approved")
    assertContains(page, 'class="failed"')


def test_a_default_is_chosen_by_its_mark(admin_client: Client) -> None:
    first, second = a_model("first", status="enabled"), a_model("second", status="enabled")
    lifecycle.set_default(first, ADMIN)

    page = swap(admin_client, f"default:{second.pk}")

    assertContains(page, "acme/second is now the default of acme (text), it was acme/first.")
    assert re.search(rf'value="{second.pk}" checked', page.content.decode())
    swap(admin_client, f"undo:{ChangeSet.objects.latest('id').pk}")
    first.refresh_from_db()
    assert first.is_default


def test_without_scripts_marks_are_sent_together_and_only_moved_ones_count(admin_client: Client) -> None:
    kept, other = a_model("kept", status="enabled"), a_provider("other")
    lifecycle.set_default(kept, ADMIN)
    moved = a_model("moved", provider=other, status="enabled")
    marks = {f"default-{kept.provider_id}": kept.pk, f"default-{other.pk}": moved.pk}

    page = admin_client.post(PANEL, {"act": "default", **marks}, follow=True)

    assertContains(page, "other/moved is now the default of other (text).")
    assert ChangeSet.objects.latest("id").changes.count() == 1


def test_the_default_stands_first_whatever_its_name(admin_client: Client) -> None:
    for name in ("a", "b", "z"):
        a_model(name, status="enabled")
    lifecycle.set_default(AIModel.objects.get(model_id="z"), ADMIN)

    text = admin_client.get(PANEL).content.decode()

    assert cards(text, "enabled") == ["acme/z", "acme/a", "acme/b"]


def test_a_model_that_somebody_relies_on_is_not_disabled_before_that_was_shown(admin_client: Client) -> None:
    model = a_model(status="enabled")
    some_usage(model, 3)

    page = swap(admin_client, f"disable:{model.pk}", f"{PANEL}?provider=acme")

    assert page.status_code == 302
    assert page["Location"] == f"/admin/impact/{model.pk}/disable?next=%2Fadmin%2Fpanel%3Fprovider%3Dacme"
    assert status_of(model) == "enabled"


def test_a_deprecated_model_says_what_it_falls_back_to(admin_client: Client) -> None:
    heir, default = a_model("heir", status="enabled"), a_model("usual", status="enabled")
    old, older = a_model("old", status="deprecated"), a_model("older", status="deprecated")
    registration.change_model(old, ADMIN, decisions={"successor_id": heir.pk})
    text = admin_client.get(PANEL).content.decode()
    assert "Falls back to: <code>acme/heir</code>" in text
    assert "Falls back to: nothing" in text

    lifecycle.set_default(default, ADMIN)

    assertContains(admin_client.get(PANEL), "Falls back to: <code>acme/usual</code>")
    assert status_of(older) == "deprecated"


def test_search_and_provider_narrow_every_section_and_stay_in_the_address(admin_client: Client) -> None:
    a_model("fast-one"), a_model("slow-one"), a_model("fast-two", status="enabled")
    a_model("fast-three", provider=a_provider("other"))

    page = admin_client.get(f"{PANEL}?provider=acme&q=fast")

    text = page.content.decode()
    assert (cards(text, "pending"), cards(text, "enabled")) == (["acme/fast-one"], ["acme/fast-two"])
    assertContains(page, f'action="{PANEL}?provider=acme&amp;q=fast"')
    assertContains(admin_client.get(f"{PANEL}?q=nothing-like-it"), "Nothing here matches")


def test_tabs_lead_to_the_kinds_there_are_with_how_many_wait(admin_client: Client) -> None:
    a_model("speaker", category="tts"), a_model("painter", category="image", status="enabled")

    text = admin_client.get(PANEL).content.decode()

    tabs = re.search(r'aria-label="Category">(.*?)</nav>', text, flags=re.S)
    assert tabs is not None
    labels = [" ".join(re.sub(r"<[^>]*>", " ", tab).split()) for tab in re.findall(r"<a .*?</a>", tabs[1], flags=re.S)]
    assert labels == ["Text", "TTS 1 pending", "Image"]
    assert cards(admin_client.get(f"{PANEL}?category=tts").content.decode(), "pending") == ["acme/speaker"]


def test_tabs_count_what_waits_at_the_provider_that_is_shown(admin_client: Client) -> None:
    a_model("one"), a_model("voice", category="tts")
    other = a_provider("other")
    some_models(3, other)

    page = admin_client.get(f"{PANEL}?provider=other")

    assert [(tab.label, tab.pending) for tab in page.context["tabs"]] == [("Text", 3), ("TTS", 0)]


def test_a_provider_card_tells_how_the_provider_is_doing(admin_client: Client) -> None:
    a_model("p-1"), a_model("p-2"), a_model("e-1", status="enabled")
    provider = Provider.objects.get(slug="acme")
    lifecycle.set_default(AIModel.objects.get(model_id="e-1"), ADMIN)
    connections.change_provider(provider, NOTHING, ADMIN, key="sk-something-secret-1234")
    now = timezone.now()
    Provider.objects.update(health="degraded", health_reason="timed out", last_synced_at=now - timedelta(minutes=3))
    Breaker.objects.create(
        provider="acme", credential="organisation", worker="w", state="open", failures=5, reason="503", since=now,
        until=now + timedelta(minutes=1),
    )  # fmt: skip

    page = admin_client.get(f"{PANEL}?provider=acme")

    for shown in ("1 enabled", "(2 pending approval)", "ends in …1234", "Degraded", "timed out", "5 calls failed"):
        assertContains(page, shown)
    assertContains(page, 'title="e-1"')
    assert re.search(r"Refreshed\s+<time [^>]*>3 minutes ago</time>", page.content.decode())
    assert "sk-something-secret" not in page.content.decode()


@pytest.mark.parametrize(
    ("slug", "note"),
    [
        ("meta", "Using curated list (provider API doesn&#x27;t support discovery)"),
        ("anthropic", "Using curated list (no key is configured)"),
        ("openrouter", ""),
    ],
)
def test_where_the_models_come_from_is_said_if_not_from_the_provider(
    admin_client: Client, slug: str, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    text = admin_client.get(f"{PANEL}?provider={slug}").content.decode().replace("doesn't", "doesn&#x27;t")

    assert (note in text) if note else ("Using curated list" not in text)


# Refreshing


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[SyncRun]:
    """The runs that were given to a process of their own."""
    runs: list[SyncRun] = []
    monkeypatch.setattr("discovery.launch.start_process", runs.append)
    return runs


def test_refreshing_starts_a_sync_and_shows_how_far_it_is(admin_client: Client, launched: list[SyncRun]) -> None:
    a_model("m-1")

    page = swap(admin_client, "refresh:acme", f"{PANEL}?provider=acme")

    assert [run.requested_by for run in launched] == ["admin"]
    assertContains(page, 'data-refresh-url="/admin/panel/progress?provider=acme"')
    launched[0].results.update(state="running", started_at=timezone.now(), message="250 entries read, page 1",
                               lease_until=timezone.now() + timedelta(minutes=1))  # fmt: skip
    strip = admin_client.get("/admin/panel/progress?provider=acme")
    assertContains(strip, "250 entries read, page 1")
    assertNotContains(strip, "section-pending")


def test_once_a_sync_has_ended_the_whole_panel_comes_and_says_how(
    admin_client: Client, launched: list[SyncRun]
) -> None:
    a_model("m-1")
    swap(admin_client, "refresh:acme", f"{PANEL}?provider=acme")
    launched[0].results.update(state="failed", finished_at=timezone.now(), message="acme cannot be reached")

    page = admin_client.get("/admin/panel/progress?provider=acme")

    assertContains(page, 'id="panel"')
    assertContains(page, "acme cannot be reached")
    assertNotContains(page, "data-refresh-url")


def test_what_was_refreshed_a_moment_ago_is_not_refreshed_again_unless_forced(
    admin_client: Client, launched: list[SyncRun]
) -> None:
    a_provider(last_synced_at=timezone.now())

    page = swap(admin_client, "refresh:acme", f"{PANEL}?provider=acme")

    assertContains(page, "acme was refreshed")
    assert not launched
    assertContains(page, 'value="refresh:!acme"')
    swap(admin_client, "refresh:!acme", f"{PANEL}?provider=acme")
    assert len(launched) == 1


# Who may, and how much


def test_who_may_only_look_has_no_buttons_and_changes_nothing(staff: Callable[..., Client]) -> None:
    model, client = a_model(), staff("view_aimodel")

    assertNotContains(client.get(PANEL), "<button name=")
    for act in (f"approve:{model.pk}", f"default:{model.pk}", "refresh:acme"):
        assert swap(client, act).status_code == 403
    assert status_of(model) == "pending"


@pytest.mark.parametrize("act", ["", "burn", "approve_all", "undo:x", "undo:999999", f"undo:{10**30}"])
def test_an_act_that_is_none_is_not_there(admin_client: Client, act: str) -> None:
    assert swap(admin_client, act).status_code == 404


@pytest.mark.parametrize("nonsense", ["x", "-1", "1.5", "²", str(10**30)])
def test_an_id_that_is_none_is_no_model(admin_client: Client, nonsense: str) -> None:
    assertContains(swap(admin_client, f"approve:{nonsense}"), "no model is selected")


@pytest.mark.parametrize(
    "query",
    [
        "category=nonsense",
        "pending=99",
        "pending=x",
        "provider=nobody",
        "provider=%00",
        "q=%00",
        "enabled=" + "9" * 400,
    ],
)
def test_an_address_that_was_typed_in_is_as_good_as_it_can_be(admin_client: Client, query: str) -> None:
    a_model()

    assert admin_client.get(f"{PANEL}?{query}").status_code == 200


def test_thousands_of_pending_models_come_in_pages(admin_client: Client) -> None:
    some_models(5_000, a_provider(), status="pending")

    first, last = (admin_client.get(f"{PANEL}?{query}").content.decode() for query in ("", "pending=9999"))

    assert len(cards(first, "pending")) == 30
    assert len(cards(last, "pending")) == 20
    assert "Page 1 of 167" in first and "Page 167 of 167" in last
    assert "5,000" in first


@pytest.mark.parametrize("count", [10, 5_000])
def test_the_panel_asks_as_often_for_10_as_for_5000(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for status in ("pending", "enabled", "deprecated"):
        some_models(count, a_provider(status), status=status)

    with django_assert_num_queries(17):
        admin_client.get(PANEL)


def test_the_panel_of_5000_pending_models_is_quick(admin_client: Client) -> None:
    some_models(5_000, a_provider(), status="pending")
    admin_client.get(PANEL)

    took = []
    for _ in range(5):
        started = time.process_time()
        admin_client.get(PANEL)
        took.append(time.process_time() - started)

    assert min(took) <= 0.150  # of the processor: others may be at work on this machine
