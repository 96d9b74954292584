"""The application for Celery workers: `celery -A modelregistry worker`, and with `--beat` on one of them the clock."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")
django.setup()

from discovery.tasks import app  # noqa: E402  its models need the settings

__all__ = ["app"]
