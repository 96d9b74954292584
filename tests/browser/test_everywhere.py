"""Every page, at every width, in light and dark: nothing sticks out, everything has a name and can be read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page

from access import keys
from access.caller import command, of_user
from catalog import facts, populate, pricing, registration
from catalog.models import AccessRequest, Change
from discovery import sync
from discovery.models import SyncResult
from gateway.models import Breaker, Quarantine, Rating
from tests.browser import reading
from tests.builders import ADMIN, a_model, a_personal_model, a_provider, a_route
from tests.console.usage.conftest import note

LARGEST = 60 * 1024  # bytes of our own style sheets and scripts a page may load
UNBROKEN = "Reasonswithoutanyspace" * 9
LONG = "a-rather-long-name-of-a-model/that-no-column-was-made-for-2026-11-26-preview"


PRICE = {"input_mtok": "12345.678901", "output_mtok": "24691.357802"}
PLAN = {
    "new": [{"model_id": f"{LONG}-{kind}", "status": "pending", "name": UNBROKEN, "price": PRICE} for kind in "ab"],
    "changed": [], "missing": [], "deprecate": [], "restore": [], "digests": {},
}  # fmt: skip


@pytest.fixture
def world(transactional_db: None, admin_user: User) -> dict[str, int | str]:
    """Something of everything, some of it with long names."""
    by = command("test")
    populate.populate(by)
    provider = a_provider("acme", name="Acme, the provider with a name")
    price = {"input_mtok": "2", "output_mtok": "8", "cache_read_mtok": "0.25"}
    model = a_model(
        LONG, provider=provider, status="enabled", context_window=128_000, canonical_id="acme/x", price=price
    )
    a_model("other", canonical_id="acme/x", status="enabled", price={"input_mtok": "1", "output_mtok": "9"})
    a_model("waiting"), a_model("old", status="deprecated")
    facts.save_many([facts.tell(model, facts.ENRICHMENT, {"context_window": 64_000}, timezone.now())])
    registration.change_model(model, ADMIN, stated={"description": "long " * 40}, reason="Because " * 12)
    registration.change_model(model, ADMIN, stated={"tags": ["long"]}, reason=UNBROKEN)
    dear = pricing.NewPrice(model=model, stated={**price, "input_mtok": "20"}, source=facts.PROVIDER)
    pricing.hold([dear])
    asked = a_model("asked", name=UNBROKEN, status="enabled")
    AccessRequest.objects.create(user=admin_user, model=asked, words=UNBROKEN)
    targets = [{"model": f"acme/{LONG}", "weight": 3, "variant": "old"}, {"model": "acme/other", "weight": 1}]
    route = a_route("chat", *targets, is_experiment=True, description="Which answers better?")
    key = keys.make(UNBROKEN[:100], by=by, terms=keys.Terms())
    me = {"user_id": admin_user.pk, "user_name": "admin", "key_id": key.key.pk, "key_name": key.key.name}
    for number in range(6):
        variant = "old" if number % 2 else "acme/other"
        served = {"model": str(model), "model_row": model.pk, "route": "chat", "variant": variant, "requested": "chat"}
        unknown = {"cost": None} if number == 3 else {"cost": Decimal("0.01"), "provider_cost": Decimal("0.02")}
        note(f"call{number}", days_ago=number, tried=[{"model": "acme/other", "why": "503"}], **served, **unknown, **me)
    note("failed", outcome="error", status=502, cost=None, first_ms=None, error_code="upstream_error", **me)
    Rating.objects.create(call_id="call1", route="chat", variant="old", score=1, comment="Kind")
    Quarantine.objects.create(record="{" * 300, why="is not whole JSON", digest="x")
    Breaker.objects.create(
        provider="acme", credential="organisation", worker="w", state="open", failures=5, reason="503",
        since=timezone.now(), until=timezone.now(),
    )  # fmt: skip
    held = sync.create_run(ADMIN, ["acme"]).results.get()
    SyncResult.objects.filter(pk=held.pk).update(state="held", finished_at=timezone.now(), plan=PLAN)
    a_personal_model(admin_user, "mine", base_url="https://9.9.9.9/v1")
    own = keys.make("laptop", by=of_user(admin_user, "admin"), owner_id=admin_user.pk, terms=keys.Terms())
    change = Change.objects.latest("id").pk
    return {"model": model.pk, "route": route.pk, "key": key.key.pk, "provider": provider.pk, "change": change,
            "run": held.run_id, "result": held.pk, "own": own.key.pk}  # fmt: skip


PAGES = (
    "/admin/",
    "/admin/panel",
    "/admin/attention/defaults",
    "/admin/attention/retired",
    "/admin/impact/{model}/disable",
    "/admin/models-table",
    "/admin/gallery",
    "/admin/usage?groupBy=model&measure=tokens",
    "/admin/usage?model=nothing",
    "/admin/usage/calls",
    "/admin/usage/calls/call3",
    "/admin/experiments",
    "/admin/experiments/{route}",
    "/admin/catalog/aimodel/",
    "/admin/catalog/aimodel/{model}/overview",
    "/admin/catalog/aimodel/{model}/change/",
    "/admin/catalog/aimodel/{model}/history/",
    "/admin/catalog/aimodel/add/",
    "/admin/catalog/provider/",
    "/admin/catalog/provider/{provider}/change/",
    "/admin/catalog/route/",
    "/admin/catalog/route/{route}/change/",
    "/admin/catalog/change/",
    "/admin/catalog/change/{change}/change/",
    "/admin/catalog/voice/",
    "/admin/catalog/grant/",
    "/admin/catalog/accessrequest/",
    "/admin/access/apikey/",
    "/admin/access/apikey/add/",
    "/admin/access/apikey/{key}/change/",
    "/admin/access/apikey/{key}/revoke/",
    "/admin/access/authevent/",
    "/admin/access/userlimits/",
    "/admin/discovery/syncrun/",
    "/admin/sync/runs/{run}",
    "/admin/sync/results/{result}",
    "/admin/sync/held",
    "/admin/sync/conflicts",
    "/admin/gateway/breaker/",
    "/admin/gateway/quarantine/",
    "/admin/gateway/rating/",
    "/usage?groupBy=key",
    "/usage/calls",
    "/usage/calls/call1",
    "/account/models",
    "/account/models/add",
    "/account/catalog",
    "/account/calculator",
    "/account/requests",
    "/account/keys",
    "/account/keys/add",
    "/account/api-keys",
    "/account/api-keys/{own}/revoke",
    "/account/preferences",
    "/playground",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_is_named_and_can_be_read(world: dict[str, int | str], signed_in: Page, scheme: str) -> None:
    signed_in.emulate_media(color_scheme=scheme)
    (folder,) = settings.STATICFILES_DIRS
    wrong: dict[str, list[str]] = {}

    for pattern in PAGES:
        address = pattern.format(**world)
        answer = signed_in.goto(address)
        assert answer is not None and answer.status == 200, address
        found = [*reading.unnamed(signed_in), *reading.out_of_order(signed_in), *reading.faint(signed_in)]
        if scheme == "light":
            found += [*reading.too_wide(signed_in), *reading.too_heavy(signed_in, folder, LARGEST)]
        if found:
            wrong[address] = found

    assert wrong == {}, "\n".join(f"{address}: {found}" for address, found in wrong.items())


def test_the_walk_sees_what_is_wrong(signed_in: Page) -> None:
    signed_in.goto("/admin/password_change/")
    signed_in.evaluate(
        """() => {
          document.querySelector('#content').innerHTML = '<h1>One</h1><h3>Three</h3><button></button><input>'
            + '<p id="faint">Faint</p><div id="wide"></div>';
          Object.assign(document.querySelector('#faint').style, { color: '#999', background: '#fff' });
          Object.assign(document.querySelector('#wide').style, { width: '1500px', height: '1px' });
        }"""
    )

    assert len(reading.unnamed(signed_in)) == 2
    assert reading.out_of_order(signed_in) == ["h3 after h1"]
    assert any(words.startswith("too faint, 2.85: Faint") for words in reading.faint(signed_in))
    assert len(reading.too_wide(signed_in)) >= 3
