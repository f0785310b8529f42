"""What a run keeps of environments: their facts packed, and their findings, compared with the stage before."""

from __future__ import annotations

from pathlib import Path

from batten.engine.environments import Observations, packed
from batten.engine.review import Judged, Review, judged_live, side_by_side
from batten.facts import Content, ExposedFile, Fact, Observed, ResponseHeaders, SentHeader, Stack
from batten.formats import Workspace
from batten.model import ABSENT, Exchange, Kind, Location, Setting
from batten.policy import Policy


def _at(pointer: str) -> Location:
    return Location(
        "http://a.example", pointer, kind=Kind.WIRE, exchange=Exchange("GET /", "HTTP/1.1 200 OK")
    )


def _facts() -> list[Fact]:
    sent = {"server": SentHeader(Setting("nginx", _at("response.headers[server]")))}
    headers = ResponseHeaders(_at("GET / response.headers"), over_tls=True, sent=sent)
    return [headers, ExposedFile(_at("GET /.env response.body"), "/.env", "environment file", True)]


def _judged(name: str, facts: list[Fact], folder: Path, complete: bool = True) -> Judged:
    return judged_live(name, facts, Review(Workspace(folder), Policy()), complete)


def test_observations_are_the_facts_that_were_packed_each_time() -> None:
    seen = Observations([packed("a", _facts()), packed("b", _facts()[:1])])
    whole = [Observed(f.at, name, f) for name, facts in (("a", _facts()), ("b", _facts()[:1])) for f in facts]
    assert list(seen) == whole
    stack = Stack(Location("", "stack"), (), seen)
    for _ in range(2):
        assert [name for name, _ in stack.seen(ResponseHeaders)] == ["a", "b"]
    assert all(answer["x-none"].value is ABSENT for _, answer in stack.seen(ResponseHeaders))


def test_what_was_seen_again_keeps_its_place_without_the_exchange(tmp_path: Path) -> None:
    paths = ("/", "/v1")
    twice: list[Fact] = [
        ResponseHeaders(_at(f"GET {path}"), over_tls=False, sent={}, content=Content.API) for path in paths
    ]
    found = _judged("a", twice, tmp_path).findings
    assert found
    assert all(f.at.exchange is not None for f in found)
    assert {(at.pointer, at.exchange) for f in found for at in f.also} == {("GET /v1", None)}


def test_nothing_falls_behind_what_was_left_in_the_middle(tmp_path: Path) -> None:
    bare, exposed = _facts()[:1], _facts()
    for complete, expected in ((True, {"environment-consistent"}), (False, set())):
        stages = [_judged("a", bare, tmp_path, complete), _judged("b", exposed, tmp_path)]
        found = side_by_side(stages, Review(Workspace(tmp_path), Policy()))
        assert {f.control for f in found} & {"environment-consistent"} == expected
