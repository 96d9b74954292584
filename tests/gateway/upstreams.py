"""Providers in a process of their own: `python -m tests.gateway.upstreams WIRE...`. It prints where they live."""

from __future__ import annotations

import json
import sys

from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream


def main(*wires: str) -> None:
    with FakeProvider() as provider:
        print(json.dumps({wire: Upstream(provider).play(wire) for wire in wires}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
