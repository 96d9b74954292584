"""What the estimate of energy and CO2 rests on: ONE table, each entry with its source, and the formula.

It is an estimate. It takes every model for a dense one of its size, served at full load on one kind of hardware, and
counts the boards alone (the rest of the site is in the PUE). Mixtures of experts use less than it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from catalog.errors import Invalid
from catalog.tokens import DEFAULT_WEIGHTS

JOULES_PER_KWH = Decimal(3_600_000)
FORMULA = "joules = watts / tokens per second x weighted tokens x complexity factor x PUE"
THROUGHPUT = "TensorRT-LLM 0.9.0, performance table: Falcon 180B, 2,048 input and 2,048 output tokens a call"
EMBER = "Ember, yearly electricity data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hardware:
    """A board that serves models: the most it draws in watts, and its share of what was measured."""

    key: str
    name: str
    watts: int
    output_per_second: int  # output tokens of a model of 180 billion parameters, with as many input tokens beside them
    source: str
    year: int

    @property
    def tokens_per_second(self) -> Decimal:
        """Tokens of weight 1 a second, at complexity factor 1: each output token came with one input token."""
        return self.output_per_second * (DEFAULT_WEIGHTS["outputTokens"] + DEFAULT_WEIGHTS["inputWithoutCache"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A data centre: PUE is all the power it draws over what its computers draw."""

    key: str
    name: str
    pue: Decimal
    source: str
    year: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Where the power comes from, in grams of CO2 equivalent per kWh."""

    key: str
    name: str
    intensity: int
    source: str
    year: int


Entry = TypeVar("Entry", Hardware, Site, Grid)


def by_key(*entries: Entry) -> dict[str, Entry]:
    return {entry.key: entry for entry in entries}


def ember(key: str, name: str, intensity: int) -> Grid:
    return Grid(key=key, name=name, intensity=intensity, source=EMBER, year=2023)


HARDWARE = by_key(
    Hardware(
        key="h100",
        name="NVIDIA H100 SXM 80 GB",
        watts=700,
        output_per_second=246,
        source=f"NVIDIA H100 data sheet (700 W); {THROUGHPUT}",
        year=2024,
    ),
    Hardware(
        key="h200",
        name="NVIDIA H200 SXM 141 GB",
        watts=700,
        output_per_second=265,
        source=f"NVIDIA H200 data sheet (700 W); {THROUGHPUT}",
        year=2024,
    ),
    Hardware(
        key="a100",
        name="NVIDIA A100 SXM 80 GB",
        watts=400,
        output_per_second=93,
        source=f"NVIDIA A100 data sheet (400 W); {THROUGHPUT}",
        year=2024,
    ),
    Hardware(
        key="l40s",
        name="NVIDIA L40S 48 GB",
        watts=350,
        output_per_second=52,
        source=f"NVIDIA L40S data sheet (350 W); {THROUGHPUT}",
        year=2024,
    ),
)

SITES = by_key(
    Site(
        key="average",
        name="Average data centre",
        pue=Decimal("1.56"),
        source="Uptime Institute, global data center survey",
        year=2024,
    ),
    Site(key="google", name="Google", pue=Decimal("1.10"), source="Google, environmental report 2024", year=2023),
    Site(key="aws", name="Amazon Web Services", pue=Decimal("1.15"), source="AWS, re:Invent 2024", year=2023),
    Site(
        key="microsoft",
        name="Microsoft",
        pue=Decimal("1.18"),
        source="Microsoft, data centre efficiency figures",
        year=2022,
    ),
)

GRIDS = by_key(
    ember("world", "World", 481),
    Grid(
        key="us",
        name="United States",
        intensity=366,
        source="US Energy Information Administration: 1,532 million t for 4,183,271 million kWh",
        year=2023,
    ),
    ember("au", "Australia", 549),
    ember("be", "Belgium", 138),
    ember("br", "Brazil", 98),
    ember("ca", "Canada", 170),
    ember("cn", "China", 582),
    ember("dk", "Denmark", 152),
    ember("fi", "Finland", 79),
    ember("fr", "France", 56),
    ember("de", "Germany", 381),
    ember("in", "India", 713),
    ember("ie", "Ireland", 291),
    ember("no", "Norway", 30),
    ember("pl", "Poland", 662),
    ember("se", "Sweden", 41),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a model is assumed to run on, and where."""

    hardware: Hardware = HARDWARE["h100"]
    site: Site = SITES["average"]
    grid: Grid = GRIDS["world"]


TABLES: dict[str, dict[str, Any]] = {"hardware": HARDWARE, "site": SITES, "grid": GRIDS}


def place_of(keys: dict[str, Any]) -> Place:
    """The place that keys of the table name; what is not named is the usual. Raises Invalid by name."""
    wrong = {
        name: f"must be one of {', '.join(TABLES[name])}"
        for name, key in keys.items()
        if not isinstance(key, str) or key not in TABLES[name]
    }
    if wrong:
        raise Invalid(wrong)
    return Place(**{name: TABLES[name][key] for name, key in keys.items()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Energy:
    """An estimate, never a measurement."""

    joules: Decimal
    kwh: Decimal
    co2_grams: Decimal


def energy(weighted: Decimal, complexity: Decimal | None, place: Place) -> Energy | None:
    """What tokens of that weight take at a model of that complexity factor; None if its size is unknown."""
    if complexity is None:
        return None
    per_token = place.hardware.watts / place.hardware.tokens_per_second
    joules = per_token * weighted * complexity * place.site.pue
    kwh = joules / JOULES_PER_KWH
    return Energy(joules=joules, kwh=kwh, co2_grams=kwh * place.grid.intensity)
