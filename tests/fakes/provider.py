"""A provider on loopback: a real HTTP server that answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import orjson


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float  # seconds of a steady clock

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class BreakOff(Exception):
    """The rest of a body is never sent."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A response. A body in pieces is sent chunked, with a pause before each piece: that is how streams are served.

    A number among the pieces is a pause of that many seconds; BreakOff raised by them closes the connection there.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes | float] = b""
    wait: float = 0  # seconds before the status line
    pause: float = 0  # seconds before each piece


Responder = Callable[[Seen], Reply]


def json_reply(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    body = orjson.dumps(payload)
    return Reply(status=status, headers={"Content-Type": "application/json", **(headers or {})}, body=body)


def in_turn(*replies: Reply) -> Responder:
    """One reply after the other, then the last one for ever."""
    left = list(replies)
    return lambda seen: left.pop(0) if len(left) > 1 else left[0]


class FakeProvider:
    """Serves replies by path; a path that ends with "/" answers for everything below it."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.left: list[Seen] = []  # those whose client did not wait for the end
        self.routes: dict[str, Responder] = {}
        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.provider = self
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def serve(self, path: str, reply: Reply | Responder | Any) -> str:
        """Answer a path with a reply, with what a function makes of the request, or with JSON. Returns the URL."""
        if isinstance(reply, Reply):
            self.routes[path] = lambda seen: reply
        else:
            self.routes[path] = reply if callable(reply) else lambda seen: json_reply(reply)
        return self.url + path

    def reply_to(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        above = [path for path in self.routes if path.endswith("/") and seen.path.startswith(path)]
        responder = self.routes.get(seen.path) or self.routes.get(max(above, key=len, default=""))
        return responder(seen) if responder else json_reply({"error": {"message": "Not found"}}, 404)

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    provider: FakeProvider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up, or distrusts the certificate, is what many tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def answer(self) -> None:
        provider = self.server.provider
        seen = self.read()
        try:
            self.send(provider.reply_to(seen))
        except OSError:
            provider.left.append(seen)
            self.close_connection = True

    def send(self, reply: Reply) -> None:
        self.pause(reply.wait)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if isinstance(reply.body, bytes):
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            elif int(reply.headers["Content-Length"]) > len(reply.body):
                self.close_connection = True  # promised more than it sends: it breaks off
            self.end_headers()
            self.wfile.write(reply.body)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.send_pieces(reply.body, reply.pause)

    do_GET = do_POST = answer  # noqa: N815

    def read(self) -> Seen:
        target = urlsplit(self.path)
        return Seen(
            method=self.command,
            path=target.path,
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            at=time.monotonic(),
        )

    def send_pieces(self, pieces: Iterable[bytes | float], pause: float) -> None:
        for piece in pieces:
            self.wfile.flush()
            if isinstance(piece, bytes):
                self.pause(pause)
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            else:
                self.pause(piece)
        self.wfile.write(b"0\r\n\r\n")

    def pause(self, seconds: float) -> None:
        """Raises ConnectionError if the client leaves meanwhile, or the server closes."""
        if not seconds:
            return
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.provider.closing.wait(min(left, 0.02)):
                raise ConnectionAbortedError
            if self.client_left():
                raise ConnectionResetError

    def client_left(self) -> bool:
        if isinstance(self.connection, ssl.SSLSocket):
            return False  # its bytes cannot be looked at without taking them
        return bool(select.select([self.connection], [], [], 0)[0]) and not self.connection.recv(1, socket.MSG_PEEK)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are remembered in `seen`, not printed."""
