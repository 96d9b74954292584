"""The spool: what was appended is kept, whatever becomes of the process or the disk."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from gateway.errors import Unavailable
from gateway.metering import spool as spool_module
from gateway.metering.segment import Segment
from gateway.metering.spool import Spool, encoded
from tests.conftest import ROOT
from tests.gateway.records import a_record


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


def drained(spool: Spool) -> list[bytes]:
    """All lines on disk, taken as a flusher takes them."""
    lines = []
    for segment in spool.to_read():
        lines += read(segment)
        spool.done(segment)
    for segment in spool.orphans():
        lines += read(segment)
        segment.delete()
    return lines


def read(segment: Segment, most: int = 3) -> list[bytes]:
    lines = []
    while segment.offset < segment.size:
        found, segment.offset = segment.read(most)
        assert len(found) <= most
        lines += found
    return lines


def ids(lines: list[bytes]) -> list[str]:
    return [orjson.loads(line)["call_id"] for line in lines]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk that is full at that size, for this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_appended_is_read_once_and_in_order(spool: Spool) -> None:
    made = [a_record() for _ in range(10)]
    for record in made:
        spool.append(record)

    assert ids(drained(spool)) == [record["call_id"] for record in made]
    assert drained(spool) == []
    assert spool.backlog() == (0, 0.0)


def test_times_and_decimals_are_written_as_text_that_says_all() -> None:
    noon = datetime(2026, 1, 2, 12, 0, 0, 123456)

    read = orjson.loads(encoded({"naive": noon, "aware": noon.replace(tzinfo=UTC), "cost": Decimal("0.0000000001")}))

    assert read["naive"] == read["aware"] == "2026-01-02T12:00:00.123456+00:00"
    assert Decimal(read["cost"]) == Decimal("0.0000000001")


@pytest.mark.parametrize("odd", ["half \ud83d a pair", 2**70, {1: 2}])
def test_what_json_has_no_word_for_is_written_all_the_same(odd: object) -> None:
    assert encoded({"requested": odd}).endswith(b"}\n")


def test_only_the_owner_may_read_the_folder_and_its_files(spool: Spool) -> None:
    spool.append(a_record())

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (spool.folder, *spool.folder.iterdir())]
    assert modes == [0o700, 0o600]


def test_segments_are_closed_at_their_size_while_nobody_reads(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "SEGMENT", 2_000)
    for _ in range(10):
        spool.append(a_record())

    assert len(list(spool.folder.iterdir())) > 2
    assert len(drained(spool)) + len(drained(spool)) == 10


def test_the_backlog_says_how_much_waits_and_how_long(spool: Spool) -> None:
    spool.append(a_record())
    time.sleep(0.02)
    spool.append(a_record())

    size, age = spool.backlog()
    assert size == sum(path.stat().st_size for path in spool.folder.iterdir())
    assert 0.02 <= age < 5


def test_a_record_longer_than_what_is_read_at_once_is_read_whole(spool: Spool) -> None:
    long = a_record(requested="x" * 600_000)
    spool.append(a_record())
    spool.append(long)
    spool.append(a_record())

    assert ids(drained(spool))[1] == long["call_id"]


class TestOwners:
    def test_a_segment_is_adopted_only_when_its_owner_is_gone(self, spool: Spool) -> None:
        other = Spool(spool.folder)
        spool.append(a_record())

        assert list(other.orphans()) == []
        spool.close()
        assert len(drained(other)) == 1
        assert list(spool.folder.iterdir()) == []

    def test_of_two_only_one_adopts_it(self, spool: Spool) -> None:
        spool.append(a_record())
        spool.close()
        first, second = Spool(spool.folder), Spool(spool.folder)

        adopted = list(first.orphans())
        assert (len(adopted), list(second.orphans())) == (1, [])
        adopted[0].delete()
        assert list(second.orphans()) == []

    def test_a_segment_deleted_between_looking_and_locking_is_left_alone(self, spool: Spool) -> None:
        spool.append(a_record())
        spool.close()
        (path,) = spool.folder.iterdir()
        first = Segment.adopt(path)
        assert first is not None
        first.delete()

        assert Segment.adopt(path) is None

    def test_a_segment_whose_name_was_removed_is_still_read_by_its_owner(self, spool: Spool) -> None:
        spool.append(a_record())
        for path in spool.folder.iterdir():
            path.unlink()

        assert len(drained(spool)) == 1

    def test_a_torn_last_line_is_given_as_it_is(self, spool: Spool) -> None:
        whole = a_record()
        spool.append(whole)
        spool.append(a_record())
        spool.close()
        (path,) = spool.folder.iterdir()
        os.truncate(path, path.stat().st_size - 5)

        first, torn = drained(Spool(spool.folder))
        assert ids([first]) == [whole["call_id"]] and not torn.endswith(b"}")

    def test_a_file_of_another_user_is_named_once_and_keeps_nobody_out(
        self, spool: Spool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As root one may open every file, so here the system's answer is made up."""
        for _ in range(2):
            left = Spool(spool.folder)
            left.append(a_record())
            left.close()
        first = min(spool.folder.iterdir())
        system_open = os.open

        def refuse(path: Path, *arguments: int) -> int:
            if path == first:
                raise PermissionError(13, "Permission denied")
            return system_open(path, *arguments)

        monkeypatch.setattr(os, "open", refuse)

        assert [len(drained(spool)), len(drained(spool))] == [1, 0]
        assert [str(first) in record.getMessage() for record in caplog.records] == [True]

    def test_killed_in_mid_work_a_process_loses_nothing_it_had_appended(self, spool: Spool) -> None:
        said: list[str] = []
        for turn in range(3):
            said += killed_in_mid_work(spool.folder, f"turn{turn}-")

        kept = [call_id for line in drained(spool) for call_id in ids([line])]
        assert len(said) > 100
        assert set(said) <= set(kept) and len(kept) == len(set(kept))
        assert len(kept) <= len(said) + 3  # one each may have been appended and not yet been said


def killed_in_mid_work(folder: Path, prefix: str) -> list[str]:
    """What a process had said when it was killed."""
    command = [sys.executable, "-m", "tests.gateway.spooler", str(folder), prefix]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(100)]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
    return said + [line for line in rest[:-1] if line]


class TestDiskThatTakesNothing:
    def test_records_wait_in_memory_and_are_written_when_it_does_again(self, spool: Spool) -> None:
        made = [a_record() for _ in range(20)]

        with files_of_at_most(3_000):
            for record in made:
                spool.append(record)
            assert not spool.is_full and spool.waiting
            on_disk = sum(path.stat().st_size for path in spool.folder.iterdir())
            assert on_disk == sum(len(encoded(record)) for record in made) - spool.waiting_bytes  # and no half a line
        spool.retry()

        assert not spool.waiting and spool.waiting_bytes == 0
        assert ids(drained(spool)) == [record["call_id"] for record in made]

    def test_the_next_call_looks_after_a_while_itself(self, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spool_module, "RETRY", 0.0)
        with files_of_at_most(10):
            spool.append(a_record())

        spool.append(a_record())

        assert not spool.waiting and len(drained(spool)) == 2

    @pytest.mark.parametrize("bound", ["MOST_WAITING", "MOST_WAITING_BYTES"])
    def test_beyond_a_bound_no_call_is_served(self, spool: Spool, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
        monkeypatch.setattr(spool_module, bound, 5 if bound == "MOST_WAITING" else 5 * len(encoded(a_record())))

        with files_of_at_most(10):
            for _ in range(5):
                assert not spool.is_full
                spool.append(a_record())
            assert spool.is_full
            with pytest.raises(Unavailable, match="recorded"):
                spool.append(a_record())
        spool.retry()

        assert not spool.is_full and len(drained(spool)) == 5

    def test_so_it_is_where_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        spool = Spool(tmp_path / "file" / "spool")

        spool.append(a_record())

        assert len(spool.waiting) == 1 and spool.to_read() == [] and list(spool.orphans()) == []
        lines = spool.take_waiting(10)
        assert not spool.waiting
        spool.put_back(lines)
        assert list(spool.waiting) == lines and spool.waiting_bytes == len(lines[0])

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who may mount")
    def test_a_full_file_system_is_survived(self, tmp_path: Path) -> None:
        small = tmp_path / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], capture_output=True)
        if mounted.returncode:
            pytest.skip("this root may not mount")
        spool = Spool(small / "spool")
        try:
            made = [a_record() for _ in range(200)]
            for record in made:
                spool.append(record)
            assert spool.waiting
            lines = drained(spool)  # which frees the disk
            spool.retry()
            while found := drained(spool):
                lines += found
                spool.retry()
            assert ids(lines) == [record["call_id"] for record in made]
        finally:
            spool.close()
            subprocess.run(["umount", "-l", small], check=True)
