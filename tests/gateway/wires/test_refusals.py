"""What a wire cannot say is refused by name, and all else arrives. The document says which is which."""

from __future__ import annotations

import pytest

from gateway.errors import Unsupported
from gateway.wires.foreign import HINTS, NOTHING

from .probes import DOCUMENT, PROBES, Probe, encoded, foreign, rewritten

CASES = [
    pytest.param(dialect, wire, probe, id=f"{dialect} to {wire}: {probe.name}")
    for dialect, probes in PROBES.items()
    for probe in probes
    for wire in foreign(dialect)
]


@pytest.mark.parametrize(("dialect", "wire", "probe"), CASES)
def test_what_is_asked_is_passed_on_or_refused_by_name(dialect: str, wire: str, probe: Probe) -> None:
    try:
        sent = encoded(dialect, wire, probe).body.decode()
    except Unsupported as refused:
        assert refused.status == 400
        assert refused.param and refused.param in refused.message and wire in refused.message
    else:
        assert probe.mark in sent


@pytest.mark.parametrize(
    ("dialect", "probe"), [pytest.param(dialect, p, id=p.name) for dialect, probes in PROBES.items() for p in probes]
)
def test_over_its_own_wire_a_dialect_can_say_everything(dialect: str, probe: Probe) -> None:
    asked = {**probe.fields}
    wants_no_more = "mark" if probe.mark == "" else probe.mark

    sent = encoded(dialect, dialect, probe).body.decode()

    assert all(f'"{name}"' in sent for name in asked)
    assert probe.mark in sent or wants_no_more in sent


def test_the_document_tells_the_refusals_as_they_are() -> None:
    """To write it anew: python -m tests.gateway.wires.probes"""
    document = DOCUMENT.read_text("utf-8")

    assert rewritten(document) == document


@pytest.mark.parametrize("dialect", PROBES)
def test_what_asks_for_nothing_is_taken_by_every_wire(dialect: str) -> None:
    usual = {name: values[0] for name, values in NOTHING[dialect].items() if name != "tools"}
    hints = {name: {"any": "thing"} for name in HINTS[dialect] - {"user"}}
    nothing = dict.fromkeys(("unheard_of", "seed", "stop", "tools", "tool_choice", "thinking"))

    for wire in foreign(dialect):
        sent = encoded(dialect, wire, Probe("nothing", {**usual, **hints, **nothing})).body

        assert b"thing" not in sent
        assert b"unheard_of" not in sent
