from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import patterns
from access.caller import Caller
from catalog.models import AIModel
from tests.builders import a_model, a_provider

LETTERS = st.text("ab/.-*?", max_size=8)


@given(LETTERS, st.text("ab/.-", max_size=8))
def test_a_pattern_means_the_same_to_the_database_as_to_a_shell(pattern: str, name: str) -> None:
    assert bool(re.match(patterns.regex([pattern]), name)) == fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("gpt-[45]", "gpt-4"),
        ("gpt-[45]", "gpt-3"),
        ("[!g]*", "claude"),
        ("[!g]*", "gpt"),
        ("[a-c]x", "bx"),
        ("a\\b", "a\\b"),
    ],
)
def test_a_class_of_characters_means_the_same_too(pattern: str, name: str) -> None:
    assert bool(re.match(patterns.regex([pattern]), name)) == fnmatchcase(name, pattern)


@pytest.mark.parametrize("pattern", ["[z-a]", "[", "[]", "[!]", "[a", "(", "a|b", "^", "$"])
def test_an_odd_pattern_is_no_error(pattern: str) -> None:
    re.compile(patterns.regex([pattern]))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("providers", "models", "seen"),
    [
        ((), (), ["big/fast", "big/slow", "other"]),
        (("acme",), (), ["big/fast", "big/slow"]),
        ((), ("big/*",), ["big/fast", "big/slow"]),
        ((), ("acme/big/f*",), ["big/fast"]),
        (("ac*", "zeta"), ("*slow", "other"), ["big/slow", "other"]),
        ((), ("big/[a-f]*", "[z-a]"), ["big/fast"]),
        ((), ("BIG/*",), []),
    ],
)
def test_a_key_sees_the_models_its_patterns_allow(providers: tuple, models: tuple, seen: list[str]) -> None:
    a_model("big/fast", status="enabled")
    a_model("big/slow", status="enabled")
    a_model("other", status="enabled", provider=a_provider("zeta"))
    caller = Caller(label="key", source="api", allowed_providers=providers, allowed_models=models)

    assert sorted(model.model_id for model in AIModel.objects.visible_to(caller)) == seen
    assert all(caller.may_use_model(m.provider.slug, m.model_id) for m in AIModel.objects.visible_to(caller))
