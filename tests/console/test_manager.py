"""The table of all models and the gallery of templates, as staff with more or fewer rights click through them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from access.caller import of_user
from catalog import connections, credentials, lifecycle, registration
from catalog.models import AIModel, Credential, Status
from tests.builders import ADMIN, a_model, a_person, a_personal_model, a_provider, some_models

pytestmark = pytest.mark.django_db

TABLE = "/admin/models-table"
GALLERY = "/admin/gallery"
KEY = "sk-0123456789abcdef"
PRICE = {"input_mtok": "2.5", "output_mtok": "10"}


@pytest.fixture
def staff() -> Callable[..., Client]:
    def sign_in(*codenames: str) -> Client:
        user = User.objects.create_user("carol", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def by_hand(model_id: str = "ours", **stated: Any) -> AIModel:
    return registration.add_model(
        provider=a_provider(), model_id=model_id, by=ADMIN, stated={"name": model_id.title(), **stated}
    )


def html(answer: HttpResponse) -> str:
    assert answer.status_code == 200, answer.status_code
    assert b"style=" not in answer.content
    return re.sub(r"\s+", " ", answer.content.decode())


def text(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html(answer)))


def names(answer: HttpResponse) -> list[str]:
    return re.findall(r'<code class="id" title="([^"]+)"', html(answer))


class TestTable:
    def test_a_row_says_how_large_a_model_is_and_whether_its_price_is_known(self, admin_client: Client) -> None:
        by_hand(parameters=70, context_window=128_000, active_window=1_250, price=PRICE)
        by_hand("riddle")

        shown = text(admin_client.get(TABLE))

        assert (
            "Ours acme/ours Enabled Copy 70 billion 128,000 / 1,250 0.4 Yes USD 2.50 in / 10.00 out Edit Delete"
            in shown
        )
        assert "Riddle acme/riddle Enabled Copy unknown unknown unknown No Edit Delete" in shown

    def test_what_cannot_be_deleted_says_why_and_what_to_do_instead(self, admin_client: Client) -> None:
        found = a_model("found")
        default = by_hand("default")
        lifecycle.set_default(default, ADMIN)
        system = by_hand("system")
        AIModel.objects.filter(pk=system.pk).update(is_system=True)

        page = html(admin_client.get(TABLE))

        for model, why in (
            (found, "It was discovered at its provider, and a sync would find it again: archive it instead."),
            (default, "It is the default of its provider: make another model the default first."),
            (system, "It is a system model and cannot be deleted: disable or archive it instead."),
        ):
            assert f'disabled aria-describedby="kept-{model.pk}">Delete</button>' in page
            assert f'id="kept-{model.pk}">{why}' in page
        assert f'formaction="/admin/catalog/aimodel/{found.pk}/move/archive/"' in page
        assert f'formaction="/admin/catalog/aimodel/{system.pk}/move/archive/"' not in page  # it is enabled

    def test_edit_and_delete_lead_to_the_pages_of_the_model(self, admin_client: Client) -> None:
        model = by_hand()

        page = html(admin_client.get(TABLE))

        for verb in ("change", "delete"):
            url = f"/admin/catalog/aimodel/{model.pk}/{verb}/"
            assert f'href="{url}"' in page and admin_client.get(url).status_code == 200

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["acme/ours", "acme/priced", "other/speaker"]),
            ("?q=our", ["acme/ours"]),
            ("?provider=other", ["other/speaker"]),
            ("?category=tts", ["other/speaker"]),
            ("?pricing=yes", ["acme/priced"]),
            ("?pricing=no&provider=acme", ["acme/ours"]),
            ("?q=nothing", []),
            ("?page=99", ["acme/ours", "acme/priced", "other/speaker"]),
            ("?q=%00&provider=%00&page=x", ["acme/ours", "acme/priced", "other/speaker"]),
        ],
    )
    def test_it_is_searched_and_filtered(self, admin_client: Client, query: str, found: list[str]) -> None:
        by_hand()
        by_hand("priced", price=PRICE)
        a_model("speaker", name="Speaker", provider=a_provider("other"), category="tts")
        a_personal_model(a_person("bob"), "bobs")
        a_model("old", status=Status.DISABLED)
        lifecycle.move(AIModel.objects.filter(model_id="old"), "archive", ADMIN)

        assert names(admin_client.get(f"{TABLE}{query}")) == found

    def test_who_may_only_look_finds_nothing_to_press(self, staff: Callable[..., Client]) -> None:
        a_model("found")

        page = html(staff("view_aimodel").get(TABLE))

        assert "View" in page and "Delete" not in page and "Archive" not in page and "Add a model" not in page

    def test_who_may_not_look_is_refused(self, staff: Callable[..., Client], client: Client) -> None:
        assert staff("view_provider").get(TABLE).status_code == 403
        assert client.get(TABLE).status_code == 302

    def test_many_models_take_few_queries(
        self, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        some_models(120, a_provider())

        with django_assert_max_num_queries(12):
            page = admin_client.get(TABLE)

        assert len(names(page)) == 50
        assert "120 models , page 1 of 3" in text(page).replace("models,", "models ,")

    def test_an_empty_table_says_what_to_do(self, admin_client: Client) -> None:
        assert "No models yet" in text(admin_client.get(TABLE))


class TestGallery:
    @pytest.fixture(autouse=True)
    def specs(self) -> None:
        connections.ensure_specs()

    def test_every_template_is_shown_with_what_it_asks_for(self, admin_client: Client) -> None:
        shown = text(admin_client.get(GALLERY))

        assert "Azure OpenAI A deployment in your own Azure resource" in shown
        assert "asks for a key and an address such as gpt-4.1" in shown

    def test_a_model_of_the_organisation_is_made_with_a_key(self, admin_client: Client, admin_user: User) -> None:
        fields = {"model_id": "gpt-x", "api_key": KEY, "category": "text", "parameters": "70", "input_price": "1.5"}

        answer = admin_client.post(f"{GALLERY}/openai", {**fields, "weight_outputTokens": "4"}, follow=True)

        model = AIModel.objects.select_related("provider", "price", "credential").get()
        assert "Added openai/gpt-x." in text(answer) and KEY not in html(answer)
        assert (model.owner_id, model.status, model.complexity_factor) == (None, "enabled", 0.4)
        assert model.token_weights == {"outputTokens": 4.0} and model.price and model.price.output_mtok is None
        assert credentials.key_for_call(model, of_user(admin_user, "api")).headers == {"Authorization": f"Bearer {KEY}"}

    def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(self, admin_client: Client) -> None:
        wrong = {"model_id": "gpt-x", "api_key": KEY, "category": "text", "output_price": "-1", "parameters": "0"}

        answer = admin_client.post(f"{GALLERY}/openai", wrong)

        assert "Nothing was saved" in text(answer) and "Is negative." in text(answer)
        assert KEY not in html(answer)
        assert not AIModel.objects.exists() and not Credential.objects.exists()

    def test_the_list_of_models_leads_here(self, admin_client: Client) -> None:
        assert f'href="{GALLERY}"' in html(admin_client.get("/admin/catalog/aimodel/"))

    def test_only_those_who_may_add_models_get_in(self, staff: Callable[..., Client]) -> None:
        client = staff("view_aimodel")

        assert [client.get(page).status_code for page in (GALLERY, f"{GALLERY}/openai")] == [403, 403]
        assert client.post(f"{GALLERY}/openai", {"model_id": "x"}).status_code == 403

    def test_there_is_no_page_for_a_template_that_is_none(self, admin_client: Client) -> None:
        assert admin_client.get(f"{GALLERY}/nothing").status_code == 404
