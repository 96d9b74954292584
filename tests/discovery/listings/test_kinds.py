from __future__ import annotations

import pytest

from discovery.listings import kinds

BY_ID = {
    "text": """gpt-4.1 gpt-3.5-turbo-instruct davinci-002 o4-mini-deep-research gpt-4o-search-preview gpt-audio
        gpt-5.1-codex-max chatgpt-4o-latest chat-latest claude-opus-5 gemini-robotics-er-2-preview gemma-3n-e4b-it
        Qwen/Qwen3-VL-235B-A22B-Instruct meta-llama/Llama-3.3-70B-Instruct-Turbo groq/compound mistral-medium-2508
        amazon.nova-lite-v1:0 us.amazon.nova-premier-v1:0 openrouter/auto computer-use-preview deepseek-ocr aqa
        liquid/lfm2-8b-a1b inclusionai/ling-3.0-flash acme/Lora-Rank-64-7B gemini-diffusion nomic-ai/gpt4all-falcon""",
    "embedding": """text-embedding-3-small text-embedding-ada-002 mistral-embed codestral-embed-2505 BAAI/bge-m3
        intfloat/e5-base-v2 thenlper/gte-large sentence-transformers/all-MiniLM-L6-v2 google/embeddinggemma-300m
        shibing624/text2vec-base-chinese sentence-transformers/clip-ViT-B-32 Qwen/Qwen3-Embedding-8B nomic-embed-text
        embed-english-v3.0-image voyage-code-3 nvidia/llama-nemotron-embed-vl-1b-v2""",
    "image": """dall-e-3 gpt-image-1.5 chatgpt-image-latest imagen-4.0-generate-001 black-forest-labs/FLUX-2-pro
        stabilityai/sdxl-turbo Stable-Diffusion-3.5-Large Wan-AI/Wan2.6-Image-Edit Wan-AI/Wan2.6-T2I grok-2-image-1212
        nano-banana-pro-preview ByteDance/Seedream-4.5 gemini-2.5-flash-image ideogram/ideogram-3.0
        stability.stable-conservative-upscale-v1:0 grok-imagine-image deepseek-ai/Janus-Pro-7B""",
    "tts": """tts-1-hd gpt-4o-mini-tts-2025-03-20 gemini-2.5-flash-preview-tts canopylabs/orpheus-v1-english
        hexgrad/Kokoro-82M cartesia/sonic-3 playai-tts-arabic eleven_multilingual_v2 minimax/speech-02-hd""",
    "transcription": """whisper-1 openai/whisper-large-v3-turbo distil-whisper-large-v3-en gpt-4o-transcribe-diarize
        gpt-live-transcribe gpt-realtime-whisper nvidia/parakeet-tdt-0.6b scribe_v1""",
    "moderation": """omni-moderation-latest meta-llama/Llama-Guard-4-12B meta-llama/LlamaGuard-2-8b
        openai/gpt-oss-safeguard-20b meta-llama/llama-prompt-guard-2-22m google/shieldgemma-9b
        ibm/granite-guardian-3-8b Virtue-AI/VirtueGuard-Text-Lite mistral-moderation-2603""",
    "rerank": "rerank-v3.5 Cohere-rerank-v4.0-pro Qwen/Qwen3-Reranker-8B BAAI/bge-reranker-v2",
    "video": """sora-2-pro veo-3.1-generate-preview grok-imagine-video Wan-AI/Wan2.2-T2V-A14B kwaivgI/kling-2.1-pro
        minimax/video-01-director ByteDance/Seedance-1.0-pro vidu/vidu-2.0 stable-video-diffusion""",
    "other": "gpt-realtime gpt-realtime-translate gpt-4o-mini-realtime-preview google/lyria-3-pro-preview music-1",
}


@pytest.mark.parametrize(
    ("model_id", "kind"), [(model_id, kind) for kind, ids in BY_ID.items() for model_id in ids.split()]
)
def test_an_id_tells_a_kind(model_id: str, kind: str) -> None:
    assert kinds.by_id(model_id) == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("chat", "text"),
        ("LLM", "text"),
        ("vlm", "text"),
        ("text-generation", "text"),
        ("image_generation", "image"),
        ("text-to-image", "image"),
        ("Text To Speech", "tts"),
        ("automatic-speech-recognition", "transcription"),
        ("transcribe", "transcription"),
        ("embeddings", "embedding"),
        ("feature-extraction", "embedding"),
        ("reranker", "rerank"),
        ("moderation", "moderation"),
        ("image-to-video", "video"),
        ("training", "other"),
        ("model", None),
        ("base", None),
        (None, None),
        (7, None),
    ],
)
def test_a_providers_word_tells_a_kind(word: object, kind: str | None) -> None:
    assert kinds.by_word(word) == kind


@pytest.mark.parametrize(
    ("model_id", "outputs", "kind"),
    [
        ("acme/verse", ["text"], "text"),
        ("acme/image-reader", ["text"], "text"),
        ("acme/llama-guard", ["text"], "moderation"),
        ("acme/verse", ["image"], "image"),
        ("acme/verse-image", ["text", "image"], "image"),
        ("acme/auto", ["text", "image"], "text"),
        ("acme/verse", ["text", "audio"], "text"),
        ("acme/aria", ["audio"], "tts"),
        ("acme/aria", ["speech"], "tts"),
        ("acme/lyria", ["audio"], "other"),
        ("acme/points", ["embedding"], "embedding"),
        ("acme/scribble", ["transcription"], "transcription"),
        ("acme/reel", ["video"], "video"),
        ("acme/order", ["rerank"], "rerank"),
        ("tts-9", None, "tts"),
    ],
)
def test_modalities_tell_a_kind_and_leave_the_rest_to_the_id(
    model_id: str, outputs: list[str] | None, kind: str
) -> None:
    assert kinds.by_modalities(model_id, outputs) == kind
