from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import rotation, secrets


class Command(BaseCommand):
    help = (
        "Encrypt every stored key and header anew with the first key of ENCRYPTION_KEY=new,old. Start it when every "
        "process runs with both keys; the registry may serve meanwhile. Safe to break off and to repeat. Exits with 1 "
        "unless nothing is left on another key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        newest, *others = secrets.key_ids()
        self.stdout.write(f"Newest key: {newest}. Also configured: {', '.join(others) or 'none'}.")
        done = rotation.rotate(lambda moved: self.stdout.write(f"{moved} moved") if options["verbosity"] > 1 else None)
        self.stdout.write(f"Moved {done.moved} secrets to {newest}.")
        if done.changed_meanwhile:
            self.stdout.write(f"{done.changed_meanwhile} were changed by others meanwhile; that stands.")
        for key, count in rotation.secrets_per_key().items():
            self.stdout.write(f"Key {key}: {count} secrets.")
        for pk, why in done.failed.items():
            self.stderr.write(f"Credential {pk}: {why}")
        if not done.is_done:
            raise CommandError(f"{sum(done.left.values())} secrets are left on {', '.join(done.left)}.")
        gone = f" {', '.join(others)} may be removed from ENCRYPTION_KEY." if others else ""
        self.stdout.write(f"None is left on another key.{gone}")
