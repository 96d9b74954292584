"""Why a name is or is not served, step by step, as resolution takes the steps. Reads the database, not a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Q

from access.caller import Caller
from catalog import routes
from catalog.credentials import Origin, choose
from catalog.models import AIModel, Credential, Route
from catalog.names import names_for
from catalog.resolution import Candidate, May, Named, Names, NotServed, Resolution, Wish
from gateway.models import Breaker, BreakerState

WHOSE = {
    Origin.MODEL: "the model's own key",
    Origin.CALLER: "the caller's key",
    Origin.ORGANISATION: "the organisation's key",
    Origin.ENVIRONMENT: "the key in the environment",
    Origin.NOT_NEEDED: "no key, for none is needed",
}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The steps in order, and what they led to: `served` says which models are called, else `refusal` why none is."""

    steps: list[str]
    served: list[str]
    refusal: str = ""


def explain(name: str, caller: Caller, category: str) -> Explanation:
    names = names_for(caller.user_id)
    wish = Wish(name=name, categories=(category,), may=may_use(caller), may_route=caller.may_use_route)
    resolution = Resolution(wish, names)
    steps = list(looked_up(wish, names))
    try:
        found = resolution.found()
    except NotServed as error:
        return Explanation(steps=steps + resolution.steps, served=[], refusal=error.message)
    served = [in_words(candidate, caller) for candidate in found.candidates]
    return Explanation(steps=steps + resolution.steps, served=served)


def may_use(caller: Caller) -> Callable[[Named], May]:
    """What is closed to a caller does not exist for them."""
    theirs = Q(owner=None) if caller.user_id is None else Q(owner=None) | Q(owner=caller.user_id)
    closed = set(AIModel.objects.filter(theirs).closed_to(caller).values_list("pk", flat=True))

    def may(model: Named) -> May:
        return May.HIDDEN if model.pk in closed else May.YES

    return may


# before resolution


def looked_up(wish: Wish, names: Names) -> Iterator[str]:
    """What the name means, place after place, up to the one where it means something to the caller."""
    name = wish.name
    route = Route.objects.with_targets().filter(name=name).first()
    if route is not None:
        leads = routes.in_words(routes.definition(route, route.targets.all())["targets"])
        yield f"{name} is a route{'' if route.is_active else ', which is switched off'}: {leads}."
        if route.is_active:
            return
    else:
        yield "It is no route."
    for kind, found in (("provider/model_id", names.labelled(name)), ("model id", names.bare(name))):
        yield from (described(model, wish) for model in found)
        if any(wish.may(model) != May.HIDDEN for model in found):
            return
        if not found:
            yield f"No model has it as its {kind}."
    yield f"It is {'a' if names.provider_known(name) else 'no'} provider."


def described(model: Named, wish: Wish) -> str:
    since = f" since {model.deprecated_at:%Y-%m-%d}" if model.is_retired and model.deprecated_at else ""
    parts = [f"{model.label} is {'a personal' if model.owner else 'a'} {model.category} model, {model.status}{since}"]
    if not model.provider_active:
        parts.append(f"its provider {model.provider} is switched off")
    if wish.may(model) == May.HIDDEN:
        parts.append("but closed to this caller, for whom it does not exist")
    return f"{', '.join(parts)}."


# after it


def in_words(candidate: Candidate, caller: Caller) -> str:
    """A model that is called, why it, with whose key, and what would stand in the way."""
    model = candidate.model
    row = AIModel.objects.select_related("provider").get(pk=model.pk)
    choice = choose(row, caller.user_id, Credential.objects.usable().filter(provider=row.provider_id))
    why = f"{candidate.reason}{f', variant {candidate.variant}' if candidate.variant else ''}"
    if choice.origin is Origin.MISSING:
        key = f"but no key is stored for {choice.base_url}" if choice.base_url else "but no address is known"
    else:
        key = f"at {choice.base_url} with {WHOSE[choice.origin]}"
    return f"{model.label} ({why}), {key}{''.join(out_of_order(model))}"


def out_of_order(model: Named) -> Iterator[str]:
    for breaker in Breaker.objects.filter(provider=model.provider, state=BreakerState.OPEN):
        yield f"; {breaker.worker} does not call {model.provider} since {breaker.since:%H:%M} UTC: {breaker.reason}"
