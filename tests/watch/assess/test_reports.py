"""A report as an assessment: what it says of files and of one environment, and that no report does harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batten.model import Severity
from batten.watch.assess import report as said
from batten.watch.assess.reports import BODY, MESSAGE, ReportProblem, Wanted, assessed_of
from batten.watch.ledger.details import unpacked
from batten.watch.model import Assessed, Seen, Side
from watch.assess.conftest import checked

FILES = {
    "compose.yaml": "services:\n  api: {image: 'x@sha256:1', ports: ['8080:8080']}\n"
    "  cache:\n    image: redis:7\n    ports: ['6379:6379']\n    command: redis-server --protected-mode no\n",
    "nginx.conf": "events {}\nhttp { server { listen 443 ssl; server_name a.example; ssl_protocols TLSv1 TLSv1.2;"
    " location / { return 204; } } }\n",
}


def written(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        (folder / name).write_text(text)
    return folder


def by_control(found: Assessed) -> dict[str, Seen]:
    return {one.control: one for one in found.found}


def test_every_place_is_one_life(report: bytes) -> None:
    found = assessed_of(report, Wanted())
    places = [
        spot
        for finding in json.loads(report)["findings"]
        for spot in (*finding["places"], *finding["also_breaks"], *finding["same"])
    ]
    assert {one.fingerprint for one in found.found} == {spot["fingerprint"] for spot in places}
    assert len(found.found) == len({one.fingerprint for one in found.found}) > 20
    assert found.complete == {Side.DECLARED} and found.sides == {Side.DECLARED}
    assert "nginx/nginx.conf" in found.places
    assert "hsts-sent" in found.judged[Side.DECLARED]


def test_a_detail_says_what_a_page_shows(report: bytes) -> None:
    (one,) = (s for s in assessed_of(report, Wanted()).found if s.control == "store-authenticated")
    detail = unpacked(one.detail)
    assert detail.title and detail.why and detail.advice and detail.reach
    assert one.severity is Severity.CRITICAL and one.public and one.line == 65


def test_a_bundle_says_of_each_control_its_own(tmp_path: Path) -> None:
    found = by_control(assessed_of(checked(written(tmp_path)), Wanted()))
    titles = {unpacked(one.detail).title for one in found.values()}
    assert len(titles) == len(found)


@pytest.mark.parametrize(
    "name", ["a\x1b[31m.conf", "token=ghp_0123456789abcdefghijABCDEFGHIJ012345.conf", "a\u202eb.conf"]
)
def test_odd_paths_are_compared_as_they_are_shown(report: bytes, name: str) -> None:
    """A finding in a file that is not read any more is not known, whatever the file is called."""
    made = json.loads(report)
    for one in made["findings"]:
        for spot in (one, *one["places"]):
            spot["at"]["path"] = name
    made["passed"] = [name]
    found = assessed_of(json.dumps(made).encode(), Wanted())
    assert {one.place for one in found.found if one.side is Side.DECLARED} & found.unread


def test_the_cause_and_the_value_stay_where_lines_move(tmp_path: Path) -> None:
    before = by_control(assessed_of(checked(written(tmp_path)), Wanted()))
    after = by_control(
        assessed_of(checked(written(tmp_path, **{"nginx.conf": "# a\n\n" + FILES["nginx.conf"]})), Wanted())
    )
    assert {c: (s.cause, s.value, s.fingerprint) for c, s in before.items()} == {
        c: (s.cause, s.value, s.fingerprint) for c, s in after.items()
    }
    assert before["tls-version"].line != after["tls-version"].line


def test_the_value_changes_with_what_is_written_and_the_cause_does_not(tmp_path: Path) -> None:
    before = by_control(assessed_of(checked(written(tmp_path)), Wanted()))
    changed = FILES["nginx.conf"].replace("TLSv1 TLSv1.2", "TLSv1.1 TLSv1.2")
    after = by_control(assessed_of(checked(written(tmp_path, **{"nginx.conf": changed})), Wanted()))
    assert before["tls-version"].value != after["tls-version"].value != ""
    assert before["tls-version"].fingerprint == after["tls-version"].fingerprint


def test_no_value_is_kept_of_a_secret(tmp_path: Path) -> None:
    compose = "services:\n  db:\n    image: postgres:17\n    environment: {POSTGRES_PASSWORD: hunter2}\n"
    found = assessed_of(checked(written(tmp_path, **{"compose.yaml": compose})), Wanted())
    secrets = [one for one in found.found if one.control == "secret-not-inline"]
    assert secrets and not any(one.value for one in secrets)
    assert not any(b"hunter2" in one.detail or "hunter2" in one.message for one in found.found)


def test_a_part_of_the_tree_and_a_file_that_cannot_be_read_prove_nothing_of_the_rest(tmp_path: Path) -> None:
    found = assessed_of(checked(written(tmp_path), "nginx.conf"), Wanted())
    assert found.complete == frozenset() and found.places == {"nginx.conf"}
    assert assessed_of(checked(tmp_path, "nginx.conf"), Wanted(whole=True)).complete


@pytest.mark.parametrize("text", ["http {", "server { listen 443; } }", "", "\0"])
def test_a_file_that_is_there_and_was_not_read_is_not_known(tmp_path: Path, text: str) -> None:
    found = assessed_of(checked(written(tmp_path, **{"nginx.conf": text})), Wanted())
    assert found.complete and "nginx.conf" not in found.places and "nginx.conf" in found.unread
    assert "compose.yaml" in found.places and not found.unread & found.places


def test_a_file_that_the_policy_leaves_out_is_not_known(tmp_path: Path) -> None:
    found = assessed_of(checked(written(tmp_path, **{"batten.yaml": "ignore: [compose.yaml]\n"})), Wanted())
    assert found.unread >= {"compose.yaml"} and found.places >= {"nginx.conf"}


def test_a_control_that_is_off_is_not_judged(tmp_path: Path) -> None:
    policy = "controls: {tls-version: {off: old clients}}\n"
    found = assessed_of(checked(written(tmp_path, **{"batten.yaml": policy})), Wanted())
    assert found.off == {"tls-version"} and "tls-version" not in found.judged[Side.DECLARED]


def environment(name: str, url: str, **more: object) -> dict[str, object]:
    return {"name": name, "url": url, "reached": True, "not_assessed": [], "judged": ["hsts-sent"], **more}


def with_environments(report: bytes, *rows: dict[str, object]) -> bytes:
    made = json.loads(report)
    made["environments"] = list(rows)
    live = {**made["findings"][0], "environment": rows[0]["name"], "also_breaks": [], "same": []}
    spot = {**live["places"][0], "fingerprint": "ab" * 12, "control": "banner-hidden"}
    spot["at"] = {**spot["at"], "kind": "wire", "path": rows[0]["url"], "line": 0}
    both = {**spot, "fingerprint": "cd" * 12, "control": "declared-effective"}
    made["findings"] += [{**live, "places": [spot]}, {**live, "environment": "", "places": [both]}]
    return json.dumps(made).encode()


def test_one_environment_of_several_is_taken(report: bytes) -> None:
    rows = (environment("staging", "https://s.example"), environment("prod", "https://p.example:443"))
    data = with_environments(report, *rows)
    staging = assessed_of(data, Wanted(environment="staging"))
    seen = {one.control: one for one in staging.found if one.side is Side.OBSERVED}
    assert set(seen) == {"banner-hidden", "declared-effective"} and staging.complete == set(Side)
    assert staging.judged[Side.OBSERVED] == {"hsts-sent", "banner-hidden", "declared-effective"}
    prod = assessed_of(data, Wanted(stage="prod"))
    assert not [one for one in prod.found if one.side is Side.OBSERVED]
    assert prod.judged[Side.OBSERVED] == {"hsts-sent"}


def test_an_environment_that_is_not_there_or_did_not_answer_is_not_assessed(report: bytes) -> None:
    silent = environment("prod", "https://p.example", reached=False)
    found = assessed_of(with_environments(report, silent), Wanted())
    assert Side.OBSERVED not in found.judged and Side.OBSERVED in found.sides
    assert found.problems[0] == "https://p.example did not answer"
    why = {"source": "prod", "stage": "probe", "message": "not probed", "hint": "run `batten trust`"}
    unasked = environment("prod", "https://p.example", reached=False, not_assessed=[why])
    told = assessed_of(with_environments(report, unasked), Wanted()).problems
    assert told[0] == "prod: not probed; run `batten trust`"
    other = assessed_of(report, Wanted(environment="prod"))
    assert other.sides == set(Side) and other.problems[0] == "the report has no environment 'prod'"


def test_a_report_of_a_former_version_says_less_and_nothing_wrong(report: bytes) -> None:
    made = json.loads(report)
    for key in ("judged", "off", "paths"):
        del made[key]
    for finding in made["findings"]:
        del finding["same"]
        for spot in (*finding["places"], *finding["also_breaks"]):
            for key in ("severity", "public", "value", "kin", "cause", "title", "why", "advice"):
                del spot[key]
    found = assessed_of(json.dumps(made).encode(), Wanted())
    assert found.complete == frozenset() and found.found[0].cause.count(":") == 1
    assert found.judged[Side.DECLARED] == {one.control for one in found.found}


def test_what_a_waiver_accepts_does_not_count(report: bytes) -> None:
    made = json.loads(report)
    made["findings"][0]["suppression"] = {
        "kind": "policy",
        "reason": "known",
        "owner": "a",
        "until": "",
        "at": None,
    }
    mark = made["findings"][0]["places"][0]["fingerprint"]
    (one,) = (s for s in assessed_of(json.dumps(made).encode(), Wanted()).found if s.fingerprint == mark)
    accepted = unpacked(one.detail).accepted
    assert not one.counts and one.breaks and accepted is not None and accepted.reason == "known"


def test_what_is_long_is_cut_and_what_is_secret_is_masked(report: bytes) -> None:
    made = json.loads(report)
    spot = made["findings"][0]["places"][0]
    spot["message"] = "x" * 100_000 + " password=hunter2222"
    spot["excerpt"] = "Authorization: Bearer abcdefghijklmnop1234\x1b[31m"
    spot["fix"] = {"title": "a", "safety": "safe", "diff": "+é\n" * 100_000}
    spot["at"]["exchange"] = {"request": "a" * 100_000, "response": "\u20ac" * 100_000}
    (one,) = (
        s
        for s in assessed_of(json.dumps(made).encode(), Wanted()).found
        if s.fingerprint == spot["fingerprint"]
    )
    detail = unpacked(one.detail)
    assert len(one.message) == MESSAGE and len(one.detail) <= BODY and detail.cut
    assert "abcdefghijklmnop1234" not in detail.excerpt and "\x1b" not in detail.excerpt
    assert detail.fix is not None and detail.fix.diff == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "this is not a JSON report of batten: Invalid enum value 2 - at `$.version`"),
        ({"tool": "other"}, "Invalid enum value 'other' - at `$.tool`"),
        ({"findings": None}, "Expected `array`, got `null` - at `$.findings`"),
        ({"judged": ["Not A Slug"]}, "- at `$.judged[0]`"),
    ],
)
def test_what_is_not_a_report_is_refused(report: bytes, change: dict[str, object], said: str) -> None:
    with pytest.raises(ReportProblem, match="send what --format json writes") as problem:
        assessed_of(json.dumps({**json.loads(report), **change}).encode(), Wanted())
    assert said in str(problem.value)


@pytest.mark.parametrize("data", [b"", b"null", b"\xff\xfe", b"[" * 1_000_000, b'{"a":' * 500_000, b"{}"])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(ReportProblem):
        assessed_of(data, Wanted())


def test_deep_and_large_ones_are_refused(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = report.replace(
        b'"tool": "batten"', b'"x": ' + b"[" * 200_000 + b"]" * 200_000 + b', "tool": "batten"'
    )
    with pytest.raises(ReportProblem):
        assessed_of(deep, Wanted())
    monkeypatch.setattr(said, "LARGEST", 1 << 20)
    with pytest.raises(ReportProblem, match="more than 1 MiB"):
        assessed_of(report + b" " * (1 << 20), Wanted())


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, item in inner for p in _places(item, (*path, key)))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_report_does_harm(report: bytes, data: st.DataObject) -> None:
    made = json.loads(report)
    made["findings"] = made["findings"][:2]
    places = _places(made)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(places[1:]))
        holder = made
        try:
            for step in above:
                holder = holder[step]
            holder[last] = data.draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
    try:
        found = assessed_of(
            msgspec.json.encode(made), Wanted(environment=data.draw(st.sampled_from(["", "prod"])))
        )
    except (ReportProblem, UnicodeEncodeError):
        return
    for one in found.found:
        assert len(one.detail) <= BODY and len(one.message) <= MESSAGE
        unpacked(one.detail)
