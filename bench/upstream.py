"""A provider that costs next to nothing: `python -m bench.upstream PORT` answers every POST with fixed bytes.

It speaks as much HTTP as an HTTP client needs, in one asyncio protocol. A body that holds `"stream":true` is answered
with a stream of 67 events, all at once.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

TOKENS = 64  # events with text; role, end and usage make it 67

ANSWER = (
    b'{"id":"chatcmpl-bench","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"' + b"word " * 60 + b'"},"finish_reason":"stop"}],"usage":{"prompt_tokens":21,'
    b'"completion_tokens":64,"total_tokens":85,"prompt_tokens_details":{"cached_tokens":0}}}'
)
HEAD = b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"m","choices":'


def event(delta: bytes, finish: bytes = b"null") -> bytes:
    return HEAD + b'[{"index":0,"delta":%b,"finish_reason":%b}]}\n\n' % (delta, finish)


EVENTS = [
    event(b'{"role":"assistant","content":""}'),
    *(event(b'{"content":"word "}') for _ in range(TOKENS)),
    event(b"{}", b'"stop"'),
    HEAD + b'[],"usage":{"prompt_tokens":21,"completion_tokens":64,"total_tokens":85}}\n\n',
    b"data: [DONE]\n\n",
]


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


PLAIN = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: keep-alive\r\n\r\n"
    % len(ANSWER)
) + ANSWER
STREAM_HEAD = b"\r\n".join(
    (b"HTTP/1.1 200 OK", b"content-type: text/event-stream", b"transfer-encoding: chunked", b"", b"")
)
STREAM = STREAM_HEAD + chunked(b"".join(EVENTS)) + b"0\r\n\r\n"


class Provider(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # uvloop's is none of asyncio's
        self.data = bytearray()

    def data_received(self, data: bytes) -> None:
        self.data += data  # a bytearray: a large body is not copied with each piece
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            whole = end + 4 + length
            if len(self.data) < whole:
                return
            body = bytes(self.data[end + 4 : whole])
            del self.data[:whole]
            self.answer(body)

    def answer(self, body: bytes) -> None:
        if b'"stream":true' not in body:
            self.transport.write(PLAIN)
        else:
            self.transport.write(STREAM)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
