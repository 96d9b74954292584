from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from httpx2 import URL
from hypothesis import given
from hypothesis import strategies as st

from catalog import upstream
from catalog.upstream.addresses import by_turns, special_name
from catalog.upstream.answers import Question, retry_after
from catalog.upstream.reasons import clean
from tests.fakes import faults
from tests.fakes.certificates import self_signed
from tests.fakes.provider import FakeProvider, Reply, in_turn, json_reply

KEY = "sk-or-v1-0123456789abcdefghij"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODELS = {"data": [{"id": "a/b"}]}


class Clock:
    """A sleep that does not sleep, and the pauses it was asked for."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def patience(self, **changes: Any) -> upstream.Patience:
        return upstream.Patience(**{"total": 5, "sleep": self.sleep, "now": lambda: NOON, **changes})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ask(clock: Clock) -> Callable[..., upstream.Answer]:
    """Ask a URL as provider "acme", with short limits and no real pauses."""

    def call(url: str, *, private_allowed: bool = True, tls: Any = None, **options: Any) -> upstream.Answer:
        changes = options.pop("patience", {})

        async def asked() -> upstream.Answer:
            client = upstream.new_client(private_allowed=private_allowed, connect=2, read=0.3, tls=tls)
            async with client:
                return await upstream.ask(client, url, who="acme", patience=clock.patience(**changes), **options)

        return asyncio.run(asked())

    return call


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """A name server: host -> the addresses of the first question, of the second, ...; the last one stays."""
    table: dict[str, list[list[str]]] = {}

    def answer(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return [(0, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return table


# Addresses


SPECIAL_ADDRESSES = """
    0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1
    64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
"""
FORBIDDEN_HOSTS = """
    127.0.0.1 10.0.0.1 169.254.169.254 [::1] [fd00::1] [::ffff:10.0.0.1] [2002:7f00:1::] [64:ff9b::a00:1] 2130706433
    0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.1 134744072 8.8.8.8. 127.0.0.1. 1.2.3.08
"""


@pytest.mark.parametrize("address", SPECIAL_ADDRESSES.split())
def test_only_the_public_internet_may_be_called(address: str) -> None:
    assert special_name(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "104.18.2.115", "172.32.0.1", "192.169.0.1", "2606:4700::6810:273"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert special_name(ip_address(address)) == ""


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address: Any) -> None:
    if not address.is_global or address.is_multicast:
        assert special_name(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "begin with http"),
        ("file:///etc/passwd", "begin with http"),
        ("example.com/v1", "begin with http"),
        ("", "begin with http"),
        ("http://user:password@example.com/", "name or password"),
        ("http://user@example.com/", "name or password"),
        ("http://example.com\\@127.0.0.1/", "name or password"),
        ("http:///v1", "not a host name"),
        ("http://exa mple.com/", "not a host name"),
        ("http://%31%32%37.0.0.1/", "not a host name"),
        ("http://[fe80::1%25eth0]/", "not a host name"),
        ("http://example.com:0/", "port"),
        ("http://example.com:70000/", "port"),
        ("http://①②⑦.⓪.⓪.①/", "not a URL"),
        ("http://example.com/\x00", "not a URL"),
    ],
)
@pytest.mark.parametrize("private_allowed", [True, False])
def test_what_is_no_plain_web_address_is_refused_to_everyone(url: str, why: str, private_allowed: bool) -> None:
    with pytest.raises(upstream.AddressRefused, match=why) as refusal:
        upstream.check_address(url, private_allowed=private_allowed)

    assert "password@" not in str(refusal.value)


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS.split())
def test_private_addresses_and_number_forms_are_refused_to_users(host: str) -> None:
    with pytest.raises(upstream.AddressRefused):
        upstream.check_address(f"http://{host}/v1", private_allowed=False)


def test_administrators_may_enter_private_addresses() -> None:
    assert upstream.check_address("http://127.0.0.1:11434/v1", private_allowed=True) == ["127.0.0.1"]
    assert upstream.check_address("http://[fd00::1]/v1", private_allowed=True) == ["fd00::1"]


def test_a_name_is_refused_if_one_of_its_addresses_is_private(names: dict[str, list[list[str]]]) -> None:
    names["api.example.com"] = [["104.18.2.115", "10.0.0.5"]]

    with pytest.raises(upstream.AddressRefused, match="a private network"):
        upstream.check_address("https://api.example.com/v1", private_allowed=False)


def test_a_public_name_gives_its_addresses_once_each(names: dict[str, list[list[str]]]) -> None:
    names["api.example.com"] = [["2606:4700::1", "2606:4700::2", "104.18.2.115", "104.18.2.115"]]

    found = upstream.check_address("https://api.example.com/v1", private_allowed=False)

    assert found == ["2606:4700::1", "104.18.2.115", "2606:4700::2"]


def test_a_name_nobody_knows_is_unreachable(names: dict[str, list[list[str]]]) -> None:
    with pytest.raises(upstream.Unreachable, match="api.example.com cannot be reached: its name cannot be resolved"):
        upstream.check_address("https://api.example.com/v1", private_allowed=False)


@given(st.lists(st.sampled_from(["4a", "4b", "4c", "6:a", "6:b", "6:c"]), unique=True))
def test_taking_turns_loses_no_address_and_begins_with_the_first(addresses: list[str]) -> None:
    turns = by_turns(addresses)

    assert sorted(turns) == sorted(addresses)
    assert turns[:1] == addresses[:1]


def test_the_address_that_was_checked_is_the_one_connected_to(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, names: dict[str, list[list[str]]]
) -> None:
    # The second question of a rebinding name would lead elsewhere; it is never asked.
    names["api.example.com"] = [["127.0.0.1"], ["127.0.0.2"]]
    fake_provider.serve("/models", MODELS)

    answer = ask(fake_provider.url.replace("127.0.0.1", "api.example.com") + "/models")

    assert answer.payload == MODELS
    assert fake_provider.seen[0].headers["host"].startswith("api.example.com:")
    assert names["api.example.com"] == [["127.0.0.2"]]


def test_a_name_that_leads_to_this_machine_gets_no_request_from_a_user(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, names: dict[str, list[list[str]]]
) -> None:
    names["api.example.com"] = [["127.0.0.1"]]

    with pytest.raises(upstream.AddressRefused, match="this machine"):
        ask(fake_provider.url.replace("127.0.0.1", "api.example.com"), private_allowed=False)

    assert fake_provider.seen == []


def test_a_dead_address_of_a_host_does_not_hide_a_live_one(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, names: dict[str, list[list[str]]]
) -> None:
    names["api.example.com"] = [["127.0.0.2", "127.0.0.1"]]
    fake_provider.serve("/models", MODELS)

    assert ask(fake_provider.url.replace("127.0.0.1", "api.example.com") + "/models").payload == MODELS


def test_tls_verifies_the_name_and_not_the_address(ask: Callable[..., upstream.Answer], tmp_path: Path) -> None:
    server, trusting = self_signed(tmp_path, "localhost")
    with FakeProvider(tls=server) as fake_provider:
        fake_provider.serve("/models", MODELS)

        assert ask(fake_provider.url.replace("127.0.0.1", "localhost") + "/models", tls=trusting).payload == MODELS
        with pytest.raises(upstream.TlsFailed, match="mismatch"):
            ask(fake_provider.url + "/models", tls=trusting)


# Keys


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        ("bearer", {"Authorization": "Bearer k"}),
        ("key", {"Authorization": "Key k"}),
        ("x-api-key", {"x-api-key": "k"}),
        ("x-goog-api-key", {"x-goog-api-key": "k"}),
        ("api-key", {"api-key": "k"}),
        ("xi-api-key", {"xi-api-key": "k"}),
        ("ocp-apim-subscription-key", {"Ocp-Apim-Subscription-Key": "k"}),
        ("none", {}),
    ],
)
def test_each_auth_style_has_its_header(auth: str, headers: dict[str, str]) -> None:
    assert upstream.headers_for(auth, " k\n") == headers
    assert upstream.headers_for(auth, "") == {}


@pytest.mark.parametrize("key", ["sk-a\r\nX-Evil: 1", "sk-schlüssel", "sk-\x00", "sk-“quoted”"])
def test_a_key_that_would_break_the_header_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(upstream.BadKey) as refusal:
        upstream.headers_for("bearer", key)

    assert "sk-" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-or-v1-01****ghij.",
        "Incorrect API key provided: ***ghij",
        "Your key sk-proj-AAAAAAAA is disabled",
        f"see https://example.com/keys?key={KEY}",
        f"see https://{KEY}@example.com/keys",
        "token eyJhbGciOiJIUzI1NiJ9.e30.x refused",
        '{"key":"0123456789abcdefghij0123"}',
    ],
)
def test_what_a_provider_says_never_shows_a_key(text: str) -> None:
    said = clean(text, KEY)

    assert not any(part in said for part in ("sk-", "ghij", "AAAA", "eyJ", "01****"))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=500), st.text(min_size=12, max_size=60))
def test_what_a_provider_says_is_one_short_line_without_the_key(text: str, key: str) -> None:
    said = clean(f"{text} {key}", key)

    assert len(said) <= 200
    assert said == "".join(char for char in said if char.isprintable())


@given(st.text(max_size=50), st.from_regex(r"[A-Za-z0-9_-]{12,80}", fullmatch=True), st.text(max_size=50))
def test_the_key_is_masked_wherever_it_stands(before: str, key: str, after: str) -> None:
    assert key not in clean(before + key + after, key)


# Answers


def test_an_answer_is_parsed_json_with_its_headers(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider
) -> None:
    url = fake_provider.serve("/models", json_reply(MODELS, headers={"ETag": '"1"'}))

    answer = ask(url, params={"limit": "5"}, headers=upstream.headers_for("bearer", KEY))

    assert (answer.payload, answer.headers["etag"], answer.not_modified) == (MODELS, '"1"', False)
    seen = fake_provider.seen[0]
    assert (seen.method, seen.query, seen.headers["authorization"]) == ("GET", {"limit": "5"}, f"Bearer {KEY}")
    assert (seen.headers["accept-encoding"], "cookie" in seen.headers) == ("gzip", False)


def test_a_body_makes_it_a_post(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    url = fake_provider.serve("/api/show", {"capabilities": []})

    ask(url, json={"model": "llama"})

    assert (fake_provider.seen[0].method, fake_provider.seen[0].json) == ("POST", {"model": "llama"})


def test_cookies_are_not_kept(fake_provider: FakeProvider, clock: Clock) -> None:
    url = fake_provider.serve("/models", json_reply(MODELS, headers={"Set-Cookie": "session=1; Path=/"}))

    async def twice() -> None:
        async with upstream.new_client(private_allowed=True) as client:
            await upstream.ask(client, url, who="acme", patience=clock.patience())
            await upstream.ask(client, url, who="acme", patience=clock.patience())

    asyncio.run(twice())

    assert "cookie" not in fake_provider.seen[1].headers


def test_proxies_and_netrc_of_the_environment_are_not_used(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", faults.closed_port_url())

    ask(fake_provider.serve("/models", MODELS))

    assert "authorization" not in fake_provider.seen[0].headers


def test_an_unchanged_list_is_not_sent_again(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    url = fake_provider.serve("/models", Reply(status=304))

    assert ask(url, headers={"If-None-Match": '"1"'}).not_modified


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (
            faults.refused(401),
            upstream.Refused,
            "acme answered 401: the key was refused. Set the key on the provider's",
        ),
        (faults.refused(403), upstream.Refused, "acme answered 403: the key was refused"),
        (faults.refused(400, "API key not valid."), upstream.Refused, "acme answered 400: the key was refused"),
        (json_reply({"code": "x", "error": "Incorrect API key"}, 400), upstream.Refused, "acme answered 400: the key"),
        (json_reply({"detail": "Nope."}, 422), upstream.Rejected, 'does not accept this request. It said: "Nope."'),
        (json_reply({}, 404), upstream.NothingThere, "nothing at this address. Check the base URL."),
        (faults.web_page(404), upstream.NothingThere, "nothing at this address. Check the base URL."),
        (faults.rate_limited(), upstream.RateLimited, "acme answered 429: too many requests."),
        (faults.server_fault(500), upstream.ServerFault, "acme answered 500: it has a fault of its own."),
        (faults.server_fault(529), upstream.ServerFault, "acme answered 529"),
        (faults.sign_in_redirect(), upstream.Redirected, "acme answered 307 and redirects to login.example.com;"),
        (faults.sign_in_redirect("/signin?token=t0p"), upstream.Redirected, "redirects elsewhere; redirects are not"),
        (faults.sign_in_redirect("http://[bad"), upstream.Redirected, "redirects elsewhere"),
        (Reply(status=304), upstream.Redirected, "answered 304"),
        (faults.web_page(), upstream.BadAnswer, "acme answered a web page instead of JSON. Check the base URL."),
        (faults.not_successful(), upstream.BadAnswer, 'it did not succeed. It said: "Service is being upgraded."'),
        (faults.truncated_json(MODELS), upstream.BadAnswer, "acme answered JSON that breaks off in the middle."),
        (faults.nesting_bomb(), upstream.BadAnswer, "acme answered JSON that is nested too deep."),
        (faults.nesting_bomb(300), upstream.BadAnswer, "acme answered JSON that is nested too deep."),
        (Reply(body=b"/signin?redirectUrl=%2Fmodels"), upstream.BadAnswer, "acme answered something that is not JSON."),
        (Reply(body=b"[NaN]"), upstream.BadAnswer, "something that is not JSON"),
        (Reply(body=b'["\xff"]'), upstream.BadAnswer, "something that is not JSON"),
        (Reply(), upstream.BadAnswer, "acme answered nothing: its body is empty."),
        (Reply(status=204), upstream.BadAnswer, "nothing"),
        (
            Reply(headers={"Content-Encoding": "gzip"}, body=b"no gzip"),
            upstream.BadAnswer,
            "something that cannot be decompressed",
        ),
        (faults.broken_off(MODELS), upstream.BrokenOff, "acme cannot be reached: the connection broke off in the mid"),
        (faults.hang(), upstream.TimedOut, "acme sent nothing for 0.3 seconds."),
    ],
)
def test_each_fault_has_its_error_and_its_sentence(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, reply: Reply, error: type[Exception], message: str
) -> None:
    url = fake_provider.serve("/models", reply)

    with pytest.raises(upstream.UpstreamError) as fault:
        ask(url, headers=upstream.headers_for("bearer", KEY), key=KEY)

    assert type(fault.value) is error
    assert message in str(fault.value)
    assert "t0p" not in str(fault.value)


def test_without_a_key_a_refusal_says_that_one_is_wanted(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider
) -> None:
    with pytest.raises(upstream.Refused, match="acme answered 401: it wants a key. Set the key"):
        ask(fake_provider.serve("/models", faults.refused()))


def test_an_echoed_key_is_masked(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    url = fake_provider.serve(
        "/models", faults.refused(401, f"Incorrect API key provided: {KEY}. Find it at https://x.y/k?a=b")
    )

    with pytest.raises(upstream.Refused) as fault:
        ask(url, headers=upstream.headers_for("bearer", KEY), key=KEY)

    assert str(fault.value).endswith('It said: "Incorrect API key provided: *** Find it at https://x.y/k"')


def test_a_closed_port_is_unreachable(ask: Callable[..., upstream.Answer], clock: Clock) -> None:
    with pytest.raises(upstream.Unreachable, match="acme cannot be reached: the connection was refused."):
        ask(faults.closed_port_url())

    assert len(clock.pauses) == 2


def test_a_certificate_nobody_vouches_for_is_not_trusted_and_not_tried_again(
    ask: Callable[..., upstream.Answer], untrusted_fake_provider: FakeProvider, clock: Clock
) -> None:
    with pytest.raises(upstream.TlsFailed, match=r"cannot be trusted \(self.signed certificate\)"):
        ask(untrusted_fake_provider.serve("/models", MODELS), headers=upstream.headers_for("bearer", KEY))

    assert (untrusted_fake_provider.seen, clock.pauses) == ([], [])


def test_plain_http_behind_an_https_address_is_a_tls_failure(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider
) -> None:
    with pytest.raises(upstream.TlsFailed, match="TLS connection cannot be trusted"):
        ask(fake_provider.url.replace("http:", "https:"))


def test_a_slow_drip_ends_at_the_total_time(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    url = fake_provider.serve("/models", faults.slow_drip(MODELS, every=0.3))
    started = time.monotonic()

    with pytest.raises(upstream.TimedOut, match="within 0.5 seconds"):
        ask(url, patience={"total": 0.5})

    assert time.monotonic() - started < 4


@pytest.mark.parametrize("megabytes", [3, 100])
def test_a_body_larger_than_allowed_is_given_up_early(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, megabytes: int
) -> None:
    url = fake_provider.serve("/models", faults.huge_body(megabytes))

    with pytest.raises(upstream.TooLarge, match="acme answered more than 2 MB, which is too much."):
        ask(url, patience={"max_bytes": 2_000_000})

    assert len(fake_provider.seen) == 1


def test_a_stated_length_that_is_too_large_is_not_even_read(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider
) -> None:
    url = fake_provider.serve("/models", Reply(headers={"Content-Length": "2000001"}, body=b"[", wait=0))

    with pytest.raises(upstream.TooLarge):
        ask(url, patience={"max_bytes": 2_000_000})


def test_a_gzip_bomb_is_measured_unpacked(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    url = fake_provider.serve("/models", faults.gzip_bomb(20))

    with pytest.raises(upstream.TooLarge):
        ask(url, patience={"max_bytes": 2_000_000})


def test_gzip_is_unpacked(ask: Callable[..., upstream.Answer], fake_provider: FakeProvider) -> None:
    assert ask(fake_provider.serve("/models", faults.gzip_bomb(1))).payload == {"data": []}


# Trying again


@pytest.mark.parametrize(
    "passing",
    [faults.rate_limited("7"), faults.server_fault(503), faults.broken_off(MODELS), faults.hang(), Reply(status=408)],
)
def test_what_passes_is_tried_again(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, clock: Clock, passing: Reply
) -> None:
    url = fake_provider.serve("/models", in_turn(passing, json_reply(MODELS)))

    assert ask(url, patience={"total": 30}).payload == MODELS
    assert (len(fake_provider.seen), len(clock.pauses)) == (2, 1)


@pytest.mark.parametrize("final", [faults.refused(), faults.web_page(), faults.sign_in_redirect(), json_reply({}, 404)])
def test_what_does_not_pass_is_asked_once(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, final: Reply
) -> None:
    url = fake_provider.serve("/models", final)

    with pytest.raises(upstream.UpstreamError):
        ask(url)

    assert len(fake_provider.seen) == 1


def test_tries_are_bounded_and_pauses_grow(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, clock: Clock
) -> None:
    url = fake_provider.serve("/models", faults.server_fault())

    with pytest.raises(upstream.ServerFault):
        ask(url, patience={"total": 100, "tries": 5, "jitter": lambda low, high: high})

    assert (len(fake_provider.seen), clock.pauses) == (5, [1, 2, 4, 8])


def test_pauses_are_random_from_zero_up(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, clock: Clock
) -> None:
    url = fake_provider.serve("/models", faults.server_fault())

    with pytest.raises(upstream.ServerFault):
        ask(url, patience={"total": 100, "jitter": random.Random(1).uniform})

    assert 0 < clock.pauses[0] < 1
    assert 0 < clock.pauses[1] < 2


@pytest.mark.parametrize("header", ["7", format_datetime(NOON + timedelta(seconds=7), usegmt=True)])
def test_the_wait_a_provider_asks_for_is_kept(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, clock: Clock, header: str
) -> None:
    url = fake_provider.serve("/models", in_turn(faults.rate_limited(header), json_reply(MODELS)))

    ask(url, patience={"total": 30})

    assert clock.pauses == [7]


def test_a_wait_longer_than_our_patience_is_told_at_once(
    ask: Callable[..., upstream.Answer], fake_provider: FakeProvider, clock: Clock
) -> None:
    url = fake_provider.serve("/models", faults.rate_limited("3600"))

    with pytest.raises(upstream.RateLimited, match="It asks to wait 3600 seconds.") as fault:
        ask(url)

    assert (fault.value.retry_after, len(fake_provider.seen), clock.pauses) == (3600, 1, [])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("0\x1f", 0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 13:01:00 -0000", 3660),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Fri, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_a_wait_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds


@given(st.text(max_size=40))
def test_no_header_of_a_provider_can_break_the_reading_of_a_wait(header: str) -> None:
    wait = retry_after(header, NOON)

    assert wait is None or wait >= 0


def test_nothing_shown_holds_the_key() -> None:
    question = Question(who="acme", method="GET", url=URL("http://x.y"), headers={"A": KEY}, json=None, key=KEY)

    assert KEY not in repr(question)
