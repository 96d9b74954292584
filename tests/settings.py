"""The product's settings with keys made for this run, deaf to the developer's own environment."""

from __future__ import annotations

import base64
import os
import secrets

os.environ.update(
    ENV_FILE=os.devnull,
    SECRET_KEY=secrets.token_urlsafe(48),
    ENCRYPTION_KEY=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    ADMIN_API_KEY=secrets.token_urlsafe(32),
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", ""),
)
for name in (
    "ALLOWED_HOSTS",
    "CELERY_BROKER_URL",
    "DEBUG",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "PORT",
    "REDIS_URL",
    "SECURE_SSL_REDIRECT",
):
    os.environ.pop(name, None)

for name in [name for name in os.environ if name.startswith("OIDC_")]:
    os.environ.pop(name)

from modelregistry.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and good enough for tests
