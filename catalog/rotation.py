"""Moving stored secrets to the newest encryption key while everything keeps running.

A value is replaced only if it still is what was read, so a key that somebody stores meanwhile stands. What is moved
is moved: a rotation that was killed is simply started again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Substr

from catalog import secrets
from catalog.models import Credential

SEALED = {"ciphertext": "key", "headers_ciphertext": "headers"}  # column -> the place its values are bound to
PREFIX = "v1$"
ID_LENGTH = 8
BATCH = 100  # rows; their writes hold the database for some milliseconds
PASSES = 10


@dataclass(kw_only=True)
class Rotation:
    """What a rotation did."""

    moved: int = 0
    changed_meanwhile: int = 0
    failed: dict[int, str] = field(default_factory=dict)  # credential -> why it cannot be moved
    left: dict[str, int] = field(default_factory=dict)  # key id -> secrets, of all keys but the newest

    @property
    def is_done(self) -> bool:
        return not self.left


def secrets_per_key() -> dict[str, int]:
    """How many stored secrets need each key id, asked of the database."""
    counts: Counter[str] = Counter()
    for column in SEALED:
        used = Credential.objects.exclude(**{column: ""}).order_by()
        ids = used.values(key=Substr(column, len(PREFIX) + 1, ID_LENGTH)).annotate(count=Count("pk"))
        counts.update({row["key"]: row["count"] for row in ids})
    return dict(sorted(counts.items()))


def missing_keys() -> dict[str, int]:
    """Key ids that stored secrets need and ENCRYPTION_KEY does not hold, and how many secrets that are."""
    configured = secrets.key_ids()
    return {key: count for key, count in secrets_per_key().items() if key not in configured}


def rotate(on_batch: Callable[[int], None] = lambda moved: None) -> Rotation:
    """Encrypt every stored secret that is not yet on the newest key anew with it.

    What another process stores on an old key meanwhile is seen by the next pass.
    """
    newest = secrets.key_ids()[0]
    done = Rotation()
    for _ in range(PASSES):
        last = 0
        while rows := list(not_on(newest).filter(pk__gt=last).exclude(pk__in=done.failed).order_by("pk")[:BATCH]):
            move(rows, newest, done)
            last = rows[-1].pk
            on_batch(done.moved)
        if not not_on(newest).exclude(pk__in=done.failed).exists():
            break
    done.left = {key: count for key, count in secrets_per_key().items() if key != newest}
    return done


def not_on(newest: str) -> QuerySet[Credential]:
    """Credentials with a value on any other key."""
    other = Q()
    for column in SEALED:
        other |= ~Q(**{column: ""}) & ~Q(**{f"{column}__startswith": f"{PREFIX}{newest}$"})
    return Credential.objects.filter(other).only("pk", *SEALED)


def move(rows: Iterable[Credential], newest: str, done: Rotation) -> None:
    """Encrypt first, then write in one short transaction."""
    fresh = [(row, values) for row in rows if (values := sealed_anew(row, newest, done))]
    with transaction.atomic():
        for row, values in fresh:
            as_read = {column: getattr(row, column) for column in SEALED}
            if Credential.objects.filter(pk=row.pk, **as_read).update(**values):
                done.moved += len(values)
            else:
                done.changed_meanwhile += 1


def sealed_anew(row: Credential, newest: str, done: Rotation) -> dict[str, str]:
    """The new values of a row's columns; none, and the reason noted, if one cannot be decrypted."""
    values = {}
    for column, place in SEALED.items():
        value = getattr(row, column)
        if value and not value.startswith(f"{PREFIX}{newest}$"):
            bound_to = f"credential:{row.pk}:{place}"
            try:
                values[column] = secrets.encrypt(secrets.decrypt(value, bound_to=bound_to), bound_to=bound_to)
            except secrets.CannotDecrypt as error:
                done.failed[row.pk] = error.message
                return {}
    return values
