#!/usr/bin/env python
"""The command line of the registry: `manage.py help` lists what it can do."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  before an older one stumbles over an import
        sys.exit(f"Model Registry needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "modelregistry.settings")
    execute_from_command_line(sys.argv)
