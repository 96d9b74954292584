"""The catalog in Django's admin. Importing the modules registers their pages."""

from __future__ import annotations

from . import access_request, aimodel, change, grant, provider, route, site, voice

__all__ = ["access_request", "aimodel", "change", "grant", "provider", "route", "site", "voice"]
