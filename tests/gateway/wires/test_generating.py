"""Answers to questions that are no chat, which Ollama and TGI take too: nothing of ours asks so, but they are read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gateway.wires import WIRES
from gateway.wires.base import Failed, Text

from .streams import told


@pytest.mark.parametrize("provider", ["ollama", "tgi"])
def test_recorded_answers_say_the_same_wherever_they_are_cut(recordings: Path, provider: str) -> None:
    wire, chance = WIRES[provider], random.Random(1)
    found = sorted((recordings / "chat").glob(f"{provider}__generate*"))

    assert found
    for path in found:
        if ".request" in path.name:
            continue
        body = path.read_bytes()
        if "stream" not in path.name and "error" not in path.name:
            assert isinstance(wire.decode(body).parts[0], Text), path.name
            continue

        whole, cut = told(wire, body), told(wire, body, chance.sample(range(len(body)), len(body) // 10))

        if "error" in path.name:
            assert isinstance(whole.deltas[-1], Failed) and isinstance(cut.deltas[-1], Failed), path.name
        else:
            assert whole.deltas == cut.deltas and whole.reply.parts, path.name
        assert whole.ended is ("error" not in path.name), path.name
