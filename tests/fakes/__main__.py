"""`make demo`: the registry on a database of its own, with a provider on loopback in place of four real ones."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import django
from django.core.management import CommandError, call_command

from tests.fakes.demo import serve_demo
from tests.fakes.provider import FakeProvider

ROOT = Path(__file__).resolve().parents[2]
PORT = 8765


def start_provider(recordings: Path | None) -> FakeProvider:
    """On the same port every time, so that a second demo finds its providers where they were."""
    try:
        return serve_demo(port=PORT, recordings=recordings)
    except OSError:
        return serve_demo(recordings=recordings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--recordings", type=Path, help="replay the recorded answers of this folder")
    options = parser.parse_args()
    if options.recordings and not options.recordings.is_dir():
        parser.error(f"there is no folder {options.recordings}")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{ROOT / 'demo.sqlite3'}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")
    django.setup()
    from tests.fakes.registry import Demo  # its models need the settings that were just chosen

    with start_provider(options.recordings) as provider:
        try:
            call_command(Demo(provider))
        except CommandError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
