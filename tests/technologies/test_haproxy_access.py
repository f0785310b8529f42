"""Who gets an answer of HAProxy: what is read of each frontend is what a real HAProxy does with an anonymous client.

Source: HAProxy's configuration manual, 4.2: http-request, stats.
"""

from __future__ import annotations

import http.client

import pytest

from batten.engine.review import review
from batten.formats import Workspace
from batten.policy import Policy
from batten.technologies.edges.haproxy.validator import haproxy
from needs import needs
from servers import free_port, listener
from waiting import BOUND

pytestmark = needs("haproxy", haproxy())
HEAD = (
    "global\n  maxconn 100\ndefaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n"
    "userlist ops\n  user ann insecure-password s3cr3t-x\n"
)
NET = "{ src 192.0.2.0/24 }"

# What a frontend with the statistics page says beside it.
RULES = [
    "",
    "http-request deny",
    f"http-request deny if !{NET}",
    f"http-request deny unless {NET}",
    f"http-request deny if {NET}",
    f"http-request allow if {NET}|http-request deny",
    "http-request allow|http-request deny",
    f"http-request allow if !{NET}|http-request deny",
    "acl own src 192.0.2.0/24|http-request deny if !own",
    "http-request allow if { path /stats }|http-request deny",
    "http-request allow if { path /other }|http-request deny",
    "http-request deny if { path /other }",
    "http-request deny if !{ path /other }",
    "http-request deny if { method POST }",
    "http-request auth unless { http_auth(ops) }",
    "stats auth ann:s3cr3t-x",
    "stats http-request deny",
    f"stats http-request deny unless {NET}",
    f"stats http-request allow if {NET}|stats http-request deny",
    "stats http-request auth unless { http_auth(ops) }",
    f"http-request return status 403 if !{NET}",
    f"http-request tarpit if !{NET}",
    f"tcp-request connection reject if !{NET}",
    f"tcp-request content reject if !{NET}",
    "http-request redirect scheme https",
    f"http-request set-header X-A b|http-request deny if !{NET}",
]


def frontend(number: int, rules: str, bind: str) -> str:
    lines = "".join(f"  {r}\n" for r in rules.split("|") if r)
    return (
        f"frontend f{number}\n  bind {bind}\n  timeout tarpit 1s\n{lines}  stats enable\n  stats uri /stats\n"
    )


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """The status that a client without credentials gets of each page; 0: no answer."""
    folder = tmp_path_factory.mktemp("haproxy")
    ports = [free_port() for _ in RULES]
    file = folder / "haproxy.cfg"
    file.write_text(HEAD + "".join(frontend(n, r, f"127.0.0.1:{ports[n]}") for n, r in enumerate(RULES)))
    got = []
    with listener([haproxy(), "-db", "-f", str(file)], ports[0], folder / "server.log"):
        for port in ports:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
            try:
                connection.request("GET", "/stats")
                got.append(connection.getresponse().status)
            except (OSError, http.client.HTTPException):
                got.append(0)
            connection.close()
    return got


@pytest.mark.parametrize("number", range(len(RULES)), ids=lambda n: RULES[n])
def test_statistics_are_open_where_haproxy_answers_with_them(number: int, answers: list[int]) -> None:
    text = HEAD + frontend(number, RULES[number], ":8404")
    result = review(Workspace("/nonexistent", {"haproxy.cfg": text}), Policy())
    assert any(f.control == "console-not-exposed" for f in result.findings) is (answers[number] == 200)
