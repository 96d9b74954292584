"""Looking a name up, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from access.masking import masked_path
from catalog.models.aimodel import Status

from .answers import Candidate, May, Reason, Resolved, Wish
from .drawing import draw
from .named import Named, NamedRoute, NamedTarget, Names
from .refusals import AmbiguousName, NoSuchName, NotAllowed, NotEnabled, NotServed, RetiredForGood, WrongKind

DEEPEST = 8  # routes within routes; loops cannot be saved, this is for those made around us


MOST_NAMED = 10  # candidates told in an error


def resolve(wish: Wish, names: Names) -> Resolved:
    """The models that serve a name. Raises a NotServed that says why there is none."""
    return Resolution(wish, names).found()


@dataclass(slots=True)
class Resolution:
    """One look-up and the steps it took."""

    wish: Wish
    names: Names
    steps: list[str] = field(default_factory=list)

    def found(self) -> Resolved:
        name, because = self.wish.name, self.wish.because
        if self.wish.pk is not None:
            return self.by_row(self.wish.pk)
        route = self.names.route(name)
        if route is not None:
            return self.by_route(route)
        if labelled := self.visible(self.names.labelled(name)):
            return self.by_model(self.one_of(labelled), because)
        if bare := self.visible(self.names.bare(name)):
            return self.by_model(self.one_of(bare), because)
        if self.names.provider_known(name):
            return self.by_provider(name)
        slug, slash, _ = name.partition("/")
        if slash and self.names.provider_known(slug):
            self.steps.append(f"{slug} is a provider, but has no model {name}.")
            return self.instead(slug, None)
        raise self.unknown()

    # models

    def visible(self, models: Sequence[Named]) -> list[Named]:
        """Those that exist for the caller: an answer must not tell the others from names nobody has."""
        return [model for model in models if self.wish.may(model) != May.HIDDEN]

    def one_of(self, visible: Sequence[Named]) -> Named:
        """The one that is meant: of a fitting kind, and the only one or the only live one."""
        fitting = [model for model in visible if model.category in self.wish.categories]
        if not fitting:
            raise WrongKind(
                f"{visible[0].label} is for {visible[0].category}, not for {self.wish.categories[0]}.",
                {"model": visible[0].label, "category": visible[0].category},
            )
        if len(fitting) == 1:
            return fitting[0]
        live = [model for model in fitting if model.is_live]
        best = self.likeliest(live or fitting)
        if len(best) == 1:
            return best[0]
        labels = sorted({model.label for model in fitting})[:MOST_NAMED]
        raise AmbiguousName(
            f"Several models are called {self.wish.name}: {', '.join(labels)}. Name one of them.",
            {"model": self.wish.name, "candidates": labels},
        )

    def likeliest(self, models: Sequence[Named]) -> list[Named]:
        """Of one provider's models of one id, the global one of the likeliest kind; else all."""
        if len({model.label for model in models}) > 1:
            return list(models)
        order = self.wish.categories.index
        return [min(models, key=lambda model: (model.owner is not None, order(model.category)))]

    def by_row(self, pk: int) -> Resolved:
        model = self.names.model(pk)
        if model is None or not self.visible([model]):
            raise self.unknown()
        return self.by_model(self.one_of([model]), self.wish.because)

    def by_model(self, model: Named, reason: Reason) -> Resolved:
        if model.is_live:
            if self.wish.may(model) == May.YES:
                self.steps.append(f"{model.label} is enabled.")
                return self.resolved([Candidate(model, reason)])
            if self.wish.is_explicit:
                raise NotAllowed(f"This key may not call {model.label}.", {"model": model.label})
        if model.is_retired or not self.wish.is_explicit:
            return self.instead(model.provider, model)
        raise self.refused(model)

    def refused(self, model: Named) -> NotServed:
        if model.status == Status.ENABLED:
            message = f"{model.label} cannot be called: its provider {model.provider} is switched off."
        else:
            message = f"{model.label} is {model.status}: an admin must enable it first."
        return NotEnabled(message, {"model": model.label, "status": model.status})

    def by_provider(self, slug: str) -> Resolved:
        for candidate in self.defaults_of(slug):
            reason = Reason.DEFAULT if candidate.reason == Reason.PROVIDER_DEFAULT else candidate.reason
            self.steps.append(f"{slug} is a provider; its default is {candidate.model.label}.")
            return self.resolved([Candidate(candidate.model, reason)])
        raise NoSuchName(
            f"{slug} is a provider without a default for {self.wish.categories[0]}. Name one of its models.",
            {"model": slug},
        )

    # in place of a model

    def instead(self, slug: str, model: Named | None) -> Resolved:
        """What answers for a retired, unknown or no longer usable model."""
        candidate = next(self.stand_ins(slug, model), None)
        if candidate is not None:
            return self.resolved([candidate], retired=model if model is not None and model.is_retired else None)
        if model is None:
            raise self.unknown()
        raise self.nothing_for(model)

    def stand_ins(self, slug: str, model: Named | None) -> Iterator[Candidate]:
        """The live successor, the provider's default, the curated default: those the caller may use."""
        seen: set[int] = set()
        following = model
        while following is not None and following.successor is not None and following.pk not in seen:
            seen.add(following.pk)
            following = self.names.model(following.successor)
            if following is not None and self.is_usable(following):
                self.steps.append(f"{following.label} is its successor.")
                yield Candidate(following, Reason.SUCCESSOR)
        yield from self.defaults_of(slug)

    def defaults_of(self, slug: str) -> Iterator[Candidate]:
        chosen = self.names.default(slug, self.wish.categories[0])
        if chosen is not None and self.is_usable(chosen):
            self.steps.append(f"{chosen.label} is the default of {slug}.")
            yield Candidate(chosen, Reason.PROVIDER_DEFAULT)
        curated = self.names.curated_default(slug)
        for model in self.names.labelled(f"{slug}/{curated}") if curated else ():
            if model.owner is None and self.is_usable(model):
                self.steps.append(f"{model.label} is the default that {slug} comes with.")
                yield Candidate(model, Reason.CURATED_DEFAULT)

    def is_usable(self, model: Named) -> bool:
        if not model.is_live or model.category not in self.wish.categories:
            self.steps.append(f"{model.label} is no help: it is {model.status} and for {model.category}.")
            return False
        if (verdict := self.wish.may(model)) != May.YES:
            self.steps.append(f"{model.label} is no help: {verdict}.")
            return False
        return True

    def nothing_for(self, model: Named) -> NotServed:
        successor = self.names.model(model.successor) if model.successor is not None else None
        details: dict[str, Any] = {"model": model.label, "status": model.status}
        since = f" since {model.deprecated_at:%Y-%m-%d}" if model.deprecated_at else ""
        if model.deprecated_at:
            details["date"] = f"{model.deprecated_at:%Y-%m-%d}"
        if successor is not None and self.wish.may(successor) != May.HIDDEN:
            details["successor"] = successor.label
        named = f" Its successor {details['successor']} cannot be called." if "successor" in details else ""
        message = f"{model.label} is {model.status}{since}, and nothing you may use stands in for it.{named}"
        return RetiredForGood(message, details) if model.is_retired else NotEnabled(message, details)

    # routes

    def by_route(self, route: NamedRoute) -> Resolved:
        if not self.wish.may_route(route.name):
            raise NotAllowed(f"This key may not use the route {route.name}.", {"model": route.name})
        candidates = list(self.along(route, "", DEEPEST))
        if not candidates:
            raise NotEnabled(
                f"No model of the route {route.name} can be called now. {' '.join(self.steps)}", {"model": route.name}
            )
        ordered = self.distinct(candidates)
        later = [Candidate(found.model, Reason.FALLBACK, found.variant) for found in ordered[1:]]
        return self.resolved([ordered[0], *later], route=route.name)

    @staticmethod
    def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
        """Each model once, where it stands first."""
        seen: dict[int, Candidate] = {}
        for candidate in candidates:
            seen.setdefault(candidate.model.pk, candidate)
        return list(seen.values())

    def along(self, route: NamedRoute, variant: str, depth: int) -> Iterator[Candidate]:
        """The drawn variant, then the fallbacks in order; other variants only where nothing else is left."""
        weighted = [target for target in route.targets if target.weight > 0]
        drawn = draw(weighted, route.salt, self.wish.sticky) if weighted else None
        order = [drawn] if drawn is not None else []
        order += [target for target in route.targets if target.weight == 0]
        found = False
        for target in order:
            for candidate in self.of_target(target, variant, depth):
                found = True
                yield candidate
        if not found:
            for target in weighted:
                yield from self.of_target(target, variant, depth) if target is not drawn else ()

    def of_target(self, target: NamedTarget, variant: str, depth: int) -> Iterator[Candidate]:
        if target.model is None:
            route = self.names.route(target.route) if depth else None
            if route is None:
                self.steps.append(f"The route {target.route} is not there.")
                return
            yield from self.along(route, variant or target.variant, depth - 1)
            return
        model = self.names.model(target.model)
        if model is None:
            self.steps.append(f"Model {target.model} is not there.")
            return
        name = variant or target.variant or model.label
        if self.is_usable(model):
            self.steps.append(f"{model.label} is on the route.")
            yield Candidate(model, Reason.ROUTE, name)
        elif model.is_retired:
            stand_in = next(self.stand_ins(model.provider, model), None)
            if stand_in is not None:
                yield Candidate(stand_in.model, stand_in.reason, name)

    # the end

    def resolved(self, candidates: Sequence[Candidate], *, route: str = "", retired: Named | None = None) -> Resolved:
        return Resolved(
            requested=self.wish.name,
            candidates=tuple(candidates),
            route=route,
            retired=retired,
            steps=tuple(self.steps),
        )

    def unknown(self) -> NoSuchName:
        name = masked_path(self.wish.name)[:200]
        return NoSuchName(f"There is no model {name!r}. GET /v1/models names those you may use.", {"model": name})
