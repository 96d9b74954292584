"""Images: asked as OpenAI's clients ask, answered by each protocol in OpenAI's shape."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from openai.types import ImagesResponse

from gateway.errors import BadRequest, Unsupported, UpstreamFailed
from gateway.wires.base import Target
from gateway.wires.images import IMAGES, parse
from tests.fakes.kinds.media import png
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream

from .put import put

RED = base64.b64encode(png("a red square")).decode()


@pytest.fixture
def upstream(fake_provider: FakeProvider) -> Upstream:
    return Upstream(fake_provider)


def asked(**fields: Any) -> Any:
    return parse({"model": "team/painter", "prompt": "a red square", **fields})


def encoded(wire: str, **fields: Any) -> dict[str, Any]:
    target = Target(provider="any", model_id="m", base_url="https://api.example.com")
    return dict(orjson.loads(IMAGES[wire].encode(asked(**fields), target).body))


def test_openai_answers_pass_and_are_counted(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "openai", asked(n=2, quality="high"), "gpt-image-2")
    answer = ImagesResponse.model_validate_json(got.body, strict=True)

    assert [image.b64_json for image in answer.data or []] == [RED, RED]
    assert (got.took.images, got.took.tokens.input, got.took.tokens.output) == (2, 3, 2_000)


def test_older_models_count_images_alone(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "openai", asked(style="vivid"), "dall-e-3")

    assert (got.took.images, got.took.tokens.output) == (1, None)


def test_images_that_become_clearer_pass_as_events_and_are_counted_by_the_last(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "openai", asked(stream=True, partial_images=2), "gpt-image-2")

    assert got.content_type == "text/event-stream"
    assert got.body.count(b"event: image_generation.partial_image") == 2
    assert (got.took.images, got.took.tokens.output) == (1, 1_000)


def test_fal_answers_with_addresses(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "fal", asked(n=2, size="512x768"), "fal-ai/flux/dev")
    answer = ImagesResponse.model_validate_json(got.body, strict=True)

    assert [image.url for image in answer.data or []] == [
        "https://images.example.com/0.png",
        "https://images.example.com/1.png",
    ]
    assert (got.took.images, got.took.tokens.output) == (2, None)
    assert upstream.provider.seen[-1].path == "/fal/fal-ai/flux/dev"
    assert upstream.provider.seen[-1].json == {
        "prompt": "a red square",
        "num_images": 2,
        "image_size": {"width": 512, "height": 768},
    }


def test_fal_answers_with_the_image_itself_if_asked(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "fal", asked(response_format="b64_json", size="auto"), "fal-ai/flux/dev")

    assert orjson.loads(got.body)["data"] == [{"b64_json": RED}]


def test_an_address_where_the_image_was_asked_for_is_an_error() -> None:
    decode = IMAGES["fal"].decode
    assert decode is not None
    with pytest.raises(UpstreamFailed, match="could not be read"):
        decode(asked(response_format="b64_json"), "application/json", b'{"images":[{"url":"https://x.example/1.png"}]}')


def test_gemini_draws_one_image_in_the_proportions_asked_for(upstream: Upstream) -> None:
    got = put(IMAGES, upstream, "gemini", asked(size="1536x1024"), "gemini-2.5-flash-image")
    answer = ImagesResponse.model_validate_json(got.body, strict=True)

    assert [image.b64_json for image in answer.data or []] == [RED]
    assert (got.took.images, got.took.tokens.input, got.took.tokens.output) == (1, 3, 1_000)
    assert answer.usage and answer.usage.total_tokens == 1_003
    assert upstream.provider.seen[-1].json["generationConfig"]["imageConfig"] == {"aspectRatio": "3:2"}


def test_what_gemini_holds_back_is_no_fault_of_ours() -> None:
    decode = IMAGES["gemini"].decode
    assert decode is not None
    body = orjson.dumps({"candidates": [{"finishReason": "IMAGE_SAFETY"}]})
    with pytest.raises(UpstreamFailed, match="IMAGE_SAFETY") as failed:
        decode(asked(), "application/json", body)
    assert (failed.value.status, failed.value.code, failed.value.may_pass) == (400, "content_filter", False)


def test_what_an_endpoint_of_fal_takes_reaches_it() -> None:
    assert encoded("fal", seed=7, output_format="png", user="somebody") == {
        "prompt": "a red square",
        "num_images": 1,
        "seed": 7,
        "output_format": "png",
    }


@pytest.mark.parametrize(
    ("wire", "fields"),
    [
        ("fal", {"quality": "high"}),
        ("fal", {"background": "transparent"}),
        ("fal", {"stream": True}),
        ("fal", {"style": "vivid"}),
        ("gemini", {"n": 2}),
        ("gemini", {"size": "1000x999"}),
        ("gemini", {"response_format": "url"}),
        ("gemini", {"quality": "high"}),
        ("gemini", {"seed": 1}),
    ],
)
def test_what_a_protocol_cannot_say_is_refused_by_name(wire: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Unsupported) as refused:
        encoded(wire, **fields)

    assert refused.value.param == next(iter(fields))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": ["a"]}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"size": "large"}, "size"),
        ({"size": "99999x9"}, "size"),
        ({"response_format": "png"}, "response_format"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        asked(**fields)

    assert refused.value.param == param


@pytest.mark.parametrize("wire", IMAGES)
@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"images":[],"data":[],"candidates":[]}', b'{"data":[{}]}'])
def test_an_answer_without_an_image_is_an_error_of_the_provider(wire: str, body: bytes) -> None:
    decode = IMAGES[wire].decode
    assert decode is not None
    with pytest.raises(UpstreamFailed) as failed:
        decode(asked(), "application/json", body)
    assert failed.value.status == 502


@pytest.mark.parametrize("wire", IMAGES)
def test_faults_keep_their_status(upstream: Upstream, wire: str) -> None:
    upstream.next("fail 429", "fail 422", "fail 403")
    for status in (429, 422, 502):
        with pytest.raises(UpstreamFailed, match="Told to fail") as failed:
            put(IMAGES, upstream, wire, asked())
        assert failed.value.status == status
