from __future__ import annotations

from .allowance import Allowance, Unit
from .apikey import ApiKey, UserLimits
from .authevent import KEY_NEWS, AuthEvent, Kind
from .identity import Identity

__all__ = ["KEY_NEWS", "Allowance", "ApiKey", "AuthEvent", "Identity", "Kind", "Unit", "UserLimits"]
