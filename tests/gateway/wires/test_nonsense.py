"""An answer with something else in one place is read, or is the provider's fault: embeddings, images, speech."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UpstreamFailed
from gateway.wires.base import UnaryWire
from gateway.wires.embeddings import EMBEDDINGS, Embedding
from gateway.wires.images import IMAGES, Image
from gateway.wires.speech import SPEECH, Speech

from .nonsense import OTHERS, places, replaced

GOOGLES_USAGE = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
USAGE = {"prompt_tokens": 1, "total_tokens": 1, "cost": 0.1, "prompt_tokens_details": {"cached_tokens": 0}}


def inline(media_type: str) -> Any:
    part = {"inlineData": {"mimeType": media_type, "data": "AAAA"}}
    return {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}], "usageMetadata": GOOGLES_USAGE}


TRUE: list[tuple[UnaryWire[Any], Any, Any]] = [
    (EMBEDDINGS["openai"], Embedding, {"data": [{"index": 0, "embedding": [0.5, 1]}], "usage": USAGE}),
    (EMBEDDINGS["openai"], Embedding, {"data": [{"index": 0, "embedding": "AAAAAA=="}], "usage": USAGE}),
    (EMBEDDINGS["gemini"], Embedding, {"embeddings": [{"values": [0.5, 1]}], "usageMetadata": GOOGLES_USAGE}),
    (EMBEDDINGS["cohere"], Embedding, {"embeddings": {"float": [[1]]}, "meta": {"billed_units": {"input_tokens": 1}}}),
    (EMBEDDINGS["ollama"], Embedding, {"embeddings": [[0.5, 1]], "prompt_eval_count": 1}),
    (IMAGES["openai"], Image, {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": USAGE}),
    (IMAGES["fal"], Image, {"images": [{"url": "data:image/png;base64,AAAA"}]}),
    (IMAGES["gemini"], Image, inline("image/png")),
    (SPEECH["google-tts"], Speech, {"audioContent": "AAAA"}),
    (SPEECH["gemini"], Speech, inline("audio/L16;rate=24000")),
]
ASKS: dict[type, list[Any]] = {
    Embedding: [Embedding(model="m", inputs=["a"], encoding_format=format) for format in ("float", "base64")],
    Image: [Image(model="m", prompt="a", response_format=format) for format in ("url", "b64_json")],
    Speech: [Speech(model="m", text="a", voice="v")],
}


@pytest.mark.parametrize(
    ("wire", "kind", "payload"), TRUE, ids=[f"{kind.__name__}-{wire.name}" for wire, kind, _ in TRUE]
)
@given(data=st.data())
@settings(max_examples=150)
def test_it_is_read_or_refused(wire: UnaryWire[Any], kind: type, payload: Any, data: st.DataObject) -> None:
    ask = data.draw(st.sampled_from(ASKS[kind]))
    body = orjson.dumps(replaced(payload, data.draw(st.sampled_from(list(places(payload)))), data.draw(OTHERS)))

    assert wire.decode is not None
    try:
        answered = wire.decode(ask, "application/json", body)
    except UpstreamFailed as failed:
        assert failed.status == 502
    else:
        assert answered.body
        counts = [getattr(answered.tokens, name) for name in answered.tokens.__slots__]
        assert all(count is None or type(count) is int for count in counts)
