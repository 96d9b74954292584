"""A real call, small: past resolution, retries and breakers, but metered and limited like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from access.caller import Caller
from access.scopes import Scope
from catalog.credentials import CallKey, Origin
from catalog.models import AIModel, Category, Status
from catalog.resolution import Candidate, Reason, Resolved
from gateway import unary
from gateway.call import Call
from gateway.errors import Forbidden, GatewayError, UpstreamFailed, UpstreamTimedOut, UpstreamUnreachable
from gateway.limits import limits_of_caller
from gateway.local import ANY_MODEL, Ear, written
from gateway.pipeline import Serving
from gateway.questions import ChatQuestion, Question
from gateway.runtime import Gateway
from gateway.snapshot import Served, served
from gateway.threads import on_a_thread
from gateway.wires.images import smallest

from .looking import NO_CALL
from .outcome import Tested
from .settings import Settings

MOST_TOKENS = 5
PATIENCE, PATIENCE_FOR_IMAGES = 30.0, 120.0  # seconds
NOT_CALLED = (Category.TRANSCRIPTION, Category.RERANK, Category.MODERATION, Category.VIDEO)  # /v1 has no such calls


async def call(gateway: Gateway, settings: Settings, looked: Tested, by: Caller) -> Tested:
    """What was found so far, and what the call adds. Raises Forbidden for who may not call models."""
    if not by.may(Scope.GATEWAY):
        raise Forbidden(f"{by.label} may not call models: the scope gateway is missing.")
    said = [sentence for sentence in looked.said if sentence != NO_CALL]
    this = Call(gateway.snapshot, "openai")
    this.caller = by
    this.limits, model = await asyncio.to_thread(on_a_thread, known_of, settings, by)
    ear = Ear(this)
    question = question_of(model, ear)
    if question is None:
        return replace(looked, said=(*said, *why_no_call(model.category, looked)))
    this.candidate, this.price = Candidate(model, Reason.REQUESTED), model.price_at(this.at)
    this.resolved = Resolved(requested=model.label, candidates=(this.candidate,))
    # What a chat answers is read to its end; of the rest it is enough that the gateway could pass it on.
    serving = Serving(gateway, this, question, ear.send if isinstance(question, ChatQuestion) else nowhere)
    this.requested = model.label
    try:
        await answered(serving, settings, model)
    except GatewayError as error:
        this.fail(error)
        return after_failure(looked, this, error, said)
    finally:
        serving.finish()
    took = round(this.elapsed() * 1000)
    return replace(
        looked,
        **dict.fromkeys(("reachable", "authorised", "model_exists", "answers", "billed"), True),
        has_trouble=False,
        latency_ms=took,
        said=(f"It answered a call in {took} ms.",),
    )


async def answered(serving: Serving, settings: Settings, model: Served) -> None:
    """Raises GatewayError."""
    this = serving.call
    key = CallKey(
        origin=Origin.MODEL,
        base_url=settings.base_url,
        private_allowed=settings.private_allowed,
        headers=settings.headers,
    )
    patience = PATIENCE_FOR_IMAGES if model.category == Category.IMAGE else PATIENCE
    await serving.reserve_for_caller()
    exchange = serving.question.put_to(model, this.snapshot)
    this.attempts = 1
    try:
        async with asyncio.timeout(patience):
            await serving.exchange(exchange, key, model)
    except TimeoutError as error:
        raise UpstreamTimedOut(f"{model.provider} did not answer a call within {patience:.0f} seconds.") from error


def known_of(settings: Settings, by: Caller) -> tuple[Any, Served]:
    """The caller's limits, and the model with its prices. Asks the database."""
    row, provider = settings.model, settings.provider
    limits = limits_of_caller(by)
    if settings.is_stored:
        return limits, next(served(AIModel.objects.filter(pk=row.pk), {provider.pk: provider}))
    return limits, Served(
        pk=0,
        provider=provider.slug,
        model_id=row.model_id,
        category=row.category,
        status=Status.ENABLED.value,
        owner=row.owner_id,
        row=provider,
        base_url=settings.base_url,
    )


async def nowhere(message: Mapping[str, Any]) -> None:
    pass


def question_of(model: Served, ear: Ear) -> Question | None:
    """A small question that its kind of model can answer; None for kinds that are not called here."""
    match model.category:
        case Category.TEXT:
            messages = [{"role": "user", "content": "Say hello."}]
            body: dict[str, Any] = {"messages": messages, model.limit_name: MOST_TOKENS}
            return ChatQuestion(ear.dialect, written({"model": ANY_MODEL, **body}), {})
        case Category.EMBEDDING:
            return unary.embeddings(written({"model": ANY_MODEL, "input": "hello"}), {})
        case Category.TTS:
            return unary.speech(written({"model": ANY_MODEL, "input": "Hello."}), {})
        case Category.IMAGE:
            small = smallest(model.wire, model.model_id)
            return unary.images(written({"model": ANY_MODEL, "prompt": "A red dot.", "n": 1, **small}), {})
    return None


def why_no_call(category: str, looked: Tested) -> tuple[str, ...]:
    """Why nothing was called, and what is known instead."""
    if category not in NOT_CALLED:
        return (f"Models of category {category} are not tried with a call.",)
    facts = {"reachable": looked.reachable, "authorised": looked.authorised, "listed": looked.model_exists}
    checked = ", ".join(f"{'' if found else 'not '}{name}" for name, found in facts.items() if found is not None)
    why = f"Models of category {category} cannot be called through the gateway, so no call was made."
    return (why, f"Checked instead: {checked}.")


def after_failure(looked: Tested, this: Call, error: GatewayError, said: list[str]) -> Tested:
    """A refusal of ours says nothing of the provider; its own says as much as its status."""
    told = replace(looked, said=(*said, error.message), billed=this.attempts > 0)
    if not isinstance(error, UpstreamFailed):
        return told
    if isinstance(error, UpstreamUnreachable):
        return replace(told, reachable=False, answers=False)
    if error.upstream_status in (401, 403):
        return replace(told, authorised=False, answers=False)
    if error.upstream_status == 404 and not looked.model_exists:
        return replace(told, model_exists=False, answers=False)
    return replace(told, answers=False)
