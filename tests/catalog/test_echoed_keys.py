"""A provider that sends our key back: nothing of it is taken in, shown or thrown."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from catalog import upstream
from tests.fakes.provider import FakeProvider, Reply, json_reply

KEY = "sK-live-4b1dQ7-c0ffee-is-Not-tea-9f2a"

ECHOES = {
    "error": json_reply({"error": {"message": f"Incorrect API key provided: {KEY}."}}, 401),
    "bearer": json_reply({"detail": f"Bearer {KEY} is unknown"}, 403),
    "quoted": json_reply({"error": f"key='{KEY}'"}, 400),
    "url": json_reply({"message": f"GET https://u:{KEY}@acme.example/v1/models?key={KEY}"}, 500),
    "cut": json_reply({"msg": f"{KEY[:12]}…{KEY[-6:]} is over its limit"}, 429),
    "page": Reply(status=502, headers={"Content-Type": "text/html"}, body=f"<h1>{KEY}</h1>".encode()),
    "redirect": Reply(status=302, headers={"Location": f"https://login.example/?key={KEY}"}),
    "redirect to a host": Reply(status=302, headers={"Location": f"https://{KEY}.example/"}),
    "not a success": json_reply({"success": False, "message": f"{KEY} has expired"}),
    "good": json_reply({"data": [{"id": f"model-of-{KEY}"}]}),
    "good, in a header": json_reply({"data": [{"id": "m"}]}, headers={"ETag": f'"{KEY}"'}),
    "no JSON": Reply(body=f"key {KEY}".encode()),
}


def asked(url: str) -> upstream.Answer:
    async def ask() -> upstream.Answer:
        async with upstream.new_client(private_allowed=True) as client:
            headers = upstream.headers_for("bearer", KEY)
            return await upstream.ask(
                client, url, who="acme", headers=headers, key=KEY, patience=upstream.Patience(tries=1)
            )

    return asyncio.run(ask())


@pytest.mark.parametrize("echo", ECHOES)
def test_no_error_and_no_traceback_tells_it(
    fake_provider: FakeProvider, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    url = fake_provider.serve("/v1/models", ECHOES[echo])

    with pytest.raises(upstream.UpstreamError) as fault:
        asked(url)

    assert fake_provider.seen[0].headers["authorization"] == f"Bearer {KEY}"
    told = "".join([*traceback.format_exception(fault.value), repr(fault.value), caplog.text]).lower()
    assert not any(part.lower() in told for part in (KEY, KEY[:12], KEY[4:16], KEY[-12:-4]))


def test_what_has_the_look_of_a_key_but_is_none_of_ours_is_taken_in(fake_provider: FakeProvider) -> None:
    url = fake_provider.serve("/v1/models", {"data": [{"id": "sk-model-with-a-Key-like-name-0123456789"}]})

    assert asked(url).payload["data"][0]["id"].startswith("sk-model")
