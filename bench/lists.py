"""Long lists of models in the true shapes, and a provider on loopback, in a process of its own, that serves them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

import orjson

from tests.fakes.lists import from_prices
from tests.fakes.provider import FakeProvider, Reply

Entry = dict[str, Any]
Lists = dict[str, int]  # the name of a list -> how many models are in it


def openrouter(count: int) -> list[Entry]:
    """Rich entries: limits, modalities, parameters, prices, a description."""
    known = from_prices().openrouter
    return [
        {
            **entry,
            "id": f"{entry['id']}-{number}",
            "canonical_slug": f"{entry['canonical_slug']}-{number}",
            "name": f"{entry['name']} {number}",
        }
        for number, entry in enumerate(islice(cycle(known), count))
    ]


def featherless(count: int) -> list[Entry]:
    """Poor entries, as they are where a list is longest."""
    return [
        {
            "id": f"maker-{number % 900}/Some-Model-{number}-{7 + number % 60}B",
            "name": f"maker-{number % 900}/Some-Model-{number}-{7 + number % 60}B",
            "model_class": "llama3-8b-8k",
            "context_length": 8_192 * (1 + number % 16),
            "max_completion_tokens": 4_096,
            "is_gated": number % 9 == 0,
            "available_on_current_plan": True,
        }
        for number in range(count)
    ]


SHAPES = {"openrouter": openrouter, "featherless": featherless}


@contextmanager
def serving(**lists: int) -> Iterator[str]:
    """The address under which each list stands: `/openrouter/models`. Names begin with their shape."""
    arguments = [f"{name}={count}" for name, count in lists.items()]
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.lists", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def serve(lists: dict[str, int]) -> None:
    with FakeProvider() as provider:
        for name, count in lists.items():
            body = orjson.dumps({"data": SHAPES[name.partition("-")[0]](count)})
            provider.serve(f"/{name}/models", Reply(headers={"Content-Type": "application/json"}, body=body))
        print(provider.url, flush=True)
        sys.stdin.read()  # until the bench ends


if __name__ == "__main__":
    serve({name: int(count) for name, _, count in (argument.partition("=") for argument in sys.argv[1:])})
