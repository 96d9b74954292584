"""What the papers name exists, and what exists is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from django.core.management import BaseCommand, get_commands, load_command_class
from django.urls import Resolver404, resolve

from access.rules import ANY, RULES
from catalog.providers import SPECS
from gateway import listing
from gateway.app import POSTS
from tests.conftest import ROOT
from tests.docs.pages import Page, page, pages

METHODS = re.compile(r"((?:(?:GET|POST|PUT|PATCH|DELETE)(?:, )?)+) (/[^\s`?]+)")
CODE = re.compile(r"`([^`]+)`")
PARAMETER = re.compile(r"<\w+:(\w+)>")
OURS = re.compile(r"/(?:admin|account|api|playground|usage|health|metrics)\b[\w\-/{}.]*")
STANDING_FOR = {"{id}": "1", "{slug}": "openai"}
ROOMS = ("access", "catalog", "discovery", "gateway", "console")
A_CONVERSATION = "00000000-0000-4000-8000-000000000000"


def routes_in(text: str) -> set[str]:
    """`GET, PUT /api/x` names two routes."""
    return {f"{method} {path}" for methods, path in METHODS.findall(text) for method in re.findall(r"[A-Z]+", methods)}


def described() -> set[str]:
    """Those that have a heading of their own."""
    return {route for heading in page("docs/api.md").headings() for route in routes_in(heading)}


def served() -> set[str]:
    """Those of the permission table, and the gateway's own."""
    found = {f"POST {path}" for path in POSTS}
    found |= {f"GET {path}" for path in (listing.PREFIX, f"{listing.PREFIX}/{{id}}", listing.VOICES)}
    for route, rule in RULES.items():
        if route.startswith(("api/", "admin/model-sync/")) and "?" not in route and "<path:" not in route:
            path = PARAMETER.sub(lambda name: "{slug}" if name[1] == "slug" else "{id}", route)
            found |= {f"{'GET' if method == ANY else method} /{path}" for method in rule}
    return found


def test_every_route_is_described() -> None:
    assert described() == served()


@pytest.mark.parametrize("paper", pages(), ids=lambda paper: paper.name)
def test_every_route_and_page_that_is_named_exists(paper: Page) -> None:
    known = served() | {"GET /health/live", "GET /health/ready", "GET /metrics"}
    texts = [cell for line in paper.table("asked for") for cell in line[1:]] if is_map(paper) else [paper.prose]
    spans = [span for text in texts for span in CODE.findall(text)]

    unknown = {route for span in spans for route in routes_in(span)} - known
    lost = [path for span in spans for path in OURS.findall(span) if span.startswith("/") and not leads(path)]

    assert (unknown, lost) == (set(), [])


def is_map(paper: Page) -> bool:
    """Whether it also names what others called their routes."""
    return "| asked for | here |" in paper.text


def leads(path: str) -> bool:
    for name, value in STANDING_FOR.items():
        path = path.replace(name, value)
    for found in (path, f"{path}/", path.replace("/1", f"/{A_CONVERSATION}")):
        try:
            resolve(found)
        except Resolver404:
            continue
        return True
    return False


def commands() -> Iterator[tuple[str, set[str]]]:
    """Our commands with the options that not every command has."""
    usual = options_of(BaseCommand())
    for name, app in get_commands().items():
        if isinstance(app, str) and app in ROOMS:
            yield name, options_of(load_command_class(app, name)) - usual


def options_of(command: BaseCommand) -> set[str]:
    parser = command.create_parser("manage.py", "command")
    return {option for action in parser._actions for option in action.option_strings if option.startswith("--")}


def test_every_command_and_its_options_are_described() -> None:
    lines = {line[0]: line for line in page("docs/operators.md").table("command")}
    told = {
        CODE.findall(name)[0].split()[1]: set(re.findall(r"--[\w-]+", "".join(line))) for name, line in lines.items()
    }

    assert told == dict(commands())


@pytest.mark.parametrize("paper", pages(), ids=lambda paper: paper.name)
def test_every_command_that_is_named_exists(paper: Page) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", paper.text))

    assert named <= get_commands().keys()


def test_every_setting_is_in_the_readme() -> None:
    told = {name for line in page("README.md").table("variable") for name in CODE.findall(line[0])}
    ours = {name for name in told if not is_key_of_provider(name)}

    assert ours == set(read_settings())
    assert told - ours == {"OPENAI_API_KEY"}


def is_key_of_provider(name: str) -> bool:
    return name in {spec.key_env for spec in SPECS.values()}


def read_settings() -> Iterator[str]:
    """The names of the variables that the settings read."""
    tree = ast.parse((ROOT / "modelregistry" / "settings.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called == "read" or (called == "env.str" and node.args[0].value != "name"):
                yield str(node.args[0].value)


@pytest.mark.parametrize("paper", pages(), ids=lambda paper: paper.name)
def test_every_link_leads_somewhere(paper: Page) -> None:
    broken = [
        link for link in paper.links() if not link.startswith(("https://", "http://")) and not is_there(paper, link)
    ]

    assert broken == []


def is_there(paper: Page, link: str) -> bool:
    name, _, anchor = link.partition("#")
    path = (paper.path.parent / name).resolve() if name else paper.path
    return path.exists() and (not anchor or anchor in Page(path).anchors())


def test_every_paper_is_linked_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in page("README.md").links()}

    assert [paper.name for paper in pages()[1:] if paper.path not in linked] == []


def test_every_dependency_is_explained_once() -> None:
    told = [name for line in page("docs/dependencies.md").table("package") for name in packages(line[0])]
    wanted = {
        name
        for file in ("requirements.in", "requirements-scale.in")
        for name in packages_of((ROOT / file).read_text("utf-8"))
    }

    assert sorted(told) == sorted(wanted)


def packages(cell: str) -> list[str]:
    return [re.split(r"[\[ ]", name.strip())[0].lower() for name in cell.split(", ")]


def packages_of(requirements: str) -> Iterator[str]:
    for line in requirements.splitlines():
        if found := re.match(r"[A-Za-z][\w.-]*", line):
            yield found[0].lower()
