from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """The truth: providers, models, prices, credentials and their changes."""

    name = "catalog"
    verbose_name = "Catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog import checks  # noqa: F401  registers itself

        post_migrate.connect(add_missing_providers, sender=self)


def add_missing_providers(**kwargs: Any) -> None:
    """After `migrate`, each provider the code knows has a row."""
    from catalog.connections import ensure_specs  # models exist only once the apps are ready

    ensure_specs()
