"""`GET /v1/models`: what a caller may call, as OpenAI lists models, with what OpenRouter's clients read beside it.

The list is made once for all callers who see the same, and then served as bytes with an ETag.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import time
from typing import Any

import orjson
from django.db import DatabaseError

from access import patterns
from access.caller import Caller
from access.masking import masked_path
from catalog.credentials import Origin
from catalog.models import AIModel
from catalog.resolution import May, Named, NamedRoute
from gateway import voices
from gateway.call import Call
from gateway.errors import GatewayError, Unavailable
from gateway.snapshot import CHUNK, FrozenPrice, Person, Served, Snapshot, may_use
from gateway.threads import on_a_thread

EPOCH = datetime.fromtimestamp(0, UTC)  # of routes, whose age says nothing of a model
PREFIX, VOICES = "/v1/models", "/v1/audio/voices"
COLUMNS = (
    "pk", "name", "description", "context_window", "max_output_tokens", "input_modalities", "output_modalities",
    "supports_streaming", "supports_tools", "supports_vision", "supports_reasoning", "supports_structured_output",
    "knowledge_cutoff", "created_at", "enabled_at",
)  # fmt: skip
# OpenRouter's names of amounts, USD per token or unit -> ours, and how many of theirs ours is of.
AMOUNTS = {
    "prompt": ("input_mtok", 10**6),
    "completion": ("output_mtok", 10**6),
    "input_cache_read": ("cache_read_mtok", 10**6),
    "input_cache_write": ("cache_write_mtok", 10**6),
    "internal_reasoning": ("reasoning_mtok", 10**6),
    "audio": ("audio_input_mtok", 10**6),
    "request": ("request", 1),
    "image": ("image", 1),
}
ALWAYS = ("max_tokens", "temperature", "top_p", "stop")
ABLE = {
    "supports_tools": ("tools", "tool_choice", "parallel_tool_calls"),
    "supports_reasoning": ("reasoning", "reasoning_effort"),
    "supports_structured_output": ("response_format", "structured_outputs"),
    "supports_streaming": ("stream",),
}


class NoSuchModel(GatewayError):
    status = 404
    code = "model_not_found"


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    etag: bytes


async def answer(call: Call, path: str, headers: Mapping[bytes, bytes]) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Status, body and headers for the list or one model of it. Raises NoSuchModel and Unavailable."""
    assert call.person is not None
    if path == VOICES:
        return 200, orjson.dumps(await asyncio.to_thread(spoken, call.snapshot, call.caller, call.person)), []
    page = await page_for(call.snapshot, call.caller, call.person)
    name = path.removeprefix(PREFIX).strip("/")
    if name:
        return 200, orjson.dumps(await one(call, name)), []
    more = [(b"etag", page.etag), (b"cache-control", b"private, no-cache")]
    if headers.get(b"if-none-match") == page.etag:
        return 304, b"", more
    return 200, page.body, more


async def page_for(snapshot: Snapshot, caller: Caller, person: Person) -> Page:
    """The list as this caller sees it, made by the first who asks."""
    sees = (
        caller.is_admin, caller.allowed_providers, caller.allowed_models, caller.allowed_routes, person.shut,
        tuple(row.pk for row in person.credentials), tuple(model.pk for model in person.own),
    )  # fmt: skip
    task = snapshot.listings.get(sees)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = asyncio.ensure_future(asyncio.to_thread(on_a_thread, made, snapshot, caller, person))
        snapshot.listings[sees] = task
    try:
        page: Page = await asyncio.shield(task)
    except DatabaseError as error:
        raise Unavailable("The database does not answer. Try again in a moment.", retry_after=5) from error
    return page


async def one(call: Call, name: str) -> dict[str, Any]:
    """One entry, by a name that calls it. Raises NoSuchModel."""
    assert call.person is not None
    person, caller = call.person, call.caller
    route = person.names.route(name)
    if route is not None and caller.may_use_route(name):
        return of_route(route)
    found = [*person.names.labelled(name), *person.names.bare(name)]
    visible = [model for model in found if isinstance(model, Served) and may_use(caller, person, model) == May.YES]
    if not visible:
        raise NoSuchModel(f"There is no model {masked_path(name)[:200]!r} that you may call.", param="model")
    rows = await asyncio.to_thread(on_a_thread, rows_of, [visible[0]])
    return {**entry(visible[0], rows[visible[0].pk], person), "description": rows[visible[0].pk]["description"]}


# making


def spoken(snapshot: Snapshot, caller: Caller, person: Person) -> dict[str, Any]:
    """The voices of the models that make speech for this caller."""
    models = [
        (model.provider, model.model_id)
        for model in (*snapshot.served, *person.own)
        if model.category == "tts" and model.is_live and may_use(caller, person, model) == May.YES
    ]
    return voices.listing(snapshot.voices, models)


def made(snapshot: Snapshot, caller: Caller, person: Person) -> Page:
    """Takes some hundred milliseconds for 10,000 models: not on the event loop."""
    keyless: dict[tuple[str, str, int | None], bool] = {}
    models = [
        model
        for model in (*snapshot.served, *person.own)
        if model.provider_active
        and may_use(caller, person, model) == May.YES
        and has_key(snapshot, person, model, keyless)
    ]
    models.sort(key=lambda model: (model.provider, model.model_id))
    fragments = fragments_of(snapshot, models, person)
    routes = [route for name, route in sorted(snapshot.table.routes.items()) if shown(route, caller)]
    parts = [orjson.dumps(of_route(route)) for route in routes]
    parts += [fragments[model.pk] for model in models]
    body = b'{"object":"list","has_more":false,"data":[' + b",".join(parts) + b"]}"
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    return Page(body, f'"{digest}"'.encode())


def shown(route: NamedRoute, caller: Caller) -> bool:
    return route.is_listed and patterns.allow(caller.allowed_routes, route.name)


def has_key(snapshot: Snapshot, person: Person, model: Served, known: dict[tuple[str, str, int | None], bool]) -> bool:
    """Whether a call could be made at all; asked once for all models of one place."""
    place = (model.provider, model.base_url, model.credential_id if model.owner is None else -model.pk)
    if place not in known:
        known[place] = snapshot.choice_for(model, person).origin is not Origin.MISSING
    return known[place]


def fragments_of(snapshot: Snapshot, models: Iterable[Served], person: Person) -> dict[int, bytes]:
    """Each model's entry as bytes; those of global models are made once for the whole snapshot."""
    kept: dict[int, bytes] = snapshot.listings.setdefault("fragments", {})
    missing = [model for model in models if model.pk not in kept]
    rows = rows_of(missing)
    found = {model.pk: orjson.dumps(entry(model, rows[model.pk], person)) for model in missing if model.pk in rows}
    kept.update(found)
    return kept


def rows_of(models: Iterable[Named]) -> dict[int, dict[str, Any]]:
    ids = [model.pk for model in models]
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), CHUNK):
        rows = AIModel.objects.filter(pk__in=ids[start : start + CHUNK]).values(*COLUMNS)
        found.update((row["pk"], row) for row in rows)
    return found


def entry(model: Served, row: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """One model as clients read it. Prices are USD per token or unit as decimal strings; null is unknown."""
    successor = person.names.model(model.successor) if model.successor is not None else None
    inputs, outputs = row["input_modalities"], row["output_modalities"]
    modality = f"{'+'.join(inputs)}->{'+'.join(outputs)}" if inputs and outputs else None
    since = row["enabled_at"] or row["created_at"]
    able = [name for ability, names in ABLE.items() if row[ability] for name in names]
    return {
        "id": model.label,
        "object": "model",
        "created": int(since.timestamp()),
        "owned_by": model.provider,
        "name": row["name"],
        **for_anthropic(row["name"], since),
        "category": model.category,
        "context_length": row["context_window"],
        "architecture": {"modality": modality, "input_modalities": inputs, "output_modalities": outputs},
        "pricing": pricing(model.price_at(time())),
        "top_provider": {
            "context_length": row["context_window"],
            "max_completion_tokens": row["max_output_tokens"],
        },
        "supported_parameters": [*ALWAYS, *able],
        "knowledge_cutoff": row["knowledge_cutoff"] and f"{row['knowledge_cutoff']:%Y-%m-%d}",
        "status": model.status,
        "expiration_date": f"{model.retires_at:%Y-%m-%d}" if model.retires_at else None,
        "successor": successor.label if successor is not None else None,
        "is_personal": model.owner is not None,
    }


def for_anthropic(name: str, since: datetime) -> dict[str, Any]:
    """What Anthropic's clients look for in an entry."""
    return {"type": "model", "display_name": name, "created_at": f"{since:%Y-%m-%dT%H:%M:%SZ}"}


def pricing(price: FrozenPrice | None) -> dict[str, str | None]:
    if price is None:
        return {"prompt": None, "completion": None}
    amounts = {name: per(price.amounts.get(ours), units) for name, (ours, units) in AMOUNTS.items()}
    return {name: text for name, text in amounts.items() if text is not None or name in ("prompt", "completion")}


def per(amount: Decimal | None, units: int) -> str | None:
    return None if amount is None else f"{(amount / units).normalize():f}"


def of_route(route: NamedRoute) -> dict[str, Any]:
    return {
        "id": route.name,
        "object": "model",
        "created": 0,
        "owned_by": "registry",
        "name": route.name,
        **for_anthropic(route.name, EPOCH),
        "status": "enabled",
        "is_route": True,
    }
