"""What looks like a key is told to nobody, wherever it was typed."""

from __future__ import annotations

import re

from access import admin_key

LIKE_A_KEY = re.compile(
    r"\*\*|•|(?<![A-Za-z0-9])(?:mr|sk|gsk|xai|hf|r8|nvapi|fw|tgp|csk|pplx)[-_].{4}|AIza|eyJ|[A-Za-z0-9_]{24,}"
)
MASK = "***"


def masked_path(path: str) -> str:
    """A path with a mask for each segment that looks like a key or is the admin key: some paste them there."""
    return "/".join(MASK if is_secret(segment) else segment for segment in path.split("/"))


def is_secret(segment: str) -> bool:
    return LIKE_A_KEY.search(segment) is not None or admin_key.matches(segment)
