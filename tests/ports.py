"""Ports for servers that tests start. Not those the system gives to connections: one of these could take it first."""

from __future__ import annotations

import socket
from contextlib import closing
from random import SystemRandom

RANGE = range(10_000, 30_000)  # below 32768, where Linux begins to give its own
choose = SystemRandom().choice  # processes that test at the same time must not draw the same


def free_port() -> int:
    while True:
        port = choose(RANGE)
        try:
            with closing(socket.create_server(("127.0.0.1", port))):
                return port
        except OSError:
            continue
