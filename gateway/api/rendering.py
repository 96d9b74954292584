"""How the gateway's values are shown as JSON. Unknown is null, never 0."""

from __future__ import annotations

from typing import Any

from catalog.api.naming import camel
from catalog.api.rendering import instant
from gateway.experiments import Contrast, Experiment, Measured, Variant
from gateway.models import Conversation, Message, Rating
from gateway.statistics import CONFIDENCE


def experiment_json(experiment: Experiment) -> dict[str, Any]:
    route = experiment.route
    return {
        "id": route.pk,
        "name": route.name,
        "description": route.description,
        "isActive": route.is_active,
        "isExperiment": route.is_experiment,
        "from": experiment.period.since.isoformat(),
        "to": experiment.period.until.isoformat(),
        "confidence": CONFIDENCE,
        "variants": [variant_json(variant) for variant in experiment.variants],
    }


def variant_json(variant: Variant) -> dict[str, Any]:
    measures = {camel(name): measured_json(measured) for name, measured in variant.measures.items()}
    return {"name": variant.name, "share": variant.share, **variant.counts, **measures}


def measured_json(measured: Measured) -> dict[str, Any]:
    interval = measured.interval
    return {
        "value": measured.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "of": measured.of,
        "difference": contrast_json(measured.contrast) if measured.contrast else None,
    }


def contrast_json(contrast: Contrast) -> dict[str, Any]:
    interval = contrast.interval
    return {
        "value": contrast.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "isReal": contrast.is_real,
    }


def rating_json(rating: Rating) -> dict[str, Any]:
    return {
        "callId": rating.call_id,
        "route": rating.route,
        "variant": rating.variant,
        "model": rating.model,
        "score": rating.score,
        "comment": rating.comment,
        "at": instant(rating.at),
    }


def conversation_json(row: Conversation) -> dict[str, Any]:
    """A row as gateway.conversations.counted loads it."""
    return {
        "id": str(row.pk),
        "title": row.title,
        "model": row.model_name,
        "messageCount": row.message_count,  # type: ignore[attr-defined]
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
    }


def whole_conversation_json(row: Conversation) -> dict[str, Any]:
    messages = list(row.messages.order_by("position"))
    row.message_count = len(messages)  # type: ignore[attr-defined]
    return {**conversation_json(row), "messages": [message_json(message) for message in messages]}


def message_json(message: Message) -> dict[str, Any]:
    return {
        "position": message.position,
        "role": message.role,
        "message": message.body,
        "model": message.model_name or None,
        "reason": message.reason or None,
        "callId": message.call_id or None,
        "createdAt": instant(message.created_at),
    }
