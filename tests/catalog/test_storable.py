from __future__ import annotations

from typing import Any

import pytest

from catalog.storable import storable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": ["x\x00y", 1, None], "b\x00": {"c": "\x00"}}, {"a": ["xy", 1, None], "b": {"c": ""}}),
        ({"a": "the escape \\u0000, spelled out"}, {"a": "the escape \\u0000, spelled out"}),
        ({"a": "\\\x00u0000"}, {"a": "\\u0000"}),
        ({"a": "größe"}, {"a": "größe"}),
        (None, None),
    ],
)
def test_only_the_character_that_postgresql_cannot_keep_is_left_out(value: Any, kept: Any) -> None:
    assert storable(value) == kept
