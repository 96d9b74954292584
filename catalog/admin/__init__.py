"""The catalog in Django's admin. Importing the modules registers their pages."""

from __future__ import annotations

from . import aimodel, change, provider, site, voice

__all__ = ["aimodel", "change", "provider", "site", "voice"]
