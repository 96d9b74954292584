"""Embeddings: asked as OpenAI's clients ask, answered by each protocol in OpenAI's shape."""

from __future__ import annotations

import base64
import struct
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse

from gateway.errors import BadRequest, Unsupported, UpstreamFailed
from gateway.wires.base import Target
from gateway.wires.embeddings import EMBEDDINGS, parse
from gateway.wires.embeddings.ask import pack, unpack
from tests.fakes.kinds.embeddings import vector
from tests.fakes.provider import FakeProvider
from tests.fakes.upstream import Upstream

from .put import Got, put, send

VERTEX = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1"


@pytest.fixture
def upstream(fake_provider: FakeProvider) -> Upstream:
    return Upstream(fake_provider)


def asked(**fields: Any) -> Any:
    return parse({"model": "team/search", "input": ["hello there", "you"], **fields})


def encoded(wire: str, **fields: Any) -> dict[str, Any]:
    target = Target(provider="any", model_id="up/stream", base_url="https://api.example.com")
    return dict(orjson.loads(EMBEDDINGS[wire].encode(asked(**fields), target).body))


@pytest.mark.parametrize("wire", EMBEDDINGS)
def test_every_protocol_answers_in_the_shape_of_openai(upstream: Upstream, wire: str) -> None:
    got = put(EMBEDDINGS, upstream, wire, asked(dimensions=4))
    answer = CreateEmbeddingResponse.model_validate_json(got.body, strict=True) if wire != "gemini" else None
    payload = orjson.loads(got.body)

    assert [item["embedding"] for item in payload["data"]] == [vector("hello there", 4), vector("you", 4)]
    assert [item["index"] for item in payload["data"]] == [0, 1]
    assert got.content_type == "application/json"
    if answer is not None:
        assert got.took.tokens.input == answer.usage.prompt_tokens == 3
    else:
        assert got.took.tokens.input is None and payload["usage"]["total_tokens"] is None  # unknown, not 0


@pytest.mark.parametrize("wire", EMBEDDINGS)
def test_every_protocol_answers_in_base64_if_asked(upstream: Upstream, wire: str) -> None:
    got = put(EMBEDDINGS, upstream, wire, asked(encoding_format="base64"))

    packed = [item["embedding"] for item in orjson.loads(got.body)["data"]]
    assert [unpack(text) for text in packed] == [vector("hello there"), vector("you")]


def test_a_compatible_server_that_knows_one_way_to_write_is_rewritten() -> None:
    wire, numbers = EMBEDDINGS["openai"], [0.5, -1.0]
    for written, wanted, got in ((numbers, "base64", pack(numbers)), (pack(numbers), "float", numbers)):
        body = orjson.dumps({"object": "list", "data": [{"index": 0, "embedding": written}], "model": "m"})

        assert wire.decode is not None
        answer = wire.decode(asked(input="x", encoding_format=wanted), "application/json", body)

        assert orjson.loads(answer.body)["data"][0]["embedding"] == got
        assert answer.tokens.input is None


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=64))
def test_what_is_packed_is_read_as_clients_read_it(numbers: list[float]) -> None:
    packed = pack(numbers)

    assert unpack(packed) == numbers
    assert list(struct.unpack(f"<{len(numbers)}f", base64.b64decode(packed))) == numbers


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, "input"),
        ({"input": [[]]}, "input"),
        ({"input": [1, "a"]}, "input"),
        ({"input": [1.5]}, "input"),
        ({"input": None}, "input"),
        ({"input": [True]}, "input"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": True}, "dimensions"),
        ({"encoding_format": "int8"}, "encoding_format"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        asked(**fields)

    assert refused.value.param == param


@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]]])
def test_tokens_reach_who_takes_them_and_are_refused_for_others(upstream: Upstream, given: Any) -> None:
    assert put(EMBEDDINGS, upstream, "openai", asked(input=given)).took.tokens.input == 3
    for wire in ("gemini", "cohere", "ollama"):
        with pytest.raises(Unsupported, match="not tokens"):
            encoded(wire, input=given)


def test_the_body_passes_to_compatible_providers_with_another_model() -> None:
    assert encoded("openai", input="x", user="u", truncate=True) == {
        "model": "up/stream",
        "input": "x",
        "user": "u",
        "truncate": True,
    }


def test_fields_that_a_protocol_has_itself_reach_it_and_others_are_refused_by_name() -> None:
    assert encoded("cohere")["input_type"] == "search_document"
    assert encoded("cohere", input_type="search_query")["input_type"] == "search_query"
    assert encoded("gemini", task_type="RETRIEVAL_QUERY")["requests"][0]["taskType"] == "RETRIEVAL_QUERY"
    assert encoded("ollama", truncate=False, user="somebody")["truncate"] is False
    with pytest.raises(Unsupported) as refused:
        encoded("ollama", input_type="search_query")
    assert refused.value.param == "input_type"


@pytest.mark.parametrize("wire", EMBEDDINGS)
@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"data":[{"embedding":["x"]}],"embeddings":[1]}'])
def test_an_answer_that_is_none_is_an_error_of_the_provider(wire: str, body: bytes) -> None:
    decode = EMBEDDINGS[wire].decode
    assert decode is not None
    with pytest.raises(UpstreamFailed, match="could not be read") as failed:
        decode(asked(encoding_format="base64"), "application/json", body)
    assert failed.value.status == 502


def at_vertex(upstream: Upstream, model_id: str, **fields: Any) -> Got:
    """What Vertex answers: it is known by its address, so the question is written for that and put to the fake."""
    wire, asks = EMBEDDINGS["gemini"], asked(**fields)
    outgoing = wire.encode(asks, Target(provider="any", model_id=model_id, base_url=VERTEX))
    return send(wire, asks, outgoing, upstream.play("vertex"))


@pytest.mark.parametrize("dimensions", [None, 4])
@pytest.mark.parametrize("model_id", ["text-embedding-005", "gemini-embedding-001", "gemini-embedding-2"])
def test_vertex_embeds_by_the_call_its_model_knows(upstream: Upstream, model_id: str, dimensions: int | None) -> None:
    texts = ["hello there"] if model_id == "gemini-embedding-2" else ["hello there", "you"]

    got = at_vertex(upstream, model_id, input=texts, dimensions=dimensions)

    answer = CreateEmbeddingResponse.model_validate_json(got.body, strict=True)
    assert [item.embedding for item in answer.data] == [vector(text, dimensions) for text in texts]
    assert got.took.tokens.input == answer.usage.prompt_tokens == len(" ".join(texts).split())


def test_vertex_gets_its_own_fields_in_the_words_of_each_call() -> None:
    def sent(model_id: str) -> Any:
        ask = asked(input="hello", task_type="RETRIEVAL_DOCUMENT", title="A", dimensions=8)
        target = Target(provider="any", model_id=model_id, base_url=VERTEX)
        return orjson.loads(EMBEDDINGS["gemini"].encode(ask, target).body)

    assert sent("text-embedding-005") == {
        "instances": [{"content": "hello", "task_type": "RETRIEVAL_DOCUMENT", "title": "A"}],
        "parameters": {"outputDimensionality": 8},
    }
    assert sent("gemini-embedding-2") == {
        "content": {"parts": [{"text": "hello"}]},
        "taskType": "RETRIEVAL_DOCUMENT",
        "title": "A",
        "outputDimensionality": 8,
    }


def test_several_texts_are_refused_by_name_where_vertex_takes_one(upstream: Upstream) -> None:
    with pytest.raises(Unsupported, match="one text a call") as refused:
        at_vertex(upstream, "gemini-embedding-2")
    assert refused.value.param == "input"


def test_tokens_that_vertex_does_not_state_for_all_are_unknown() -> None:
    told, untold = {"values": [1.0], "statistics": {"token_count": 3}}, {"values": [2.0]}
    body = orjson.dumps({"predictions": [{"embeddings": told}, {"embeddings": untold}]})
    decode = EMBEDDINGS["gemini"].decode
    assert decode is not None

    assert decode(asked(), "application/json", body).tokens.input is None


@pytest.mark.parametrize("wire", EMBEDDINGS)
def test_faults_keep_their_status(upstream: Upstream, wire: str) -> None:
    upstream.next("fail 429", "fail 400", "fail 401")
    for status, code in ((429, "upstream_error"), (400, None), (502, "upstream_auth")):
        with pytest.raises(UpstreamFailed) as failed:
            put(EMBEDDINGS, upstream, wire, asked())
        assert failed.value.status == status
        assert code is None or failed.value.code == code


@pytest.mark.parametrize(
    ("wire", "base_url", "path"),
    [
        ("openai", "https://api.openai.com/v1", "/embeddings"),
        ("openai", "https://x.openai.azure.com/openai", "/deployments/a%2Fb/embeddings?api-version=2024-10-21"),
        ("tgi", "https://tei.example.com", "/v1/embeddings"),
        ("tgi", "https://tei.example.com/v1", "/embeddings"),
        ("ollama", "http://localhost:11434", "/api/embed"),
        ("ollama", "https://ollama.com/api", "/embed"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta", "/models/a%2Fb:batchEmbedContents"),
        ("gemini", VERTEX, "/publishers/google/models/a%2Fb:predict"),
        ("gemini", f"{VERTEX}/publishers/google", "/models/a%2Fb:predict"),
        ("cohere", "https://api.cohere.com/v2", "/embed"),
    ],
)
def test_calls_go_where_the_provider_takes_them(wire: str, base_url: str, path: str) -> None:
    target = Target(provider="any", model_id="a/b", base_url=base_url)

    assert EMBEDDINGS[wire].encode(asked(), target).path == path
