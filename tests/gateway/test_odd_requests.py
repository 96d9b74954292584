"""Requests to /v1 that are not quite what a client sends: each gets a sensible answer in its dialect, never a page."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from access.events import NOTES
from access.models import AuthEvent, Kind
from tests.gateway.conftest import Place, Served, a_served_model

MakePlace = Callable[..., Place]


def raw(served: Served, request: bytes) -> bytes:
    """What comes back to bytes that a client library would not send, until the server closes or says no more."""
    host, port = served.url.removeprefix("http://").split(":")
    said = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        while piece := connection.recv(65536):
            said += piece
    return said


def test_everything_below_v1_is_answered_in_json(served: Served, place: MakePlace) -> None:
    a_served_model(place(), "vendor/m:free@1~x")
    a_served_model(place(), "µ ü/日本%2F")
    served.refresh()
    key = {"Authorization": f"Bearer {served.key}"}
    cases: list[tuple[str, str, dict[str, str], int]] = [
        ("GET", "/v1", key, 404),
        ("GET", "/v1/", key, 404),
        ("GET", "//v1/models", key, 404),
        ("POST", "//v1/chat/completions", key, 404),
        ("GET", "/v1/models/", key, 200),
        ("HEAD", "/v1/models", key, 200),
        ("HEAD", "/v1/models/acme/vendor/m:free@1~x", key, 200),
        ("HEAD", "/v1/chat/completions", key, 405),
        ("OPTIONS", "/v1/chat/completions", key, 405),
        ("OPTIONS", "/v1/models", {}, 401),
        ("DELETE", "/v1/models/acme/m", key, 405),
        ("PUT", "/v1/messages", key, 405),
        ("GET", "/v1/messages", key, 405),
        ("POST", "/v1/chat/completions/", key, 404),
        ("POST", "/v1/Chat/Completions", key, 404),
        ("POST", "/v1/messages/count_tokens", key, 404),
        ("POST", "/v1/chat/completions?api-version=1&x=%ff", key, 400),
        ("GET", "/v1/models/acme%2Fvendor%2Fm%3Afree%401~x", key, 200),
        ("GET", "/v1/models/acme/%C2%B5%20%C3%BC/%E6%97%A5%E6%9C%AC%252F", key, 200),
        ("GET", "/v1/models/%00%0a%ff%f0%9f%92%a9", key, 404),
        ("GET", "/v1/models/..%2f..%2fadmin", key, 404),
        ("GET", "/v1/" + "x" * 5000, key, 404),
        ("GET", "/v1/models", {"Authorization": "Basic abc"}, 401),
        ("GET", "/v1/models", {"Authorization": "Bearer"}, 401),
        ("GET", "/v1/models", {"Authorization": f"bearer   {served.key}"}, 200),
        ("GET", "/v1/models", {"x-api-key": served.key}, 200),
        ("GET", "/v1/models", {"Authorization": "Bearer mr_\xff\xfe"}, 401),
    ]

    wrong = []
    with served.client(key="") as client:
        client.headers.pop("Authorization")
        for method, path, headers, status in cases:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = client.request(method, served.url + path, headers=sent)
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            read = method == "HEAD" or answer.content[:1] == b"{"
            if (answer.status_code, is_json, read) != (status, True, True):
                wrong.append((method, path[:60], answer.status_code, answer.text[:200]))

    assert wrong == []


@pytest.mark.parametrize("key", [f"mr_{'a-' * 26}", "sk-ant-" + "b-" * 20])
def test_a_key_in_a_path_is_not_repeated(served: Served, key: str) -> None:
    with served.client() as client, served.client(key="x") as stranger:
        said = [
            client.get(f"/v1/{key}"),
            client.get(f"/v1/models/{key}"),
            client.delete(f"/v1/models/{key}"),
            client.get("/v1/" + "x/" * 45 + key),  # where a path that is cut would end within it
            stranger.get(f"/v1/{key}/models"),
        ]

    NOTES.write()
    [event] = AuthEvent.objects.filter(kind=Kind.REFUSED)
    assert [answer.status_code for answer in said] == [404, 404, 405, 404, 401]
    assert "/v1/***" in said[0].json()["error"]["message"]
    assert event.detail == "401 GET /v1/***/models"
    assert all(key[:6] not in text for text in (event.detail, *(answer.text for answer in said)))


def test_what_is_not_allowed_names_what_is(served: Served) -> None:
    with served.client() as client:
        assert client.get("/v1/messages").headers["allow"] == "POST"
        assert client.post("/v1/models").headers["allow"] == "GET, HEAD"


def test_the_ids_of_odd_models_can_be_called_and_stand_in_headers(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme, "µ ü/日本%2F")
    served.refresh()

    answer = served.chat("acme/µ ü/日本%2F")

    assert answer.status_code == 200
    assert answer.headers["x-registry-model"] == "acme/%C2%B5 %C3%BC/%E6%97%A5%E6%9C%AC%252F"
    assert acme.asked[0].json["model"] == "µ ü/日本%2F"


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"model": "acme/m"}, "messages"),
    ({"model": "acme/m", "messages": "Hello"}, "messages"),
    ({"model": "acme/m", "messages": []}, "messages"),
    ({"model": "acme/m", "messages": [7]}, "messages[0]"),
    ({"model": "acme/m", "messages": [{"role": "user", "content": "x"}], "max_tokens": "many"}, "max_tokens"),
    ({"model": ["acme/m"], "messages": []}, "model"),
    ({"model": "", "messages": []}, "model"),
    ({"model": "a" * 100_000, "messages": []}, "model"),
    ({"model": "\x00\r\nx-evil: 1", "messages": []}, "model"),
]


def test_bodies_that_say_nothing_sensible_are_refused_by_name(served: Served, place: MakePlace) -> None:
    a_served_model(place(protocol="gemini"))
    served.refresh()

    for path in ("/v1/chat/completions", "/v1/messages"):
        for body, field in NONSENSE:
            answer = served.post(path, {"max_tokens": 10, **body})

            said = answer.json()["error"]
            assert answer.status_code in (400, 404), said
            assert field in (said.get("param") or said["message"])
            assert "x-evil" not in answer.headers
            assert len(answer.content) < 10_000


def test_no_provider_is_asked_for_models_that_nobody_checked(served: Served, place: MakePlace) -> None:
    acme = place()
    a_served_model(acme)
    served.refresh()

    answer = served.chat("acme/m", models=["acme/secret"])

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "models")
    assert acme.asked == []


def test_connections_survive_what_is_no_request(served: Served, place: MakePlace) -> None:
    a_served_model(place())
    served.refresh()
    key = f"Authorization: Bearer {served.key}\r\n".encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + key
    upgrade = (
        b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    )
    body = orjson.dumps({"model": "acme/m", "messages": [{"role": "user", "content": "Hello"}]})

    chunked = raw(served, head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    large = raw(served, head + b"Content-Length: 9999999999\r\n\r\n")
    longest = raw(served, head + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n")
    compressed = raw(served, head + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")
    expects = raw(served, head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    socketed = raw(served, b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\n" + upgrade + key + b"\r\n")
    climbing = raw(served, b"GET /v1/%2e%2e/../admin/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + key + b"\r\n")

    assert b" 200 OK" in chunked and b"You said: Hello" in chunked
    assert b" 413 " in large and b"larger than" in large
    assert b" 413 " in longest or b" 400 " in longest
    assert b" 400 " in compressed and b"Compressed" in compressed
    assert b" 200 OK" in expects
    assert b" 404 " in climbing and b"application/json" in climbing
    assert socketed.split(b" ", 2)[1] in (b"404", b"400", b"403", b"426")
    assert served.chat("acme/m").status_code == 200


@pytest.mark.parametrize("typed", ["mr_0123456789abcdef0123456789abcdef", "sk-proj-abcd'efgh", "acme/sk-ant-abcdefgh"])
def test_a_key_that_was_typed_for_a_model_is_repeated_nowhere(served: Served, typed: str) -> None:
    answer = served.chat(typed)

    secret = typed.removeprefix("acme/")
    assert (answer.status_code, secret in answer.text, "***" in answer.text) == (404, False, True)
    (row,) = served.usage()
    assert row.requested == typed.replace(secret, "***")
    assert not any(secret in value for value in answer.headers.values())
