"""The processes a gateway is measured with: a provider, a server, its clients; and what a process has used."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.server import free_port

WRITTEN = 0.7  # seconds, after which what calls have left behind is in the database


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server: where it listens, and its process."""

    port: int
    process: subprocess.Popen[bytes]
    ready_after: float = 0.0  # seconds

    @property
    def workers(self) -> list[int]:
        """The processes that serve: its own, or where it has children, those."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        serving = [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return serving or [self.process.pid]

    def cpu(self) -> float:
        """Seconds of CPU the workers have used, all their threads together."""
        return sum(cpu_of(pid) for pid in self.workers)

    def memory(self) -> float:
        """MiB that the largest worker holds."""
        return max(resident(pid) for pid in self.workers)


def cpu_of(pid: int) -> float:
    """From the scheduler's own count, in nanoseconds, of every thread."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def upstream() -> Iterator[int]:
    """The port of a provider that costs next to nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.upstream", str(port)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield port
    finally:
        end(process)


@contextmanager
def uvicorn(
    application: str, environment: Mapping[str, str], *, workers: int = 1, path: str = "/health/live"
) -> Iterator[Server]:
    """A server of an ASGI application that answers at `path`, whatever it answers."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--no-access-log"]
    command += ["--log-level", "warning", "--workers", str(workers)]
    started = perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        while not answers(port, path):
            if process.poll() is not None:
                raise RuntimeError(f"{application} ended before it answered")
            sleep(0.02)
        yield Server(port=port, process=process, ready_after=perf_counter() - started)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def load(port: int, key: str, *, body: Mapping[str, Any], calls: int, clients: int, **more: Any) -> dict[str, Any]:
    """Let clients ask, in a process of their own. Raises RuntimeError if a call failed."""
    job = {"port": port, "key": key, "path": "/v1/chat/completions", "body": body, "calls": calls, "clients": clients}
    taken = ask({**job, **more, "ping": False})
    if taken["failed"]:
        raise RuntimeError(f"{taken['failed']} of {taken['calls']} calls failed")
    return taken


def gap(port: int, calls: int = 2_000) -> float:
    """Milliseconds that the event loop of a server keeps others waiting: the 99th of 100."""
    return float(ask({"port": port, "calls": calls, "ping": True})["p99"])


def ask(job: Mapping[str, Any]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "bench.load"], input=json.dumps(job), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    taken: dict[str, Any] = json.loads(done.stdout)
    return taken


def cpu_a_call(server: Server, key: str, *, calls: int, **job: Any) -> float:
    """Milliseconds of the server's CPU for each of some calls."""
    before = server.cpu()
    load(server.port, key, calls=calls, **job)
    sleep(WRITTEN)
    return (server.cpu() - before) / calls * 1000


def taken_in_turn(measured: Sequence[Any], times: int) -> list[list[float]]:
    """Each of some measurements, one after the other, again and again: what disturbs one disturbs all."""
    found: list[list[float]] = [[] for _ in measured]
    for _ in range(times):
        for numbers, measure in zip(found, measured, strict=True):
            numbers.append(measure())
    return found
