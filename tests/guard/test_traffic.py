"""Shadow traffic: what is counted of it, what never gets into the file, and what is found by it."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from guard_contracts import TEXT, contract
from test_wsgi import JSON, Answer, _environ

from batten.cli.guard import command
from batten.engine.check import Order, check
from batten.facts import Endpoint, ObservedAnswer, VerbAnswer
from batten.guard.learning.digest import Sort, facts, sorted_out
from batten.guard.options import Rule
from batten.guard.traffic.counts import MOST_CHILDREN, Sighting, Traffic, masked, told
from batten.guard.traffic.traffic_file import TrafficProblem, TrafficRow, read, write
from batten.guard.wsgi import Guard
from batten.policy import Policy

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/admin/export", "/v1/admin/export"),
        ("/v1/users/42", "/v1/users/{}"),
        ("/v1/users/3f2b8c1e-8d7a-4a1e-9d50-0a5f6b1c2d3e/keys", "/v1/users/{}/keys"),
        ("/v1/users/a%40example.com", "/v1/users/{}"),
        ("/v1/users/ann@example.com", "/v1/users/{}"),
        ("/reset/kJhGtRfDeSwQaZxCvBnM", "/reset/{}"),
        ("/reset/deadbeefdeadbeef", "/reset/{}"),
        ("/reset/deadbeef0deadbeef", "/reset/{}"),
        ("/files/xkcdqrtzpwbn", "/files/{}"),
        ("/getUserOrderHistory", "/getUserOrderHistory"),
        ("/users/ann.smith/cart", "/users/{}/cart"),
        ("/.well-known/openid-configuration", "/.well-known/openid-configuration"),
        ("/v2/swagger.json", "/v2/swagger.json"),
        ("/order-lines/by_customer", "/order-lines/by_customer"),
        ("/oauth2/token", "/oauth2/token"),
        ("/", "/"),
        ("/" + "a" * 33, "/{}"),
    ],
)
def test_paths_become_templates(path: str, expected: str) -> None:
    assert masked(path) == expected


def test_media_types_go_without_parameters() -> None:
    reason = 'text/html; charset=utf-8; v="1; 2" is not declared for status 200'
    assert told(reason) == "text/html is not declared for status 200"


def test_preflights_are_no_verb_that_answers(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path / "traffic.db", every=3600)
    guard = Guard(_app, contract(), Policy(), mode="observe", traffic=traffic)
    asks = {"HTTP_ORIGIN": "https://shop.example.com", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST"}
    Answer(guard, _environ("/v1/things", "OPTIONS", **asks))
    traffic.flush()
    assert not traffic.path.exists()


def test_pointers_name_members_of_schemas() -> None:
    reason = "the body does not match its schema at /items/17/ann@example.com/price"
    assert told(reason) == "the body does not match its schema at /items/*/*/price"


def _app(environ: Any, start_response: Any) -> Iterable[bytes]:
    """As careless as can be: it answers everything."""
    if environ["PATH_INFO"].startswith("/wp-"):
        start_response("404 Not Found", JSON)
        return [b"{}"]
    start_response("200 OK", JSON)
    return [b'[{"name":7}]' if environ["PATH_INFO"] == "/v1/things" else b'{"token":"hunter2"}']


def _seen(folder: Path, mode: str = "observe", learns: bool = False) -> Path:
    traffic = Traffic(folder / "traffic.db", learns=learns, every=3600)
    guard = Guard(_app, contract(), Policy(), mode=mode, traffic=traffic)
    for path in (
        "/v1/admin/export",
        "/v1/admin/export",
        "/v1/users/42/keys",
        "/v1/users/43/keys",
        "/wp-login.php",
        "/v1/things",
    ):
        environ = _environ(
            path, QUERY_STRING="token=hunter2", HTTP_AUTHORIZATION="Bearer hunter2", HTTP_COOKIE="sid=hunter2"
        )
        Answer(guard, environ)
    Answer(guard, _environ("/v1/things", "DELETE"))
    Answer(guard, _environ("/v1/things", "OPTIONS"))
    Answer(guard, _environ("/v1/things/7"))
    traffic.flush()
    return traffic.path


def test_what_is_seen_in_observe_mode(tmp_path: Path) -> None:
    path = _seen(tmp_path)
    entries = sorted_out(read(path)[0], contract())
    found = {(e.sort, e.call, e.row.status, e.row.times) for e in entries}
    assert found == {
        (Sort.ENDPOINT, "GET /v1/admin/export", 200, 2),
        (Sort.ENDPOINT, "GET /v1/users/{}/keys", 200, 2),
        (Sort.NOTHING, "GET /wp-login.php", 404, 1),
        (Sort.MISMATCH, "GET /v1/things", 200, 1),
        (Sort.REQUEST, "GET /v1/things", 0, 1),  # the query parameter
        (Sort.VERB, "DELETE /v1/things", 200, 1),
        (Sort.VERB, "OPTIONS /v1/things", 200, 1),
        (Sort.REQUEST, "GET /v1/things/{id}", 0, 1),
        (Sort.MISMATCH, "GET /v1/things/{id}", 200, 1),
    }
    assert b"hunter2" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_what_is_refused_is_no_proof_of_anything(tmp_path: Path) -> None:
    entries = sorted_out(read(_seen(tmp_path, "enforce"))[0], contract())
    assert {e.sort for e in entries if e.row.rule in ("path", "verb")} == {Sort.NOTHING}
    found = [f for f in facts(entries, TODAY.replace(year=2000)) if not isinstance(f, ObservedAnswer)]
    assert found == []


def _row(
    rule: Rule,
    call: str,
    status: int = 200,
    reason: str = "",
    enforced: bool = False,
    last: str = "2026-11-20",
) -> TrafficRow:
    method, _, path = call.partition(" ")
    return TrafficRow(rule.value, method, path, status, reason, enforced, 3, "2026-11-01", last)


def test_facts_are_those_of_probes() -> None:
    rows = [
        _row(Rule.PATH, "GET /v1/admin/export"),
        _row(Rule.PATH, "GET /v1/locked", 401),
        _row(Rule.PATH, "GET /v1/app.js", reason="asset"),
        _row(Rule.PATH, "GET /about", reason="page"),
        _row(Rule.PATH, "GET /v1/failing", 500),
        _row(Rule.PATH, "GET /v1/old", last="2026-01-01"),
        _row(Rule.PATH, "GET /v1/things"),
        _row(Rule.PATH, "GET (others)"),
        _row(Rule.VERB, "PUT /v1/things"),
        _row(Rule.VERB, "PATCH /v1/things", 401),
        _row(Rule.VERB, "HEAD /v1/things"),
        _row(Rule.VERB, "DELETE /v1/things", 422),
        _row(Rule.ANSWER_STATUS, "GET /v1/things", 302, "status 302 is not declared", True),
        _row(Rule.ANSWER_STATUS, "GET /v1/things", 404, "status 404 is not declared"),
        _row(Rule.ANSWER_STATUS, "GET /v1/things", 503, "status 503 is not declared"),
        _row(Rule.ANSWER_ERROR, "GET /v1/things", 500, "an exception", True),
    ]
    found = list(facts(sorted_out(rows, contract()), TODAY))
    assert [f.path for f in found if isinstance(f, Endpoint)] == ["/v1/admin/export", "/v1/locked"]
    assert [(f.method, f.automatic) for f in found if isinstance(f, VerbAnswer)] == [
        ("PUT", False),
        ("HEAD", True),
        ("DELETE", False),
    ]
    assert [f.mismatch for f in found if isinstance(f, ObservedAnswer)] == ["status 302 is not declared"]
    assert "seen 3 times" in str(found[0].at.exchange)


def test_check_joins_them(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    traffic = _seen(tmp_path)
    outcome = check(tmp_path, Policy(), Order(history=False, traffic=traffic))
    live = {(f.control, f.message) for f in outcome.findings if f.environment == "traffic"}
    assert live >= {
        ("endpoints-documented", "`GET /v1/admin/export` is answered, but no contract lists it"),
        ("endpoints-documented", "`GET /v1/users/{}/keys` is answered, but no contract lists it"),
        ("verbs-as-specified", "`DELETE /v1/things` is answered, but the contract does not define it"),
        ("responses-match-schema", "`GET /v1/things` answers 200 against its contract: the body does not match its schema at /*/name"),
    }  # fmt: skip
    assert [e.name for e in outcome.environments] == ["traffic"]
    assert (
        check(tmp_path / "..", Policy(), Order(("none",), history=False, traffic=traffic)).environments == []
    )
    assert check(tmp_path, Policy(), Order(history=False)).environments == []


def test_check_tells_of_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    traffic = tmp_path / "traffic.db"
    traffic.write_bytes(b"no database" * 100)
    outcome = check(tmp_path, Policy(), Order(history=False, traffic=traffic))
    assert [p.source for p in outcome.problems] == [traffic.as_posix()]


def test_names_below_one_path_have_an_end(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path / "traffic.db", every=3600)
    for number in range(26 * 3):
        name = chr(97 + number // 26) + chr(97 + number % 26) + "e"
        traffic.add(Sighting(Rule.PATH, "GET", f"/people/{name}/mail", 200))
    traffic.add(Sighting(Rule.PATH, "PWN", "/x", 404))
    traffic.flush()
    rows, _ = read(traffic.path)
    assert rows[0].path == "/people/{}/mail" and rows[0].times == 78 - MOST_CHILDREN
    assert len(rows) == MOST_CHILDREN + 2 and "(other)" in {row.method for row in rows}


def test_counts_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.guard.traffic.traffic_file.MOST_ROWS", 5)
    rows = [_row(Rule.PATH, f"GET /{'ab'[n % 2] * n}") for n in range(1, 20)]
    write(tmp_path / "traffic.db", rows, {})
    write(tmp_path / "traffic.db", rows, {})
    kept, _ = read(tmp_path / "traffic.db")
    assert len(kept) <= 7 and sum(row.times for row in kept) == 2 * 3 * 19


def _count(path: Path) -> None:
    traffic = Traffic(path, every=3600)
    for _ in range(30):
        traffic.add(Sighting(Rule.PATH, "GET", "/a", 200))
        traffic.flush()


def test_processes_share_the_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count, args=(tmp_path / "traffic.db",)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [row.times for row in read(tmp_path / "traffic.db")[0]] == [90]


def test_the_rest_is_written_at_the_end(tmp_path: Path) -> None:
    """Also by a process that was forked after the guard was made, as servers that preload applications do."""
    path = tmp_path / "traffic.db"
    program = (
        "import os, sys; from batten.guard.traffic.counts import Traffic, Sighting; from batten.guard.options import Rule\n"
        "traffic = Traffic(sys.argv[1]); seen = Sighting(Rule.PATH, 'GET', '/a', 200)\n"
        "traffic.add(seen); child = os.fork(); traffic.add(seen)\n"
        "if child: os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(path)], check=True, timeout=60)
    assert [row.times for row in read(path)[0]] == [3]


def test_a_file_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    traffic = Traffic(tmp_path / "file" / "traffic.db", every=3600)
    for _ in range(2):
        traffic.add(Sighting(Rule.PATH, "GET", "/a"))
        traffic.flush()
    assert caplog.text.count("traffic is not recorded") == 1
    with pytest.raises(TrafficProblem, match="Not a directory"):
        read(traffic.path)


def test_shapes_that_are_none(tmp_path: Path) -> None:
    write(tmp_path / "traffic.db", [], {})
    with sqlite3.connect(tmp_path / "traffic.db") as db:
        db.execute("INSERT INTO shape VALUES ('GET', '/a', '200', 'application/json', '[7]')")
    db.close()
    with pytest.raises(TrafficProblem, match="cannot be read"):
        read(tmp_path / "traffic.db")


def test_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    missing = CliRunner().invoke(command, ["report", "--traffic", "traffic.db"])
    assert missing.exit_code == 2 and "the file does not exist" in missing.output
    _seen(tmp_path)
    told_ = CliRunner().invoke(command, ["report", "--traffic", "traffic.db"]).output
    assert "Answered, but the path is not declared (4 times)" in told_ and "GET /v1/users/{}/keys" in told_
    plain = json.loads(
        CliRunner().invoke(command, ["report", "--traffic", "traffic.db", "--format", "json"]).output
    )
    assert {entry["sort"] for entry in plain["traffic"]} == {
        "endpoint",
        "verb",
        "mismatch",
        "request",
        "nothing",
    }
    written = CliRunner().invoke(
        command,
        ["report", "--traffic", "traffic.db", "--format", "markdown", "--output", "seen.md", "--forget"],
    )
    assert written.exit_code == 0 and "| 2 | `GET /v1/admin/export` |" in (tmp_path / "seen.md").read_text(
        encoding="utf-8"
    )
    assert CliRunner().invoke(command, ["report", "--traffic", "traffic.db"]).exit_code == 2
