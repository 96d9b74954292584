"""Which protocol answers what beside chat, and in which words it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.chat.cohere import Cohere
from tests.fakes.chat.gemini import Gemini
from tests.fakes.chat.mind import Refused
from tests.fakes.chat.ollama import Ollama
from tests.fakes.chat.openai import OpenAI
from tests.fakes.provider import Reply, Responder, Seen

from . import embeddings, images, speech


@dataclass(frozen=True)
class Kind:
    answer: Responder
    error: Callable[..., Any]  # the body for a status and a message
    takes: Callable[[Seen], bool] = lambda seen: True  # the rest is for who else lives at that path


def asks_gemini(seen: Seen) -> str:
    """What a request is for beside chat: "EMBED", "AUDIO", "IMAGE"; empty for chat."""
    if seen.path.endswith(":batchEmbedContents"):
        return "EMBED"
    wanted = (seen.json.get("generationConfig") or {}).get("responseModalities") or []
    return next((name for name in ("AUDIO", "IMAGE") if name in wanted), "")


def gemini(seen: Seen) -> Reply:
    return {"EMBED": embeddings.gemini, "AUDIO": speech.gemini, "IMAGE": images.gemini}[asks_gemini(seen)](seen)


def detail(status: int, message: str, param: str | None = None) -> Any:
    return {"detail": {"status": "told_to", "message": message}}


def vertex(seen: Seen) -> Reply:
    """Some models left the older call, others do not know the newer one."""
    model, _, method = seen.path.rpartition("/")[2].partition(":")
    if (method == "predict") is (model == "gemini-embedding-2"):
        raise Refused("Precondition check failed.")
    return embeddings.vertex(seen) if method == "predict" else embeddings.vertex_one(seen)


OPENAI = OpenAI().error
COMPATIBLE = {
    "/embeddings": Kind(embeddings.openai, OPENAI),
    "/audio/speech": Kind(speech.openai, OPENAI),
    "/images/generations": Kind(images.openai, OPENAI),
}
# Protocol -> path under the base URL; one that ends with "/" answers for all below it.
KINDS: Mapping[str, Mapping[str, Kind]] = {
    "openai": COMPATIBLE,
    "compatible": COMPATIBLE,
    "openrouter": COMPATIBLE,
    "gemini": {"/models/": Kind(gemini, Gemini().error, lambda seen: bool(asks_gemini(seen)))},
    "vertex": {"/publishers/google/models/": Kind(vertex, Gemini().error)},
    "cohere": {"/embed": Kind(embeddings.cohere, Cohere().error)},
    "ollama": {"/api/embed": Kind(embeddings.ollama, Ollama().error)},
    "tgi": {"/v1/embeddings": Kind(embeddings.openai, OPENAI)},
    "elevenlabs": {"/text-to-speech/": Kind(speech.elevenlabs, detail)},
    "google-tts": {"/text:synthesize": Kind(speech.google, Gemini().error)},
    "azure-tts": {"/v1": Kind(speech.azure, detail)},
    "fal": {"/": Kind(images.fal, detail)},
}
