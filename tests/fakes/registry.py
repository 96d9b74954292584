"""The registry as `make demo` serves it: four of its providers are the one on loopback."""

from __future__ import annotations

from access.caller import command
from catalog import connections
from catalog.models import Provider
from console.management.commands.serve import Command
from tests.fakes.demo import base_urls
from tests.fakes.provider import FakeProvider

KEY = "demo-key-that-opens-nothing"


class Demo(Command):
    def __init__(self, provider: FakeProvider) -> None:
        super().__init__()
        self.provider = provider

    def prepare(self) -> None:
        super().prepare()
        for slug, base_url in base_urls(self.provider).items():
            row = Provider.objects.get(slug=slug)
            if row.base_url != base_url:
                connections.change_provider(row, {"base_url": base_url}, command("demo"), key=KEY)
        names = ", ".join(base_urls(self.provider))
        self.stdout.write(f"Demo: {names} are played by {self.provider.url}. Refresh one under Providers.")
