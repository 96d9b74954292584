"""Where calls go. Azure has a path for each deployment, and wants to be told which version of its API is meant."""

from __future__ import annotations

import re
from urllib.parse import quote

from gateway.wires.base import Target

# Others end in /openai too, but after a version: api.deepinfra.com/v1/openai.
DEPLOYMENTS = re.compile(r"(?<!/v\d)(?<!/v\dbeta)/openai/?$")
DEPLOYMENTS_VERSION = "2024-10-21"
FOUNDRY = re.compile(r"\.services\.ai\.azure\.com/models/?$")
FOUNDRY_VERSION = "2024-05-01-preview"


def path(target: Target, call: str = "/chat/completions") -> str:
    """What to append to the base URL for a call, escaped."""
    if DEPLOYMENTS.search(target.base_url):
        return f"/deployments/{quote(target.model_id, safe='')}{call}?api-version={DEPLOYMENTS_VERSION}"
    if FOUNDRY.search(target.base_url):
        return f"{call}?api-version={FOUNDRY_VERSION}"
    return call
