from __future__ import annotations

from django.apps import AppConfig


class GatewayConfig(AppConfig):
    """One endpoint, every protocol: serves calls, meters them, keeps conversations."""

    name = "gateway"
    verbose_name = "Gateway"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from gateway import checks  # noqa: F401  registers itself
