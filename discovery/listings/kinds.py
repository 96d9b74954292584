"""What kind of model an entry is: from the word its provider uses, else from modalities, else from its id."""

from __future__ import annotations

import re
from typing import Any

TEXT = "text"
TTS = "tts"
IMAGE = "image"
EMBEDDING = "embedding"
TRANSCRIPTION = "transcription"
RERANK = "rerank"
MODERATION = "moderation"
VIDEO = "video"
OTHER = "other"


def turned(table: dict[str, str]) -> dict[str, str]:
    """kind -> words, as word -> kind."""
    return {word: kind for kind, words in table.items() for word in words.split()}


# The words providers use for a kind in a field of its own: `type`, `model_type`, `task`, `category`, `mode`, ...
STATED = turned(
    {
        TEXT: """text chat language llm llms vlm code completion completions chat-completion chat-completions responses
            text-generation text2text-generation conversational image-text-to-text text-to-text vision multimodal""",
        TTS: "tts speech text-to-speech audio-speech",
        IMAGE: """image images text-to-image image-to-image image-generation image-edit inpaint inpainting upscale
            upscaling flumina-base-model flumina-addon""",
        EMBEDDING: """embed embedding embeddings text-embedding text-embeddings feature-extraction
            sentence-similarity embedding-model""",
        TRANSCRIPTION: """transcribe transcription transcriptions audio-transcription speech-to-text stt asr
            automatic-speech-recognition""",
        RERANK: "rerank reranker reranking text-ranking",
        MODERATION: "moderation moderations text-moderation guard",
        VIDEO: """video videos text-to-video image-to-video video-to-video audio-to-video reference-to-video
            video-generation world-model speech-to-video avatar""",
        OTHER: """other 3d image-to-3d text-to-3d 3d-to-3d training text-to-audio audio-to-audio video-to-audio
            speech-to-speech music music-generation text-to-music realtime ocr image-to-json text-to-json json fill-mask
            text-classification token-classification zero-shot-image-classification object-detection""",
    }
)
# What a word in an id says outright ...
SAID = turned(
    {
        MODERATION: """moderation guard safeguard shield guardian shieldgemma virtueguard nemoguard llamaguard
            wildguard promptguard""",
        RERANK: "rerank reranker",
        EMBEDDING: "embed embedding embeddings embedder embeddinggemma retrieval",
        TRANSCRIPTION: "transcribe transcription stt asr whisper",
        TTS: "tts speech",
        VIDEO: "video t2v i2v v2v",
        IMAGE: "image images imagen imagine inpainting upscale upscaler t2i i2i",
    }
)
# ... and what the names of known families mean, where no word says more.
FAMILIES = turned(
    {
        EMBEDDING: "bge gte e5 bert minilm mpnet vit siglip colbert text2vec labse voyage uae",
        TRANSCRIPTION: "parakeet sensevoice scribe paraformer canary",
        TTS: "orpheus kokoro playai sonic eleven chatterbox zonos cosyvoice sambert csm",
        VIDEO: """sora veo wan kling vidu seedance hailuo pixverse ltx ltxv mochi cogvideox runway pika
            hunyuanvideo""",
        IMAGE: """dall dalle flux sd sdxl stable-diffusion seedream seededit ideogram recraft hidream kolors photon
            midjourney playground banana cogview bria fibo janus clarityai prunaai""",
        OTHER: "realtime lyria music suno udio",
    }
)
PRIORITY = (MODERATION, RERANK, EMBEDDING, TRANSCRIPTION, TTS, VIDEO, IMAGE, OTHER, TEXT)
RANK = {word: PRIORITY.index(kind) + len(PRIORITY) for word, kind in FAMILIES.items()}
RANK |= {word: PRIORITY.index(kind) for word, kind in SAID.items()}
LAST = 2 * len(PRIORITY) - 1
WORDS = re.compile(r"stable-diffusion|e5(?![a-z])|text2vec|[tiv]2[iv](?![a-z])|[a-z]+")

SOLE_OUTPUT = {
    "image": IMAGE,
    "video": VIDEO,
    "audio": TTS,
    "speech": TTS,
    "embedding": EMBEDDING,
    "transcription": TRANSCRIPTION,
    "rerank": RERANK,
    "music": OTHER,
    "3d": OTHER,
}
MOST_TELLING = ("video", "image", "audio", "speech")  # of several outputs, what the model is called by
BY_TOKEN = {TEXT, EMBEDDING, MODERATION, RERANK}  # kinds that are priced by the token
TEXT_OUT = {TEXT, MODERATION, RERANK, EMBEDDING, TRANSCRIPTION}  # kinds whose output is also called text


def by_id(model_id: str) -> str:
    """The kind an id suggests; text if nothing in it says otherwise. How people call what they tuned says nothing."""
    if model_id.startswith("ft:"):
        model_id = model_id.split(":")[1]
    best = LAST
    for word in WORDS.findall(model_id.lower()):
        if word in RANK and RANK[word] < best:
            best = RANK[word]
    return PRIORITY[best % len(PRIORITY)]


def by_word(value: Any) -> str | None:
    """The kind a provider's own word says, if it is a word we know."""
    if value.__class__ is not str:
        return None
    return STATED.get(value) or STATED.get(value.strip().lower().replace("_", "-").replace(" ", "-"))


def by_modalities(model_id: str, outputs: list[str] | None) -> str:
    """The kind by what comes out. Text alone leaves open whether it is an answer, a verdict or a ranking."""
    kind = by_id(model_id)
    if not outputs:
        return kind
    if outputs == ["text"]:
        return kind if kind in TEXT_OUT else TEXT
    if len(outputs) == 1 and outputs[0] in SOLE_OUTPUT:
        return kind if kind == OTHER else SOLE_OUTPUT[outputs[0]]  # music is audio too
    if kind == TEXT and "text" not in outputs:  # several things, or one that we have no word for
        return next((SOLE_OUTPUT[output] for output in MOST_TELLING if output in outputs), OTHER)
    return kind
