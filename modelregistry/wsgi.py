"""The application for WSGI servers: admin and API."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")

application = get_wsgi_application()

from access.keeper import Keeper  # noqa: E402  its tables need the settings

Keeper().start()
