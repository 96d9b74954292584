"""What a Claude can be asked depends on its version: how it is told to think, whether system messages may come late."""

from __future__ import annotations

import re
from functools import lru_cache

# claude-sonnet-4-5-20250929, claude-opus-4-6@default, claude-3-7-sonnet-latest, claude-sonnet-5
VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
STRICT_TOOLS = (4, 5)
ADAPTIVE = (4, 6)  # thinks as it likes, steered by an effort; those before want a budget, those after refuse one
LATE_SYSTEM = (4, 8)


@lru_cache(maxsize=1_000)
def version(model_id: str) -> tuple[int, int]:
    """(0, 0) for models of others behind this protocol: they follow its oldest form."""
    found = VERSION.search(model_id)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
