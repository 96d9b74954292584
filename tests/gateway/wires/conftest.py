from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import anthropic
import httpx2
import openai
import pytest


@dataclass(frozen=True)
class Clients:
    """The real packages, and one that asks the provider behind. Give them an address by `with_options(base_url=…)`."""

    openai: openai.OpenAI
    anthropic: anthropic.Anthropic
    upstream: httpx2.Client


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    """Made once, as they take their time."""
    with (
        openai.OpenAI(api_key="any", max_retries=0) as by_openai,
        anthropic.Anthropic(api_key="any", max_retries=0) as by_anthropic,
        httpx2.Client(trust_env=False) as upstream,
    ):
        yield Clients(by_openai, by_anthropic, upstream)
