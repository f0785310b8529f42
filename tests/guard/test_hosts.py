"""Which Host headers a list admits, as the guard decides it and as engines are told."""

from __future__ import annotations

import re

import pytest
from cases.senders import BAD_HOSTS, GOOD_HOSTS, HOSTS
from guard_contracts import contract
from hypothesis import given
from hypothesis import strategies as st

from batten.guard import GuardProblem, Options, compile_contract, loading
from batten.guard.asgi import Guard
from batten.guard.senders.hosts import Hosts, hosts_of, server_names
from batten.guard.senders.trust import trusted
from batten.policy import Policy

_LISTED = Hosts(HOSTS)
_PATTERN = re.compile(_LISTED.pattern)
_PARTS = (
    "api",
    "example",
    "com",
    "shop",
    "evil",
    "größe",
    "xn--gre-6ka8i",
    "localhost",
    "192",
    "0",
    "2",
    "1",
    "a" * 63,
    "a" * 64,
    "-",
    "_",
    "",
)


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_good(host: str) -> None:
    assert _LISTED[host.encode()]
    assert _PATTERN.fullmatch(host.lower()) or host.startswith("[0")


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_bad(host: str) -> None:
    assert not _LISTED[host.encode()] and not _PATTERN.fullmatch(host.lower())


@given(
    st.lists(st.sampled_from(_PARTS), min_size=1, max_size=5),
    st.sampled_from(["", ":80", ":443", ":8443", ":0", ":", "."]),
)
def test_engines_agree(parts: list[str], end: str) -> None:
    host = ".".join(parts) + end
    assert _LISTED[host.encode("latin-1")] == bool(_PATTERN.fullmatch(host.lower()))


@given(st.binary(max_size=300))
def test_any_bytes_have_an_answer(value: bytes) -> None:
    assert Hosts(["*.example.com"])[value] in (True, False)


def test_what_was_asked_is_remembered_within_bounds() -> None:
    hosts = Hosts(["*.example.com"])
    for number in range(5_000):
        assert hosts[b"%d.example.com" % number]
    assert len(hosts) <= 1_024


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "a b",
        "http://a.example",
        "a.example/b",
        "a.example:99999",
        "[::1",
        "[1.2.3.4]",
        "a..b",
        "*",
        "*.",
        "a.*.b",
        "1.2.3",
    ],
)
def test_a_list_with_what_is_no_host(listed: str) -> None:
    with pytest.raises(GuardProblem, match="is not a host; write a name"):
        Hosts([listed])


def test_names_for_servers() -> None:
    assert server_names(HOSTS) == (
        "api.example.com",
        "*.shop.example.com",
        "192.0.2.1",
        "xn--gre-6ka8i.example",
    )


def test_every_host() -> None:
    assert hosts_of(()) is None and hosts_of(("a.example", "*")) is None


def test_the_port_of_a_listener_is_usual() -> None:
    assert Hosts(["a.example"], (9_000,))[b"a.example:9000"] and not Hosts(["a.example"])[b"a.example:9000"]


@pytest.mark.parametrize(
    ("listed", "hint"),
    [
        ("10.0.0.1/8", "write 10.0.0.0/8"),
        ("example.com", "write a network"),
        ("", "write a network"),
        ("10.0.0.0/33", "write a network"),
    ],
)
def test_what_is_no_network(listed: str, hint: str) -> None:
    with pytest.raises(GuardProblem, match=hint):
        trusted([listed])


def test_loopback_has_no_usual_port() -> None:
    hosts = Hosts(["localhost", "[::1]", "127.0.0.1", "a.localhost"])
    good = (
        "localhost",
        "LOCALHOST:8000",
        "[::1]:8000",
        "[0::1]:8000",
        "127.0.0.1:9",
        "a.localhost:9",
        "localhost.:80",
    )
    assert all(hosts[host.encode()] for host in good)
    assert not any(
        hosts[host.encode()] for host in ("127.0.0.2", "b.localhost", "localhost:0", "localhost.example")
    )
    assert all(re.fullmatch(hosts.pattern, host.lower()) for host in good if "0::" not in host)


def test_networks() -> None:
    found = trusted(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"])
    assert found is not None and trusted([]) is None
    inside = ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8::1%eth0", "192.0.2.1")
    assert all(map(found.takes, inside)) and not any(
        map(found.takes, ("11.0.0.1", "192.0.2.2", "::1", "", "testclient"))
    )
    sockets, peers = trusted(["unix"]), trusted(["peer"])
    assert sockets is not None and sockets.takes("") and not sockets.takes("127.0.0.1")
    assert peers is not None and peers.takes("192.0.2.7") and not peers.knows("192.0.2.7")


def test_the_middleware_has_arguments() -> None:
    async def app(scope: object, receive: object, send: object) -> None: ...

    guard = Guard(app, contract(), Policy(hosts=("a.example",)), hosts=["127.0.0.1:*"], trusted=["unix"])
    assert (
        guard.compiled.hosts is not None
        and guard.compiled.hosts[b"127.0.0.1:8000"]
        and guard.compiled.hosts[b"a.example"]
    )
    with pytest.raises(GuardProblem, match="is not a network"):
        Guard(app, contract(), Policy(), trusted=["nowhere"])


def test_a_missing_list_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    hint = "Host headers are not checked; add hosts: [api.example.com] to batten.yaml"
    caplog.set_level("INFO", "batten.guard")

    def told(policy: Policy, options: Options, times: int) -> int:
        loading._hint.cache_clear()
        caplog.clear()
        for _ in range(times):
            loading.announce(contract(), compile_contract(contract(), policy, options))
        return [record.getMessage() for record in caplog.records].count(hint)

    assert told(Policy(), Options(), 2) == 1
    assert told(Policy(hosts=("a.example",)), Options(), 1) == 0
    assert told(Policy(), Options(hosts=("*",)), 1) == 0
