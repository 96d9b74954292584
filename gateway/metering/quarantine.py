"""Records that cannot be made a row: kept as they are until a person tries them again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from gateway.models import Quarantine


def keep(bad: Iterable[tuple[bytes, str]]) -> None:
    """Each line with why. One that is kept already stays as it is: a segment may be read twice."""
    rows = [
        Quarantine(record=shown(line), digest=hashlib.sha256(line).hexdigest(), why=why)
        for line, why in sorted(dict(bad).items())
    ]
    Quarantine.objects.bulk_create(rows, ignore_conflicts=True)


def shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").replace("\0", "")
