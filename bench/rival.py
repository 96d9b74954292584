"""Another gateway over the same provider, in floors: `python -m bench.rival NAME PORT PID --upstream PORT`.

Start the provider first (`python -m bench.upstream 9100`), then the other gateway so that it sends the model named by
--model to http://127.0.0.1:9100/v1. CPU is that of the process named and of all its children.
"""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.processes import cpu_of, load, resident, taken_in_turn, uvicorn
from bench.report import Report

PAIRS = 5
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say something. " * 20}]


def family(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def cpu_a_call(pid: int, port: int, calls: int, **job: Any) -> float:
    """Milliseconds of CPU for each of some calls."""
    before = sum(map(cpu_of, family(pid)))
    load(port, calls=calls, **job)
    return (sum(map(cpu_of, family(pid))) - before) / calls * 1000


def waited(ask: Callable[..., dict[str, Any]], port: int, what: str) -> float:
    """Milliseconds one client waits, in the median."""
    return float(ask(port, calls=100, clients=1)[what])


def measure(options: Namespace, report: Report) -> None:
    headers = dict(line.split(": ", 1) for line in options.header)
    settings = {
        "FLOOR_KEY": options.key,
        "FLOOR_UPSTREAM": f"http://127.0.0.1:{options.upstream}/v1",
        "FLOOR_MODEL": options.model,
    }
    with uvicorn("bench.floor:application", settings, path="/") as floor:
        for stream in (False, True):
            body = {"model": options.model, "messages": MESSAGES, **({"stream": True} if stream else {})}
            usual = partial(load, key=options.key, body=body, headers=headers)
            for port in (options.port, floor.port):
                usual(port, calls=100, clients=16)
            job = {"calls": options.calls, "key": options.key, "body": body, "headers": headers, "clients": 16}
            theirs, least = taken_in_turn(
                [
                    partial(cpu_a_call, options.pid, options.port, **job),
                    partial(cpu_a_call, floor.process.pid, floor.port, **job),
                ],
                PAIRS,
            )
            what = "stream of 67 events" if stream else "chat"
            report.add(f"{options.name}, {what}: CPU", statistics.median(theirs), "ms")
            ratio = statistics.median(a / b for a, b in zip(theirs, least, strict=True))
            report.add(f"{options.name}, {what}: in floors", ratio, "x")
            added = [
                partial(waited, usual, port, "first" if stream else "latency")
                for port in (options.port, options.upstream)
            ]
            ours, direct = taken_in_turn(added, PAIRS)
            more = statistics.median(a - b for a, b in zip(ours, direct, strict=True))
            report.add(f"{options.name}, {what}: added {'time to first byte' if stream else 'latency'}", more, "ms")
    report.add(f"{options.name}: memory", sum(map(resident, family(options.pid))), "MiB")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--upstream", type=int, required=True, metavar="PORT", help="where bench.upstream listens")
    parser.add_argument("--key", default="sk-bench")
    parser.add_argument("--model", default="m-7")
    parser.add_argument("--header", action="append", default=[], metavar="NAME: VALUE", help="what it wants beside")
    parser.add_argument("--calls", type=int, default=1_000)
    options = parser.parse_args()
    measure(options, Report(options.name))


if __name__ == "__main__":
    main()
