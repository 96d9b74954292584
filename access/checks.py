"""What an operator can get wrong in the environment. No message repeats a value: some are secrets."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from access.admin_key import MIN_LENGTH, weakness

SECRET_KEY_LENGTH = 50  # as Django's own deployment check
NEW_SECRET = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
NEW_ENCRYPTION_KEY = (
    "Make one: python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)

# variable -> id and hint
KNOWN = {
    "SECRET_KEY": ("registry.E001", NEW_SECRET),
    "ENCRYPTION_KEY": ("registry.E002", f"{NEW_ENCRYPTION_KEY}; while rotating: new,old."),
    "ADMIN_API_KEY": ("registry.E003", NEW_SECRET),
    "DATABASE_URL": (
        "registry.E004",
        "sqlite:///registry.sqlite3, or postgresql://user:password@host:5432/name after "
        "`.venv/bin/pip install -r requirements-scale.txt`.",
    ),
    "PORT": ("registry.E005", "For example PORT=8000."),
    "DEBUG": ("registry.E006", "DEBUG=false everywhere but on a developer's machine."),
    "SECURE_SSL_REDIRECT": ("registry.E007", "true behind TLS, false for plain HTTP."),
    "LOG_LEVEL": ("registry.E008", "For example LOG_LEVEL=INFO."),
    "ALLOWED_HOSTS": (
        "registry.E009",
        "Names only, without scheme and port: ALLOWED_HOSTS=registry.example.org,127.0.0.1",
    ),
    "REDIS_URL": (
        "registry.E015",
        "redis://:password@host:6379/0, after `.venv/bin/pip install -r requirements-scale.txt`.",
    ),
    "CELERY_BROKER_URL": (
        "registry.E012",
        "redis://127.0.0.1:6379/0 or amqp://user:password@host:5672//, after "
        "`.venv/bin/pip install -r requirements-scale.txt`; empty: no queue.",
    ),
    "OIDC_ISSUER": ("registry.E016", "The issuer exactly as its tokens name it: https://login.example.org/realms/us"),
    "OIDC_JWKS_URL": ("registry.E013", "Only for a provider without /.well-known/openid-configuration."),
    "OIDC_CLIENT_ID": ("registry.E017", "Single sign-on needs `.venv/bin/pip install -r requirements-scale.txt`."),
    "GATEWAY_ANSWER_TIMEOUT": ("registry.E022", "For example GATEWAY_ANSWER_TIMEOUT=600."),
    "GATEWAY_STALL_TIMEOUT": ("registry.E023", "For example GATEWAY_STALL_TIMEOUT=60."),
    "LLM_PROVIDER": ("registry.E020", "Use a slug of README.md's list of providers, such as LLM_PROVIDER=openai."),
    "LLM_MODEL": ("registry.E021", "For example LLM_PROVIDER=deepseek and LLM_MODEL=deepseek-chat; or neither."),
    "LOG_FORMAT": ("registry.E014", "LOG_FORMAT=json for machines that read the log."),
    "USAGE_SPOOL_DIR": (
        "registry.E018",
        "A folder on this machine's own disk that the server may write: USAGE_SPOOL_DIR=/var/lib/registry/usage",
    ),
    "USAGE_RETENTION_DAYS": ("registry.E019", "For example USAGE_RETENTION_DAYS=90; 0 keeps every call for ever."),
    ".env": ("registry.E010", "One NAME=value a line, readable by the user who runs the server."),
}


@register(Tags.security)
def environment(**kwargs: Any) -> list[CheckMessage]:
    """Every variable that is missing, cannot be read, or is too weak to be used."""
    problems = {
        "SECRET_KEY": weakness(secret_key(), SECRET_KEY_LENGTH),
        "ENCRYPTION_KEY": encryption_key_problem(settings.ENCRYPTION_KEY),
        "ADMIN_API_KEY": weakness(settings.ADMIN_API_KEY, MIN_LENGTH),
        "ALLOWED_HOSTS": allowed_hosts_problem(settings.ALLOWED_HOSTS),
        "USAGE_SPOOL_DIR": folder_problem(settings.USAGE_SPOOL_DIR),
        **settings.MISREAD,
    }
    return [
        Error(f"{name} {problem}", hint=KNOWN[name][1], id=KNOWN[name][0])
        for name, problem in problems.items()
        if problem
    ]


def secret_key() -> str:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # Django will not even hand out an empty one
        return ""


def encryption_key_problem(value: str) -> str:
    if not value:
        return "is not set."
    if not all(is_encryption_key(part.strip()) for part in value.split(",")):
        return "is not 32 bytes in url-safe base64."
    return ""


def is_encryption_key(text: str) -> bool:
    try:
        key = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return False
    return len(key) == 32 and len(set(key)) > 1


def allowed_hosts_problem(hosts: list[str]) -> str:
    wrong = [host for host in hosts if not host or "/" in host or " " in host or (":" in host and host[0] != "[")]
    return f"has {len(wrong)} entries that are no host names." if wrong else ""


def folder_problem(folder: Path) -> str:
    """Of a folder that is to be written, or made where it does not exist yet."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return "" if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK) else "cannot be written."
