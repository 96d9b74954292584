from __future__ import annotations

from .allowance import Allowance, Unit
from .apikey import ApiKey, UserLimits
from .authevent import KEY_NEWS, AuthEvent, Kind

__all__ = ["KEY_NEWS", "Allowance", "ApiKey", "AuthEvent", "Kind", "Unit", "UserLimits"]
