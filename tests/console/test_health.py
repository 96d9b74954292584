from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

pytestmark = pytest.mark.django_db

FINE = {"database": "ok", "migrations": "ok", "encryptionKey": "ok", "snapshot": "ok"}


def test_a_migrated_registry_is_ready(client: Client) -> None:
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": FINE})


def test_a_missing_migration_is_told(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("catalog", "0001_create_catalog")

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "1 not applied: run `manage.py migrate`"


def test_a_bad_encryption_key_is_told_without_being_shown(client: Client, settings: Any) -> None:
    settings.ENCRYPTION_KEY = "zebra"

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"] == {**FINE, "encryptionKey": "is not 32 bytes in url-safe base64."}


def test_a_dead_database_is_told_and_the_process_still_lives(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", unreachable)

    assert client.get("/health/ready").json()["checks"]["database"] == "does not answer"
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
