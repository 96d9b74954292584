"""What of the environment does not fit the database. Asked by `check --database default`, `migrate` and `serve`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection

from catalog import rotation
from catalog.models import Credential


@register(Tags.database)
def encryption_keys_in_use(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Every key id that stored secrets need is in ENCRYPTION_KEY. Silent where there is nothing to ask yet."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        if Credential._meta.db_table not in connection.introspection.table_names():
            return []
        missing = rotation.missing_keys()
    except (DatabaseError, ValueError):
        return []  # no database, or no readable ENCRYPTION_KEY: others say so
    return [
        Error(
            f"{count} stored secrets need encryption key {key}, which ENCRYPTION_KEY does not hold.",
            hint=(
                "Put that key back, behind the newest one: ENCRYPTION_KEY=new,old; or enter the providers' keys again. "
                "Everything else works without it: `migrate --skip-checks` migrates all the same."
            ),
            id="registry.E011",
        )
        for key, count in missing.items()
    ]
