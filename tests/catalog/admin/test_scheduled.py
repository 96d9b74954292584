from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Change, Price
from tests.builders import a_model
from tests.catalog.admin.conftest import Page

pytestmark = pytest.mark.django_db


def schedule(client: Client, pk: int, next: str = "", **fields: str) -> Any:
    """What the form on the page of a model brings."""
    sent = {f"schedule-{name}": value for name, value in fields.items()}
    url = reverse("admin:catalog_aimodel_change", args=[pk])
    return client.post(url, {**sent, "next": next, "_schedule": ""}, follow=True)


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_price_is_scheduled_shown_and_cancelled_on_the_page(admin_client: Client) -> None:
    model = a_model(price={"input_mtok": "2", "output_mtok": "8"})

    page = schedule(admin_client, model.pk, begins=in_days(7), input_mtok="3", reason="announced").content.decode()

    price = Price.objects.get(state="scheduled")
    assert (price.input_mtok, price.output_mtok) == (3, 8)
    assert "A new price of acme/m-1 begins" in page
    assert "Scheduled" in page
    assert Change.objects.latest("id").change_set.reason == "announced"

    cancel = reverse("admin:catalog_aimodel_cancel_price", args=[model.pk, price.pk])
    assert cancel in page
    assert "is cancelled" in admin_client.post(cancel, follow=True).content.decode()
    assert not Price.objects.filter(state="scheduled").exists()
    assert "not scheduled any more" in admin_client.post(cancel, follow=True).content.decode()


@pytest.mark.parametrize(
    ("fields", "said", "at"),
    [
        ({"begins": "", "input_mtok": "3"}, "This field is required.", ["begins"]),
        ({"begins": "2020-01-01", "input_mtok": "3"}, "Must lie in the future.", ["begins"]),
        ({"begins": "soon", "input_mtok": "3"}, "Enter a valid date/time.", ["begins"]),
        ({"begins": "2100-01-01"}, "Say at least one amount.", ["__all__"]),
        ({"begins": "2100-01-01", "input_mtok": "-3"}, "Is negative.", ["input_mtok"]),
        ({"begins": "2100-01-01", "output_mtok": "dear"}, "Enter a number.", ["output_mtok"]),
        ({"begins": "2100-01-01", "input_mtok": "99999999999"}, "Is above 1,000,000 USD", ["input_mtok"]),
        ({"begins": "2020-01-01", "input_mtok": "-3"}, "Is negative.", ["input_mtok", "begins"]),
    ],
)
def test_what_cannot_be_scheduled_comes_back_in_its_form(
    admin_client: Client, fields: dict[str, str], said: str, at: list[str]
) -> None:
    model = a_model()

    response = schedule(admin_client, model.pk, **fields, reason="announced", next="/admin/models-table")
    page, form = Page(response), response.context["schedule"]

    assert said in page.text
    assert list(form.errors) == at
    assert '<details class="schedule" id="schedule" open>' in page.text
    assert {name: page.fields[f"schedule-{name}"] for name in fields} == fields
    assert page.fields["schedule-reason"] == "announced"
    assert "/admin/models-table" in page.fields["next"]
    assert response.context["form"].errors == {}
    assert not Price.objects.exists()


def test_two_prices_cannot_begin_at_the_same_moment(admin_client: Client) -> None:
    model, begins = a_model(), in_days(7)
    schedule(admin_client, model.pk, begins=begins, input_mtok="3")

    page = schedule(admin_client, model.pk, begins=begins, input_mtok="4")

    assert page.context["schedule"].errors == {"begins": ["Another price begins at that moment; cancel it first."]}
    assert [price.input_mtok for price in Price.objects.all()] == [3]


def test_one_is_led_back_to_the_page_one_was_on(admin_client: Client) -> None:
    model = a_model()
    overview = f"/admin/catalog/aimodel/{model.pk}/overview"

    page = schedule(admin_client, model.pk, begins=in_days(7), input_mtok="3", next=overview)

    assert page.redirect_chain == [(overview, 302)]


def test_who_may_only_look_schedules_nothing(client: Client, django_user_model: type[User]) -> None:
    model = a_model()
    clerk = django_user_model.objects.create(username="clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_aimodel"))
    client.force_login(clerk)

    assert schedule(client, model.pk, begins=in_days(7), input_mtok="3").status_code == 403
    assert not Price.objects.exists()
