from __future__ import annotations

from tests.discovery.doors import acme, done_at_once

__all__ = ["acme", "done_at_once"]
