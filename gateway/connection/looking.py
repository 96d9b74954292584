"""What can be learned for nothing, from the list of models that nearly every provider has."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from urllib.parse import quote

import httpx2

from catalog.upstream import (
    AddressRefused,
    Patience,
    Refused,
    Rejected,
    TimedOut,
    Unreachable,
    UpstreamError,
    ask,
    new_client,
)
from gateway.wires.anthropic.encoding import HEADERS as ANTHROPIC_HEADERS
from gateway.wires.openai.paths import DEPLOYMENTS, DEPLOYMENTS_VERSION

from .outcome import Tested
from .settings import Settings

CONNECT, READ = 4, 8  # seconds
PATIENCE = Patience(total=10, tries=1, max_bytes=32_000_000)

# Where the protocols have their lists, by the name of the wire. Others have none we know of.
LISTS = {
    "openai": "/models",
    "anthropic": "/models?limit=1000",
    "gemini": "/models?pageSize=1000",
    "ollama": "/api/tags",
    "tgi": "/v1/models",
    "elevenlabs": "/models",
    "google-tts": "/voices",
    "azure-tts": "/voices/list",
}
VERSIONS = {"ollama": ("/api",), "tgi": ("/v1",)}  # with which a base URL may end, as with these wires
SINGLE = ("openai", "anthropic", "gemini")  # these also tell of one model, by its name or another one of it
OF_VOICES = ("google-tts", "azure-tts")
HEADERS = {"anthropic": ANTHROPIC_HEADERS}
NAMES = ("id", "name", "model", "model_id", "model_name", "endpoint_id")
FURTHER = ("has_more", "nextPageToken", "next_page_token", "next_cursor", "next", "next_page")
FOLDER = re.compile(r"^(publishers/[^/]+/)?models/")  # what Google puts before a name

UNREACHED = (Unreachable, TimedOut, AddressRefused)

REACHED = "Reached in {} ms."
NO_CALL = "No call was made."


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What one question came to."""

    payload: Any = None
    error: UpstreamError | None = None
    took: int = 0  # milliseconds


async def look(settings: Settings) -> Tested:
    """Never raises what the provider is to blame for."""
    client = new_client(private_allowed=settings.private_allowed, connect=CONNECT, read=READ)
    async with client:
        return await Look(settings, client).found()


class Look:
    def __init__(self, settings: Settings, client: httpx2.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        self.wire = settings.provider.wire

    async def found(self) -> Tested:
        url = self.list_url()
        if not url:
            return await self.without_list()
        with_key, without = await asyncio.gather(self.ask(url), self.ask_anonymously(url))
        if isinstance(with_key.error, UNREACHED):
            return Tested(reachable=False, said=(self.safe(with_key.error), NO_CALL))
        tested = Tested(reachable=True, latency_ms=with_key.took, said=(REACHED.format(with_key.took),))
        tested = self.with_verdict_on_key(tested, with_key, without)
        tested = await self.with_verdict_on_model(tested, with_key)
        return replace(tested, said=(*tested.said, NO_CALL))

    # questions

    def list_url(self) -> str:
        settings, spec = self.settings, self.settings.provider.spec
        if spec is not None and spec.list_url and settings.base_url == spec.base_url:
            return spec.list_url
        path = LISTS.get(self.wire, "")
        for version in VERSIONS.get(self.wire, ()):
            if settings.base_url.endswith(version):
                path = path.removeprefix(version)
        if path and DEPLOYMENTS.search(settings.base_url):
            path += f"?api-version={DEPLOYMENTS_VERSION}"
        return f"{settings.base_url}{path}" if path else ""

    async def ask(self, url: str, *, with_key: bool = True) -> Heard:
        settings = self.settings
        headers = {**HEADERS.get(self.wire, {}), **(settings.headers if with_key else {})}
        key = next(iter(settings.secrets), "")
        started = perf_counter()
        try:
            answer = await ask(
                self.client, url, who=settings.provider.name, headers=headers, key=key, patience=PATIENCE
            )
        except UpstreamError as error:
            return Heard(error=error, took=since(started))
        return Heard(payload=answer.payload, took=since(started))

    async def ask_anonymously(self, url: str) -> Heard:
        """The same without the key: only a list that is refused then says anything of the key."""
        return await self.ask(url, with_key=False) if self.settings.headers else Heard()

    async def without_list(self) -> Tested:
        """Any answer at the address will do, also that there is nothing."""
        heard = await self.ask(self.settings.base_url)
        if isinstance(heard.error, UNREACHED):
            return Tested(reachable=False, said=(self.safe(heard.error), NO_CALL))
        said = [REACHED.format(heard.took), "It has no list to check the key and the model by: only a call tells."]
        tested = Tested(reachable=True, latency_ms=heard.took, said=tuple(said))
        return self.without_key(tested) if self.settings.lacks_key else tested

    # verdicts

    def without_key(self, tested: Tested) -> Tested:
        return replace(tested, authorised=False, said=(*tested.said, "No key is stored for this address."))

    def with_verdict_on_key(self, tested: Tested, with_key: Heard, without: Heard) -> Tested:
        if self.settings.lacks_key:
            return self.without_key(tested)
        if isinstance(with_key.error, Refused):
            return replace(tested, authorised=False, said=(*tested.said, "The key is refused."))
        if with_key.error is not None:
            return replace(tested, has_trouble=True, said=(*tested.said, self.safe(with_key.error)))
        if not self.settings.headers:
            return replace(tested, authorised=True, said=(*tested.said, "It wants no key for its list."))
        if isinstance(without.error, Refused):
            return replace(tested, authorised=True, said=(*tested.said, "The key is accepted."))
        return replace(
            tested, said=(*tested.said, "Its list is public, so only a call tells whether the key is right.")
        )

    async def with_verdict_on_model(self, tested: Tested, heard: Heard) -> Tested:
        model_id = self.settings.model.model_id
        if not model_id or heard.error is not None or self.wire in OF_VOICES:
            return tested
        if is_among(model_id, set(names_in(heard.payload))):
            return replace(tested, model_exists=True, said=(*tested.said, f"Its list names {model_id}."))
        one = await self.single(model_id)
        if one is not None and one.error is None and any(names_in([one.payload])):
            return replace(tested, model_exists=True, said=(*tested.said, f"It knows {model_id}."))
        absent = f"Its list does not name {model_id}"
        spec = self.settings.provider.spec
        is_told = one is None or isinstance(one.error, Rejected)
        if is_told and not goes_on(heard.payload) and (spec is None or spec.lists_all):
            return replace(tested, model_exists=False, said=(*tested.said, f"{absent}."))
        return replace(tested, said=(*tested.said, f"{absent}, which need not mean anything: only a call tells."))

    async def single(self, model_id: str) -> Heard | None:
        if self.wire not in SINGLE or DEPLOYMENTS.search(self.settings.base_url):
            return None
        return await self.ask(f"{self.settings.base_url}/models/{quote(model_id, safe='')}")

    def safe(self, error: UpstreamError) -> str:
        """The words of an error, which were cleaned of the key; here of everything else that is secret."""
        text = error.message
        for secret in self.settings.secrets:
            text = text.replace(secret, "***")
        return text


def since(started: float) -> int:
    return round((perf_counter() - started) * 1000)


def names_in(payload: Any) -> Iterator[str]:
    """Whatever the entries of a list are called by."""
    if isinstance(payload, dict):
        lists = [value for value in payload.values() if isinstance(value, list)]
        rows: list[Any] = [row for value in lists for row in value] or [payload]
    else:
        rows = payload if isinstance(payload, list) else []
    for row in rows:
        if isinstance(row, str):
            yield row
        elif isinstance(row, dict):
            yield from (FOLDER.sub("", row[name]) for name in NAMES if isinstance(row.get(name), str))


def is_among(model_id: str, names: set[str]) -> bool:
    """Ollama calls the usual version of a model "latest"."""
    return model_id in names or f"{model_id}:latest" in names


def goes_on(payload: Any) -> bool:
    """Whether there are further pages of a list."""
    return isinstance(payload, dict) and any(payload.get(name) for name in FURTHER)
