"""Reasoning and signatures in the places compatible providers put them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.wires.base import Reasoning, ReasoningDelta

ORIGIN = "openai"
# Without a form it is the field reasoning_content, as at DeepSeek.
IN_REASONING: Mapping[str, Any] = {"field": "reasoning"}  # Groq, vLLM, Hugging Face
IN_CONTENT: Mapping[str, Any] = {"field": "content"}  # Mistral thinks in parts of the content
IN_SUMMARY: Mapping[str, Any] = {"field": "content", "type": "reasoning"}  # so does Databricks
FIELDS = {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    "reasoning.encrypted": "data",
}  # of a detail, by type
TEXT, SEALED = "reasoning.text", "reasoning.encrypted"


class Details:
    """OpenRouter's reasoning_details: must go back as they came, so each keeps its format, id and index."""

    def __init__(self) -> None:
        self.forms: dict[tuple[str, Any], Mapping[str, Any]] = {}

    def read(self, details: Iterable[dict[str, Any]]) -> list[ReasoningDelta]:
        return [ReasoningDelta(origin=ORIGIN, form=self.form(detail), **said_in(detail)) for detail in details]

    def form(self, detail: dict[str, Any]) -> Mapping[str, Any]:
        """What its first piece said of it; later ones may leave that out."""
        key = (detail.get("type") or TEXT, detail.get("index"))
        if key not in self.forms:
            self.forms[key] = form_of(detail)
        return self.forms[key]


def said_in(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The text, sealed data and signature of a detail, as Reasoning has them."""
    kind = detail.get("type") or TEXT
    value = detail.get(FIELDS.get(kind, "text")) or ""
    signature = detail.get("signature") or ""
    return {"sealed" if kind == SEALED else "text": value, "signature": signature}


def form_of(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """All that a detail says beside that."""
    kind = detail.get("type") or TEXT
    others = {name: value for name, value in detail.items() if name not in ("signature", FIELDS.get(kind))}
    return {"field": "reasoning_details", **others, "type": kind}


def detail_of(reasoning: Reasoning | ReasoningDelta, form: Mapping[str, Any]) -> dict[str, Any]:
    """The detail that reasoning, or a piece of it, is."""
    detail = {name: value for name, value in form.items() if name != "field" and value is not None}
    kind = detail.setdefault("type", SEALED if reasoning.sealed else TEXT)
    if reasoning.text or reasoning.sealed:
        detail[FIELDS.get(kind, "text")] = reasoning.sealed or reasoning.text
    if reasoning.signature:
        detail["signature"] = reasoning.signature
    return detail


def signature_in(holder: Mapping[str, Any]) -> str:
    """Google's signature of a call or a text in its compatible API."""
    google = (holder.get("extra_content") or {}).get("google") or {}
    return google.get("thought_signature") or ""


def extra_content(signature: str) -> dict[str, Any]:
    return {"google": {"thought_signature": signature}}
