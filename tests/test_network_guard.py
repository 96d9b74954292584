from __future__ import annotations

import socket

import pytest

from tests.conftest import OutsideNetworkRefused


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("10.0.0.1", 5432)])
def test_no_test_reaches_beyond_loopback(address: tuple[str, int]) -> None:
    with socket.socket() as outside, pytest.raises(OutsideNetworkRefused):
        outside.connect(address)
    with socket.socket() as outside, pytest.raises(OutsideNetworkRefused):
        outside.connect_ex(address)
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(OutsideNetworkRefused):
        outside.sendto(b"x", address)


def test_no_test_asks_for_an_outside_name() -> None:
    with pytest.raises(OutsideNetworkRefused):
        socket.getaddrinfo("provider.example", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
def test_loopback_is_open(host: str) -> None:
    with socket.create_server((host, 0)) as server, socket.create_connection(server.getsockname()):
        pass
