"""The dialects of model lists by name. An odd provider adds one file and one line here."""

from __future__ import annotations

from . import anthropic, gemini, generic, openai, openrouter
from .base import Dialect

DIALECTS: dict[str, Dialect] = {
    "anthropic": anthropic.DIALECT,
    "gemini": gemini.DIALECT,
    "generic": generic.DIALECT,
    "openai": openai.DIALECT,
    "openrouter": openrouter.DIALECT,
    **dict.fromkeys(
        (
            *("vertex", "mistral", "xai", "deepinfra", "featherless", "groq", "fireworks", "together", "huggingface"),
            *("cerebras", "nebius", "novita", "helicone", "aihubmix", "aimo", "near", "chutes", "cohere", "azure"),
            *("ollama", "lmstudio", "llamacpp", "fal", "vercel", "elevenlabs"),
        ),
        generic.DIALECT,
    ),
}
