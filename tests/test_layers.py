"""The rooms depend on each other in one direction only: imports, migrations, string relations and dotted names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_USE = {
    "access": set(),
    "catalog": {"access"},
    "discovery": {"access", "catalog"},
    "gateway": {"access", "catalog"},
    "console": {"access", "catalog", "discovery", "gateway"},
}
ROOMS = {*MAY_USE, "modelregistry", "tests", "bench"}
DOTTED = re.compile(rf"({'|'.join(ROOMS)})(\.\w+)+")


def references(source: str, migration: bool = False) -> Iterator[tuple[int, str]]:
    """Each line that names a room, by import or by string, with the room."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if node.level == 0 else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value] if migration or DOTTED.fullmatch(node.value) else []
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get_model", "get_app_config"):
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        else:
            continue
        yield from ((node.lineno, room) for name in names if (room := name.split(".")[0]) in ROOMS)


def trespasses(room: str) -> list[str]:
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        for line, other in references(path.read_text("utf-8"), "migrations" in path.parts):
            if other != room and other not in MAY_USE[room]:
                found.append(f"{path.relative_to(ROOT)}:{line} uses {other}")
    return found


@pytest.mark.parametrize("room", MAY_USE)
def test_a_room_uses_only_the_rooms_below_it(room: str) -> None:
    assert trespasses(room) == []


@pytest.mark.parametrize(
    ("source", "migration"),
    [
        ("import catalog.models", False),
        ("from catalog import models", False),
        ("def later():\n    from catalog.models import AIModel", False),
        ("models.ForeignKey('catalog.AIModel', models.CASCADE)", False),
        ("import_string('catalog.facts.merge')", False),
        ("apps.get_model('catalog', 'AIModel')", False),
        ("dependencies = [('catalog', '0001_create_catalog')]", True),
        ("migrations.AddField(to='catalog.aimodel')", True),
    ],
)
def test_the_reader_sees_every_way_to_name_a_room(source: str, migration: bool) -> None:
    assert "catalog" in [room for _, room in references(source, migration)]


@pytest.mark.parametrize("source", ["'the catalog. A room'", "'catalog'", "from . import catalog", "import catalogue"])
def test_the_reader_leaves_prose_alone(source: str) -> None:
    assert list(references(source)) == []
