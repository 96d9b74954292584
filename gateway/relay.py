"""THE door of calls to the network: one shared session each for addresses an admin chose and for those of persons.

No cookies, no redirects, no compression, no proxies of the environment. Every connection goes to an address that
catalog.upstream has checked. What goes wrong becomes one of the gateway's errors, without URL, header or key.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from catalog.upstream import AddressRefused, Unreachable, addresses_of, parse_url
from gateway.errors import StreamBroken, UpstreamFailed, UpstreamTimedOut, UpstreamUnreachable

KEEP_ALIVE = 30  # seconds an idle connection is kept
NAMES_KEPT = 30  # seconds a resolved name is kept
LARGE = 512 * 1024  # bytes, from which on a body is sent in parts, so that others get their turns
AGENT = "model-registry"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a provider may take, in seconds."""

    connect: float = 5.0
    answer: float = 600.0  # a whole answer that is not streamed
    stall: float = 60.0  # between two pieces of a stream, and before its first


class Resolver(AbstractResolver):
    """Names lead only where they may. What is checked is what is connected to."""

    def __init__(self, *, private_allowed: bool) -> None:
        self.private_allowed = private_allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.to_thread(addresses_of, host, port, private_allowed=self.private_allowed)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


@lru_cache(maxsize=10_000)
def target_url(url: str, private_allowed: bool) -> URL:
    """The URL to call, checked as far as that needs no resolving: an IP address never meets the resolver.

    Raises AddressRefused.
    """
    parsed = parse_url(url)
    try:
        ip_address(parsed.host)
    except ValueError:
        pass
    else:
        addresses_of(parsed.host, parsed.port or 443, private_allowed=private_allowed)
    return URL(url, encoded=True)


class Relay:
    """Sends calls upstream. Opened and closed on the event loop it is used on."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.sessions: dict[bool, aiohttp.ClientSession] = {}
        self.plain = aiohttp.ClientTimeout(total=patience.answer, sock_connect=patience.connect)
        self.streamed = aiohttp.ClientTimeout(total=None, sock_connect=patience.connect, sock_read=patience.stall)

    async def open(self) -> None:
        self.sessions = {allowed: self.new_session(private_allowed=allowed) for allowed in (True, False)}

    async def close(self) -> None:
        for session in self.sessions.values():
            await session.close()

    @staticmethod
    def new_session(*, private_allowed: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=KEEP_ALIVE,
            ttl_dns_cache=NAMES_KEPT,
            resolver=Resolver(private_allowed=private_allowed),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": AGENT, "Accept": "*/*"},
        )

    async def post(
        self, who: str, url: str, body: bytes, headers: Mapping[str, str], *, streamed: bool, private_allowed: bool
    ) -> aiohttp.ClientResponse:
        """The answer as far as its head. Raises UpstreamFailed; `who` is the provider's slug."""
        try:
            return await self.sessions[private_allowed].post(
                target_url(url, private_allowed),
                data=body if len(body) < LARGE else BytesIO(body),
                headers=headers,
                allow_redirects=False,
                timeout=self.streamed if streamed else self.plain,
            )
        except (aiohttp.ClientError, TimeoutError, AddressRefused, Unreachable) as error:
            raise trouble(who, error) from error


def trouble(who: str, error: Exception) -> UpstreamFailed:
    """What a failed exchange means, in words that hold nothing of its address."""
    match error:
        case AddressRefused() | Unreachable():
            return UpstreamUnreachable(error.message)
        case TimeoutError():  # aiohttp's own are among them
            return UpstreamTimedOut(f"{who} did not answer in time.", upstream_status=504)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return UpstreamUnreachable(f"{who} cannot be reached: its TLS connection cannot be trusted.")
        case aiohttp.ClientConnectorError():
            return UpstreamUnreachable(f"{who} cannot be reached: no connection could be made.")
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return StaleConnection(f"{who} closed the connection without an answer.")
        case aiohttp.ClientPayloadError():
            return StreamBroken(f"The answer of {who} broke off in the middle.")
    return UpstreamFailed(f"{who} sent what is no HTTP answer.")


class StaleConnection(UpstreamUnreachable):
    """A connection that was kept and is gone: the same call may be sent once more at once."""
