from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Change, Price
from tests.builders import a_model

pytestmark = pytest.mark.django_db


def schedule(client: Client, pk: int, **fields: str) -> str:
    url = reverse("admin:catalog_aimodel_schedule_price", args=[pk])
    return client.post(url, {f"schedule-{name}": value for name, value in fields.items()}, follow=True).content.decode()


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_price_is_scheduled_shown_and_cancelled_on_the_page(admin_client: Client) -> None:
    model = a_model(price={"input_mtok": "2", "output_mtok": "8"})

    page = schedule(admin_client, model.pk, begins=in_days(7), input_mtok="3", reason="announced")

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
    ("fields", "said"),
    [
        ({"begins": "", "input_mtok": "3"}, "Begins: This field is required"),
        ({"begins": "2020-01-01", "input_mtok": "3"}, "Must lie in the future"),
        ({"begins": "soon", "input_mtok": "3"}, "Enter a valid date/time"),
        ({"begins": "2100-01-01"}, "Say at least one amount"),
        ({"begins": "2100-01-01", "input_mtok": "-3"}, "greater than or equal to 0"),
        ({"begins": "2100-01-01", "input_mtok": "99999999999"}, "above"),
    ],
)
def test_what_cannot_be_scheduled_is_said(admin_client: Client, fields: dict[str, str], said: str) -> None:
    model = a_model()

    assert said in schedule(admin_client, model.pk, **fields)
    assert not Price.objects.exists()
