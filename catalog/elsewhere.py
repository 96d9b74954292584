"""What others call the providers we know, for reading their files and writing them."""

from __future__ import annotations

# Our slug -> LiteLLM's name of a provider it speaks to by itself; the others it calls as OpenAI-compatible.
LITELLM = {
    "alibaba": "dashscope",
    "anthropic": "anthropic",
    "azure-openai": "azure",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepinfra": "deepinfra",
    "deepseek": "deepseek",
    "elevenlabs": "elevenlabs",
    "fal": "fal_ai",
    "featherless": "featherless_ai",
    "fireworks": "fireworks_ai",
    "gemini": "gemini",
    "google-vertex": "vertex_ai",
    "groq": "groq",
    "huggingface": "huggingface",
    "lmstudio": "lm_studio",
    "meta": "meta_llama",
    "mistral": "mistral",
    "nebius": "nebius",
    "novita": "novita",
    "ollama": "ollama",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together_ai",
    "vercel-ai-gateway": "vercel_ai_gateway",
    "vllm": "hosted_vllm",
    "xai": "xai",
}

# Our slug -> models.dev's id, where the two differ.
MODELS_DEV = {
    "azure-openai": "azure",
    "fireworks": "fireworks-ai",
    "gemini": "google",
    "meta": "llama",
    "novita": "novita-ai",
    "together": "togetherai",
    "vercel-ai-gateway": "vercel",
}
