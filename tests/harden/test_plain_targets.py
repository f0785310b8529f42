"""Targets that are taken without looking for escapes are among those that are."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batten.harden.heads import PLAINLY, TARGET

_PLAINLY, _TARGET = re.compile(PLAINLY), re.compile(rf"(?:{TARGET})(?= HTTP/)")


@given(target=st.text('/.;a:%2eE?@-\\" \x7f|é', max_size=12).map("/".__add__))
@example("/v1/items/10001")
@example("/a/..;/b")
@example("/a/.%2e/b")
def test_they_are_targets_without_dots_and_escapes(target: str) -> None:
    if _PLAINLY.fullmatch(target):
        assert _TARGET.match(f"{target} HTTP/1.1")
        path = target.partition("?")[0]
        assert "%" not in path and not any(part.startswith(".") for part in path.split("/"))


@pytest.mark.parametrize(
    "target", ["/v1/items/10001", "/a/", "/a?b=%2F", "/a.b/c;d=1/x:y@z", "/v1/items/" + "a" * 7000]
)
def test_they_include_what_clients_usually_send(target: str) -> None:
    assert _PLAINLY.fullmatch(target)


@pytest.mark.parametrize("part", ["/a", "/a.", "a", "/a;", "?a", "/a/"])
def test_they_cost_no_more_than_their_length(part: str) -> None:
    begun = time.process_time()
    assert not _PLAINLY.fullmatch("/a" + part * 50_000 + "\x00")
    assert time.process_time() - begun < 1
