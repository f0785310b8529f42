"""Review and probe of the same stack: each live finding names the place that declares it, and only that of the service
that answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from joined_stacks import APACHE, HAPROXY, NGINX, STACKS, Stack, started

from batten.engine.check import Order, check
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Severity
from batten.policy.load import parse_policy
from batten.reports import render
from days import judged_on

pytestmark = judged_on("2026-12-01")

# What only runs shows: no file of the stack says it.
PATCHES = "the version that runs here is this machine's, the files name another"
APPLICATION = "what the application sends by itself is known of no file"

# Of each live finding that is more than informative: the file, and what is in the line.
JOINS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    NGINX.name: {
        "debug-off": ("api/main.py", "FastAPI(debug=True)"),
        "error-free-of-traces": ("api/main.py", "FastAPI(debug=True)"),
        "cors-credentials-narrow": ("api/main.py", "allow_origins"),
        "console-not-exposed": ("api/main.py", "FastAPI("),
        "tls-version": ("edge/nginx.conf", "ssl_protocols"),
        "tls-ciphers": ("edge/nginx.conf", "ssl_ciphers"),
        "hsts-sent": ("edge/nginx.conf", "server {"),
        "nosniff-sent": ("edge/nginx.conf", "server {"),
        "banner-hidden": ("edge/nginx.conf", "http {"),
    },
    APACHE.name: {
        "tls-version": ("apache2/shop.conf", "SSLProtocol"),
        "tls-ciphers": ("apache2/shop.conf", "SSLCipherSuite"),
        "cors-origin-listed": ("apache2/shop.conf", "Access-Control-Allow-Origin"),
        "hsts-sent": ("apache2/shop.conf", "<VirtualHost"),
        "listing-off": ("apache2/shop.conf", "Options Indexes"),
        "trace-disabled": ("apache2/shop.conf", "TraceEnable"),
        "nosniff-sent": ("apache2/shop.conf", "<VirtualHost"),
        "framing-denied": ("apache2/shop.conf", "<VirtualHost"),
        "csp-sent": ("apache2/shop.conf", "<VirtualHost"),
        "banner-hidden": ("apache2/shop.conf", "ServerTokens"),
    },
    HAPROXY.name: {
        "tls-version": ("haproxy/haproxy.cfg", "bind :8443"),
        "tls-ciphers": ("haproxy/haproxy.cfg", "bind :8443"),
        "cors-origin-listed": ("haproxy/haproxy.cfg", "Access-Control-Allow-Origin"),
        "console-not-exposed": ("haproxy/haproxy.cfg", "stats enable"),
        "hsts-sent": ("haproxy/haproxy.cfg", "frontend tls"),
    },
}
# Of informative ones, the controls that no file of the stack breaks, and why.
ALONE: Mapping[str, Mapping[str, str]] = {
    NGINX.name: {"component-supported": PATCHES, "cross-origin-isolation-sent": APPLICATION},
    APACHE.name: {"permissions-policy-sent": APPLICATION, "cross-origin-isolation-sent": APPLICATION},
    HAPROXY.name: {"permissions-policy-sent": APPLICATION},
}
# Declared, of the service that answers, visible from outside and not seen: nothing on the plain port is content.
UNSEEN = {
    NGINX.name: ("tls-required at edge/nginx.conf:15",),
    APACHE.name: (),
    HAPROXY.name: ("tls-required at haproxy/haproxy.cfg:14", "banner-hidden at haproxy/haproxy.cfg:7"),
}
OTHERS = ("intranet/", "metrics/", "apache2/wiki.conf")


@pytest.fixture(scope="module", params=STACKS, ids=lambda stack: stack.name.partition(",")[0])
def checked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Stack, Path, Outcome]:
    stack: Stack = request.param
    with started(stack, tmp_path_factory.mktemp("stack")) as tree:
        policy = parse_policy("batten.yaml", (tree / "batten.yaml").read_text())
        return stack, tree, check(tree, policy, Order(history=False))


def test_every_live_finding_names_what_declares_it(checked: tuple[Stack, Path, Outcome]) -> None:
    stack, tree, outcome = checked
    assert outcome.environments[0].reached and outcome.environments[0].not_assessed == ()
    live = [f for f in outcome.findings if f.environment]
    wanted = JOINS[stack.name]
    assert {f.control for f in live if f.severity > Severity.INFO} == set(wanted)
    for finding in live:
        if finding.severity > Severity.INFO:
            assert _named(finding, tree, wanted[finding.control]), finding
        elif not finding.twins:
            assert finding.control in ALONE[stack.name], finding


def _named(finding: Finding, tree: Path, wanted: tuple[str, str]) -> bool:
    """Whether it names one file, and in it lines with these words."""
    files = {twin.at.source for twin in finding.twins}
    lines = [
        (tree / twin.at.source).read_text().splitlines()[max(twin.line, 1) - 1] for twin in finding.twins
    ]
    return files == {wanted[0]} and all(wanted[1] in line for line in lines)


def test_a_service_that_answers_elsewhere_is_not_named(checked: tuple[Stack, Path, Outcome]) -> None:
    _, _, outcome = checked
    elsewhere = [f for f in outcome.findings if f.at.source.startswith(OTHERS)]
    assert elsewhere and all(f.twins == () for f in elsewhere)
    assert not any(
        at.source.startswith(OTHERS) for f in outcome.findings if f.environment for at in f.related
    )


def test_what_is_declared_names_where_it_was_seen(checked: tuple[Stack, Path, Outcome]) -> None:
    """The reverse: whatever a live finding names, names it in return."""
    _, _, outcome = checked
    named = {(t.control, t.at) for f in outcome.findings if f.environment for t in f.twins}
    declared = [f for f in outcome.findings if (f.control, f.at) in named]
    assert len(declared) == len(named) > 0
    for finding in declared:
        assert finding.twins and all(twin.environment == "live" for twin in finding.twins)
        assert {twin.at for twin in finding.twins} <= set(finding.related)


def test_differences_are_said(checked: tuple[Stack, Path, Outcome]) -> None:
    stack, _, outcome = checked
    (environment,) = outcome.environments
    assert environment.undeclared == ()
    assert environment.unseen == UNSEEN[stack.name]


def test_reports_name_the_file_and_the_fix(checked: tuple[Stack, Path, Outcome]) -> None:
    stack, tree, outcome = checked
    workspace = Workspace(tree)
    file, _ = next(iter(JOINS[stack.name].values()))
    terminal = render("terminal", outcome, workspace, verbose=True)
    assert "seen   live: " in terminal and f"file   {file}:" in terminal
    assert f"changes {file}:" in terminal
    for form in ("markdown", "html"):
        assert f"changes {file}" in render(form, outcome, workspace).replace("\\", "")
    log = json.loads(render("sarif", outcome, workspace))
    said = {
        place["message"]["text"]
        for result in log["runs"][0]["results"]
        for place in result.get("relatedLocations", ())
    }
    assert {"Declared here.", "Seen live in live."} <= said
    report = json.loads(render("json", outcome, workspace))
    related = {place["path"] for f in report["findings"] if f["environment"] for place in f["related"]}
    assert file in related
