"""Single values: what is read, and what counts as not stated."""

from __future__ import annotations

import pytest

from discovery.listings import capabilities, money, reading
from discovery.listings.base import Dialect, Request, Skip, WrongShape, address, parse
from discovery.listings.envelopes import rows


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (131072, 131072),
        (131072.0, 131072),
        ("131072", 131072),
        (0, None),
        (-1, None),
        (0.5, None),
        (True, None),
        ("abc", None),
        ("128k", None),
        ({"tokens": 1}, None),
        ([1], None),
        (None, None),
        (10**9, 10**9),
        (10**9 + 1, None),
        (float("inf"), None),
        (float("nan"), None),
        ("9" * 5000, None),
    ],
)
def test_limits_are_whole_numbers_above_zero(value: object, expected: int | None) -> None:
    assert reading.whole(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2027-02-03", "2027-02-03T00:00:00Z"),
        ("2027-02-03T04:05:06Z", "2027-02-03T04:05:06Z"),
        ("2027-02-03T04:05:06+02:00", "2027-02-03T02:05:06Z"),
        ("2027-02-03T04:05:06", "2027-02-03T04:05:06Z"),
        (1830297600, "2028-01-01T00:00:00Z"),
        (1830297600.0, "2028-01-01T00:00:00Z"),
        ({"year": 2027, "month": 2, "day": 28}, "2027-02-28T00:00:00Z"),
        ({"year": 2027, "month": 2, "day": 30}, None),
        ("2098-12-31", None),
        (4102358400, None),
        ("2100-01-01", None),
        (0, None),
        ("soon", None),
        (True, None),
        (10**30, None),
        (float("nan"), None),
        ("0001-01-01T00:00:00+14:00", None),
        (["2027-02-03"], None),
    ],
)
def test_times_are_instants_in_utc_and_far_ones_mean_never(value: object, expected: str | None) -> None:
    assert reading.instant(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["audio", "TEXT", "image", "text"], ["text", "image", "audio"]),
        ("text,image", ["text", "image"]),
        ("text+vision", ["text", "image"]),
        (["embeddings"], ["embedding"]),
        (["smell", "text"], ["text", "smell"]),
        (["text", 7, None, {}], ["text"]),
        ([], None),
        ([[]], None),
        ("", None),
        ({"text": True}, None),
        (None, None),
    ],
)
def test_modalities_are_lower_case_words_in_one_order(value: object, expected: list[str] | None) -> None:
    assert reading.modalities(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("32.8B", "32.8"),
        ("134.52M", "0.1345"),
        ("26B-A4B", "26"),
        ("1.7T", "1700"),
        (8190735360, "8.1907"),
        ("70553706496", "70.5537"),
        ("", None),
        ("large", None),
        (0, None),
        (True, None),
        (float("inf"), None),
        (None, None),
    ],
)
def test_parameters_are_billions(value: object, expected: str | None) -> None:
    assert reading.billions(value) == expected


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({}, "has no id"),
        ({"id": None}, "has no id"),
        ({"id": ""}, "its id is empty"),
        ({"id": " "}, "its id begins or ends with a space"),
        ({"id": "a\n"}, "its id begins or ends with a space"),
        ({"id": "a\x00b"}, "its id contains a control character"),
        ({"id": "a\u0085b"}, "its id contains a control character"),
        ({"id": "x" * 256}, "its id has 256 characters; at most 255 can be kept"),
        ({"id": ["a"]}, "its id is a list, not text"),
        ({"id": True}, "its id is true or false, not text"),
        ("text", "is text, not an object"),
        (None, "is nothing, not an object"),
        ([], "is a list, not an object"),
    ],
)
def test_an_entry_without_a_usable_id_is_skipped_with_a_reason(entry: object, reason: str) -> None:
    with pytest.raises(Skip) as skip:
        reading.identity(entry, "id")

    assert str(skip.value) == reason


@pytest.mark.parametrize(
    "model_id", ["a/b:c@d.e~f", "~acme/verse-latest", "/models/a b.gguf", "模型-😀", "x" * 255, "Qwen/QwQ"]
)
def test_ids_are_kept_verbatim(model_id: str) -> None:
    assert reading.identity({"id": model_id}, "id") == model_id


def test_long_names_are_cut_and_texts_lose_what_databases_refuse() -> None:
    assert reading.name("n" * 300) == "n" * 254 + "…"
    assert reading.text(" a\x00b ") == "ab"
    assert reading.text("  ") is None


@pytest.mark.parametrize(
    ("value", "power", "expected"),
    [
        ("0.00000125", money.PER_TOKEN, "1.25"),
        ("1.25e-6", money.PER_TOKEN, "1.25"),
        ("0.0000000375", money.PER_TOKEN, "0.0375"),
        ("0.00000020833333333333333", money.PER_TOKEN, "0.2083333333"),
        (2.5999999999999996, 0, "2.6"),
        (0.029999999700000002, 0, "0.0299999997"),
        (1e-05, money.PER_TOKEN, "10"),
        (4000, money.TEN_THOUSANDTHS_PER_MILLION, "0.4"),
        (12500, money.CENTS_PER_HUNDRED_MILLION, "1.25"),
        (5e-07, money.CENTS_PER_TOKEN, "0.005"),
        (100, 0, "100"),
        ("$0.5", 0, "0.5"),
        (0, 0, "0"),
        ("0.000", 0, "0"),
        (-0.0, 0, "0"),
        ("-1", money.PER_TOKEN, None),
        (-0.5, 0, None),
        ("1e-30", 0, None),  # not free, only too small to write down
        ("1e999999999", 6, None),
        (10**40, 0, None),
        (2_000_000, 0, None),
        ("free", 0, None),
        ("", 0, None),
        ("NaN", 0, None),
        (float("inf"), 0, None),
        (True, 0, None),
        (None, 0, None),
        ({"usd": 1}, 0, None),
    ],
)
def test_amounts_are_exact_plain_decimals(value: object, power: int, expected: str | None) -> None:
    assert money.usd(value, power) == expected


def test_a_zero_beside_real_prices_is_not_free() -> None:
    pricing = {"prompt": "0.000001", "completion": "0", "internal_reasoning": "0", "request": "0", "image": "0"}

    assert money.per_token(pricing) == {"input_mtok": "1", "output_mtok": "0"}


def test_an_image_priced_like_a_token_is_one_and_other_amounts_are_per_image() -> None:
    assert money.per_token({"prompt": "0.000001", "image": "0.000001"}) == {"input_mtok": "1"}
    assert money.per_token({"prompt": "0.000001", "image": "0.004"}) == {"input_mtok": "1", "image": "0.004"}


@pytest.mark.parametrize("overrides", [[None], ["x"], [{}], [{"min_prompt_tokens": "many", "prompt": "1"}], {}, "x"])
def test_tiers_that_cannot_be_read_are_left_out(overrides: object) -> None:
    assert money.per_token({"prompt": "0.000001", "overrides": overrides}) == {"input_mtok": "1"}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"supportsFunctionCalling": True, "tool_choice": False}, {"supports_tools": True}),
        ({"vision": {"supported": False}}, {"supports_vision": False}),
        ({"json_mode": True, "temperature": True}, {}),
        ({"reasoning": "yes"}, {}),
        (["tools"], {}),
        (None, {}),
    ],
)
def test_flags_say_yes_or_no_under_many_names(flags: object, expected: dict[str, bool]) -> None:
    assert capabilities.flagged(flags) == expected


def test_a_list_says_no_only_about_what_it_settles() -> None:
    assert capabilities.listed(["function-calling", 7, []]) == {"supports_tools": True}
    assert capabilities.listed(["json_mode"], settles=(capabilities.TOOLS,)) == {"supports_tools": False}
    assert capabilities.listed([], settles=(capabilities.TOOLS,)) == {}


def an_entry(entry: object) -> object:
    raise {"key": KeyError("x"), "zero": ZeroDivisionError()}.get(str(entry), Skip("told"))


def test_one_bad_entry_never_loses_the_others_and_each_is_explained() -> None:
    dialect = Dialect(request=Request(path="/models"), entries=list, listing=an_entry)  # type: ignore[arg-type]

    parsed = parse(dialect, ["key", "zero", "other"])

    assert parsed.listings == []
    assert parsed.skipped == [
        "entry 1: unreadable (KeyError)",
        "entry 2: unreadable (ZeroDivisionError)",
        "entry 3: told",
    ]


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ("<html>Sign in</html>", "the answer is text, not a list of models"),
        (None, "the answer is nothing, not a list of models"),
        ([{"id": "a"}], "the answer is a list, not a list of models"),
        ({"models": []}, "the answer has no list of models under data"),
        ({"data": {"id": "a"}}, "the answer has no list of models under data"),
        ({"success": False, "data": []}, "the answer says that the call failed (success is false)"),
        (
            {"error": {"message": "key sk-secret is wrong", "code": "invalid_api_key"}},
            "the answer is an error (invalid_api_key), not a list of models",
        ),
        ({"error": "Incorrect key sk-secret", "code": 3}, "the answer is an error, not a list of models"),
        ({"type": "error", "error": {"type": "overloaded_error"}}, "the answer is an error (overloaded_error), not"),
        ({"detail": "Invalid API Key"}, "the answer has no list of models under data"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence_that_repeats_no_message(payload: object, sentence: str) -> None:
    with pytest.raises(WrongShape) as refused:
        rows(payload, "data")

    assert str(refused.value).startswith(sentence)
    assert "secret" not in str(refused.value)


def test_an_empty_list_is_a_list_and_so_is_a_null_one() -> None:
    assert rows({"data": []}, "data") == [] == rows({"data": None}, "data")
    assert rows({"error": None, "data": [1]}, "data") == [1]


MODELS = Dialect(request=Request(path="/models"), entries=list, listing=an_entry)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "list_url", "expected"),
    [
        (Request(path="/models"), "", "https://api.example/v1/models"),
        (Request(path="/models"), "https://lists.example/open/models", "https://lists.example/open/models"),
        (
            Request(path="/models/pricing"),
            "https://lists.example/open/models",
            "https://lists.example/open/models/pricing",
        ),
        (Request(path="/public/models", at_root=True), "", "https://api.example/public/models"),
        (
            Request(path="/all", at_root=True),
            "https://lists.example:8443/open/models",
            "https://lists.example:8443/all",
        ),
    ],
)
def test_a_request_leads_below_the_base_address_or_beside_the_list(
    request_: Request, list_url: str, expected: str
) -> None:
    assert address(request_, dialect=MODELS, base_url="https://api.example/v1/", list_url=list_url) == expected
