"""Lists in the true shapes of providers, with facts of our own, and a short way to what is read from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from discovery.listings import DIALECTS
from discovery.listings.base import Parsed, Request, parse

BODIES = Path(__file__).parents[2] / "fixtures" / "providers"

Body = Callable[[str], Any]
Read = Callable[..., Parsed]
Further = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def body() -> Body:
    """A small body by the name of its file."""
    return lambda name: orjson.loads((BODIES / f"{name}.json").read_bytes())


@pytest.fixture
def read(body: Body) -> Read:
    """What a dialect reads from a small body, by default from the one of its own name."""
    return lambda dialect, name="": parse(DIALECTS[dialect], body(name or dialect))


@pytest.fixture
def further(body: Body) -> Further:
    """The facts an enrichment of a dialect (its first) reads from a small body."""
    anything = Request(path="/further")
    return lambda dialect, name, request=anything: DIALECTS[dialect].enrichments[0].facts(body(name), request)
