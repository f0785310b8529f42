from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import Daemon
from batten.formats import SyntaxProblem, Workspace, apply
from batten.model import Fix, RequireAuth, Severity
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.orchestration.docker import adapter

UNIT = Unit("docker", ("daemon.json",))


def workspace(text: str) -> Workspace:
    return Workspace(Path("/nonexistent"), {"daemon.json": text})


def daemons(text: str) -> list[Daemon]:
    return [f for f in adapter.read(UNIT, workspace(text)) if isinstance(f, Daemon)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"hosts": ["tcp://0.0.0.0:2375"]}', "plain"),
        ('{"hosts": ["tcp://localhost:2375"]}', "plain-local"),
        ('{"hosts": ["tcp://0.0.0.0:2376"], "tlsverify": true}', "closed"),
        ('{"hosts": ["tcp://0.0.0.0:2376"], "tls": true}', "plain"),
        ('{"hosts": ["fd://"]}', "closed"),
    ],
)
def test_how_an_address_is_guarded(text: str, kind: str) -> None:
    (daemon,) = daemons(text)
    assert daemon.options["hosts"].value == kind


def test_only_dockers_file_is_taken() -> None:
    assert [t.name for t in recognised(named_like("etc/docker/daemon.json"), '{"log-driver": "local"}')] == [
        "docker"
    ]
    assert recognised(named_like("daemon.json"), '{"name": "x"}') == []


def test_a_fix_made_twice_is_made_once() -> None:
    text = '{"hosts": ["tcp://0.0.0.0:2375", "fd://"]}'
    at = daemons(text)[0].options["hosts"].at
    fix = adapter.write(UNIT, workspace(text), RequireAuth(), at)
    assert isinstance(fix, Fix)
    fixed = apply(text, fix.edits)
    assert fixed == '{"hosts": ["fd://"]}'
    assert adapter.write(UNIT, workspace(fixed), RequireAuth(), at) is None


@given(st.text(alphabet='{}[]":,hosttcp/0 \n', max_size=80))
def test_any_text_is_facts_or_a_syntax_problem(text: str) -> None:
    with contextlib.suppress(SyntaxProblem):
        daemons(text)


USERS = "services:\n  api:\n    image: registry.example.com/api:1.4.2\n    userns_mode: host\n"


@pytest.mark.parametrize(
    ("daemon", "many"),
    [(None, 0), ('{"userns-remap": ""}', 0), ('{"icc": false}', 0), ('{"userns-remap": "default"}', 1)],
)
def test_the_hosts_users_are_a_finding_where_the_daemon_maps_them_to_others(
    daemon: str | None, many: int
) -> None:
    files = {"compose.yaml": USERS} | ({"etc/docker/daemon.json": daemon} if daemon else {})
    findings = review(Workspace(Path("/nonexistent"), files), Policy()).findings
    told = [f for f in findings if f.control == "container-host-isolated"]
    assert [(f.at.pointer, f.severity) for f in told] == [("services[api]/userns_mode", Severity.HIGH)] * many
