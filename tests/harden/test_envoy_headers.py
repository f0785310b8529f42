"""Which headers of requests Envoy removes before it looks at any of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.harden.edges.envoy import headers
from batten.harden.heads import OF_A_HOP, dropped
from batten.policy.senders import prefixes

EARLY = re.compile(headers.early(("X-Own",))["remove_on_match"]["key_matcher"]["safe_regex"]["regex"])
UNLIKE = re.compile(headers.unlike("for"))
KEPT = ("x-forwarded-for", "upgrade", "connection")


@pytest.mark.parametrize(
    "name",
    [*dropped(), *map(str.lower, OF_A_HOP), "x-own", "x-request-id", *(f"{one}any" for one in prefixes())],
)
def test_what_only_edges_may_say_is_removed_early(name: str) -> None:
    assert bool(EARLY.fullmatch(name)) is (name not in KEPT)


@pytest.mark.parametrize(
    "name", ["x-forwarded-f", "x-forwarded-fo", "x-forwarded-forx", "x-forwarded-foo", "x-forwarded-"]
)
def test_names_like_the_one_of_proxies_are_removed_early(name: str) -> None:
    assert EARLY.fullmatch(name)


@pytest.mark.parametrize(
    "name", [":path", ":authority", "authorization", "content-type", "x-own-too", "accept"]
)
def test_what_clients_may_say_is_kept(name: str) -> None:
    assert not EARLY.fullmatch(name)


@given(st.text(alphabet="for-x", max_size=5))
def test_an_expression_for_all_but_one_word(word: str) -> None:
    assert bool(UNLIKE.fullmatch(word)) is (word != "for")
