"""What can be done on the panel, each by an operation of the catalog or of discovery, and said afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict

from access.caller import Caller
from catalog import history, lifecycle, undo
from catalog.admin import display
from catalog.admin.change import may_undo
from catalog.admin.telling import acting
from catalog.errors import CatalogError
from catalog.models import AIModel, ChangeSet
from catalog.models.aimodel import AIModelQuerySet
from console import impact
from console.page import CHANGE
from discovery import runs
from discovery.admin.page import SYNC
from discovery.errors import TooSoon

MOVES = ("approve", "reject", "enable", "disable", "restore", "archive")
DIGITS = 18  # of an id, at most
MOST = 1_000  # models chosen at once: more fields no form may have


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What an act did or why it did not, and the acts it offers next: words and what the button sends."""

    text: str
    failed: bool = False
    offers: tuple[tuple[str, str], ...] = ()


class LookFirst(Exception):
    """Somebody relies on a model that would go: who does is shown before."""

    def __init__(self, model: AIModel, move: str) -> None:
        self.model, self.move = model, move


Act = Callable[[HttpRequest, str], Said]


def do(request: HttpRequest) -> Said:
    """What a form of the panel asks for: `name` or `name:what`. Raises Http404, PermissionDenied or LookFirst."""
    name, _, what = request.POST.get("act", "").partition(":")
    permission, act = ACTS.get(name, (None, None)) if name not in MOVES else (CHANGE, moving(name))
    if permission is None or act is None:
        raise Http404
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        return act(request, what)
    except CatalogError as error:
        return Said(text=error.message, failed=True)


def moving(name: str) -> Act:
    def move(request: HttpRequest, what: str) -> Said:
        models = chosen(request.POST, what)
        by = acting(request)
        if name == "disable":
            look_first(models, name)
        with history.change_set(by) as changes:
            moved = lifecycle.move(models, name, by)
        if not moved.changed:
            return Said(text=f"Nothing to {name}: no model is selected.", failed=True)
        only = (
            changes.pending[0].label
            if moved.changed == 1 and changes.pending
            else display.count(moved.changed, "model")
        )
        return done(f"{lifecycle.DONE[name].capitalize()} {only}.", changes, moved.defaults)

    return move


def look_first(models: AIModelQuerySet, move: str) -> None:
    model = models.select_related("provider").first()
    if model is not None and model.is_active and impact.impact_of(model, move).hits_somebody:
        raise LookFirst(model, move)


def chosen(sent: QueryDict, what: str) -> AIModelQuerySet:
    """The model that was named, or those that were ticked."""
    return AIModel.objects.global_().filter(pk__in=numbers([what] if what else sent.getlist("chosen")[:MOST]))


def numbers(words: Iterable[str]) -> list[int]:
    """The ids among words that came from outside."""
    return [int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= DIGITS]


def default(request: HttpRequest, what: str) -> Said:
    """Make the model that was named the default, or those whose mark was moved to them."""
    ids = [what] if what else [value for name, (value, *_) in request.POST.lists() if name.startswith("default-")]
    wanted = AIModel.objects.global_().filter(pk__in=numbers(ids))
    by = acting(request)
    with history.change_set(by) as changes:
        moved = [
            lifecycle.set_default(model, by) for model in wanted.filter(is_default=False).select_related("provider")
        ]
    return done(" ".join(map(str, moved)) or "Nothing was changed: it is the default already.", changes)


def undo_set(request: HttpRequest, what: str) -> Said:
    change_set = ChangeSet.objects.filter(pk__in=numbers([what])).first()
    if change_set is None:
        raise Http404
    if not may_undo(request, change_set.changes.order_by().values_list("object_type", flat=True).distinct()):
        raise PermissionDenied
    by: Caller = acting(request)
    with history.change_set(by, f"Undo of {change_set}") as changes:
        undo.undo_change_set(change_set, by)
    return done(f"Undone: {display.count(len(changes.pending), 'change')}.", changes)


def refresh(request: HttpRequest, what: str) -> Said:
    """Start a sync of a provider, or of all; with a `!` in front also where it was done a moment ago."""
    force, slug = what.startswith("!"), what.removeprefix("!")
    try:
        run = runs.refresh(acting(request), [slug] if slug else [], force=force)
    except TooSoon as error:
        return Said(text=error.message, failed=True, offers=(("Refresh all the same", f"refresh:!{slug}"),))
    return Said(text=f"Sync {run.pk} has begun.")


def done(text: str, changes: history.Changes, more: Iterable[object] = ()) -> Said:
    offers = (("Undo", f"undo:{changes.pending[0].change_set_id}"),) if changes.pending else ()
    return Said(text=" ".join([text, *map(str, more)]), offers=offers)


ACTS: dict[str, tuple[str, Act]] = {
    "default": (CHANGE, default),
    "undo": (CHANGE, undo_set),
    "refresh": (SYNC, refresh),
}
