from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import recordings_folder


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECORDINGS_DIR", str(tmp_path / "recordings"))
    monkeypatch.delenv("RECORDINGS_REQUIRED", raising=False)


def test_recordings_are_found_where_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()

    assert recordings_folder() == tmp_path / "recordings"


def test_without_recordings_a_test_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception):
        recordings_folder()


def test_without_recordings_a_test_fails_where_they_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDINGS_REQUIRED", "1")

    with pytest.raises(pytest.fail.Exception):
        recordings_folder()
