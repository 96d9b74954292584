"""The flusher: what is in the spool comes into the database, once, whoever dies and whatever is away."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from catalog.models import AIModel, Credential
from gateway.metering import flusher as flusher_module
from gateway.metering import ledger, retention
from gateway.metering.flusher import Flusher
from gateway.metering.spool import Spool, encoded
from gateway.models import Quarantine, Usage, UsageDay
from tests.builders import a_model, a_provider
from tests.conftest import ROOT
from tests.discovery.product import Product, databases, product, wait_for
from tests.gateway.records import a_record
from tests.gateway.test_spool import files_of_at_most

__all__ = ["databases", "product"]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


@pytest.mark.django_db
class TestOneRound:
    def test_everything_is_brought_in_and_no_file_is_left_but_the_one_to_come(self, spool: Spool) -> None:
        for _ in range(600):
            spool.append(a_record())
        dead = Spool(spool.folder)
        dead.append(a_record())
        dead.close()

        Flusher(spool).flush()

        assert Usage.objects.count() == 601 and sum(UsageDay.objects.values_list("calls", flat=True)) == 601
        assert [path.stat().st_size for path in spool.folder.iterdir()] == [0]
        assert spool.backlog() == (0, 0.0)

    def test_a_torn_line_is_put_aside_and_the_whole_ones_count(self, spool: Spool) -> None:
        for _ in range(3):
            spool.append(a_record())
        spool.close()
        (path,) = spool.folder.iterdir()
        path.write_bytes(path.read_bytes()[:-20])

        Flusher(Spool(spool.folder)).flush()

        assert (Usage.objects.count(), Quarantine.objects.get().why) == (2, "is not whole JSON")
        assert list(spool.folder.iterdir()) == []

    def test_what_the_disk_does_not_take_the_database_does(self, spool: Spool) -> None:
        with files_of_at_most(2_000):
            for _ in range(10):
                spool.append(a_record())
            assert spool.waiting
            Flusher(spool).flush()

            assert Usage.objects.count() == 10 and not spool.waiting

    def test_what_fails_stays_for_the_next_time(self, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(600):
            spool.append(a_record())
        flusher, calls, write = Flusher(spool), [], ledger.write

        def away_in_the_middle(lines: Any) -> ledger.Written:
            calls.append(lines)
            if len(calls) == 2:
                raise OperationalError("server closed the connection")
            return write(lines)

        monkeypatch.setattr(ledger, "write", away_in_the_middle)
        with pytest.raises(OperationalError):
            flusher.flush()
        assert spool.backlog()[0] > 0
        spool.append(a_record())
        flusher.flush()
        flusher.flush()

        assert Usage.objects.count() == 601 and spool.backlog()[0] == 0

    def test_models_and_keys_learn_when_they_were_last_called(self, spool: Spool) -> None:
        model, never = a_model("used"), a_model("never")
        key = Credential.objects.create(provider=a_provider(), base_url="https://acme.example/v1", name="k")
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        for minutes in (0, 5, 3):
            spool.append(a_record(model_row=model.pk, credential_id=key.pk, at=noon + timedelta(minutes=minutes)))
        spool.append(a_record(model_row=never.pk, outcome="error"))
        spool.append(a_record(model_row=987_654))
        flusher = Flusher(spool)
        flusher.flush()
        flusher.note_uses()
        changed = AIModel.objects.get(pk=model.pk).updated_at

        spool.append(a_record(model_row=model.pk, at=noon))  # an old one, of a worker that died
        flusher.flush()
        flusher.note_uses()

        used = {row.pk: row.last_used_at for row in AIModel.objects.all()}
        assert used == {model.pk: noon + timedelta(minutes=5), never.pk: None}
        assert Credential.objects.get().last_used_at == noon + timedelta(minutes=5)
        assert AIModel.objects.get(pk=model.pk).updated_at == changed == model.updated_at


@pytest.mark.django_db
class TestRetention:
    def days(self) -> list[dict[str, Any]]:
        return list(UsageDay.objects.order_by("pk").values())

    def test_old_calls_go_and_their_days_stay(self, spool: Spool, settings: Any) -> None:
        settings.USAGE_RETENTION_DAYS = 90
        now = timezone.now()
        for age in (0, 89, 91, 400):
            spool.append(a_record(call_id=f"{age}", at=now - timedelta(days=age)))
        flusher = Flusher(spool)
        flusher.flush()
        before = self.days()
        flusher.chores_at = 0

        flusher.round()

        assert set(Usage.objects.values_list("call_id", flat=True)) == {"0", "89"}
        assert self.days() == before and len(before) == 4

    def test_they_go_in_small_batches(self, spool: Spool, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.USAGE_RETENTION_DAYS = 1
        monkeypatch.setattr("gateway.metering.retention.BATCH", 10)
        pauses: list[None] = []
        ledger.write([line_of(at=timezone.now() - timedelta(days=2)) for _ in range(35)])

        assert retention.prune(lambda: pauses.append(None)) == 35
        assert len(pauses) == 3 and not Usage.objects.exists()

    def test_zero_keeps_them_for_ever(self, settings: Any) -> None:
        settings.USAGE_RETENTION_DAYS = 0
        ledger.write([line_of(at=datetime(2020, 1, 1, tzinfo=UTC))])

        assert retention.prune() == 0 and Usage.objects.count() == 1


def line_of(**fields: Any) -> bytes:
    return encoded(a_record(**fields))


def test_rounds_become_rarer_while_the_database_is_away_and_say_so_once(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spool.append(a_record())

    def away(lines: Any) -> Any:
        raise OperationalError("connection refused\nIs the server running?")

    flusher, write = Flusher(spool), ledger.write
    monkeypatch.setattr(ledger, "write", away)
    monkeypatch.setattr(flusher_module.connection, "close", lambda: None)
    waits = []
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            flusher.attempt()
            waits.append(flusher.wait)
        assert sorted(waits[:4]) == waits[:4] and flusher_module.EVERY < waits[-1] <= flusher_module.SLOWEST
        monkeypatch.setattr(ledger, "write", lambda lines: write([]))
        flusher.attempt()

    assert flusher.wait == flusher_module.EVERY
    assert [record.getMessage() for record in caplog.records] == [
        "Usage waits in the spool: connection refused",
        "Usage reaches the database again.",
    ]


class TestProcesses:
    """Real processes on a database of their own."""

    def command(self, folder: Path, *arguments: str) -> list[str]:
        return ["-m", "tests.gateway.worker", str(folder), *arguments]

    def run(self, product: Product, folder: Path, *arguments: str) -> int:
        return product.start(*self.command(folder, *arguments)).wait(60)

    def killed_after(self, product: Product, folder: Path, prefix: str, seconds: float) -> list[str]:
        """What a serving process had said when it was killed."""
        command = [sys.executable, *self.command(folder, "serve", prefix)]
        with subprocess.Popen(command, cwd=ROOT, env=product.environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = [process.stdout.readline().strip()]
            time.sleep(seconds)
            process.kill()
            rest = process.stdout.read().split("\n")
        return said + [call_id for call_id in rest[:-1] if call_id]

    def counted(self, product: Product) -> tuple[int, int]:
        return product.count("gateway_usage"), int(product.sql("SELECT sum(calls) FROM gateway_usageday")[0][0])

    def test_killed_under_load_none_is_lost_and_none_is_doubled(self, product: Product, tmp_path: Path) -> None:
        folder, said = tmp_path / "spool", []
        for turn, seconds in enumerate((0.3, 0.75, 1.2)):
            said += self.killed_after(product, folder, f"turn{turn}-", seconds)

        assert self.run(product, folder, "flush") == 0

        kept = {call_id for (call_id,) in product.sql("SELECT call_id FROM gateway_usage")}
        assert len(said) > 300
        assert set(said) <= kept and len(kept) <= len(said) + 3
        assert self.counted(product) == (len(kept), len(kept))
        assert list(folder.iterdir()) == []

    def test_killed_between_the_insert_and_the_deletion_none_is_doubled(self, product: Product, tmp_path: Path) -> None:
        folder = tmp_path / "spool"
        self.left_behind(folder, segments=1, records=700)

        assert self.run(product, folder, "die") == -9
        assert self.counted(product) == (700, 700) and len(list(folder.iterdir())) == 1
        assert self.run(product, folder, "flush") == 0

        assert self.counted(product) == (700, 700) and list(folder.iterdir()) == []

    def test_two_that_adopt_the_same_segments_count_each_call_once(self, product: Product, tmp_path: Path) -> None:
        folder = tmp_path / "spool"
        self.left_behind(folder, segments=8, records=500)

        both = [product.start(*self.command(folder, "flush")) for _ in range(2)]

        assert [process.wait(60) for process in both] == [0, 0]
        wait_for(lambda: not list(folder.iterdir()) or self.run(product, folder, "flush"))
        assert self.counted(product) == (4000, 4000)

    def left_behind(self, folder: Path, segments: int, records: int) -> None:
        for _ in range(segments):
            spool = Spool(folder)
            for number in range(records):
                spool.append(a_record(model=f"acme/m-{number % 9}", key_id=number % 4))
            spool.close()

    def test_while_the_database_is_away_calls_go_on_and_come_in_later(self, product: Product, tmp_path: Path) -> None:
        folder = tmp_path / "spool"
        command = [sys.executable, *self.command(folder, "serve", "away-")]
        with subprocess.Popen(
            command, cwd=ROOT, env=product.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            wait_for(lambda: product.count("gateway_usage"))
            self.take_away(product)
            time.sleep(3)
            self.bring_back(product)
            before = product.count("gateway_usage")
            wait_for(lambda: product.count("gateway_usage") > before + 1000, 30)
            process.kill()
            said = len(process.stdout.read().splitlines()) + 1
        assert self.run(product, folder, "flush") == 0

        calls, added = self.counted(product)
        assert calls == added and said <= calls + 1 <= said + 2

    def take_away(self, product: Product) -> None:
        if product.database_url.startswith("sqlite"):
            product.sql("ALTER TABLE gateway_usage RENAME TO elsewhere")
            return
        self.tell_server(product, "ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.tell_server(product, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def bring_back(self, product: Product) -> None:
        if product.database_url.startswith("sqlite"):
            product.sql("ALTER TABLE elsewhere RENAME TO gateway_usage")
            return
        self.tell_server(product, "ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def tell_server(self, product: Product, statement: str) -> None:
        import psycopg  # only where PostgreSQL is tested

        server, _, name = product.database_url.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(statement.format(name=name))
