"""What pages cannot show: which units serve requests, what is laid over them, odd input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.fix import Wish, plan
from batten.engine.review import review
from batten.facts import Daemon, Fact, Secret
from batten.formats import SyntaxProblem, Workspace
from batten.model import ABSENT, UNKNOWN, Safety
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.orchestration.systemd.adapter import read
from batten.technologies.orchestration.systemd.unit import ServiceUnit, UnitFile

F = TypeVar("F", bound=Fact)
ROOT = "/nonexistent"
PAGES = Path(__file__).parents[1] / "pages"
BLOCK = re.compile(r"^```systemd (?:bad|good)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (re.search(r"file=(\S+)", m[1]), m[2])
    for page in sorted(PAGES.glob("*/*.md"))
    for m in BLOCK.finditer(page.read_text())
]


def facts(text: str, kind: type[F], path: str = "api.service") -> list[F]:
    return [f for f in read(Unit("systemd", (path,)), Workspace(ROOT, {path: text})) if isinstance(f, kind)]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("api.service", "[Unit]\n", True),
        ("docker.service.d/override.conf", "[Service]\n", True),
        ("api.service", "<service-group>\n", False),  # Avahi's, D-Bus's
        ("docker.conf", "[Service]\n", False),
    ],
)
def test_units_are_told_by_their_sections(path: str, text: str, expected: bool) -> None:
    assert ("systemd" in {t.name for t in recognised(named_like(path), text)}) is expected


@pytest.mark.parametrize(
    ("start", "program"),
    [
        ("/usr/bin/node server.js", "node"),
        ("-/usr/bin/env python3.11 -m uvicorn a:b", "uvicorn"),
        ("/usr/bin/python3 /opt/worker.py", "python3"),
        ("+/srv/venv/bin/gunicorn a:b", "gunicorn"),
        ("/usr/bin/bundle exec puma", "puma"),
    ],
)
def test_programs(start: str, program: str) -> None:
    space = Workspace(ROOT, {"a.service": f"[Service]\nExecStart={start}\n"})
    (command,) = UnitFile("a.service", space).commands()
    assert command.program == program


@pytest.mark.parametrize(
    ("lines", "user"),
    [
        ("", "root"),
        ("User=orders", "orders"),
        ("User=%i", UNKNOWN),
        ("DynamicUser=yes", UNKNOWN),
        ("ExecStart=\nExecStart=/usr/bin/gunicorn --user orders a:b", UNKNOWN),
    ],
)
def test_who_it_runs_as(lines: str, user: object) -> None:
    (unit,) = facts(f"[Service]\nExecStart=/usr/bin/gunicorn a:b\n{lines}\n", ServiceUnit)
    assert unit.user.effective == user


def test_what_is_laid_over_a_unit_may_say_the_rest(tmp_path: Path) -> None:
    (tmp_path / "api.service.d").mkdir()
    (tmp_path / "api.service.d" / "user.conf").write_text("[Service]\nUser=orders\n")
    (tmp_path / "api.service").write_text("[Service]\nExecStart=/usr/bin/node a.js\n")
    assert review(tmp_path, Policy()).findings == []


@pytest.mark.parametrize(
    "text", ["Environment=API_TOKEN=${X}", "ExecStart=/bin/a --token %i", "PassEnvironment=A"]
)
def test_what_is_filled_in_is_no_secret(text: str) -> None:
    assert facts(f"[Service]\n{text}\n", Secret) == []


@pytest.mark.parametrize(
    ("flags", "hosts"),
    [
        ("-H fd://", []),
        ("-H tcp://127.0.0.1:2375", ["plain-local"]),
        ("--host=tcp://0.0.0.0:2375", ["plain"]),
        ("-H tcp://0.0.0.0:2375 --tlsverify", ["closed"]),
        ("-H tcp://0.0.0.0:2376", ["closed"]),
        ("-H ${DOCKER_HOST}", []),
    ],
)
def test_docker(flags: str, hosts: list[str]) -> None:
    found = facts(f"[Service]\nExecStart=/usr/bin/dockerd {flags}\n", Daemon)
    assert [d.options["hosts"].known("") for d in found] == hosts


def test_etcd_without_certificates_of_clients() -> None:
    text = "[Service]\nExecStart=/bin/etcd --listen-client-urls=http://10.0.0.4:2379\n"
    (daemon,) = facts(text, Daemon)
    assert daemon.options["client-cert-auth"].value is ABSENT
    (daemon,) = facts(text + "Environment=ETCD_CLIENT_CERT_AUTH=true\n", Daemon)
    assert "client-cert-auth" not in daemon.options


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_fix_is_made_once_and_leaves_nothing_to_do(number: int) -> None:
    named, text = BLOCKS[number]
    path = named[1] if named else "api.service"
    wish = Wish(frozenset((Safety.SAFE, Safety.RISKY)), frozenset(), validate=False)
    first = plan(Workspace(ROOT, {path: text}), Policy(), wish)
    files = {path: first.texts.get(path, text)}
    assert plan(Workspace(ROOT, files), Policy(), wish).texts == {}
    assert [p for p in review(Workspace(ROOT, files), Policy()).problems if p.stage != "discover"] == []


@given(
    st.lists(
        st.sampled_from(("[Service]", "ExecStart=/bin/node", "\\", "=", "\n", "'", '"', "-H", " ", "%i"))
    )
)
@settings(max_examples=150, deadline=None)
def test_any_text_gives_facts_or_a_syntax_problem(parts: list[str]) -> None:
    try:
        list(read(Unit("systemd", ("a.service",)), Workspace(ROOT, {"a.service": "".join(parts)})))
    except SyntaxProblem as error:
        assert str(error)
