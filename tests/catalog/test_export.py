from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog import connections, credentials, facts, lifecycle, registration
from catalog.export import FORMATS, registry
from catalog.export.table import FORMULA, cell
from catalog.models import AIModel
from tests.builders import ADMIN, a_model, a_provider, some_models

pytestmark = pytest.mark.django_db

PRICE = {"input_mtok": "3", "output_mtok": "15", "cache_read_mtok": "0.3"}
TIERS = [{"from": 200_001, "input_mtok": "6", "output_mtok": "22.5"}]


def written(name: str) -> str:
    return "".join(FORMATS[name]())


def exported(*options: str) -> str:
    out = StringIO()
    call_command("export_catalog", *options, stdout=out)
    return out.getvalue()


def litellm() -> dict[str, Any]:
    return {entry["model_name"]: entry for entry in yaml.safe_load(written("litellm"))["model_list"]}


def models_dev() -> dict[str, Any]:
    return orjson.loads(written("modelsdev"))


def table() -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(written("csv"))))


def test_our_own_export_is_json_with_a_record_a_line() -> None:
    a_model("m", provider=a_provider("openai"), status="enabled", context_window=9, price=PRICE)

    text = exported()

    document = orjson.loads(text)
    assert (document["format"], document["version"]) == ("model-registry", 1)
    record = document["models"][0]
    assert record["claims"]["provider"]["facts"]["price"] == PRICE
    assert record["prices"][0]["state"] == "in_force"
    assert sum(line.startswith('{"provider":') for line in text.splitlines()) == 1


def test_no_format_holds_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = a_provider("openai")
    credentials.set_key(openai, "sk-stored-secret-9876", ADMIN)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment-secret-5678")
    a_model("m", provider=openai, status="enabled", price=PRICE)

    for name in FORMATS:
        assert "secret" not in written(name)
        assert "9876" not in written(name)


def test_personal_models_are_exported_only_if_asked_for(django_user_model: Any) -> None:
    bob = django_user_model.objects.create_user("bob")
    registration.add_model(
        provider=a_provider("acme"), model_id="mine", by=ADMIN, stated={"name": "Mine"}, owner_id=bob.pk
    )

    assert all("mine" not in written(name) for name in FORMATS)
    assert orjson.loads(exported("--personal"))["models"][0]["owner"] == "bob"
    with pytest.raises(CommandError, match="goes with --format json"):
        exported("--personal", "--format", "csv")


def test_only_what_is_enabled_goes_to_a_proxy() -> None:
    openai = a_provider("openai")
    a_model("on", provider=openai, status="enabled")
    a_model("off", provider=openai)

    assert list(litellm()) == ["openai/on"]
    assert list(models_dev()["openai"]["models"]) == ["on"]
    assert [row["status"] for row in table()] == ["pending", "enabled"]


def test_a_catalog_without_models_is_written_too() -> None:
    assert yaml.safe_load(written("litellm")) == {"model_list": []}
    assert models_dev() == {}
    assert table() == []
    assert orjson.loads(written("json"))["models"] == []


def test_litellm_gets_exact_costs_and_the_name_of_the_key() -> None:
    price = PRICE | {"tiers": TIERS, "input_mtok": "0.0375"}
    model = a_model("m:x@1", provider=a_provider("openai"), status="enabled", context_window=9, price=price)
    facts.state(model, {"supports_tools": True, "category": "text"}, ADMIN)

    text = written("litellm")

    assert litellm()["openai/m:x@1"] == {
        "model_name": "openai/m:x@1",
        "litellm_params": {"model": "openai/m:x@1", "api_key": "os.environ/OPENAI_API_KEY"},
        "model_info": {
            "mode": "chat",
            "max_input_tokens": 9,
            "supports_function_calling": True,
            "input_cost_per_token": 3.75e-08,
            "output_cost_per_token": 1.5e-05,
            "cache_read_input_token_cost": 3e-07,
            "input_cost_per_token_above_200k_tokens": 6e-06,
            "output_cost_per_token_above_200k_tokens": 2.25e-05,
        },
    }
    assert "input_cost_per_token: 0.0000000375\n" in text  # many readers take 3.75e-08 for a text


@pytest.mark.parametrize(
    ("slug", "fields", "expected"),
    [
        ("groq", {}, {"model": "groq/m", "api_key": "os.environ/GROQ_API_KEY"}),
        ("gemini", {}, {"model": "gemini/m", "api_key": "os.environ/GEMINI_API_KEY"}),
        (
            "chutes",
            {},
            {"model": "openai/m", "api_base": "https://llm.chutes.ai/v1", "api_key": "os.environ/CHUTES_API_KEY"},
        ),
        ("acme", {"auth": "none"}, {"model": "openai/m", "api_base": "https://acme.example/v1"}),
        (
            "acme",
            {"auth": "none", "wire": "anthropic"},
            {"model": "anthropic/m", "api_base": "https://acme.example/v1"},
        ),
    ],
)
def test_litellm_is_told_where_a_model_is_called(slug: str, fields: dict, expected: dict) -> None:
    a_model("m", provider=a_provider(slug, **fields), status="enabled")

    assert litellm()[f"{slug}/m"]["litellm_params"] == expected


def test_the_organisations_key_is_not_named_for_another_address() -> None:
    model = a_model("m", provider=a_provider("openai"), status="enabled")
    registration.change_model(model, ADMIN, decisions={"base_url": "https://elsewhere.example/v1"})

    assert litellm()["openai/m"]["litellm_params"] == {
        "model": "openai/m",
        "api_base": "https://elsewhere.example/v1",
    }


def test_models_dev_shape() -> None:
    model = a_model(
        "m", provider=a_provider("together"), status="enabled", context_window=9, max_output_tokens=8,
        input_modalities=["text", "image"], output_modalities=["text"], supports_tools=True,
        knowledge_cutoff="2025-05-01T00:00:00Z", price=PRICE | {"tiers": TIERS},
    )  # fmt: skip
    lifecycle.move(AIModel.objects.filter(pk=model.pk), "deprecate", ADMIN)

    provider = models_dev()["togetherai"]

    assert (provider["id"], provider["env"]) == ("togetherai", ["TOGETHER_API_KEY"])
    assert provider["models"]["m"] == {
        "id": "m",
        "name": "m",
        "attachment": True,
        "tool_call": True,
        "knowledge": "2025-05-01",
        "modalities": {"input": ["text", "image"], "output": ["text"]},
        "limit": {"context": 9, "output": 8},
        "cost": {"input": 3, "output": 15, "cache_read": 0.3, "context_over_200k": {"input": 6, "output": 22.5}},
        "status": "deprecated",
    }


def test_a_table_for_spreadsheets() -> None:
    a_model("m", provider=a_provider("acme"), context_window=9, supports_tools=False, price=PRICE)

    row = table()[0]

    assert (row["provider"], row["model_id"], row["context_window"], row["supports_tools"]) == ("acme", "m", "9", "no")
    assert (row["input_mtok_usd"], row["request_usd"], row["supports_vision"]) == ("3", "", "")


@pytest.mark.parametrize("start", FORMULA)
def test_a_spreadsheet_computes_nothing_that_a_provider_wrote(start: str) -> None:
    assert cell(f"{start}cmd|' /C calc'!A0").startswith("'")
    assert cell(f"  {start}1").startswith("'")


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not cell(text).lstrip(" ").startswith(FORMULA)


def test_ids_of_every_kind_survive_a_table() -> None:
    a_model('a,"b"\u00a0;ü𝄞', provider=a_provider("acme"), name="=1+1")

    assert (table()[0]["model_id"], table()[0]["name"]) == ('a,"b"\u00a0;ü𝄞', "'=1+1")


@pytest.mark.parametrize("name", FORMATS)
def test_statements_do_not_grow_with_the_rows(name: str) -> None:
    acme = a_provider("acme")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            written(name)
        return len(queries)

    some_models(3, acme, status="enabled")
    few = count()
    AIModel.objects.all().delete()
    some_models(40, acme, status="enabled")
    assert count() == few


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.json"
    path.write_text("yesterday's")

    def breaks_off() -> Any:
        yield "half"
        raise RuntimeError("power cut")

    monkeypatch.setitem(FORMATS, "csv", breaks_off)
    with pytest.raises(RuntimeError):
        exported("--format", "csv", "--output", str(path))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("catalog.json", "yesterday's")]

    exported("--output", str(path))
    assert orjson.loads(path.read_bytes())["format"] == "model-registry"
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        exported("--output", str(tmp_path / "no" / "folder"))


def test_what_an_operator_set_at_a_provider_is_named() -> None:
    connections.change_provider(a_provider("openai"), {"policy": {"new": "enabled"}, "is_active": False}, ADMIN)

    records = {record["slug"]: record for record in orjson.loads(written("json"))["providers"]}

    assert records["openai"]["set"] == ["is_active", "policy"]
    assert records["groq"]["set"] == []
    assert set(records["openai"]) == {"slug", "set", *connections.EDITABLE}
    assert registry.VERSION == 1
