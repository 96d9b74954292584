"""What a model can do, from the many words providers have for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

STREAMING = "supports_streaming"
TOOLS = "supports_tools"
VISION = "supports_vision"
REASONING = "supports_reasoning"
STRUCTURED = "supports_structured_output"

# Written without case, hyphens and underscores. JSON mode alone is no structured output: it follows no schema.
MEANING = {
    fact: words.split()
    for fact, words in {
        STREAMING: "stream streaming supportsstreaming responsestreamingsupported",
        TOOLS: """tools tooluse toolcall toolcalls toolcalling functioncall functioncalling functions toolchoice
            supportstools supportstooluse supportstoolcalling supportsfunctioncalling trainedfortooluse""",
        VISION: "vision imageinput supportsvision supportsimageinput supportsimagein supportsimages",
        REASONING: "reasoning thinking supportsreasoning supportsthinking reasoningeffort includereasoning",
        STRUCTURED: """structuredoutput structuredoutputs jsonschema responseschema supportsresponseschema
            supportsstructuredoutput supportsstructuredoutputs supportsjsonschema""",
    }.items()
}
FACT = {word: fact for fact, words in MEANING.items() for word in words}
OF_REQUESTS = (TOOLS, REASONING, STRUCTURED)  # what a complete list of request parameters or features settles


def meant(word: str) -> str | None:
    return FACT.get(word.replace("_", "").replace("-", "").replace(" ", "").lower())


@lru_cache(maxsize=1024)
def meanings(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Which of these words mean what. The entries of one list have much the same fields."""
    return tuple((word, fact) for word in words if (fact := meant(word)))


def listed(words: Any, *, settles: tuple[str, ...] = ()) -> dict[str, bool]:
    """What a list names is there; of what it settles, the rest is not. An empty list says nothing."""
    if words.__class__ is not list or not words:
        return {}
    try:
        return dict(listed_once(tuple(words), settles))
    except TypeError:  # something in it is no word
        return dict(listed_once(tuple(word for word in words if word.__class__ is str), settles))


@lru_cache(maxsize=4096)
def listed_once(words: tuple[Any, ...], settles: tuple[str, ...]) -> dict[str, bool]:
    found = dict.fromkeys(settles, False) if words else {}
    for word in words:
        fact = meant(word) if word.__class__ is str else None
        if fact:
            found[fact] = True
    return found


def flagged(flags: Any) -> dict[str, bool]:
    """What an object of true and false (or of {"supported": true}) says; of two words for one thing yes wins."""
    found: dict[str, bool] = {}
    if flags.__class__ is not dict:
        return found
    for word, fact in meanings(tuple(flags)):
        value = flags[word]
        if value.__class__ is dict:
            value = value.get("supported")
        if value is True or value is False:
            found[fact] = value or found.get(fact, False)
    return found
