"""Clients that ask as fast as they are answered, in a process of their own: `python -m bench.load` with JSON on stdin.

Raw sockets, so that they cost little beside what is measured. Prints JSON: seconds, and each call's latency and time to
the first byte, in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import uvloop


@dataclass
class Taken:
    latencies: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    failed: int = 0


def request(job: dict[str, Any]) -> bytes:
    body = json.dumps(job["body"], separators=(",", ":")).encode()
    lines = [
        f"POST {job['path']} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {job['key']}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in job.get("headers", {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def client(job: dict[str, Any], sent: bytes, left: list[int], taken: Taken) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", job["port"], limit=2**20)
    while left[0] > 0:
        left[0] -= 1
        started = perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        first = perf_counter()
        await read_body(reader, head.lower())
        ended = perf_counter()
        if b" 200 " not in head[:20]:
            taken.failed += 1
        taken.latencies.append((ended - started) * 1000)
        taken.firsts.append((first - started) * 1000)
    writer.close()


async def read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    at = head.find(b"content-length:")
    if at >= 0:
        await reader.readexactly(int(head[at + 15 :].split(b"\r\n", 1)[0]))
        return
    while True:
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)
        if not size:
            return


async def ping(job: dict[str, Any]) -> dict[str, Any]:
    """How long a server keeps a question waiting that costs it nothing, asked again every two milliseconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", job["port"])
    waits = []
    for _ in range(job["calls"]):
        started = perf_counter()
        writer.write(b"GET /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await read_body(reader, head.lower())
        waits.append((perf_counter() - started) * 1000)
        await asyncio.sleep(0.002)
    writer.close()
    ordered = sorted(waits)
    return {"median": median(ordered), "p99": ordered[int(len(ordered) * 0.99) - 1], "failed": 0}


async def run(job: dict[str, Any]) -> dict[str, Any]:
    taken, left, sent = Taken(), [job["calls"]], request(job)
    started = perf_counter()
    await asyncio.gather(*(client(job, sent, left, taken) for _ in range(job["clients"])))
    seconds = perf_counter() - started
    ordered = sorted(taken.latencies)
    return {
        "seconds": seconds,
        "calls": len(ordered),
        "failed": taken.failed,
        "latency": median(ordered),
        "latency_p99": ordered[int(len(ordered) * 0.99) - 1],
        "first": median(taken.firsts),
    }


if __name__ == "__main__":
    job = json.loads(sys.stdin.read())
    print(json.dumps(uvloop.run(ping(job) if job["ping"] else run(job))))
