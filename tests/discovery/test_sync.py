from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import connections, facts, lifecycle, registration
from catalog.models import AIModel, Change, ChangeSet, Price, Provider
from catalog.upstream import Patience
from discovery import sync
from discovery.errors import UnknownProvider
from discovery.fetch import Pace
from discovery.models import SyncResult
from tests.builders import ADMIN, a_model, a_provider
from tests.fakes import faults
from tests.fakes.provider import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)


def entry(model_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "context_length": 8_192,
        "pricing": {"prompt": "0.000002", "completion": "0.000008"},
        **more,
    }


def entries(count: int, **more: Any) -> list[dict[str, Any]]:
    return [entry(f"acme/m-{number}", **more) for number in range(count)]


@pytest.fixture
def acme(fake_provider: FakeProvider) -> Provider:
    return a_provider("acme", base_url=f"{fake_provider.url}/v1", auth="none")


def serve(fake: FakeProvider, models: list[dict[str, Any]]) -> None:
    fake.serve("/v1/models", {"object": "list", "data": models})


ONCE = Pace(question=Patience(tries=1))


def synced(**options: Any) -> SyncResult:
    run = sync.sync(ADMIN, ["acme"], force=True, pace=ONCE, **options)
    return run.results.get()


def catalog() -> list[Any]:
    """Everything of the catalog that a sync may change, bookkeeping of runs apart."""
    tables = (AIModel, Price, ChangeSet, Change)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_new_models_become_pending_with_all_their_list_states(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("acme/fast", name="Acme Fast", max_completion_tokens=1_024), entry("acme/slow")])

    result = synced()

    fast = AIModel.objects.get(model_id="acme/fast")
    assert (result.state, result.new, result.fetched) == ("succeeded", 2, 2)
    assert result.message == "Synced 2 models from acme. Fetched: 2, Transformed: 2, Skipped: 0"
    assert (fast.status, fast.name, fast.context_window, fast.max_output_tokens) == (
        "pending",
        "Acme Fast",
        8_192,
        1_024,
    )
    assert (fast.price.input_mtok, fast.price.output_mtok, fast.price.source) == (Decimal(2), Decimal(8), "provider")
    assert fast.listed_at is not None
    change = Change.objects.get(object_id=fast.pk)
    assert (change.after, change.change_set.source, change.change_set.run) == (
        {"status": "pending"},
        "sync",
        result.run_id,
    )


def test_a_second_sync_writes_nothing_to_the_catalog(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(30))
    synced()
    before = catalog()

    with CaptureQueriesContext(connection) as queries:
        result = synced()

    writes = [
        q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE")) and "catalog_" in q["sql"]
    ]
    assert (result.new, result.changed, result.unchanged) == (0, 0, 30)
    assert catalog() == before
    assert all('UPDATE "catalog_provider"' in sql for sql in writes)


def test_the_number_of_statements_does_not_grow_with_every_model(acme: Provider, fake_provider: FakeProvider) -> None:
    counts = []
    for number in (100, 600):
        AIModel.objects.all().delete()
        serve(fake_provider, entries(number))
        with CaptureQueriesContext(connection) as queries:
            synced()
        counts.append(len(queries))

    assert counts[1] - counts[0] < 60


def test_while_a_further_list_is_away_what_the_main_list_states_counts(fake_provider: FakeProvider) -> None:
    """And what the further list stated before stays."""
    a_provider("acme", base_url=f"{fake_provider.url}/v1", auth="none", listing="deepinfra")

    def serve_at(price: float, context: int) -> None:
        metadata = {"context_length": context, "pricing": {"input_tokens": price, "output_tokens": 2 * price}}
        fake_provider.serve("/v1/models", {"data": [{"id": "acme/vectors", "metadata": metadata}]})

    further = {"model_name": "acme/vectors", "type": "embeddings", "deprecated": 1_900_000_000}
    fake_provider.serve("/models/list", [further])
    serve_at(0.5, 8_192)
    synced()
    fake_provider.serve("/models/list", faults.server_fault())
    serve_at(1.5, 16_384)

    result = synced()

    model = AIModel.objects.get()
    assert result.warnings
    assert (model.price.input_mtok, model.price.output_mtok, model.context_window) == (Decimal("1.5"), 3, 16_384)
    assert (model.category, model.retires_at is not None) == ("embedding", True)


def test_a_song_that_is_listed_at_zero_is_not_free(acme: Provider, fake_provider: FakeProvider) -> None:
    nothing = {"prompt": "0", "completion": "0"}
    song = entry("acme/song", architecture={"output_modalities": ["text", "music"]}, type="music", pricing=nothing)
    serve(fake_provider, [song, entry("acme/gift", pricing=nothing)])

    synced()

    priced = {model.model_id: model.price for model in AIModel.objects.all()}
    assert priced["acme/song"] is None
    assert priced["acme/gift"].input_mtok == 0


def test_a_dry_run_says_what_would_change_and_changes_nothing(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(10))
    synced()
    before = catalog()
    serve(fake_provider, [*entries(9), entry("acme/new")])
    fake_provider.serve(
        "/v1/models", {"data": [entry("acme/m-0", context_length=1), *entries(9)[1:], entry("acme/new")]}
    )

    result = synced(dry_run=True)

    assert catalog() == before
    assert [item["model_id"] for item in result.plan["new"]] == ["acme/new"]
    assert result.plan["changed"][0]["before"] == {"context_window": 8_192}
    assert result.plan["changed"][0]["after"] == {"context_window": 1}
    assert [item["model_id"] for item in result.plan["missing"]] == ["acme/m-9"]


def test_a_changed_list_changes_facts_and_prices_and_keeps_the_admins_word(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, [entry("acme/m", name="Theirs")])
    synced()
    model = AIModel.objects.get()
    facts.state(model, {"name": "Ours"}, ADMIN)
    serve(
        fake_provider,
        [entry("acme/m", name="Theirs 2", context_length=9, pricing={"prompt": "0.000003", "completion": "0.000008"})],
    )

    result = synced()

    model.refresh_from_db()
    assert result.changed == 1
    assert (model.name, model.context_window, model.price.input_mtok) == ("Ours", 9, 3)
    assert list(model.prices.order_by("id").values_list("state", flat=True)) == ["past", "in_force"]


FAULTS = [
    (faults.refused(), "401"),
    (faults.server_fault(), "500"),
    (faults.web_page(), "web page"),
    (faults.not_successful(), "upgraded"),
    (faults.truncated_json({"data": entries(5)}), "JSON"),
    (faults.sign_in_redirect(), "redirect"),
]


@pytest.mark.parametrize(("reply", "said"), FAULTS)
def test_an_answer_that_is_no_list_changes_nothing_and_is_said(
    acme: Provider, fake_provider: FakeProvider, reply: Any, said: str
) -> None:
    serve(fake_provider, entries(5))
    synced()
    before = catalog()
    fake_provider.serve("/v1/models", reply)

    result = synced()

    acme.refresh_from_db()
    assert (result.state, catalog()) == ("failed", before)
    assert said.lower() in result.message.lower()
    assert (acme.health, acme.health_reason) == ("degraded", result.message)


def test_an_empty_list_and_half_a_list_change_nothing(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(10))
    synced()
    before = catalog()

    serve(fake_provider, [])
    assert synced().state == "failed"
    serve(fake_provider, entries(4))
    held = synced()

    assert (held.state, catalog()) == ("held", before)
    assert "names 4 models; before it named 10" in held.message
    serve(fake_provider, entries(5))
    assert synced().state == "succeeded"


def test_a_model_that_goes_is_followed_by_what_its_provider_named(acme: Provider, fake_provider: FakeProvider) -> None:
    """Unless somebody chose otherwise, or it would lead in a circle."""
    going = [entry(f"acme/going-{n}", deprecation_replacement_model="acme/m-0") for n in range(3)]
    serve(fake_provider, [*entries(6), *going])
    synced()
    lifecycle.move(AIModel.objects.filter(model_id__in=["acme/m-0", *(one["id"] for one in going)]), "approve", ADMIN)
    by_id = {model.model_id: model for model in AIModel.objects.all()}
    registration.decide(by_id["acme/going-1"], {"successor_id": by_id["acme/m-5"].pk}, ADMIN)
    registration.decide(by_id["acme/m-0"], {"successor_id": by_id["acme/going-2"].pk}, ADMIN)
    serve(fake_provider, entries(6))

    for _ in range(3):
        synced()

    found = AIModel.objects.filter(model_id__startswith="acme/going").order_by("model_id")
    assert [(model.status, str(model.successor)) for model in found] == [
        ("deprecated", "acme/acme/m-0"),
        ("deprecated", "acme/acme/m-5"),
        ("deprecated", "None"),
    ]


def test_a_model_is_deprecated_after_three_misses_and_restored_when_it_returns(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(10))
    synced()
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN)
    gone = AIModel.objects.get(model_id="acme/m-9")
    serve(fake_provider, entries(9))

    statuses = []
    for _ in range(3):
        synced()
        gone.refresh_from_db()
        statuses.append(gone.status)
    assert statuses == ["enabled", "enabled", "deprecated"]

    serve(fake_provider, entries(10))
    result = synced()
    gone.refresh_from_db()
    assert (result.returned, gone.status, gone.misses, gone.missing_since) == (1, "enabled", 0, None)


def test_a_model_that_a_person_restored_while_it_is_gone_stays(acme: Provider, fake_provider: FakeProvider) -> None:
    connections.change_provider(acme, {"policy": {"misses": 1}}, ADMIN)
    serve(fake_provider, entries(3))
    synced()
    lifecycle.move(AIModel.objects.all(), "approve", ADMIN)
    serve(fake_provider, entries(2))
    synced()
    gone = AIModel.objects.filter(model_id="acme/m-2")
    assert gone.get().status == "deprecated"

    lifecycle.move(gone, "restore", ADMIN)
    synced()

    assert gone.get().status == "enabled"


def test_a_model_that_a_person_deprecated_is_not_restored_by_its_return(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(3))
    synced()
    one = AIModel.objects.filter(model_id="acme/m-2")
    lifecycle.move(one, "approve", ADMIN)
    lifecycle.move(one, "deprecate", ADMIN)
    serve(fake_provider, entries(2))
    synced()
    serve(fake_provider, entries(3))
    synced()

    assert one.get().status == "deprecated"


def test_only_models_that_this_list_named_can_be_missing(acme: Provider, fake_provider: FakeProvider) -> None:
    registration.add_model(provider=acme, model_id="by-hand", by=ADMIN, stated={"name": "By hand"})
    serve(fake_provider, entries(2))
    for _ in range(4):
        synced()

    assert AIModel.objects.get(model_id="by-hand").status == "enabled"


def test_a_price_that_jumps_is_held_while_the_old_one_stays(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("acme/m")])
    synced()
    dear = entry("acme/m", context_length=9, pricing={"prompt": "0.00002", "completion": "0.000008"})
    serve(fake_provider, [dear])

    result = synced()

    model = AIModel.objects.get()
    assert (result.held, model.context_window, model.price.input_mtok) == (1, 9, 2)
    assert model.prices.get(state="held").input_mtok == 20
    assert "moved from 2 to 20 USD" in result.plan["held"][0]["why"]
    again = synced()
    assert (again.unchanged, again.held) == (1, 0)


def test_a_dry_run_counts_what_would_be_held_apart_from_what_would_change(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(4))
    synced()
    dear = [entry(f"acme/m-{n}", pricing={"prompt": "0.00002", "completion": "0.000008"}) for n in range(2)]
    serve(fake_provider, [*dear, entry("acme/m-2", context_length=9), entry("acme/m-3")])

    dry, real = synced(dry_run=True), synced()

    assert (dry.changed, dry.held, dry.unchanged) == (real.changed, real.held, real.unchanged) == (1, 2, 3)
    assert (len(dry.plan["changed"]), len(dry.plan["held"])) == (1, 2)


def test_a_price_that_becomes_free_is_held(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("acme/m")])
    synced()
    serve(fake_provider, [entry("acme/m", pricing={"prompt": "0", "completion": "0"})])

    assert synced().held == 1
    assert AIModel.objects.get().price.input_mtok == 2


def test_an_id_whose_case_changed_is_the_same_model(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("Qwen/Big"), entry("x"), entry("y")])
    synced()
    model = AIModel.objects.get(model_id="Qwen/Big")
    serve(fake_provider, [entry("qwen/big"), entry("x"), entry("y")])

    assert synced().new == 0
    model.refresh_from_db()
    assert model.model_id == "qwen/big"


def test_ids_that_differ_by_case_in_one_list_are_two_models(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, [entry("Qwen/Big"), entry("qwen/big")])
    synced()
    synced()

    assert AIModel.objects.count() == 2


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, {"acme/a": "pending", "acme/b": "pending"}),
        ({"new": "enabled"}, {"acme/a": "enabled", "acme/b": "enabled"}),
        ({"new": "enabled_if_priced"}, {"acme/a": "enabled", "acme/b": "pending"}),
        ({"enable_patterns": ["*/b"]}, {"acme/a": "pending", "acme/b": "enabled"}),
        ({"categories": ["tts"]}, {}),
    ],
)
def test_the_policy_says_what_becomes_of_new_models(
    acme: Provider, fake_provider: FakeProvider, policy: dict, expected: dict
) -> None:
    connections.change_provider(acme, {"policy": policy}, ADMIN)
    serve(fake_provider, [entry("acme/a"), {"id": "acme/b"}])

    synced()

    assert dict(AIModel.objects.values_list("model_id", "status")) == expected


def test_a_fresh_provider_is_skipped_unless_forced_and_a_dry_run_does_not_count(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(2))
    synced(dry_run=True)
    first = sync.sync(ADMIN, ["acme"]).results.get()
    second = sync.sync(ADMIN, ["acme"]).results.get()

    assert (first.state, second.state) == ("succeeded", "skipped")
    assert "Refreshed a moment ago" in second.message
    assert synced().state == "succeeded"


def test_a_provider_that_is_being_synced_is_left_to_the_one_who_does(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(2))
    other = sync.create_run(ADMIN, ["acme"])
    other.results.update(state="running", lease_until=timezone.now() + timedelta(minutes=1))

    result = synced()

    assert (result.state, AIModel.objects.count()) == ("skipped", 0)
    assert "Another sync" in result.message


def test_a_run_that_died_is_seen_by_its_lapsed_lease_and_taken_over(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(fake_provider, entries(2))
    dead = sync.create_run(ADMIN, ["acme"])
    dead.results.update(state="running", lease_until=timezone.now() - timedelta(seconds=1))

    assert synced().state == "succeeded"
    assert dead.results.get().state == "failed"
    assert "worker died" in dead.results.get().message


def test_without_a_key_the_curated_list_is_used_and_said() -> None:
    result = sync.sync(ADMIN, ["perplexity"]).results.get()

    assert result.message.startswith("Using curated list (no key is configured")
    assert set(AIModel.objects.values_list("status", flat=True)) == {"pending"}


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(UnknownProvider, match="nobody"):
        sync.create_run(ADMIN, ["acme-not", "nobody"])


def test_one_dead_provider_does_not_keep_the_others_from_their_list(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    a_provider("dead", base_url=faults.closed_port_url(), auth="none")
    serve(fake_provider, entries(2))

    run = sync.sync(ADMIN, ["dead", "acme"], pace=ONCE)

    assert dict(run.results.values_list("provider__slug", "state")) == {"dead": "failed", "acme": "succeeded"}


def test_an_edit_made_while_the_list_was_fetched_stands(acme: Provider, fake_provider: FakeProvider) -> None:
    serve(fake_provider, entries(2))
    synced()
    model = AIModel.objects.get(model_id="acme/m-0")

    def decide(seen: Any) -> Any:
        lifecycle.move(AIModel.objects.filter(pk=model.pk), "reject", ADMIN)
        facts.state(AIModel.objects.get(pk=model.pk), {"name": "Ours"}, ADMIN)
        connection.close()
        return faults.json_reply({"data": entries(2, name="Theirs")})

    fake_provider.serve("/v1/models", decide)
    synced()

    model.refresh_from_db()
    assert (model.status, model.name) == ("disabled", "Ours")


def test_a_run_without_category_does_not_miss_what_a_category_run_left_out(
    acme: Provider, fake_provider: FakeProvider
) -> None:
    serve(
        fake_provider,
        [
            entry("acme/m"),
            entry("acme/tts-1", architecture={"output_modalities": ["audio"], "input_modalities": ["text"]}),
        ],
    )

    assert synced(category="text").new == 1
    assert synced().new == 1
    assert a_model("z", provider=acme) is not None
