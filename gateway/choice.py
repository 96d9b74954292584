"""Which models a call is tried at: what its name means, or, where none was sent, what answers then.

Of what was chosen earlier (by the conversation, by the person) the first that can be called; else the first enabled
global model of the kind that has a key, defaults of providers before others, then by provider/model_id; else, if the
catalog has none and the call is a chat, what LLM_PROVIDER and LLM_MODEL say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from django.conf import settings

from catalog.credentials import Origin
from catalog.errors import NoModels
from catalog.models import Category, Status
from catalog.providers import SPECS
from catalog.resolution import Candidate, May, Named, NotServed, Reason, Resolved, Wish, resolve
from gateway.call import Call, Wanted
from gateway.questions import Question
from gateway.snapshot import Served, may_use

TEXT = Category.TEXT.value


def choose(call: Call, question: Question) -> Resolved:
    """Raises catalog.resolution.NotServed."""
    if call.wanted is None:
        return named(call, question, Wanted(question.model))
    for wanted in call.wanted:
        try:
            return named(call, question, wanted)
        except NotServed:
            if wanted.because is Reason.REQUESTED:
                raise
    return unnamed(call, question.categories[0])


def named(call: Call, question: Question, wanted: Wanted) -> Resolved:
    person = call.person
    assert person is not None

    def may(model: Named) -> May:
        return may_use(call.caller, person, model)

    wish = Wish(
        name=wanted.name,
        categories=question.categories,
        sticky=call.conversation or str(question.body.get("user") or ""),
        pk=wanted.pk,
        because=wanted.because,
        is_explicit=wanted.because is Reason.REQUESTED,
        may=may,
        may_route=call.caller.may_use_route,
    )
    resolved = resolve(wish, person.names)
    meant = person.names.model(wanted.pk) if wanted.pk is not None else None
    return resolved if meant is None else replace(resolved, requested=meant.label)


def unnamed(call: Call, category: str) -> Resolved:
    """What answers a call nobody chose a model for."""
    able = callable_models(call, category)
    first = next(able, None)
    if first is None:
        model, because = configured(call) if category == TEXT else None, Reason.ENVIRONMENT
    else:
        model, because = next((one for one in chain([first], able) if may(call, one)), None), Reason.FIRST_ENABLED
    if model is None:
        raise Nothing
    return Resolved(requested=model.label, candidates=(Candidate(model, because),))


def may(call: Call, model: Served) -> bool:
    assert call.person is not None
    return may_use(call.caller, call.person, model) is May.YES


class Nothing(NotServed):
    """There is no model that could be called without naming one."""

    status_code = NoModels.status_code
    code = NoModels.code

    def __init__(self) -> None:
        super().__init__("No model that you may call is enabled and has a key. Ask an admin to enable one.")


def callable_models(call: Call, category: str) -> Iterator[Served]:
    """The enabled global models of a kind that have a key, in order. Sorts the others only if no default will do."""
    snapshot, person = call.snapshot, call.person
    assert person is not None
    chosen = {pk for (_, kind), pk in snapshot.table.defaults.items() if kind == category}
    defaults = [snapshot.table.by_pk[pk] for pk in chosen if pk in snapshot.table.by_pk]
    for models in (defaults, (model for model in snapshot.served if model.pk not in chosen)):
        for model in sorted(models, key=lambda one: one.label):
            if not isinstance(model, Served) or not model.is_live or model.category != category:
                continue
            if snapshot.choice_for(model, person).origin is not Origin.MISSING:
                yield model


def configured(call: Call) -> Served | None:
    """The model of LLM_PROVIDER and LLM_MODEL, if it may be called; what an admin switched off or refused may not."""
    slug = settings.LLM_PROVIDER
    model_id = settings.LLM_MODEL or (SPECS[slug].default_model if slug in SPECS else "")
    row = next((row for row in call.snapshot.providers.values() if row.slug == slug and row.is_active), None)
    if row is None or not model_id:
        return None
    model = Served(pk=0, provider=slug, model_id=model_id, category=TEXT, status=Status.ENABLED.value, row=row)
    decided = [known for known in call.snapshot.table.labelled(model.label) if known.status != Status.PENDING]
    return None if decided or not may(call, model) else model
