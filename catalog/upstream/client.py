"""The HTTP client: connects only to addresses that were checked, follows nothing, keeps nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpcore2
import httpx2

from .addresses import addresses_of

ATTEMPTS = 4  # addresses of one host
LIMITS = httpx2.Limits(max_connections=16, max_keepalive_connections=8)

# Its own threads: a name server that hangs must not take the event loop's few, which others wait for.
RESOLVERS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="resolve")


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a host once, checks what it found, and connects to exactly that. TLS still verifies the host's name."""

    def __init__(self, *, private_allowed: bool) -> None:
        self.private_allowed = private_allowed
        self.plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = (await self.resolve(host, port, timeout))[:ATTEMPTS]
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self.plain.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self.plain.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def resolve(self, host: str, port: int, timeout: float | None) -> list[str]:
        check = partial(addresses_of, host, port, private_allowed=self.private_allowed)
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.get_running_loop().run_in_executor(RESOLVERS, check)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("the name was not resolved in time") from error


class CheckedTransport(httpx2.AsyncHTTPTransport):
    """The client's own transport over a pool that connects through the check."""

    def __init__(self, backend: CheckedBackend, tls: ssl.SSLContext) -> None:
        # The base class offers no network backend, so its pool is built here, as it would build it.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=backend,
        )


@cache
def trusted() -> ssl.SSLContext:
    """The system's certificates, or those of SSL_CERT_FILE: an organisation may have an authority of its own."""
    return httpx2.create_ssl_context(trust_env=True)


def new_client(
    *, private_allowed: bool, connect: float = 10, read: float = 30, tls: ssl.SSLContext | None = None
) -> httpx2.AsyncClient:
    """A client for one provider.

    `trust_env` is off: a proxy from the environment would resolve names itself, past the check, and a .netrc
    would add credentials nobody stored here.
    """
    return httpx2.AsyncClient(
        transport=CheckedTransport(CheckedBackend(private_allowed=private_allowed), tls or trusted()),
        timeout=httpx2.Timeout(connect=connect, read=read, write=read, pool=read),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "model-registry"},
        follow_redirects=False,
        trust_env=False,
    )
