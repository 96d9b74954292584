"""A caller's dialect on one side, a provider's wire on the other, and nothing else between: what the gateway does with
the same functions, on a loopback server. Its path is /WIRE and then the caller's own.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import httpx2
import orjson

from gateway.dialects import anthropic, openai
from gateway.errors import GatewayError, StreamBroken
from gateway.framing import Splitter
from gateway.wires import WIRES
from gateway.wires.base import Failed, Target
from tests.fakes.provider import FakeProvider, Reply, Seen, json_reply
from tests.fakes.upstream import Upstream

DIALECTS: dict[str, tuple[str, ModuleType]] = {
    "openai": ("/chat/completions", openai),
    "anthropic": ("/v1/messages", anthropic),
}
NAMES = {"model": "our/model", "call_id": "call-1", "created": 1_790_000_000}


class Bridge:
    """Calls to `url(wire)` go to a fake upstream that speaks that wire."""

    def __init__(self, provider: FakeProvider, client: httpx2.Client) -> None:
        self.provider, self.client = provider, client
        self.upstream = Upstream(provider)
        self.bases = {name: self.upstream.play(name) for name in WIRES}
        self.sent: list[bytes] = []  # bodies that went upstream
        for wire in WIRES:
            for path, dialect in DIALECTS.values():
                provider.serve(f"/bridge/{wire}{path}", self.answers(wire, dialect))

    def url(self, wire: str) -> str:
        return f"{self.provider.url}/bridge/{wire}"

    def answers(self, wire: str, dialect: ModuleType) -> Any:
        def respond(seen: Seen) -> Reply:
            try:
                return self.answer(wire, dialect, orjson.loads(seen.body))
            except GatewayError as error:
                return json_reply(dialect.error_body(error, "call-1"), error.status)

        return respond

    def answer(self, name: str, dialect: ModuleType, body: Any) -> Reply:
        wire, chat = WIRES[name], dialect.parse(body)
        outgoing = wire.encode(chat, Target(provider=name, model_id=chat.model, base_url=self.bases[name]))
        self.sent.append(outgoing.body)
        answer = self.client.post(
            self.bases[name] + outgoing.path,
            content=outgoing.body,
            headers={**outgoing.headers, "content-type": "application/json"},
        )
        if answer.status_code != 200:
            raise wire.error(answer.status_code, answer.content)
        if not chat.stream:
            said = dialect.render(wire.decode(answer.content), **NAMES)
            return Reply(headers={"Content-Type": "application/json"}, body=said)
        pieces = streamed(name, dialect.Renderer(chat, **NAMES), answer.content)
        return Reply(headers={"Content-Type": "text/event-stream"}, body=pieces)


def streamed(name: str, renderer: Any, stream: bytes) -> bytes:
    """As the relay does it: an error that is told, and an end that is not, both end in an error."""
    splitter, decoder = Splitter(WIRES[name].framing), WIRES[name].decoder()
    said = renderer.begin()
    for event in [*splitter.feed(stream), splitter.close()]:
        for delta in decoder.feed(event):
            said += renderer.feed(delta)
            if isinstance(delta, Failed):
                return said
    for delta in decoder.close():
        said += renderer.feed(delta)
    return said + (renderer.end() if decoder.ended else renderer.fail(StreamBroken("It broke off.")))
