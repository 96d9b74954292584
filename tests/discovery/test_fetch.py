from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog import upstream
from discovery import fetch as fetching
from discovery.fetch import Fetched, Pace, Progress, Source
from discovery.listings.base import Dialect, Enrichment, Listing, Request, Skip, WrongShape
from tests.fakes import faults
from tests.fakes.provider import FakeProvider, Reply, Seen, in_turn, json_reply

KEY = "sk-acme-0123456789abcdef"
PACE = Pace(connect=2, read=0.3, main_list=5, enrichments=5, question=upstream.Patience(total=1.5, pause=0.001))


def entries(payload: Any) -> Any:
    if not isinstance(payload.get("data"), list):
        raise WrongShape("the answer has no list of models under data")
    return payload["data"]


def listing(entry: Any) -> Listing:
    if not entry["id"]:
        raise Skip("its id is empty")
    return Listing(model_id=entry["id"], facts={"name": entry.get("name", "")}, entry=entry)


def by_token(payload: Any, headers: Mapping[str, str]) -> Request | None:
    token = payload.get("nextPageToken")
    return Request(path="/models", params={"pageToken": token}) if token else None


def by_link(payload: Any, headers: Mapping[str, str]) -> Request | None:
    return Request(path=payload["next"]) if payload.get("next") else None


DIALECT = Dialect(
    request=Request(path="/models", params={"pageSize": "2"}), entries=entries, listing=listing, next_page=by_token
)


def page(*ids: str, **more: Any) -> dict[str, Any]:
    return {"data": [{"id": model_id} for model_id in ids], **more}


@pytest.fixture
def source(fake_provider: FakeProvider) -> Source:
    return Source(slug="acme", base_url=f"{fake_provider.url}/v1", dialect=DIALECT, key=KEY)


def fetch(source: Source, pace: Pace = PACE) -> Fetched:
    return asyncio.run(fetching.fetch(source, pace=pace))


def ids(fetched: Fetched) -> list[str]:
    return [listing.model_id for listing in fetched.listings]


# Pages


def test_follows_every_page(fake_provider: FakeProvider, source: Source) -> None:
    pages = {"": page("a", "b", nextPageToken="two"), "two": page("c", "d", nextPageToken="three"), "three": page("e")}
    fake_provider.serve("/v1/models", lambda seen: json_reply(pages[seen.query.get("pageToken", "")]))

    fetched = fetch(source)

    assert ids(fetched) == ["a", "b", "c", "d", "e"]
    assert (fetched.pages, fetched.entries_seen, fetched.skipped, fetched.warnings) == (3, 5, [], [])
    assert [seen.query for seen in fake_provider.seen] == [
        {"pageSize": "2"},
        {"pageSize": "2", "pageToken": "two"},
        {"pageSize": "2", "pageToken": "three"},
    ]


@pytest.mark.parametrize("link", ["/v1/models?offset=1", "?offset=1", "models?offset=1", "{url}/v1/models?offset=1"])
def test_links_are_followed_relative_to_their_page(fake_provider: FakeProvider, source: Source, link: str) -> None:
    pages = {"": page("a", next=link.format(url=fake_provider.url)), "1": page("b")}
    fake_provider.serve("/v1/models", lambda seen: json_reply(pages[seen.query.get("offset", "")]))

    assert ids(fetch(replace(source, dialect=replace(DIALECT, next_page=by_link)))) == ["a", "b"]


@pytest.mark.parametrize("link", ["{other}/v1/models?offset=1", "//{other_host}/models", "https://127.0.0.1/models"])
def test_a_link_to_another_address_is_not_followed(
    fake_provider: FakeProvider, other_fake_provider: FakeProvider, source: Source, link: str
) -> None:
    other = other_fake_provider.url
    fake_provider.serve(
        "/v1/models", page("a", next=link.format(other=other, other_host=other.removeprefix("http://")))
    )

    with pytest.raises(upstream.BadAnswer, match="acme answered a next page at another address, which is not followed"):
        fetch(replace(source, dialect=replace(DIALECT, next_page=by_link)))

    assert other_fake_provider.seen == []


def test_a_page_token_that_repeats_ends_it(fake_provider: FakeProvider, source: Source) -> None:
    count = iter(range(100))
    fake_provider.serve("/v1/models", lambda seen: json_reply(page(f"m{next(count)}", nextPageToken="again")))

    with pytest.raises(upstream.BadAnswer, match="acme answered a next page that it had given before."):
        fetch(source)

    assert len(fake_provider.seen) == 2


def test_new_tokens_for_the_same_models_end_it(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", faults.ever_new_token(page("a", "b")))

    with pytest.raises(upstream.BadAnswer, match="acme answered the same models again instead of its next page."):
        fetch(source)

    assert len(fake_provider.seen) == 2


@pytest.mark.parametrize(
    "more",
    [{"has_more": True}, {"next": "https://acme.example/v1/models?page=2"}, {"next_cursor": "x"}, {"next_page": "2"}],
)
def test_a_list_that_says_it_goes_on_where_nobody_can_follow_is_not_taken_for_whole(
    fake_provider: FakeProvider, source: Source, more: dict[str, Any]
) -> None:
    fake_provider.serve("/v1/models", page("a", "b", **more))

    with pytest.raises(upstream.BadAnswer, match="a list that is not whole"):
        fetch(source)

    for end in (dict.fromkeys(more), {**more, "has_more": False}):
        fake_provider.serve("/v1/models", page("a", "b", **end))
        assert len(fetch(source).listings) == 2


def test_pages_are_bounded(fake_provider: FakeProvider, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discovery.pages.MAX_PAGES", 5)
    count = iter(range(1_000))
    fake_provider.serve("/v1/models", lambda seen: json_reply(page(f"m{next(count)}", nextPageToken=f"t{next(count)}")))

    with pytest.raises(upstream.BadAnswer, match="acme answered a list of more than 5 pages."):
        fetch(source)

    assert len(fake_provider.seen) == 5


def test_all_pages_together_have_a_time_limit(fake_provider: FakeProvider, source: Source) -> None:
    count = iter(range(1_000))
    fake_provider.serve(
        "/v1/models",
        lambda seen: replace(json_reply(page(f"m{next(count)}", nextPageToken=f"t{next(count)}")), wait=0.1),
    )

    with pytest.raises(upstream.TimedOut, match="acme did not finish its answer within 0.5 seconds"):
        fetch(source, replace(PACE, main_list=0.5))


def test_a_list_may_stand_at_an_address_of_its_own(
    fake_provider: FakeProvider, other_fake_provider: FakeProvider, source: Source
) -> None:
    other_fake_provider.serve("/list/models", page("a"))

    assert ids(fetch(replace(source, list_url=f"{other_fake_provider.url}/list/models"))) == ["a"]
    assert other_fake_provider.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert fake_provider.seen == []


# Faults: whichever page they happen on, there is no list

FAULTS: list[tuple[Reply, type[upstream.UpstreamError]]] = [
    (faults.hang(), upstream.TimedOut),
    (faults.slow_drip(page("c"), every=0.2), upstream.TimedOut),
    (faults.refused(401), upstream.Refused),
    (faults.refused(403), upstream.Refused),
    (faults.rate_limited("3600"), upstream.RateLimited),
    (faults.server_fault(500), upstream.ServerFault),
    (faults.sign_in_redirect(), upstream.Redirected),
    (faults.web_page(), upstream.BadAnswer),
    (faults.not_successful(), upstream.BadAnswer),
    (faults.truncated_json(page("c", "d")), upstream.BadAnswer),
    (faults.broken_off(page("c", "d")), upstream.BrokenOff),
    (faults.nesting_bomb(), upstream.BadAnswer),
    (faults.huge_body(100), upstream.TooLarge),
    (faults.gzip_bomb(20), upstream.TooLarge),
    (json_reply({"models": []}), upstream.BadAnswer),
    (json_reply(["a"]), upstream.BadAnswer),
    (json_reply(7), upstream.BadAnswer),
    (json_reply(None), upstream.BadAnswer),
]


@pytest.mark.parametrize(("reply", "error"), FAULTS)
@pytest.mark.parametrize("at", ["first page", "second page"])
def test_any_fault_of_any_page_fails_the_whole_list(
    fake_provider: FakeProvider, source: Source, reply: Reply, error: type[Exception], at: str
) -> None:
    good = json_reply(page("a", "b", nextPageToken="two"))
    fake_provider.serve("/v1/models", reply if at == "first page" else in_turn(good, reply))
    small = replace(PACE.question, max_bytes=2_000_000)

    with pytest.raises(upstream.UpstreamError) as fault:
        fetch(source, replace(PACE, question=small))

    assert type(fault.value) is error
    assert KEY not in str(fault.value)


def test_an_empty_list_is_a_fault(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page())

    with pytest.raises(upstream.BadAnswer, match="acme answered an empty list."):
        fetch(source)


def test_an_empty_last_page_is_none(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", in_turn(json_reply(page("a", nextPageToken="t")), json_reply(page())))

    assert ids(fetch(source)) == ["a"]


def test_a_list_of_nothing_usable_is_a_fault(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", {"data": [None, 7]})

    with pytest.raises(upstream.BadAnswer, match=r"without one usable entry \(entry 1: unreadable \(TypeError\)\)"):
        fetch(source)


def test_an_error_with_status_200_says_what_the_provider_says(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", {"error": {"message": f"Bad key {KEY[:12]}"}})

    with pytest.raises(upstream.BadAnswer) as fault:
        fetch(source)

    assert str(fault.value) == (
        'acme answered something unusable: the answer has no list of models under data. It said: "Bad key ***"'
    )


def test_an_error_with_status_200_that_repeats_the_key_is_told_without_it(
    fake_provider: FakeProvider, source: Source
) -> None:
    fake_provider.serve("/v1/models", {"error": {"message": f"Bad key {KEY}"}})

    with pytest.raises(upstream.BadAnswer) as fault:
        fetch(source)

    assert str(fault.value) == ('acme answered with the key it was sent, which is not taken in. It said: "Bad key ***"')


def test_a_flood_of_tiny_entries_is_refused(
    fake_provider: FakeProvider, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.pages.MAX_ENTRIES", 1_000)
    fake_provider.serve("/v1/models", {"data": [1] * 1_001})

    with pytest.raises(upstream.BadAnswer, match="more than 1,000 entries"):
        fetch(source)


def test_an_answer_that_breaks_the_reading_of_its_next_page_is_a_fault(
    fake_provider: FakeProvider, source: Source
) -> None:
    def broken(payload: Any, headers: Mapping[str, str]) -> Request | None:
        return Request(path=payload["missing"])

    fake_provider.serve("/v1/models", page("a"))

    with pytest.raises(upstream.BadAnswer, match="a list whose next page cannot be found"):
        fetch(replace(source, dialect=replace(DIALECT, next_page=broken)))


# Entries


def test_one_bad_entry_never_loses_the_others(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", {"data": [{"id": "a"}, "text", {"id": ""}, {}, {"id": "b"}]})

    fetched = fetch(source)

    assert ids(fetched) == ["a", "b"]
    assert (fetched.entries_seen, len(fetched.skipped)) == (5, 3)
    assert "its id is empty" in fetched.skipped[1]


def test_repeated_ids_are_taken_once_and_told(fake_provider: FakeProvider, source: Source) -> None:
    first = {"data": [{"id": "a", "name": "1"}, {"id": "A"}, {"id": "a", "name": "1"}], "nextPageToken": "t"}
    second = {"data": [{"id": "a", "name": "2"}, {"id": "b"}]}
    fake_provider.serve("/v1/models", in_turn(json_reply(first), json_reply(second)))

    fetched = fetch(source)

    assert ids(fetched) == ["a", "A", "b"]
    assert fetched.listings[0].facts == {"name": "1"}
    assert (fetched.entries_seen, fetched.repeated) == (5, 2)
    assert fetched.skipped == [
        "a: listed more than once",
        "a: listed more than once; the entries differ, the first is taken",
    ]


# Unchanged lists


def test_an_etag_is_given_back_and_understood(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve(
        "/v1/models",
        lambda seen: (
            Reply(status=304) if "if-none-match" in seen.headers else json_reply(page("a"), 200, {"ETag": '"7"'})
        ),
    )

    first = fetch(source)
    second = fetch(replace(source, etag=first.etag))

    assert (first.etag, first.not_modified) == ('"7"', False)
    assert (second.etag, second.not_modified, second.listings) == ('"7"', True, [])


def test_the_etag_of_one_page_is_not_that_of_a_list_of_many(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve(
        "/v1/models",
        in_turn(
            json_reply(page("a", nextPageToken="t"), 200, {"ETag": '"7"'}), json_reply(page("b"), 200, {"ETag": '"8"'})
        ),
    )

    assert fetch(source).etag == ""


# Further lists


def with_enrichment(source: Source, **options: Any) -> Source:
    def requests(model_ids: list[str]) -> Iterable[Request]:
        return [Request(path=f"/more/{model_id}") for model_id in model_ids]

    def facts(payload: Any, request: Request) -> dict[str, dict[str, Any]]:
        return {payload["for"]: {"context_window": payload["context"]}}

    enrichment = Enrichment(**{"requests": requests, "facts": facts, **options})
    return replace(source, dialect=replace(DIALECT, enrichments=(enrichment,)))


def test_further_lists_add_facts(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page("a", "b"))
    fake_provider.serve("/v1/more/", lambda seen: json_reply({"for": seen.path[-1], "context": 8}))

    fetched = fetch(with_enrichment(source))

    assert [listing.facts for listing in fetched.listings] == [{"name": "", "context_window": 8}] * 2
    assert fetched.warnings == []


def test_facts_of_models_nobody_listed_are_ignored(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page("a"))
    fake_provider.serve("/v1/more/", {"for": "z", "context": 8})

    assert ids(fetch(with_enrichment(source))) == ["a"]


@pytest.mark.parametrize("reply", [faults.server_fault(), faults.web_page(), faults.hang(), json_reply({"for": []})])
def test_a_further_list_that_fails_is_a_warning(fake_provider: FakeProvider, source: Source, reply: Reply) -> None:
    fake_provider.serve("/v1/models", page("a", "b"))
    fake_provider.serve("/v1/more/a", {"for": "a", "context": 8})
    fake_provider.serve("/v1/more/b", reply)

    fetched = fetch(with_enrichment(source))

    assert [listing.facts.get("context_window") for listing in fetched.listings] == [8, None]
    assert len(fetched.warnings) == 1
    assert fetched.warnings[0].startswith("acme ")


def test_many_failures_are_counted_not_listed(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page(*"abcdefgh"))

    assert fetch(with_enrichment(source)).warnings[2:] == [
        'acme answered 404: there is nothing at this address. Check the base URL. It said: "Not found"',
        "acme: 5 more of its further lists failed.",
    ]


def test_further_lists_have_a_time_limit_of_their_own(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page("a"))
    fake_provider.serve("/v1/more/", faults.hang())

    fetched = fetch(with_enrichment(source), replace(PACE, read=5, enrichments=0.2))

    assert (ids(fetched), fetched.warnings) == (["a"], ["acme: its further lists took more than 0.2 seconds."])


def test_a_further_list_that_needs_a_key_waits_for_one(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page("a"))

    fetched = fetch(with_enrichment(replace(source, key=""), needs_key=True))

    assert (len(fake_provider.seen), fetched.warnings) == (1, [])


# Keys


def test_the_key_is_in_the_header_of_every_question_and_nowhere_else(
    fake_provider: FakeProvider, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fake_provider.serve("/v1/models", page("a"))
    fake_provider.serve("/v1/more/", {"for": "a", "context": 8})

    fetch(with_enrichment(replace(source, auth="x-api-key")))

    assert [seen.headers["x-api-key"] for seen in fake_provider.seen] == [KEY, KEY]
    assert all("authorization" not in seen.headers and KEY not in str(seen.query) for seen in fake_provider.seen)
    assert KEY not in caplog.text + repr(source)


def test_the_headers_of_a_dialect_are_sent(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", page("a"))

    fetch(replace(source, dialect=replace(DIALECT, headers={"anthropic-version": "2023-06-01"})))

    assert fake_provider.seen[0].headers["anthropic-version"] == "2023-06-01"


def test_a_private_address_is_refused_when_it_is_not_allowed(fake_provider: FakeProvider, source: Source) -> None:
    with pytest.raises(upstream.AddressRefused, match="this machine"):
        fetch(replace(source, private_allowed=False))

    assert fake_provider.seen == []


# All at once


@pytest.fixture
def many(fake_provider: FakeProvider) -> Callable[..., list[Source]]:
    """Sources by name, each with its own path on one provider."""

    def sources(**replies: Any) -> list[Source]:
        for slug, reply in replies.items():
            fake_provider.serve(f"/{slug}/models", reply)
        return [Source(slug=slug, base_url=f"{fake_provider.url}/{slug}", dialect=DIALECT) for slug in replies]

    return sources


def test_one_provider_that_fails_or_hangs_costs_the_others_nothing(many: Callable[..., list[Source]]) -> None:
    ended: dict[str, float] = {}
    started = time.monotonic()

    def note(progress: Progress) -> None:
        if progress.outcome:
            ended[progress.slug] = time.monotonic() - started

    sources = many(hanging=faults.hang(), failing=faults.server_fault(), fine=page("a"), other=page("b"))
    outcomes = asyncio.run(fetching.fetch_all(sources, on_progress=note, pace=PACE))

    assert {slug: type(outcome) for slug, outcome in outcomes.items()} == {
        "hanging": upstream.TimedOut,
        "failing": upstream.ServerFault,
        "fine": Fetched,
        "other": Fetched,
    }
    assert max(ended["fine"], ended["other"]) < ended["hanging"] - 0.3


def test_providers_are_asked_at_once_but_not_all_at_once(many: Callable[..., list[Source]]) -> None:
    asked: list[float] = []

    def slow(seen: Seen) -> Reply:
        asked.append(seen.at)
        return replace(json_reply(page("a")), wait=0.5)

    sources = many(**{f"p{n}": slow for n in range(6)})
    outcomes = asyncio.run(fetching.fetch_all(sources, concurrency=3, pace=replace(PACE, read=5)))

    assert len(outcomes) == 6
    assert asked[2] - asked[0] < 0.4
    assert asked[3] - asked[0] > 0.4


def test_a_fault_of_ours_in_one_dialect_spares_the_others(
    many: Callable[..., list[Source]], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(payload: Any) -> Any:
        raise RuntimeError("a mistake in a dialect")

    one, other = many(one=page("a"), other=page("b"))
    one = replace(one, dialect=replace(DIALECT, entries=broken))

    outcomes = asyncio.run(fetching.fetch_all([one, other], pace=PACE))

    assert isinstance(outcomes["other"], Fetched)
    assert str(outcomes["one"]) == "one answered a list that made this product fail; the log says how."
    assert "a mistake in a dialect" in caplog.text


def test_progress_is_told_by_page_and_at_the_end(fake_provider: FakeProvider, source: Source) -> None:
    fake_provider.serve("/v1/models", in_turn(json_reply(page("a", "b", nextPageToken="t")), json_reply(page("c"))))
    told: list[Progress] = []

    outcomes = asyncio.run(fetching.fetch_all([source], on_progress=told.append, pace=PACE))

    assert [(progress.slug, progress.pages, progress.entries) for progress in told[:2]] == [
        ("acme", 1, 2),
        ("acme", 2, 3),
    ]
    assert told[2].outcome is outcomes["acme"]


def test_a_name_that_hangs_is_given_up(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: time.sleep(3))
    started = time.monotonic()

    with pytest.raises(upstream.TimedOut, match="acme accepted no connection for 0.2 seconds."):
        fetch(
            replace(source, base_url="http://api.example.com/v1"),
            replace(PACE, connect=0.2, question=replace(PACE.question, tries=1)),
        )

    assert time.monotonic() - started < 2.5
