"""What a key may be allowed to do."""

from __future__ import annotations

from django.db.models import TextChoices


class Scope(TextChoices):
    READ = "catalog:read", "Read the catalog"
    WRITE = "catalog:write", "Write own models"
    SYNC = "sync", "Start syncs"
    GATEWAY = "gateway", "Call models through /v1"
    METRICS = "metrics", "Read /metrics"
    ADMIN = "admin", "Everything an admin may do"


NO_SCOPES: frozenset[str] = frozenset()
ALL_SCOPES: frozenset[str] = frozenset(Scope.values)
PERSONAL_SCOPES: frozenset[str] = frozenset({Scope.READ.value, Scope.WRITE.value, Scope.GATEWAY.value})
DEFAULT_SCOPES: frozenset[str] = frozenset({Scope.READ.value, Scope.GATEWAY.value})
