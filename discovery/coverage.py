"""What is known of each provider and where it comes from, as the table that stands in README."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.curated import default_catalog
from catalog.facts import PRICE
from catalog.providers import SPECS, ProviderSpec

from . import price_book

BEGIN, END = "<!-- providers -->", "<!-- /providers -->"
HEAD = ("Provider", "Kinds", "Its own list states", "The rest comes from", "Checked against")

# The words of the table, and the facts that stand behind each.
WORDS = {
    "names": {"name"},
    "limits": {"context_window", "max_output_tokens"},
    "modalities": {"input_modalities", "output_modalities"},
    "abilities": {"supports_tools", "supports_vision", "supports_reasoning", "supports_structured_output"},
    "prices": {PRICE},
    "sizes": {"parameters"},
    "dates": {"knowledge_cutoff", "retires_at"},
}
EVERYTHING = "names limits modalities abilities prices"
# What a provider's lists state, further ones included. A test reads the recorded and the small bodies against it.
STATED = {
    "aihubmix": EVERYTHING,
    "aimo": EVERYTHING,
    "alibaba": "",
    "anannas": EVERYTHING,
    "anthropic": "names limits modalities abilities",
    "azure-openai": "dates",
    "cerebras": EVERYTHING,
    "chutes": "limits modalities abilities prices",
    "cohere": "limits abilities",
    "deepinfra": "limits abilities prices dates",
    "deepseek": "",
    "elevenlabs": "names modalities",
    "fal": "names modalities prices",
    "featherless": "names limits abilities",
    "fireworks": "names limits abilities sizes dates",
    "gemini": "names limits abilities",
    "google-vertex": "",
    "groq": EVERYTHING,
    "helicone": EVERYTHING,
    "huggingface": "limits modalities abilities prices",
    "llamacpp": "limits abilities sizes",
    "lmstudio": "names limits abilities sizes",
    "mistral": "limits modalities abilities dates",
    "near": EVERYTHING + " dates",
    "nebius": EVERYTHING,
    "novita": EVERYTHING,
    "ollama": "limits modalities abilities sizes",
    "openai": "dates",
    "openrouter": EVERYTHING + " dates",
    "perplexity": "prices",
    "together": "names limits prices",
    "vercel-ai-gateway": "names limits abilities prices",
    "vllm": "limits",
    "xai": "limits modalities abilities prices",
}
DOCUMENTED = "documentation"
RECORDED = "a recorded list"
RECORDED_LISTS = (
    "anthropic", "azure-openai", "cerebras", "cohere", "deepinfra", "deepseek", "fal", "gemini", "google-vertex",
    "groq", "huggingface", "llamacpp", "lmstudio", "mistral", "ollama", "openai", "openrouter", "perplexity",
    "together",
)  # fmt: skip
# Of some only a part was recorded; the rest is read as it is documented.
CHECKED = dict.fromkeys(RECORDED_LISTS, RECORDED) | {
    "azure-tts": "recorded voices",
    "chutes": "a recorded list of its management API",
    "elevenlabs": "recorded voices; models: documentation",
    "google-tts": "recorded voices",
    "nebius": "a recorded list of names; details: documentation",
    "xai": "a recorded list of names; details: documentation",
}


def table() -> str:
    """The table in Markdown, a provider a line."""
    lines = [line(HEAD), line("---" for _ in HEAD)]
    lines += [line(cells(spec)) for spec in SPECS.values() if spec.slug != "custom"]
    return "\n".join(lines)


def line(parts: Iterator[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(parts)} |"


def cells(spec: ProviderSpec) -> tuple[str, ...]:
    linked = f"[{spec.name}]({spec.docs_url})" if spec.docs_url else spec.name
    listed = bool(spec.listing or spec.voices)
    return (
        f"{linked} `{spec.slug}`",
        ", ".join(spec.categories),
        stated(spec),
        rest(spec),
        CHECKED.get(spec.slug, DOCUMENTED) if listed else "–",
    )


def stated(spec: ProviderSpec) -> str:
    words = STATED.get(spec.slug, "").split()
    if not spec.listing:
        return "voices" if spec.voices else "it has none"
    return ", ".join([*words, *(["voices"] if spec.voices else [])]) or "ids"


def rest(spec: ProviderSpec) -> str:
    sources = ["genai-prices"] if price_book.knows(spec.slug) else []
    if any(curated.provider == spec.slug for curated in default_catalog()):
        sources.append("default catalog")
    return ", ".join(sources) or "–"


def put_into(text: str) -> str:
    """A document with the table between its marks. Raises ValueError if it has none."""
    before, begin, after = text.partition(BEGIN)
    _, end, rest_of_it = after.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{rest_of_it}"
