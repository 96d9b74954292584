"""Routes of our own export: added where they are not known, and left out where they would lead nowhere."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command

from catalog import undo
from catalog.export import registry
from catalog.models import AIModel, ChangeSet, Route, RouteTarget
from tests.builders import ADMIN, a_model, a_route

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An export of a route and another that leads to it."""
    a_model("m", status="enabled")
    a_route("second", {"model": "acme/m", "weight": 1})
    a_route("first", {"route": "second", "weight": 1})
    path = tmp_path / "catalog.json"
    call_command("export_catalog", output=str(path))
    return path


def imported(file: Path, **changes: Any) -> str:
    """What the command says of the file, with some parts of its first route, or the list of routes, changed."""
    document = orjson.loads(file.read_bytes())
    document["routes"] = changes.pop("routes", document["routes"])
    if changes:
        document["routes"][0] |= changes
    file.write_bytes(orjson.dumps(document))
    out = StringIO()
    call_command("import_catalog", str(file), "--apply", stdout=out, verbosity=2)
    return out.getvalue()


def without_routes() -> None:
    RouteTarget.objects.all().delete()
    Route.objects.all().delete()


def names() -> list[str]:
    return list(Route.objects.values_list("name", flat=True))


def test_routes_come_back_and_the_import_of_them_is_undone_at_once(file: Path) -> None:
    before = [registry.route_record(row) for row in Route.objects.with_targets()]
    without_routes()

    assert "2 routes are new." in imported(file)
    assert [registry.route_record(row) for row in Route.objects.with_targets()] == before

    undo.undo_change_set(ChangeSet.objects.latest("id"), ADMIN)
    assert names() == []


def test_a_route_of_that_name_stays_as_it_is(file: Path) -> None:
    assert "stays" not in imported(file)

    assert "route first: stays as it is here" in imported(file, description="Theirs")
    assert Route.objects.get(name="first").description == ""


def test_a_file_of_an_older_release_has_none(file: Path) -> None:
    document = orjson.loads(file.read_bytes())
    del document["routes"]
    file.write_bytes(orjson.dumps(document))
    without_routes()

    call_command("import_catalog", str(file), "--apply", stdout=StringIO())

    assert names() == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"targets": [{"model": "acme/none", "category": "text", "weight": 1}]}, "there is no model acme/none"),
        ({"targets": [{"route": "first", "weight": 1}]}, "it leads back to itself"),
        ({"targets": [{"model": "acme/m", "weight": 0}]}, "a weight above 0"),
        ({"targets": [{"model": "acme/m", "weight": "much"}]}, "must be a whole number"),
        ({"targets": 5}, "unreadable"),
        ({"targets": [5]}, "unreadable"),
        ({"name": "two words"}, "without spaces"),
        ({"name": None}, "must be text"),
        ({"salt": 5, "name": "fi rst"}, "without spaces"),
        ({"routes": [7]}, "unreadable"),
        ({"routes": [{}]}, "unreadable"),
    ],
)
def test_a_route_that_cannot_be_is_left_out_with_a_reason(file: Path, changes: Any, complaint: str) -> None:
    without_routes()

    said = imported(file, **changes)

    assert complaint in said and "left out" in said
    assert names() in ([], ["second"])
    assert AIModel.objects.count() == 1
