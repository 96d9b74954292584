"""One name for one model, whoever offers it: `vendor/name`, told from what providers call it. Pure; rules are tables.

Where in doubt two names stay two: a wrong tie would compare the prices of different models. A dated snapshot is one
with its alias only where the provider says so, or where the vendor never made a second one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LONGEST = 255

# Who made a model, by what stands before the slash, where that is not its usual name.
VENDORS = {
    "alibaba": "qwen",
    "bfl": "black-forest-labs",
    "bytedance-seed": "bytedance",
    "cohereforai": "cohere",
    "coherelabs": "cohere",
    "deepseek-ai": "deepseek",
    "gemini": "google",
    "ibm-granite": "ibm",
    "meta-llama": "meta",
    "meta-models": "meta",
    "minimaxai": "minimax",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "prime-intellect": "primeintellect",
    "spacexai": "xai",
    "stepfun-ai": "stepfun",
    "thudm": "zai",
    "x-ai": "xai",
    "xiaomimimo": "xiaomi",
    "z-ai": "zai",
    "zai-org": "zai",
}
COPIES = {"unsloth", "chutesai", "accounts"}  # they pass on what others made: the name tells who

# Who made a model, by how its name begins, where nothing before a slash says so.
FAMILIES = (
    ("anthropic", re.compile(r"claude-")),
    ("openai", re.compile(r"(chat)?gpt-|o[134](-|$)|dall-e-|whisper-|tts-1|text-embedding-(3|ada)|sora-|codex-")),
    ("google", re.compile(r"gemini-|gemma-?\d|imagen-|veo-|lyria-")),
    ("meta", re.compile(r"(meta-)?llama-?v?\d")),
    ("qwen", re.compile(r"qwen|qwq-|qvq-")),
    ("deepseek", re.compile(r"deepseek-")),
    ("mistral", re.compile(r"(mistral|mixtral|codestral|devstral|ministral|magistral|pixtral|voxtral)-")),
    ("xai", re.compile(r"grok-")),
    ("zai", re.compile(r"(zai-)?glm-")),
    ("moonshotai", re.compile(r"kimi-")),
    ("minimax", re.compile(r"minimax-")),
    ("cohere", re.compile(r"(cohere-)?command-|c4ai-")),
    ("perplexity", re.compile(r"sonar(-|$)")),
    ("microsoft", re.compile(r"phi-")),
)
# What else these list, they made themselves.
MAKERS = {name: name for name in ("anthropic", "cohere", "deepseek", "mistral", "openai", "perplexity", "xai")}
MAKERS |= {"elevenlabs": "elevenlabs", "gemini": "google"}
LOCAL = {"ollama", "lmstudio", "llamacpp"}  # their names are those of files

# What providers add to a name for another way to the same model: cheaper, faster, in fewer bits, in a safe place.
OFFERS = {
    "aihubmix": re.compile(r"-(free|think|nothink|search)$"),
    "chutes": re.compile(r"(-turbo)?-tee$|-turbo$"),
    "deepinfra": re.compile(r"(?<!embed)-(turbo|batch)$"),
    "helicone": re.compile(r"(?<=instruct)-turbo$"),
    "huggingface": re.compile(r":[a-z0-9-]+$"),
    "nebius": re.compile(r"-fast$"),
    "openrouter": re.compile(r":[a-z]+$|(?<=\d)-fast(:[a-z]+)?$"),
    "together": re.compile(r"(?<=instruct)-(turbo|lite|reference|turbo-free)$|-tput$"),
    "vercel-ai-gateway": re.compile(r"-fast$"),
}
OWN_FAST = ("xai/", "x-ai/", "spacexai/", "morph/")  # vendors of models that are called fast
BITS = ("-fp8", "-fp4", "-nvfp4", "-mxfp4", "-bf16", "-fp16", "-int8", "-int4", "-awq", "-gptq")
FIREWORKS_POINT = re.compile(r"(?<=\d)p(?=\d)")

# Before what vendors repeat their own name.
OWN_NAME = {
    "cohere": re.compile(r"^(cohere|c4ai)-"),
    "meta": re.compile(r"^meta-"),
    "nvidia": re.compile(r"^nvidia-"),
    "zai": re.compile(r"^zai-"),
}
JOINED = re.compile(r"^([a-z]{2,})(\d)")  # qwen3 -> qwen-3
POINT = re.compile(r"(?<![\d.])(\d)-(\d)(?![\da-z.])")  # 4-5 -> 4.5, but neither 3-8b nor 4-0613
LLAMA_V = re.compile(r"^llama-v(?=\d)")
CLAUDE = re.compile(r"claude-(?:(?P<v1>\d(?:\.\d)?)-(?P<f1>[a-z]+)|(?P<f2>[a-z]+)-(?P<v2>\d(?:\.\d)?))(?P<rest>.*)")
CLAUDE_DATE = re.compile(r"-20\d{6}|-v2|-latest")
SECOND_SNAPSHOTS = {"claude-sonnet-3.5-20240620"}  # of which there is a later one of the same name

SAME = {
    "meta/llama-3.1-8b-instant": "meta/llama-3.1-8b-instruct",
    "meta/llama-3.3-70b": "meta/llama-3.3-70b-instruct",
    "meta/llama-3.3-70b-versatile": "meta/llama-3.3-70b-instruct",
    "meta/llama-4-maverick": "meta/llama-4-maverick-17b-128e-instruct",
    "meta/llama-4-scout": "meta/llama-4-scout-17b-16e-instruct",
    "mistral/devstral-2": "mistral/devstral-2512",
    "mistral/ministral-3-14b-instruct-2512": "mistral/ministral-14b-2512",
    "mistral/ministral-3-3b-instruct-2512": "mistral/ministral-3b-2512",
    "mistral/ministral-3-8b-instruct-2512": "mistral/ministral-8b-2512",
    "mistral/mistral-large-3": "mistral/mistral-large-2512",
    "mistral/mistral-small-3.1-24b-instruct-2503": "mistral/mistral-small-2503",
    "mistral/mistral-small-3.2-24b-instruct-2506": "mistral/mistral-small-2506",
    "mistral/mistral-small-4-119b-2603": "mistral/mistral-small-2603",
    "mistral/voxtral-small-24b-2507": "mistral/voxtral-small-2507",
    "moonshotai/kimi-k2": "moonshotai/kimi-k2-instruct",
    "moonshotai/kimi-k2-0711": "moonshotai/kimi-k2-instruct",
    "moonshotai/kimi-k2-0905": "moonshotai/kimi-k2-instruct-0905",
    "openai/gpt-chat-latest": "openai/chat-latest",
    "openai/o3-mini-high": "openai/o3-mini",
    "openai/o4-mini-high": "openai/o4-mini",
    "qwen/qwen-3-coder": "qwen/qwen-3-coder-480b-a35b-instruct",
}
# Names that stood for one model after the other: nobody knows which one a provider means.
MOVED = ("mistral", "cohere")
MOVING = re.compile(
    r"mistral/(mistral-(tiny|small|medium|large)|codestral|magistral-(small|medium)|devstral-(small|medium)|"
    r"ministral-\d+b|pixtral-large)|cohere/command(-r|-r-plus|-light|-nightly)?"
)
CHAT_LATEST = re.compile(r"(gpt-\d(?:\.\d)?-chat)-latest")  # OpenAI's own name of what others call gpt-5-chat


def canonical_id(provider: str, model_id: str, stated: Mapping[str, Any]) -> str:
    """The name of a model across providers; "" if nothing tells it. `stated` may hold the provider's own word."""
    if provider in LOCAL:
        return ""
    name = str(stated.get("canonical_id") or model_id).lower().lstrip("~").replace("_", "-").replace(" ", "-")
    name = without_offer(provider, name)
    if name.endswith(BITS):
        name = name[: name.rindex("-")]
    vendor, name = parted(provider, name)
    if not vendor or not name:
        return ""
    full = f"{vendor}/{spelled(vendor, name)}"
    if vendor in MOVED and MOVING.fullmatch(full):
        return ""
    return SAME.get(full, full)[:LONGEST]


def without_offer(provider: str, name: str) -> str:
    pattern = OFFERS.get(provider)
    if provider == "fireworks":
        return FIREWORKS_POINT.sub(".", name)
    return name if pattern is None or name.startswith(OWN_FAST) else pattern.sub("", name)


def parted(provider: str, name: str) -> tuple[str, str]:
    """Vendor and name. What stands before the slash tells the vendor, else the family, else who lists it."""
    before, slash, after = name.partition("/")
    if slash and before not in COPIES:
        return VENDORS.get(before, before), after
    name = name.rpartition("/")[2]
    for vendor, family in FAMILIES:
        if family.match(name):
            return vendor, name
    return MAKERS.get(provider, ""), name


def spelled(vendor: str, name: str) -> str:
    """A name as we write it: versions with a point, at a dash from the family."""
    name = name.removesuffix("@default").removesuffix("@latest").replace("@", "-")
    if vendor in OWN_NAME:
        name = OWN_NAME[vendor].sub("", name)
    name = POINT.sub(r"\1.\2", JOINED.sub(r"\1-\2", name))
    rule = SPELLINGS.get(vendor)
    return rule(name) if rule else name


def chat(name: str) -> str:
    match = CHAT_LATEST.fullmatch(name)
    return match[1] if match else name


def llama(name: str) -> str:
    return LLAMA_V.sub("llama-", name)


def claude(name: str) -> str:
    """Family before version, and no date: Anthropic dates each version once."""
    match = CLAUDE.fullmatch(name)
    if match is None:
        return name
    full = f"claude-{match['f1'] or match['f2']}-{match['v1'] or match['v2']}{match['rest']}"
    return full if full in SECOND_SNAPSHOTS else CLAUDE_DATE.sub("", full)


SPELLINGS = {"anthropic": claude, "meta": llama, "openai": chat}
