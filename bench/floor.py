"""The floor: what any gateway of this kind costs at least. `uvicorn bench.floor:application`.

A bare ASGI function with the gateway's own relay, a hashed key looked up, a model looked up among 10,000, the body
rewritten and the usage read from the answer; no scopes, limits, resolution, fallback, breaker or metering.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from gateway.relay import Patience, Relay

KEY = os.environ["FLOOR_KEY"]
UPSTREAM = os.environ["FLOOR_UPSTREAM"] + "/chat/completions"
KEYS = {hashlib.sha256(KEY.encode()).digest(): "bench"}
COUNT = int(os.environ.get("FLOOR_MODELS", "10000"))
MODELS = {f"bench/m-{number}": f"m-{number}" for number in range(COUNT)} | {os.environ.get("FLOOR_MODEL", ""): "m"}
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer upstream-key"}
TOKENS = {"input": 0, "output": 0}

Message = dict[str, Any]
relay = Relay(Patience())


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    key = dict(scope["headers"]).get(b"authorization", b"")[7:]
    if not key:  # who asks whether it is up
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    if hashlib.sha256(key).digest() not in KEYS:
        raise PermissionError
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    asked = orjson.loads(body)
    asked["model"] = MODELS[asked["model"]]
    streamed = asked.get("stream") is True
    response = await relay.post(
        "bench", UPSTREAM, orjson.dumps(asked), HEADERS, streamed=streamed, private_allowed=True
    )
    content_type = response.headers["Content-Type"].encode()
    if streamed:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type)]})
        async for chunk in response.content.iter_any():
            at = chunk.find(b'"usage":{')
            if at >= 0:
                count(orjson.loads(chunk[at + 8 : chunk.index(b"}", at) + 1]))
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        response.release()
        await send({"type": "http.response.body", "body": b""})
        return
    answer = await response.read()
    response.release()
    count(orjson.loads(answer)["usage"])
    lines = [(b"content-type", content_type), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": lines})
    await send({"type": "http.response.body", "body": answer})


def count(usage: dict[str, Any]) -> None:
    TOKENS["input"] += usage["prompt_tokens"]
    TOKENS["output"] += usage["completion_tokens"]


async def lifespan(receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    await receive()
    await relay.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await relay.close()
    await send({"type": "lifespan.shutdown.complete"})
