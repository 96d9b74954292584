"""The registry's own server, as `make run` starts it, on the bench's database."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import perf_counter, sleep


@contextmanager
def running() -> Iterator[int]:
    """The port of a server that answers."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "manage.py", "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        while not is_ready(port):
            if server.poll() is not None:
                raise RuntimeError("the server ended before it answered")
            sleep(0.01)
        yield port
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def is_ready(port: int) -> bool:
    try:
        get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/health/ready")
    except OSError:
        return False
    return True


def get(connection: http.client.HTTPConnection, path: str) -> float:
    """The seconds until a page asked for with the admin key has arrived. Raises OSError if it is refused."""
    begun = perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {os.environ['ADMIN_API_KEY']}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise OSError(f"{path} was answered with {answer.status}")
    return perf_counter() - begun
