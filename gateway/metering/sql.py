"""Many rows at once, with what to do where one is there already. Django's own can neither add nor tell.

PostgreSQL takes them as one JSON text: 250 rows with the columns of Usage at a sixth of the time, and of our processor
at a twentieth, of as many parameters. SQLite takes one statement of some rows again and again: it keeps the program of
every statement it has prepared, and one of hundreds of rows is a megabyte; but after each statement this thread has to
ask the event loop for its turn again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from django.db import connection, models

Row = Mapping[str, Any]
R = TypeVar("R", bound=Row)
TOGETHER = 20  # rows of one statement of SQLite


def insert_new(fields: Sequence[models.Field], rows: Sequence[R], key: str) -> list[R]:
    """Insert rows whose key is not there yet. Those that were new. Called in a transaction."""
    by_key = {row[key]: row for row in rows}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            name = connection.ops.quote_name(key)
            cursor.execute(f"{from_json(fields)} ({name}) DO NOTHING RETURNING {name}", [in_json(rows)])
            return [by_key[found] for (found,) in cursor.fetchall()]
        # Whoever writes is alone in SQLite: what is not there now will not be there in a moment.
        table, name = map(connection.ops.quote_name, (fields[0].model._meta.db_table, key))
        statement = f"SELECT {name} FROM {table} WHERE {name} IN (SELECT value FROM json_each(%s))"
        cursor.execute(statement, [orjson.dumps(list(by_key)).decode()])
        known = {found for (found,) in cursor.fetchall()}
        new = [row for row in rows if row[key] not in known]
        execute(cursor, fields, new)
        return new


def upsert(fields: Sequence[models.Field], rows: Sequence[Row], on_conflict: str) -> None:
    """Insert rows; `on_conflict`, what follows ON CONFLICT, says what to do where one is there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{from_json(fields)} {on_conflict}", [in_json(rows)])
        else:
            execute(cursor, fields, rows, f" ON CONFLICT {on_conflict}")


def into(fields: Sequence[models.Field]) -> str:
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(fields[0].model._meta.db_table)} ({', '.join(quote(field.name) for field in fields)})"


def from_json(fields: Sequence[models.Field]) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.name) for field in fields)
    types = ", ".join(f"{quote(field.name)} {field.db_type(connection)}" for field in fields)
    return f"{into(fields)} SELECT {columns} FROM json_to_recordset(%s) AS given({types}) ON CONFLICT"


def in_json(rows: Sequence[Row]) -> str:
    return orjson.dumps(list(rows), default=str).decode()


def execute(cursor: Any, fields: Sequence[models.Field], rows: Sequence[Row], on_conflict: str = "") -> None:
    """Insert rows by statements of some, and the rest one by one."""
    values = parameters(fields, rows)
    rest = len(values) % TOGETHER
    together = [list(chain(*values[at : at + TOGETHER])) for at in range(rest, len(values), TOGETHER)]
    one = f"({', '.join(['%s'] * len(fields))})"
    for count, taken in ((1, values[:rest]), (TOGETHER, together)):
        if taken:
            cursor.executemany(f"{into(fields)} VALUES {', '.join([one] * count)}{on_conflict}", taken)


def parameters(fields: Sequence[models.Field], rows: Iterable[Row]) -> list[list[Any]]:
    odd = [(place, PREPARED[type(field)]) for place, field in enumerate(fields) if type(field) in PREPARED]
    found = [*map(list, map(itemgetter(*[field.name for field in fields]), rows))]
    for values in found:
        for place, prepare in odd:
            if values[place] is not None:
                values[place] = prepare(values[place])
    return found


# As Django itself writes them to SQLite.
PREPARED: Mapping[type[models.Field], Callable[[Any], str]] = {
    models.DateTimeField: lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
    models.DateField: lambda value: value.isoformat(),
    models.DecimalField: lambda value: f"{value:f}",
    models.JSONField: lambda value: orjson.dumps(value).decode(),
}


def named(table: type[models.Model], names: Iterable[str]) -> tuple[models.Field, ...]:
    return tuple(table._meta.get_field(name) for name in names)  # type: ignore[misc]
