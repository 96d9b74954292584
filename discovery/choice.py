"""Doing what was reviewed and no more: a fresh plan narrowed to what a person has seen, and chosen. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .plan import Found, Known, Plan

Difference = dict[str, str]  # model_id, what


def narrow(made: Plan, shown: Mapping[str, Any], only: Collection[str] | None) -> tuple[Plan, list[Difference]]:
    """What of a plan was also in the plan that was shown, and, if `only` some models were chosen, concerns these.

    Also what of it differs from what was shown, and is therefore left for another review.
    """
    digests: Mapping[str, str] = shown["digests"]
    missed = {row["model_id"] for row in shown["missing"]}
    wanted = set(only) if only is not None else {*digests, *missed}

    def seen(found: Found) -> bool:
        model_id = found.listing.model_id
        return model_id in wanted and digests.get(model_id) == found.digest

    def seen_missing(row: Known) -> bool:
        return row.model_id in wanted and row.model_id in missed

    narrowed = replace(
        made,
        new=list(filter(seen, made.new)),
        changed=list(filter(seen, made.changed)),
        missing=list(filter(seen_missing, made.missing)),
        deprecate=chosen_rows(made.deprecate, shown["deprecate"], made.missing, wanted),
        restore=chosen_rows(made.restore, shown["restore"], made.returned, wanted),
    )
    return narrowed, [
        difference
        for difference in differences(made, digests, missed)
        if only is None or difference["model_id"] in wanted
    ]


def chosen_rows(
    ids: Iterable[int], shown: Collection[int], rows: Iterable[Known], wanted: Collection[str]
) -> list[int]:
    chosen = {row.pk for row in rows if row.model_id in wanted}
    return [pk for pk in ids if pk in shown and pk in chosen]


def differences(made: Plan, digests: Mapping[str, str], missed: Collection[str]) -> Iterable[Difference]:
    """What has changed at the provider, or here, since the plan was shown."""
    now = {found.listing.model_id: found.digest for found in (*made.new, *made.changed)}
    missing = {row.model_id for row in made.missing}
    for model_id, digest in now.items():
        if model_id not in digests:
            yield {"model_id": model_id, "what": "has appeared or changed since"}
        elif digests[model_id] != digest:
            yield {"model_id": model_id, "what": "is listed differently now"}
    for model_id in digests:
        if model_id not in now:
            yield {"model_id": model_id, "what": "is not listed any more, or was applied already"}
    for model_id in missing - set(missed):
        yield {"model_id": model_id, "what": "has gone missing since"}
    for model_id in set(missed) - missing:
        yield {"model_id": model_id, "what": "is listed again"}
