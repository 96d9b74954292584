"""Getting the JSON to import: from a file, or from an address through the one door to the network."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from catalog.upstream import UpstreamError, ask, new_client
from discovery.errors import DiscoveryError

LARGEST = 512_000_000  # bytes of a file; an export of 100,000 models has half of it


class Unreadable(DiscoveryError):
    """There is nothing to import there, or nothing that can be read."""


def load(source: str) -> Any:
    """The JSON of a file or an http(s) address. Raises Unreadable."""
    if urlsplit(source).scheme in ("http", "https"):
        return asyncio.run(fetch(source))
    return parse(read(Path(source)), source)


async def fetch(url: str) -> Any:
    try:
        # The operator at the command line may name any address, also one of the inner network.
        async with new_client(private_allowed=True) as client:
            return (await ask(client, url, who="That address")).payload
    except UpstreamError as error:
        raise Unreadable(str(error)) from error


def read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"{path} is larger than {LARGEST // 1_000_000} MB.")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error


def parse(body: bytes, name: str) -> Any:
    """JSON in any of the encodings that editors write, with or without a byte order mark."""
    try:
        return orjson.loads(body.decode(json.detect_encoding(body)))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{name} is not text.") from error
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{name} is not JSON: {error.msg}, line {error.lineno}.") from error
