from __future__ import annotations

import codecs
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog import facts, undo
from catalog.models import AIModel, Change, ChangeSet, Price, Provider
from discovery.importing import sources
from tests.builders import ADMIN, a_model, a_provider
from tests.fakes.provider import FakeProvider, Reply

pytestmark = pytest.mark.django_db


def entry(provider: str = "acme", **more: Any) -> dict[str, Any]:
    usual = {"mode": "chat", "max_input_tokens": 8_192, "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06}
    return {"litellm_provider": provider, **usual, **more}


@pytest.fixture
def acme() -> Provider:
    return a_provider("acme")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.json"


def imported(source: Any, *options: str, verbosity: int = 1) -> str:
    out = StringIO()
    call_command("import_catalog", str(source), *options, stdout=out, verbosity=verbosity)
    return out.getvalue()


def catalog() -> list[Any]:
    return [list(table.objects.order_by("pk").values()) for table in (AIModel, Price, ChangeSet, Change, Provider)]


def test_a_preview_says_what_would_change_and_changes_nothing(acme: Provider, file: Path) -> None:
    a_model("old", provider=acme)
    file.write_text(json.dumps({"acme/old": entry(), "acme/new": entry(), "them/x": entry("them"), "ft:x": entry()}))
    before = catalog()

    said = imported(file, verbosity=2)

    assert catalog() == before
    assert "import:litellm: 3 models read, 1 entries left out." in said
    assert "left out: ft:x: stands for all models fine-tuned from one" in said
    assert "acme: 1 new, 1 changed, 0 unchanged" in said
    assert '+ new: context_window 8192, price {"input_mtok": "2", "output_mtok": "8"}' in said
    assert "~ old: context_window unknown -> 8192" in said
    assert "no provider here has that name: them (1)" in said
    assert "Nothing was changed." in said


def test_an_import_makes_claims_and_leaves_new_models_pending(acme: Provider, file: Path) -> None:
    old = a_model("old", provider=acme, status="enabled", context_window=9)
    file.write_text(json.dumps({"acme/OLD": entry(), "acme/new": entry()}))

    said = imported(file, "--as", "prices-2025", "--apply")

    old.refresh_from_db()
    new = AIModel.objects.get(model_id="new")
    assert "1 new, 1 changed." in said
    assert (old.status, old.context_window, old.price.source) == ("enabled", 9, "import:prices-2025")
    assert [conflict["fact"] for conflict in old.conflicts] == ["context_window"]
    assert (new.status, new.context_window, new.price.input_mtok, new.listed_at) == ("pending", 8_192, 2, None)
    assert not Provider.objects.filter(slug="them").exists()
    assert ChangeSet.objects.get(reason="import:prices-2025").actor_label == "manage.py import_catalog"


def test_new_models_are_enabled_only_if_asked_for(acme: Provider, file: Path) -> None:
    a_model("old", provider=acme, status="disabled")
    file.write_text(json.dumps({"acme/old": entry(), "acme/new": entry()}))

    imported(file, "--apply", "--enable")

    assert dict(AIModel.objects.filter(provider=acme).values_list("model_id", "status")) == {
        "old": "disabled",
        "new": "enabled",
    }


def test_a_second_import_writes_nothing(acme: Provider, file: Path) -> None:
    file.write_text(json.dumps({"acme/new": entry(), "acme/other": entry()}))
    imported(file, "--apply")
    before = catalog()

    assert "0 new, 0 changed." in imported(file, "--apply")
    assert catalog() == before


def test_what_a_person_set_stands(acme: Provider, file: Path) -> None:
    model = a_model("m", provider=acme)
    facts.state(model, {"context_window": 7, "price": {"input_mtok": "1", "output_mtok": "1"}}, ADMIN)
    file.write_text(json.dumps({"acme/m": entry()}))

    imported(file, "--apply")

    model.refresh_from_db()
    assert (model.context_window, model.price.input_mtok) == (7, 1)


def test_a_price_that_jumps_is_held(acme: Provider, file: Path) -> None:
    file.write_text(json.dumps({"acme/m": entry()}))
    imported(file, "--apply")
    file.write_text(json.dumps({"acme/m": entry(input_cost_per_token=2e-04)}))

    assert "held: m: input moved from 2 to 200 USD per million tokens" in imported(file)
    imported(file, "--apply")

    model = AIModel.objects.get(model_id="m")
    assert model.price.input_mtok == 2
    assert (model.prices.get(state="held").input_mtok, model.prices.get(state="held").source) == (200, "import:litellm")


def test_an_import_is_undone_as_a_whole(acme: Provider, file: Path) -> None:
    a_model("old", provider=acme)
    file.write_text(json.dumps({"acme/old": entry(), "acme/new": entry()}))
    imported(file, "--apply")

    undo.undo_change_set(ChangeSet.objects.latest("id"), ADMIN)

    old = AIModel.objects.get(provider=acme)
    assert (old.model_id, old.context_window, old.price) == ("old", None, None)


def test_models_of_known_providers_are_completed_from_the_price_book(file: Path) -> None:
    file.write_text(json.dumps({"gpt-4o": {"litellm_provider": "openai"}}))

    assert "openai: 1 completed from genai-prices" in imported(file, "--apply")
    assert AIModel.objects.get(model_id="gpt-4o").context_window == 128_000


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
    ],
)
def test_every_encoding_editors_write_is_read(acme: Provider, file: Path, encode: Any) -> None:
    file.write_bytes(encode(json.dumps({"acme/größe": entry()}, ensure_ascii=False)))

    imported(file, "--apply")

    assert AIModel.objects.filter(model_id="größe").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b'{"a": ', "is not JSON"),
        (b"\xff\xfe\x00", "is not text"),
        (b"\xc3\x28{}", "is not text"),
        (b"[1, 2]", "is in none of the formats registry, litellm"),
        (b"null", "is in none of the formats"),
        (b"[" * 5_000, "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(file: Path, content: bytes, complaint: str) -> None:
    file.write_bytes(content)

    with pytest.raises(CommandError, match=complaint):
        imported(file, "--apply")


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="No such file"):
        imported(tmp_path / "nothing.json")
    with pytest.raises(CommandError, match="cannot be read"):
        imported(tmp_path)
    file.write_text("{}" * 50)
    monkeypatch.setattr(sources, "LARGEST", 99)
    with pytest.raises(CommandError, match="is larger than"):
        imported(file)


def test_a_file_named_as_a_format_it_is_not_in(file: Path) -> None:
    file.write_text("[]")

    with pytest.raises(CommandError, match="no object"):
        imported(file, "--format", "litellm")


@pytest.mark.parametrize("name", ["Ümlaut", "a b", "a__b", "-", "x" * 51, "a--b"])
def test_the_name_of_a_source_is_checked(file: Path, name: str) -> None:
    file.write_text(json.dumps({"acme/new": entry()}))

    with pytest.raises(CommandError, match="short name"):
        imported(file, f"--as={name}")


def test_an_address_is_asked_through_the_door_to_the_network(acme: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/prices.json", {"acme/new": entry()})

    assert "1 new" in imported(f"{fake_provider.url}/prices.json", "--apply")


def test_an_address_whose_answer_begins_with_a_byte_order_mark(acme: Provider, fake_provider: FakeProvider) -> None:
    fake_provider.serve("/prices.json", Reply(body=codecs.BOM_UTF8 + json.dumps({"acme/new": entry()}).encode()))

    assert "1 new" in imported(f"{fake_provider.url}/prices.json", "--apply")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Reply(status=404), "404"),
        (Reply(status=302, headers={"Location": "http://169.254.169.254/"}), "redirect"),
        (Reply(body=b"<html>sign in</html>"), "web page"),
    ],
)
def test_an_address_that_gives_no_json(fake_provider: FakeProvider, answer: Reply, complaint: str) -> None:
    fake_provider.serve("/prices.json", answer)

    with pytest.raises(CommandError, match=complaint):
        imported(f"{fake_provider.url}/prices.json")


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(CommandError, match="name or password"):
        imported("http://user:secret@127.0.0.1/prices.json")
