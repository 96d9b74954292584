from __future__ import annotations

from catalog import connections
from gateway.wires import WIRES
from gateway.wires.embeddings import EMBEDDINGS
from gateway.wires.images import IMAGES
from gateway.wires.speech import SPEECH


def test_an_admin_can_choose_every_protocol_we_speak_and_no_other() -> None:
    assert set(connections.WIRES) == {*WIRES, *EMBEDDINGS, *IMAGES, *SPEECH}
