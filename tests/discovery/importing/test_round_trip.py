"""Export, wipe, import: the same providers, models, claims, prices, statuses, defaults, successors and notes."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import connections, facts, lifecycle, populate, pricing, registration, routes, schedule
from catalog.export import FORMATS, registry
from catalog.models import AIModel, Change, ChangeSet, Price, Provider, Route, RouteTarget, Status
from discovery.importing import FORMATS as FOREIGN
from tests.builders import ADMIN, a_model, a_provider, a_route

pytestmark = pytest.mark.django_db

PRICE = {"input_mtok": "3", "output_mtok": "15.125", "cache_read_mtok": "0.0000000001"}


def a_world() -> None:
    """Of everything that an export must carry, one."""
    populate.populate(ADMIN)
    openai = Provider.objects.get(slug="openai")
    connections.change_provider(openai, {"policy": {"new": "enabled", "misses": 7}, "is_active": False}, ADMIN)
    acme = connections.add_provider({"slug": "acme", "name": "Acme", "base_url": "https://acme.example/v1"}, ADMIN)
    connections.change_provider(acme, {"api_key_env": "ACME_KEY"}, ADMIN)
    by_status = {status: a_model(f"m-{status}", provider=acme, status=status, price=PRICE) for status in Status.values}
    enabled = by_status["enabled"]
    facts.state(enabled, {"name": "Ours", "context_window": 7, "price": {"input_mtok": "4"}}, ADMIN)
    lifecycle.set_default(enabled, ADMIN)
    registration.change_model(
        by_status["deprecated"], ADMIN, decisions={"successor_id": enabled.pk, "admin_notes": "Übergang\n=1"}
    )
    schedule.schedule_price(enabled, {"output_mtok": "9"}, timezone.now() + timedelta(days=9), ADMIN)
    pricing.hold([pricing.NewPrice(model=enabled, stated={"input_mtok": "90"}, source=facts.PROVIDER)])
    told = facts.tell(by_status["pending"], "import:list", {"context_window": 9, "tags": ["a b", "ü"]}, timezone.now())
    facts.save_many([told])
    AIModel.objects.filter(pk=enabled.pk).update(
        digest="d" * 32, provider_metadata={"id": "m", "n": [1.5, None]}, missing_since=timezone.now(), misses=2
    )
    gpt = AIModel.objects.get(provider=openai, model_id="gpt-4.1")
    facts.state(gpt, {"supports_tools": True}, ADMIN)
    lifecycle.set_default(gpt, ADMIN)
    lifecycle.move(AIModel.objects.filter(model_id="claude-opus-4-1"), "reject", ADMIN)
    a_model("~a/b:free@1 ü𝄞", provider=acme, category="tts", price={"mchar": "15"})
    a_world_of_routes(acme)


def a_world_of_routes(acme: Provider) -> None:
    """One leads to another, one to a model of two kinds, one to a model that was retired since."""
    for category in ("text", "tts"):
        a_model("twin", provider=acme, status="enabled", category=category)
    a_model("voice", provider=acme, status="enabled", category="tts")
    a_route("z-speech", {"model": "acme/voice", "weight": 2, "variant": "a"}, {"model": "acme/twin"}, is_listed=False)
    a_route("a-alias", {"route": "z-speech", "weight": 1}, description="Ü", is_experiment=True)
    a_route("text", {"model": "acme/twin", "weight": 1}, {"model": "acme/m-enabled"})
    lifecycle.move(AIModel.objects.filter(model_id="twin", category="text"), "disable", ADMIN)
    routes.change_route(Route.objects.get(name="text"), {"is_active": False}, ADMIN)


def wipe() -> None:
    for rows in (RouteTarget, Route, Price, AIModel, Change, ChangeSet, Provider):
        rows.objects.all().delete()
    connections.ensure_specs()


def contents() -> dict[str, Any]:
    """All that an export carries, and the columns and prices that came of it."""
    models = [orjson.loads(orjson.dumps(record)) for record in registry.model_records(personal=True)]
    columns = ("provider__slug", "model_id", *facts.FACTS, "conflicts", "price__input_mtok", "price__output_mtok")
    return {
        "providers": [registry.provider_record(row) for row in Provider.objects.order_by("slug")],
        "models": models,
        "routes": [registry.route_record(row) for row in Route.objects.with_targets()],
        "columns": sorted(map(str, AIModel.objects.values_list(*columns))),
    }


def export_to(path: Path, *options: str) -> Path:
    call_command("export_catalog", *options, output=str(path))
    return path


def imported(path: Path, *options: str, verbosity: int = 2) -> str:
    out = StringIO()
    call_command("import_catalog", str(path), *options, stdout=out, verbosity=verbosity)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalog.json"


@pytest.mark.parametrize("fresh", [wipe, lambda: (wipe(), populate.populate(ADMIN))], ids=["empty", "populated"])
def test_export_wipe_import_gives_the_same_catalog(file: Path, fresh: Any) -> None:
    a_world()
    before = contents()
    export_to(file)

    fresh()
    said = imported(file, "--apply")

    assert contents() == before
    assert "ACME_KEY is not sent to https://acme.example/v1 until you confirm it" in said
    assert Provider.objects.get(slug="acme").environment_key == ""
    assert AIModel.objects.default_for("acme").name == "Ours"
    assert "0 are known here" in said


def test_a_second_import_changes_nothing(file: Path) -> None:
    a_world()
    before = contents()
    export_to(file)
    wipe()
    imported(file, "--apply")

    said = imported(file, "--apply")

    after = contents()
    assert [of_people(record) for record in after["models"]] == [of_people(record) for record in before["models"]]
    assert after["providers"] == before["providers"]
    assert "0 models come back as exported" in said
    assert "0 new, 0 changed." in said


def of_people(record: dict[str, Any]) -> dict[str, Any]:
    """What people decided and the provider said; what an import and the price book add is left out."""
    claims = {source: record["claims"].get(source) for source in ("admin", "provider", "curated")}
    return {name: record[name] for name in (*registry.STATUS, *registry.DECISIONS, "successor")} | claims


def test_a_preview_changes_nothing(file: Path) -> None:
    a_world()
    export_to(file)
    wipe()
    before = contents()

    said = imported(file)

    assert contents() == before
    assert "provider acme: new" in said
    assert "provider openai: is_active, policy as exported" in said
    assert "Nothing was changed" in said


def test_what_people_decided_here_stays(file: Path) -> None:
    acme = a_provider("acme")
    a_model("m", provider=acme, status="enabled", name="Theirs", context_window=5)
    connections.change_provider(Provider.objects.get(slug="openai"), {"policy": {"misses": 7}}, ADMIN)
    export_to(file)
    lifecycle.move(AIModel.objects.filter(model_id="m"), "disable", ADMIN)
    facts.state(AIModel.objects.get(model_id="m"), {"name": "Ours"}, ADMIN)
    connections.change_provider(Provider.objects.get(slug="openai"), {"policy": {"misses": 2}}, ADMIN)

    said = imported(file, "--apply")

    model = AIModel.objects.get(model_id="m")
    assert (model.status, model.name) == ("disabled", "Ours")
    assert model.claims["import:registry"]["facts"]["context_window"] == 5
    assert Provider.objects.get(slug="openai").policy == {"misses": 2}
    assert "provider openai: policy stays as it was set here" in said


def test_another_default_stays(file: Path) -> None:
    acme = a_provider("acme")
    lifecycle.set_default(a_model("old", provider=acme, status="enabled"), ADMIN)
    export_to(file)
    AIModel.objects.all().delete()
    lifecycle.set_default(a_model("new", provider=acme, status="enabled"), ADMIN)

    said = imported(file, "--apply")

    assert AIModel.objects.default_for("acme").model_id == "new"
    assert "acme: another default is set here and stays" in said


def test_personal_models_come_back_to_those_who_are_here(file: Path, django_user_model: Any) -> None:
    acme = a_provider("acme")
    for name in ("bob", "eve"):
        owner = django_user_model.objects.create_user(name)
        registration.add_model(provider=acme, model_id="m", by=ADMIN, stated={"name": name}, owner_id=owner.pk)
    export_to(file, "--personal")
    AIModel.objects.all().delete()
    django_user_model.objects.filter(username="eve").delete()

    said = imported(file, "--apply")

    assert [(row.owner.username, row.name) for row in AIModel.objects.all()] == [("bob", "bob")]
    assert "it belongs to eve, who has no account here" in said
    assert "bob has a model of that name already" in imported(file, "--apply")


def edited(file: Path, **changes: Any) -> Path:
    """An export of one model that somebody changed by hand."""
    a_model("m", provider=a_provider("acme"), status="enabled", price=PRICE)
    document = orjson.loads(export_to(file).read_bytes())
    AIModel.objects.all().delete()
    document["models"][0] |= changes
    file.write_bytes(orjson.dumps(document))
    return file


IN_FORCE = {"source": "admin", "state": "in_force", "effective_from": "2030-01-01T00:00:00Z", "amounts": {}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"provider": "nowhere"}, "no provider here has that name"),
        ({"model_id": ""}, "may not be blank"),
        ({"model_id": "x" * 300}, "at most 255"),
        ({"status": "approved"}, "'approved' is not a valid Status"),
        ({"claims": {"rumour": {"facts": {}, "changed_at": "2030-01-01T00:00:00Z"}}}, "rumour is no source"),
        ({"claims": {"admin": {"facts": {"colour": 1}, "changed_at": "2030-01-01T00:00:00Z"}}}, "no fact of a model"),
        ({"claims": {"admin": {"facts": {}, "changed_at": "yesterday"}}}, "is no time with a zone"),
        ({"claims": []}, "unreadable"),
        ({"prices": [IN_FORCE, IN_FORCE]}, "two prices that are in force"),
        ({"prices": [IN_FORCE | {"amounts": {"input_mtok": "-1"}}]}, "input_mtok is negative"),
        ({"prices": [IN_FORCE | {"source": "x" * 99}]}, "is no source"),
        ({"listed_at": "2030-01-01T00:00:00"}, "is no time with a zone"),
        ({"base_url": "ftp://x"}, "must be an http"),
        ({"successor": {"provider": "acme"}}, "unreadable"),
        ({"misses": "many"}, "unreadable"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_is_left_out_with_a_reason(file: Path, changes: dict, complaint: str) -> None:
    said = imported(edited(file, **changes), "--apply")

    assert not AIModel.objects.exists()
    assert complaint in said
    assert "left out" in said


def test_what_no_database_can_keep_is_dropped(file: Path) -> None:
    imported(edited(file, provider_metadata={"a": "x\x00y"}), "--apply")

    assert AIModel.objects.get().provider_metadata == {"a": "xy"}


def test_successors_that_run_in_a_circle_or_lead_nowhere_are_left_out(file: Path) -> None:
    acme = a_provider("acme")
    for name in ("a", "b", "c"):
        a_model(name, provider=acme, status="enabled")
    document = orjson.loads(export_to(file).read_bytes())
    AIModel.objects.all().delete()
    heirs = {"a": "b", "b": "a", "c": "nobody"}
    for record in document["models"]:
        record["successor"] = {"provider": "acme", "category": "text", "model_id": heirs[record["model_id"]]}
    file.write_bytes(orjson.dumps(document))

    said = imported(file, "--apply")

    assert list(AIModel.objects.order_by("model_id").values_list("model_id", "successor__model_id")) == [
        ("a", "b"), ("b", None), ("c", None)
    ]  # fmt: skip
    assert said.count("is not here, or leads back to it") == 2


def test_a_file_cannot_make_a_key_go_to_another_address(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OTHER_SECRET", "other")
    document = orjson.loads(export_to(file).read_bytes())
    for record in document["providers"]:
        if record["slug"] == "openai":
            record |= {"base_url": "https://evil.example/v1", "set": ["base_url"]}
        if record["slug"] == "groq":
            record |= {"api_key_env": "OTHER_SECRET", "set": ["api_key_env"]}
    document["providers"].append({**document["providers"][0], "slug": "evil", "api_key_env": "OPENAI_API_KEY"})
    file.write_bytes(orjson.dumps(document))

    said = imported(file, "--apply")

    keys = {slug: Provider.objects.get(slug=slug).environment_key for slug in ("openai", "groq", "evil")}
    assert keys == {"openai": "", "groq": "", "evil": ""}
    assert said.count("until you confirm it") == 3


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"format": "model-registry", "version": 2}, "this release reads 1"),
        ({"format": "model-registry", "version": 1}, "must be lists"),
        ({"format": "model-registry", "version": 1, "providers": [], "models": {}}, "must be lists"),
    ],
)
def test_a_document_that_is_none_is_refused(file: Path, document: Any, complaint: str) -> None:
    file.write_bytes(orjson.dumps(document))

    with pytest.raises(CommandError, match=complaint):
        imported(file)


@pytest.mark.parametrize("record", [7, None, {}, {"slug": "x"}, {"slug": "Ümlaut", "set": []}, []])
def test_a_provider_or_model_that_is_nothing_is_left_out(file: Path, record: Any) -> None:
    file.write_bytes(
        orjson.dumps({"format": "model-registry", "version": 1, "providers": [record], "models": [record]})
    )

    assert imported(file, "--apply").count("left out:") == 2


amount = st.decimals(min_value=0, max_value=900_000, places=10).map(lambda value: pricing.plain(value))
price = st.dictionaries(st.sampled_from(["input_mtok", "output_mtok", "request", "mchar"]), amount, min_size=1)
word = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda t: t.strip() == t
)
stated = st.fixed_dictionaries(
    {},
    optional={
        "name": word,
        "description": word,
        "context_window": st.integers(1, 10**9),
        "category": st.sampled_from(["text", "image"]),
        "supports_tools": st.none() | st.booleans(),
        "tags": st.lists(word, max_size=3, unique=True),
        "knowledge_cutoff": st.datetimes(timezones=st.just(timezone.now().tzinfo)),
        "parameters": st.decimals(min_value="0.001", max_value=1_000, places=4),
        "price": price,
    },
)
source = st.sampled_from(["admin", "provider", "genai-prices", "import:a", "import:b-2", "curated"])
a_row = st.tuples(st.dictionaries(source, stated, min_size=1), st.sampled_from(Status.values))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(word, a_row, max_size=5))
def test_whatever_was_claimed_comes_back(tmp_path: Path, rows: dict[str, Any]) -> None:
    wipe()
    acme = a_provider("acme")
    for model_id, (claims, status) in rows.items():
        row = a_model(model_id, provider=acme, status=status)
        for name, said in claims.items():
            facts.save_many([facts.tell(row, name, facts.clean(said), timezone.now())])
    before = contents()
    export_to(tmp_path / "catalog.json")

    wipe()
    imported(tmp_path / "catalog.json", "--apply")

    assert contents() == before


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["input_mtok", "output_mtok", "cache_read_mtok", "reasoning_mtok"]),
        st.decimals(min_value="0.0001", max_value=10_000, places=6).map(pricing.plain),
        min_size=1,
    ),
    st.integers(1, 10**8),
)
def test_models_dev_reads_back_what_was_written_for_it(stated_price: dict[str, str], limit: int) -> None:
    wipe()
    a_model("m", provider=a_provider("together"), status="enabled", context_window=limit, price=stated_price)

    document = orjson.loads("".join(FORMATS["modelsdev"]()))
    offer = FOREIGN["modelsdev"].read(document).offers[0]

    assert (offer.provider, offer.listing.model_id) == ("together", "m")
    assert offer.listing.facts["price"] == stated_price
    assert offer.listing.facts["context_window"] == limit
