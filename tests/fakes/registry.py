"""The registry as `make demo` serves it: four of its providers are the one on loopback."""

from __future__ import annotations

from django.conf import settings

from access import keys
from access.caller import command
from access.models import ApiKey
from catalog import connections, lifecycle
from catalog.models import AIModel, Provider, Status
from console.management.commands.serve import Command
from tests.fakes.demo import base_urls
from tests.fakes.provider import FakeProvider

KEY = "demo-key-that-opens-nothing"
DEFAULTS = {"openai": ["gpt-4.1", "tts-1"], "anthropic": ["claude-sonnet-4-20250514"]}
BY = command("demo")


class Demo(Command):
    def __init__(self, provider: FakeProvider) -> None:
        super().__init__()
        self.provider = provider

    def prepare(self) -> None:
        super().prepare()
        for slug, base_url in base_urls(self.provider).items():
            row = Provider.objects.get(slug=slug)
            if row.base_url != base_url:
                connections.change_provider(row, {"base_url": base_url}, BY, key=KEY)
        names = ", ".join(base_urls(self.provider))
        self.stdout.write(f"Demo: {names} are played by {self.provider.url}. Refresh one under Providers.")
        if not ApiKey.objects.filter(name="demo").exists():
            choose_defaults()
            self.stdout.write(first_call(keys.make("demo", by=BY).plaintext))


def choose_defaults() -> None:
    """Once, so that there is something to call; what the operator makes of it later stays."""
    for slug, model_ids in DEFAULTS.items():
        models = AIModel.objects.global_().filter(provider__slug=slug, model_id__in=model_ids)
        lifecycle.set_status(models, Status.ENABLED, BY)
        for model in models:
            lifecycle.set_default(model, BY)


def first_call(key: str) -> str:
    return (
        "Demo: a first call, with a key that is shown only now:\n"
        f"  curl http://127.0.0.1:{settings.PORT}/v1/chat/completions -H 'Authorization: Bearer {key}' \\\n"
        "    -H 'Content-Type: application/json' \\\n"
        '    -d \'{"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hello"}]}\''
    )
