"""What people think of answers: of a route's, one by one; of several to the same question, which is the best."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from access.caller import Caller
from catalog.errors import Invalid, NotFound
from catalog.models import Route
from gateway.metering.questions import own
from gateway.models import Rating, Usage

LONGEST_COMMENT = 500
MOST_OTHERS = 9


def rate(route: Route, call_id: str, score: int, by: Caller, *, comment: str = "") -> tuple[Rating, bool]:
    """Keep a person's rating of a call, in place of an older one; whether it is their first of it.

    Raises Invalid, or NotFound for a call that is unknown, of another route, or of somebody else, unless an admin asks.
    """
    if score not in (0, 1):
        raise Invalid({"score": "must be 1 for a good answer or 0 for a bad one"})
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": f"may have at most {LONGEST_COMMENT} characters"})
    call = Usage.objects.filter(own(by), call_id=call_id, route=route.name).first()
    if call is None:
        raise unknown([call_id], f" on the route {route.name}")
    return keep(call, score, by, comment)


@transaction.atomic
def prefer(chosen: str, others: Sequence[str], by: Caller) -> list[Rating]:
    """Keep that one answer is better than others: 1 for the call that gave it, 0 for theirs. No route is needed.

    Raises Invalid, or NotFound naming the calls that are unknown or somebody else's, unless an admin asks.
    """
    if not 0 < len(others) <= MOST_OTHERS or chosen in others:
        raise Invalid({"others": f"must be 1 to {MOST_OTHERS} calls, the chosen one not among them"})
    calls = {call.call_id: call for call in Usage.objects.filter(own(by), call_id__in=[chosen, *others])}
    missing = [call_id for call_id in (chosen, *others) if call_id not in calls]
    if missing:
        raise unknown(missing)
    return [keep(call, int(call_id == chosen), by)[0] for call_id, call in calls.items()]


def keep(call: Usage, score: int, by: Caller, comment: str = "") -> tuple[Rating, bool]:
    known = {"route": call.route, "variant": call.variant, "model": call.model}
    return Rating.objects.update_or_create(
        call_id=call.call_id, user_id=by.user_id or 0, defaults={**known, "score": score, "comment": comment}
    )


def unknown(call_ids: Sequence[str], where: str = "") -> NotFound:
    names = ", ".join(call_id[:32] for call_id in call_ids)
    return NotFound(
        f"There is no call {names} of yours{where}. "
        "A call can be rated a few seconds after its answer; its id is the answer's x-request-id."
    )
