"""How rows are shown as JSON. Plain functions: a page of a thousand models passes through them.

Unknown is null, never 0 and never left out. The shapes are described, for the schema, in `serializers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from catalog import facts
from catalog.lifecycle import DefaultMoved
from catalog.models import AIModel, Provider, Route, RouteTarget, Status
from catalog.policy import policy_of
from catalog.populate import Result
from catalog.templates import Offer
from catalog.traffic import DAYS, Traffic

from .naming import AMOUNT_OF, FACT_OF, camel, fields_of

FIELDS_OF = {fact: fields_of(fact) for fact in (*FACT_OF.values(), facts.PRICE)}


def model_json(row: AIModel, *, for_admin: bool, whole: bool = False) -> dict[str, Any]:
    """A model; `whole` as a single object, with what its provider said of it."""
    price = pricing_json(row.price.amounts, row.price.tiers) if row.price else None
    shown = {
        "id": row.pk,
        "name": row.name,
        "modelId": row.model_id,
        "provider": row.provider.slug,
        "endpointType": row.provider.endpoint_type,
        "category": row.category,
        "description": row.description or None,
        "thinking": row.supports_reasoning,
        "supportsStreaming": row.supports_streaming,
        "supportsTools": row.supports_tools,
        "supportsVision": row.supports_vision,
        "supportsStructuredOutput": row.supports_structured_output,
        "inputModalities": row.input_modalities,
        "outputModalities": row.output_modalities,
        "contextWindow": row.context_window,
        "contextLength": row.context_window,
        "activeWindow": row.active_window,
        "maxOutput": row.max_output_tokens,
        "knowledgeCutoff": instant(row.knowledge_cutoff),
        "parameters": number(row.parameters),
        "complexityFactor": row.complexity_factor,
        "defaultTemperature": number(row.default_temperature),
        "defaultTopP": number(row.default_top_p),
        "requestsPerMinute": row.requests_per_minute,
        "tokensPerMinute": row.tokens_per_minute,
        "tokenWeights": row.token_weights,
        "inputPricePerMtok": price and price["input"],
        "outputPricePerMtok": price and price["output"],
        "cachedInputPricePerMtok": price and price["cachedInput"],
        "pricing": price,
        "isActive": row.status == Status.ENABLED,
        "status": row.status,
        "isDefault": row.is_default,
        "isSystem": row.is_system,
        "isPersonal": row.owner_id is not None,
        "baseUrl": row.base_url or None,
        "canonicalId": row.canonical_id or None,
        "tags": row.tags,
        "successor": str(row.successor) if row.successor else None,
        "retiresAt": instant(row.retires_at),
        "sources": sources_json(row.claims),
        "conflicts": [conflict_json(conflict) for conflict in row.conflicts],
        "discoveredAt": instant(row.discovered_at),
        "enabledAt": instant(row.enabled_at),
        "deprecatedAt": instant(row.deprecated_at),
        "lastUsedAt": instant(row.last_used_at),
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
    }
    if whole:
        shown["providerMetadata"] = row.provider_metadata
        if for_admin or row.owner_id is not None:
            shown["storedKey"] = stored_key_json(row)
    if for_admin:
        shown["adminNotes"] = row.admin_notes
    return shown


def stored_key_json(row: AIModel) -> dict[str, Any] | None:
    """All that is ever told of a model's own key, to those who may replace it."""
    if row.credential is None:
        return None
    return {
        "lastFour": row.credential.last_four or None,
        "authType": row.credential.auth or row.provider.auth,
        "authHeaders": row.credential.header_names,
    }


def number(value: Decimal | None) -> int | float | None:
    """A decimal as a JSON number: whole ones without a point."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def pricing_json(amounts: Mapping[str, Decimal | None], tiers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: number(amounts.get(column)) for name, column in AMOUNT_OF.items()}
    shown["tiers"] = [
        {
            "from": tier["from"],
            **{name: number(Decimal(tier[column])) for name, column in AMOUNT_OF.items() if column in tier},
        }
        for tier in tiers
    ]
    return shown


def sources_json(claims: Mapping[str, Any]) -> dict[str, str]:
    """Whose word each field is."""
    sources = facts.merge(claims).sources
    return {name: source for fact, source in sources.items() for name in FIELDS_OF.get(fact, ())}


def conflict_json(conflict: Mapping[str, Any]) -> dict[str, Any]:
    """A fact on which sources disagree, with what each says."""
    fact, values = conflict["fact"], conflict["values"]
    if fact == facts.PRICE:
        values = {source: stated_price_json(stated) for source, stated in values.items()}
    return {"field": FIELDS_OF[fact][0], "values": values}


def stated_price_json(stated: Mapping[str, Any]) -> dict[str, Any]:
    amounts = {column: Decimal(stated[column]) for column in AMOUNT_OF.values() if column in stated}
    return pricing_json(amounts, stated.get("tiers", []))


def provider_json(row: Provider, defaults: Mapping[str, str]) -> dict[str, Any]:
    """A provider of `with_statistics().with_stored_key()`, with the id of its default model per category."""
    return {
        "slug": row.slug,
        "name": row.name,
        "endpointType": row.endpoint_type,
        "baseUrl": row.base_url or None,
        "wire": row.wire,
        "listing": row.listing or None,
        "auth": row.auth,
        "apiKeyEnv": row.api_key_env or None,
        "keyConfigured": row.key_configured,
        "categories": row.categories,
        "policy": {camel(rule): value for rule, value in asdict(policy_of(row.policy)).items()},
        "isActive": row.is_active,
        "counts": {name: getattr(row, f"{name}_count") for name in (*Status.values, "total")},
        "defaultModels": defaults,
        "health": row.health,
        "healthSince": instant(row.health_since),
        "healthReason": row.health_reason or None,
        "lastSyncedAt": instant(row.last_synced_at),
        "siteUrl": row.site_url or None,
        "docsUrl": row.docs_url or None,
        "statusUrl": row.status_url or None,
        "note": row.spec.note or None if row.spec else None,
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
    }


def route_json(row: Route, calls: Traffic) -> dict[str, Any]:
    """A route of `with_targets()`."""
    return {
        "id": row.pk,
        "name": row.name,
        "description": row.description,
        "isActive": row.is_active,
        "isListed": row.is_listed,
        "isExperiment": row.is_experiment,
        "targets": [target_json(target) for target in row.targets.all()],
        "stats": {"days": DAYS, "calls": calls.calls, "errors": calls.errors},
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "updatedBy": row.updated_by or None,
    }


def target_json(target: RouteTarget) -> dict[str, Any]:
    status = target.model.status if target.model else Status.DISABLED
    return {
        "model": str(target.model) if target.model else None,
        "route": target.to_route.name if target.to_route else None,
        "weight": target.weight,
        "variant": target.variant or None,
        "status": Status.ENABLED if target.to_route and target.to_route.is_active else status,
    }


def offer_json(offer: Offer) -> dict[str, Any]:
    template = offer.template
    return {
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "provider": offer.provider.slug,
        "endpointType": offer.provider.endpoint_type,
        "baseUrl": None if template.address_hint else offer.provider.base_url or None,
        "baseUrlExample": template.address_hint or None,
        "authType": template.auth,
        "keyStored": offer.key_stored,
        "needs": list(offer.needs),
        "exampleModelIds": list(template.examples),
        "docsUrl": template.docs_url or None,
    }


def default_json(moved: DefaultMoved) -> dict[str, Any]:
    """A default that is now another model, or none."""
    return {
        "provider": moved.provider,
        "category": moved.category,
        "previous": moved.previous,
        "current": moved.current,
        "message": str(moved),
    }


def population_json(results: list[Result]) -> dict[str, Any]:
    created = sum(result.pk is not None for result in results)
    return {
        "message": "Model population completed",
        "summary": {"created": created, "skipped": len(results) - created, "total": len(results)},
        "results": [
            {
                "provider": result.provider,
                "category": result.category,
                "modelId": result.model_id,
                "status": result.status,
                **({"reason": "already exists"} if result.pk is None else {"id": result.pk}),
            }
            for result in results
        ],
    }
