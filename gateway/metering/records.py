"""From a line of the spool to the columns of a Usage row. Names are cut to what a column keeps, numbers must fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.db import models

from catalog.storable import NUL, without_nul
from gateway.lenient import loads
from gateway.models import Usage

Row = Mapping[str, Any]
Clean = Callable[[Any], Any]
T = TypeVar("T")

PLACES = Decimal(1).scaleb(-10)  # what a row keeps of a USD
LARGEST: dict[type[models.Field], int] = {
    models.PositiveSmallIntegerField: 2**15 - 1,
    models.PositiveIntegerField: 2**31 - 1,
    models.BigIntegerField: 2**63 - 1,
}
PLAIN = frozenset((type(None), bool, int, str))  # kinds of values that are quickly told apart


class Unreadable(ValueError):
    """A line that cannot be made a row, with why."""


def read_all(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """The columns of many calls, one column after the other: most say the same. Raises Unreadable if one of them is."""
    calls = [loaded(line) for line in lines]
    try:
        columns = [each(clean, [fields.get(name) for fields in calls]) for name, clean in COLUMNS]
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return [dict(zip(NAMES, values, strict=True)) for values in zip(*columns, strict=True)]


def each(change: Callable[[Any], T], values: Sequence[Any]) -> Sequence[T]:
    """What a function makes of each value; of equal ones it is asked once."""
    kinds = set(map(type, values))
    if len(kinds) == 1 and kinds <= PLAIN and 2 * len(distinct := set(values)) <= len(values):
        return list(map({value: change(value) for value in distinct}.__getitem__, values))
    return list(map(change, values))


def read(line: bytes) -> dict[str, Any]:
    """The columns of one call, and `credential_id`, which is none. Raises Unreadable."""
    fields = loaded(line)
    row: dict[str, Any] = {}
    name = ""
    try:
        for name, clean in COLUMNS:
            row[name] = clean(fields.get(name))
    except ValueError as error:
        raise Unreadable(f"{name} {error}") from error
    return row


def loaded(line: bytes) -> dict[str, Any]:
    """The JSON object of a line, without what no database keeps."""
    try:
        fields = loads(line)
    except ValueError:
        raise Unreadable("is not whole JSON") from None
    if not isinstance(fields, dict):
        raise Unreadable("is no object")
    return without_nul(fields) if NUL in line else fields


def cleaner(field: models.Field) -> Clean:
    """How the value of this column is read: None is its default."""
    if field.name == "call_id":
        return call_id
    if isinstance(field, models.CharField):
        return choice(field) if field.choices else text(field.max_length or 0)
    if isinstance(field, models.BooleanField):
        return truth
    if isinstance(field, models.DateTimeField):
        return moment
    if isinstance(field, models.DecimalField):
        return money
    if isinstance(field, models.JSONField):
        return listed
    return whole(field)


def call_id(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 32:
        raise ValueError("is no id")
    return value


def choice(field: models.Field) -> Clean:
    known = frozenset(value for value, _ in field.choices or ())
    usual = field.get_default()

    def clean(value: Any) -> str:
        value = usual if value is None else value
        if not isinstance(value, str) or value not in known:
            raise ValueError("is not one of those we know")
        return value

    return clean


def text(length: int) -> Clean:
    def clean(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ValueError("is no text")
        return value[:length]

    return clean


def truth(value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise ValueError("is neither true nor false")
    return bool(value)


def whole(field: models.Field) -> Clean:
    most = LARGEST[type(field)]
    usual = field.get_default()
    required = usual is None and not field.null

    def clean(value: Any) -> int | None:
        if value is None and not required:
            return usual  # type: ignore[no-any-return]
        if type(value) is not int or not 0 <= value <= most:  # true and false are integers too
            raise ValueError("is no whole number that fits")
        return value

    return clean


def money(value: Any) -> Decimal | None:
    """USD, rounded to the places of the column, so that sums of rows are sums of what rows say."""
    if value is None:
        return None
    try:
        amount = Decimal(value if isinstance(value, str) else str(value)).quantize(PLACES)
        fits = 0 <= amount < 10**10
    except InvalidOperation:  # also of comparing what is no number
        fits = False
    if not fits:
        raise ValueError("is no number of USD that fits")
    return amount


def moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first hours of the year 1 are no time elsewhere
        pass
    raise ValueError("is no time")


def listed(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise ValueError("is no list")
    return value or []


FIELDS: tuple[models.Field, ...] = tuple(field for field in Usage._meta.concrete_fields if not field.primary_key)
CREDENTIAL = models.BigIntegerField("the stored key it was made with", null=True)
COLUMNS = (*((field.name, cleaner(field)) for field in FIELDS), ("credential_id", whole(CREDENTIAL)))
NAMES = tuple(name for name, _ in COLUMNS)
