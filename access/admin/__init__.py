"""The pages of access: keys, limits of users, and what happened at the doors. Importing them registers them."""

from __future__ import annotations

from . import apikey, authevent, userlimits  # noqa: F401
