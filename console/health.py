"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from access.checks import encryption_key_problem
from gateway.process import PROCESS
from gateway.runtime import FULL, age_of

OLD = 2 * FULL  # seconds


@cache
def shipped_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def database_problems() -> dict[str, str]:
    """One question answers two: does the database answer, and is its schema ours."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return {"database": "does not answer", "migrations": "unknown"}
    missing = len(shipped_migrations() - applied.keys())
    return {"database": "", "migrations": f"{missing} not applied: run `manage.py migrate`" if missing else ""}


def snapshot_problem() -> str:
    """Whether what `/v1` answers from is fresh, where this process serves it. It serves on even if it is not."""
    if PROCESS.serving is None:
        return ""
    age = age_of(PROCESS.serving[0])
    return "" if age < OLD else "not read yet" if age == float("inf") else f"{age:.0f} seconds old"


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    problems = database_problems() | {"encryptionKey": encryption_key_problem(settings.ENCRYPTION_KEY)}
    problems |= {"snapshot": snapshot_problem()}
    broken = any(problems.values())
    checks = {name: problem or "ok" for name, problem in problems.items()}
    return JsonResponse({"status": "unready" if broken else "ok", "checks": checks}, status=503 if broken else 200)
