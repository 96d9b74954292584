"""Bringing back what our own export wrote: providers, models with all that people decided about them, and routes.

What is not there, or only there as the product puts it there by itself, becomes what the export says. What people
here have decided stays; of such a model the export's facts are left to the caller to claim.
"""

from __future__ import annotations

from .comparing import Known, Restoration, plan, recognises
from .writing import restore

__all__ = ["Known", "Restoration", "plan", "recognises", "restore"]
