"""The product's settings with keys made for this run, deaf to the developer's own environment."""

from __future__ import annotations

import atexit
import base64
import os
import secrets
import shutil
import tempfile

SCRATCH = tempfile.mkdtemp(prefix="registry-tests-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

os.environ.update(
    ENV_FILE=os.devnull,
    SECRET_KEY=secrets.token_urlsafe(48),
    ENCRYPTION_KEY=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    ADMIN_API_KEY=secrets.token_urlsafe(32),
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", ""),
    USAGE_SPOOL_DIR=os.path.join(SCRATCH, "usage"),
)
for name in (
    "ALLOWED_HOSTS",
    "CELERY_BROKER_URL",
    "DEBUG",
    "LLM_MODEL",
    "LLM_PROVIDER",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "PORT",
    "REDIS_URL",
    "SECURE_SSL_REDIRECT",
    "USAGE_RETENTION_DAYS",
):
    os.environ.pop(name, None)

for name in [name for name in os.environ if name.startswith("OIDC_")]:
    os.environ.pop(name)

from modelregistry.settings import *  # noqa: E402, F403

if not os.environ["DATABASE_URL"]:
    # In a file: threads of the gateway have connections of their own, which share no database in memory safely.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(SCRATCH, "test.sqlite3")}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and good enough for tests
