"""The door for Python in processes that serve nothing: scripts, what docs/python.md shows, and forks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.discovery.product import Product, databases, product
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream

__all__ = ["databases", "product"]

OPENAI = """
from django.contrib.auth.models import User
from access.caller import SYNC
from catalog.models import Provider
from catalog.registration import add_model
User.objects.create_user("alice")
row = Provider.objects.get(slug="openai")
Provider.objects.filter(pk=row.pk).update(base_url={url!r}, env_key_base_url={url!r}, is_active=True)
row.refresh_from_db()
for model_id, category in (("gpt-4.1", "text"), ("tts-1", "tts")):
    add_model(provider=row, model_id=model_id, by=SYNC, stated={{"name": model_id, "category": category}})
"""


@pytest.fixture
def upstream(product: Product, fake_provider: FakeProvider) -> Iterator[FakeProvider]:
    """OpenAI, as a fresh installation knows it, on loopback."""
    product.settings["OPENAI_API_KEY"] = "sk-of-the-environment"
    product.python(OPENAI.format(url=Upstream(fake_provider).play("openai")))
    yield fake_provider


def examples(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_documentation_run(product: Product, upstream: FakeProvider, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("\n".join(["import django", "django.setup()", *examples("docs/python.md")]), "utf-8")

    said = product.python(f"exec(compile(open({str(script)!r}).read(), 'docs/python.md', 'exec'))")

    assert "You said: Why is the sky blue?" in said
    assert "404 model_not_found" in said
    assert product.count("gateway_usage") == 9
    assert product.sql("SELECT count(*) FROM gateway_usage WHERE user_name = 'alice'") == [(1,)]


def test_a_fork_calls_by_itself(product: Product, upstream: FakeProvider) -> None:
    said = product.python(
        "import os, sys\n"
        "from gateway import client\n"
        "print(client.chat('openai/gpt-4.1', 'parent').text, flush=True)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    from django.db import connections\n"
        "    connections.close_all()\n"
        "    print(client.chat('openai/gpt-4.1', 'child').text, flush=True)\n"
        "    client.PROCESS.close()\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )

    assert said.split("\n")[:2] == ["You said: parent", "You said: child"]
    assert product.count("gateway_usage") == 2
