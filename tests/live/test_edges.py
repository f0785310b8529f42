"""Five real edges over TLS, each open and locked: every fault of an open one is found, none at a locked one."""

from __future__ import annotations

from pathlib import Path

import live_edges as edges
import pytest
from assessed import run
from live_envoys import envoy_edge
from live_servers import authority

from batten.contract import load
from batten.engine.review import Review, live_findings
from batten.facts import Endpoint, Listing, Observed, ResponseHeaders
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.model import Finding, Severity
from batten.model.record import record
from batten.policy import Environment, Policy

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 1}}]
      responses:
        "200": {description: One, content: {application/json: {schema: {type: object, required: [id]}}}}
        "404": {description: None, content: {application/json: {schema: {type: object}}}}
  /v1/reports:
    get:
      responses:
        "200": {description: All, content: {application/json: {schema: {type: object}}}}
        "5XX": {description: Away, content: {application/json: {schema: {type: object}}}}
"""
HEADERS = frozenset({"hsts-sent", "nosniff-sent", "csp-sent", "framing-denied"})
EVERYWHERE = HEADERS | {"tls-required", "listing-off", "console-not-exposed"}
OLD_TLS = {"tls-version", "tls-ciphers"}


@record
class Case:
    """An edge with the faults that it can be made to have: Caddy tells no version and speaks no old TLS, and only
    Apache answers TRACE by itself. `console` is what its own is called, on a port of its own where it has a scheme."""

    serve: edges.Edge
    faults: frozenset[str]
    consoles: frozenset[str]
    scheme: str = ""
    locks: bool = False  # its own port can refuse whoever has no log-in


CASES = {
    "nginx": Case(edges.nginx_edge, frozenset({"banner-hidden", *OLD_TLS}), frozenset({"nginx status"})),
    "haproxy": Case(
        edges.haproxy_edge,
        frozenset({"banner-hidden", *OLD_TLS}),
        frozenset({"HAProxy statistics"}),
        "haproxy",
        locks=True,
    ),
    "apache2": Case(
        edges.apache_edge,
        frozenset({"banner-hidden", "trace-disabled", *OLD_TLS}),
        frozenset({"Apache status"}),
    ),
    "caddy": Case(edges.caddy_edge, frozenset(), frozenset({"Caddy's admin API"}), "caddy", locks=True),
    "envoy": Case(
        envoy_edge,
        frozenset({"banner-hidden", *OLD_TLS}),
        frozenset({"Envoy's admin interface"}),
        "envoy",
    ),
}


def assessed(
    case: Case, folder: Path, locked: bool, counted: frozenset[str] = frozenset({"tls-required"})
) -> tuple[Assessment, list[Finding]]:
    """What an edge shows, and what of it counts: the rest is said for information only. That it is plain HTTP counts, too,
    which is for information on loopback."""
    contract, problems = load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")
    assert problems == []
    with edges.place(folder, authority()) as at, case.serve(at, locked):
        named = case.scheme and (case.locks or not locked)
        stores = (f"{case.scheme}://127.0.0.1:{at.admin}",) if named else ()
        url, plain = f"https://localhost:{at.tls}", f"http://localhost:{at.plain}"
        ca = str(folder / "ca.pem")
        assessment = run(Environment("test", url, plain=plain, ca=ca, stores=stores, rate=5000), contract)
    observed = [Observed(f.at, "test", f) for f in assessment.facts]
    found = live_findings(observed, Review(Workspace(Path("/")), Policy()))
    assert assessment.not_assessed == []
    return assessment, [f for f in found if f.severity > Severity.INFO or f.control in counted]


def statuses(assessment: Assessment, name: str, sent: bool) -> set[int]:
    """The kinds of answers over TLS that have a header, or lack it: 2 for 2xx."""
    answers = (f for f in assessment.facts if isinstance(f, ResponseHeaders) and f.over_tls)
    return {f.status // 100 for f in answers if (name in f.sent) is sent}


@pytest.mark.parametrize("name", CASES)
def test_every_fault_of_an_open_edge_is_found(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    assessment, found = assessed(case, tmp_path, locked=False)
    assert {f.control for f in found} >= EVERYWHERE | case.faults
    endpoints = {f.what for f in assessment.facts if isinstance(f, Endpoint) and f.kind != "docs"}
    assert endpoints == case.consoles
    assert statuses(assessment, "strict-transport-security", sent=False) == {2, 4, 5}
    listed = {f.path for f in assessment.facts if isinstance(f, Listing)}
    assert {"/", "/files/"} <= listed or (name == "caddy" and "/" in listed)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_found_at_a_locked_edge(name: str, tmp_path: Path) -> None:
    assessment, found = assessed(CASES[name], tmp_path, locked=True)
    assert [(f.control, f.message, f.at.pointer) for f in found] == []
    assert statuses(assessment, "strict-transport-security", sent=False) == set()
    assert statuses(assessment, "strict-transport-security", sent=True) == {2, 4, 5}


def test_headers_that_only_success_has_are_missed_on_errors(tmp_path: Path) -> None:
    case = Case(edges.nginx_without_always, frozenset(), frozenset())
    assessment, found = assessed(case, tmp_path, locked=True, counted=HEADERS)
    assert {
        f.control for f in found
    } == HEADERS  # all but HSTS for information: an error's few words are no page
    assert statuses(assessment, "strict-transport-security", sent=True) == {2}
    assert statuses(assessment, "strict-transport-security", sent=False) == {4, 5}
