from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Who is calling, and what they may do."""

    name = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from access import checks, schema, signals  # noqa: F401  they register themselves with their framework
