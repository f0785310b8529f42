"""Kong's export: its Lua in the phases that Kong documents, held against the shared cases; no Kong can be had here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import answers, bodies
from cases.case import GOOD_THING, JSON, TOKEN, Case, asked, posted
from cases.senders import BAD_HOSTS, GOOD_HOSTS, HOSTS
from export_differences import DIFFERENCES
from guard_clients import Client
from guard_exports import NGINX, difference
from guard_kong import exported_kong
from guard_upstream import Upstream, upstream

from batten.policy import Policy
from needs import needs

pytestmark = needs("nginx with its Lua module", NGINX)
SUITE = [case for case in bodies.CASES + answers.CASES if not case.wire]


@pytest.fixture(scope="module")
def running_kong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Upstream]]:
    with upstream() as behind, exported_kong(tmp_path_factory.mktemp("kong"), behind.port) as port:
        yield port, behind


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(running_kong: tuple[int, Upstream], case: Case) -> None:
    port, behind = running_kong
    found = difference(port, behind, case, case.name in DIFFERENCES["kong"])
    if case.name in DIFFERENCES["kong"]:
        assert found, "Kong's Lua does as the guard now: take it off the list"
        pytest.xfail(f"kong {DIFFERENCES['kong'][case.name]}")
    assert found == ""


@pytest.mark.parametrize(
    ("broken", "sent", "reaches"),
    [
        ("G.answer", asked("GET /v1/things"), 1),
        ("G.cookie", asked("GET /v1/things", play="cookies"), 1),
        ("G.refusal", posted("POST /v1/things", GOOD_THING, TOKEN, JSON), 0),
    ],
)
def test_an_error_refuses(tmp_path: Path, broken: str, sent: bytes, reaches: int) -> None:
    with upstream() as behind, exported_kong(tmp_path, behind.port, broken) as port:
        client = Client(port)
        client.send(sent)
        answer = client.answer()
        client.close()
        assert answer.status == 500 and b"mug" not in answer.body
        assert len(behind.seen) == reaches


def test_other_hosts_are_refused(tmp_path: Path) -> None:
    its_own = ("..", "a..shop")  # nginx itself refuses these
    with upstream() as behind, exported_kong(tmp_path, behind.port, policy=Policy(hosts=HOSTS)) as port:
        client = Client(port)
        for hosts, status in ((GOOD_HOSTS, 200), (BAD_HOSTS, 421)):
            for host in hosts:
                if not host.startswith("[0:0:") and not any(part in host for part in its_own):
                    client.send(f"GET /v1/things HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                    assert client.answer().status == status, host
        client.close()
