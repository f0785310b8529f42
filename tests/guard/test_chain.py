"""What a trusted peer says of a client, for every chain that may be said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batten.guard.senders.chain import MOST, hops, listed, node, walked
from batten.guard.senders.hosts import Hosts
from batten.guard.senders.named import KINDS
from batten.guard.senders.sender import introduced
from batten.guard.senders.trust import Trusted, trusted
from batten.guard.verdicts import Head
from batten.policy.senders import HEADERS, Kind, kind_of

_NETWORKS = trusted(["10.0.0.0/8", "2001:db8:ffff::/48"]) or Trusted()
_PROXIES = st.sampled_from(["10.0.0.1", "10.9.9.9", "2001:db8:ffff::1", "::ffff:10.0.0.2"])
_CLIENTS = st.sampled_from(["192.0.2.1", "203.0.113.9", "2001:db8::1", "[2001:db8::1]:443", "192.0.2.1:5"])
_NO_ADDRESS = st.sampled_from(
    ["", "unknown", "_x", "evil", "10.0.0", "10.0.0.1/8", "[10.0.0.1]", "10.0.0.01"]
)


@given(st.lists(_PROXIES | _CLIENTS | _NO_ADDRESS, max_size=12))
def test_nothing_left_of_what_is_not_trusted_counts(elements: list[str]) -> None:
    client, depth = walked(elements, _NETWORKS, "10.0.0.7")
    believed = elements[len(elements) - depth :]
    assert all(map(node, believed)) and all(_NETWORKS.knows(node(each)) for each in believed[1:])
    assert client == (node(believed[0]) if believed else "10.0.0.7")
    if depth < len(elements):
        rest = elements[-depth - 1]
        assert not node(rest) or not _NETWORKS.knows(client)


def test_long_chains_are_cut() -> None:
    assert walked(["192.0.2.1", *["10.0.0.1"] * 5_000], _NETWORKS, "10.0.0.7") == ("10.0.0.1", MOST)


@given(st.binary(max_size=200))
def test_any_bytes_are_read(value: bytes) -> None:
    assert all(isinstance(each, str) for each in listed([value]))
    assert hops([value]) is None or hops([value])


_NAMES = st.sampled_from([name.encode() for row in HEADERS for name in row.names] + [b"host", b"accept"])
_VALUES = st.binary(max_size=40) | st.sampled_from(
    [b"192.0.2.1, 10.0.0.1", b"https", b"for=192.0.2.1;proto=https", b"api.example.com", b"evil"]
)


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=8))
def test_what_is_told_is_of_one_voice(headers: list[tuple[bytes, bytes]]) -> None:
    head = Head("GET", b"/", b"", tuple(headers), "http")
    found = introduced(head, "10.0.0.7", _NETWORKS, Hosts(["api.example.com"]), frozenset())
    assert found.scheme in ("http", "https") and found.sender.trusted and node(found.sender.address)
    for name, value in found.sender.told:
        match KINDS[name]:
            case Kind.CHAIN | Kind.CLIENT if name != b"forwarded":
                assert value.decode() == found.sender.address
            case Kind.SCHEME:
                assert value.decode() == found.scheme
            case Kind.HOST:
                assert value.lower().rstrip(b".") in (
                    b"api.example.com",
                    b"api.example.com:80",
                    b"api.example.com:443",
                )
            case _:
                assert KINDS[name] is not Kind.OVERRIDE
    assert introduced(head, "192.0.2.1", _NETWORKS, None, frozenset()) is head


def test_every_name_is_of_one_kind() -> None:
    names = [name for row in HEADERS for name in row.names]
    assert len(set(names)) == len(names) and all(name == name.lower() for name in names)
    assert (
        kind_of(b"x-forwarded-anything") is Kind.IDENTITY
        and kind_of(b"x-envoy-original-path") is Kind.INSTRUCTION
    )
    assert kind_of(b"x-request-id") is None and kind_of(b"via") is None
    assert all(row.source for row in HEADERS)
