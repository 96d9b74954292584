from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages and commands that look at all rooms."""

    name = "console"
    verbose_name = "Console"
