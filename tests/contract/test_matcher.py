from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from batten.contract import Operation, Place
from batten.contract.matcher import Matcher
from batten.model import Location


def operation(path: str, method: str = "GET") -> Operation:
    return Operation(method, path, path, Place("o"), Location("o", path))


def naive(templates: list[str], path: str) -> str | None:
    """The first fit when segments that are written out come first, then those with more fixed text."""
    fits = [t for t in templates if re.fullmatch(expression(t), path)]
    return min(fits, key=rank) if fits else None


def expression(template: str) -> str:
    return "".join(
        "[^/]+?" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", template)
    )


def rank(template: str) -> list[tuple[object, ...]]:
    ranks: list[tuple[object, ...]] = []
    for segment in template.split("/"):
        literals = tuple(re.split(r"\{\w+\}", segment))
        ranks.append((0,) if len(literals) == 1 else (1, -sum(map(len, literals)), literals))
    return ranks


SEGMENT = st.sampled_from(["a", "b", "ab", "{x}", "{x}.a", "a{x}", "{x}-{y}", "a{x}b", "{x}a{y}b", ""])
TEMPLATES = st.lists(st.lists(SEGMENT, min_size=1, max_size=4).map(lambda s: "/" + "/".join(s)), max_size=12)
PATHS = st.lists(st.text("ab.-A", max_size=5) | SEGMENT, min_size=1, max_size=4).map(
    lambda s: "/" + "/".join(s)
)


def shape(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template)


@settings(max_examples=1500, deadline=None)
@given(TEMPLATES, st.lists(PATHS, min_size=1, max_size=8))
def test_it_agrees_with_regular_expressions(templates: list[str], paths: list[str]) -> None:
    matcher = Matcher(operation(t) for t in templates)
    for path in paths:
        found = matcher.match(path)
        expected = naive(templates, path)
        assert (found and shape(found.template)) == (expected and shape(expected))
        assert matcher.offered(path) == (found and (found.template, found.operations))
        if found is not None:
            filled = re.sub(r"\{(\w+)\}", lambda m, p=found.parameters: p[m[1]], found.template)
            repeated = len(re.findall(r"\{\w+\}", found.template)) != len(found.parameters)
            assert repeated or filled == path


def test_parameters_verbs_and_near_misses() -> None:
    matcher = Matcher([
        operation("/files/{name}.json"), operation("/files/{name}"), operation("/files/me"),
        operation("/files/{id}", "DELETE"), operation("/a/{x}/c"), operation("/a/b/d"),
    ])  # fmt: skip
    found = matcher.match("/files/x%2Fy.json")
    assert found is not None and dict(found.parameters) == {"name": "x%2Fy"}
    both = matcher.match("/files/x")
    assert both is not None and sorted(both.operations) == ["DELETE", "GET"]
    assert (fixed := matcher.match("/files/me")) is not None and fixed.template == "/files/me"
    assert (back := matcher.match("/a/b/c")) is not None and back.template == "/a/{x}/c"
    for miss in ("/files/", "/Files/x", "/files/x/", "/files/.json/", "/files", "files/x", "/a/b/c/"):
        assert matcher.match(miss) is None
