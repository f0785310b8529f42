"""Which hosts and ports an entry names, and what it is told when it names none."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.live.fleet.hosts import Excluded, NoHosts, excluded, hosts, spread
from batten.live.fleet.ports import COMMON, NoPorts, ports

NONE = Excluded()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("10.0.0.0/30", ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("10.0.0.5/31", ["10.0.0.4", "10.0.0.5"]),
        ("10.0.0.254-10.0.1.1", ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]),
        ("10.0.0.7-9", ["10.0.0.7", "10.0.0.8", "10.0.0.9"]),
        ("2001:db8::fe/127", ["2001:db8::fe", "2001:db8::ff"]),
        ("2001:db8::1-2001:db8::2", ["2001:db8::1", "2001:db8::2"]),
        ("::1", ["::1"]),
        ("fe80::1%eth0", ["fe80::1%eth0"]),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("Shop-1.Example.COM.", ["shop-1.example.com"]),
    ],
)
def test_an_entry_names_hosts(entry: str, expected: list[str]) -> None:
    found = hosts(entry)
    assert list(found) == expected
    assert found.port == 0
    assert found.ranged is (len(expected) > 1)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("10.0.0.1:99", "10.0.0.1", 99),
        ("[::1]:443", "::1", 443),
        ("shop:8080", "shop", 8080),
        ("[::1]", "::1", 0),
    ],
)
def test_an_entry_names_a_port(entry: str, host: str, port: int) -> None:
    found = hosts(entry)
    assert (list(found), found.port) == ([host], port)


def test_a_range_may_name_a_port() -> None:
    found = hosts("10.0.0.1-2:80")
    assert (list(found), found.port) == (["10.0.0.1", "10.0.0.2"], 80)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("10.0.0.0/33", "is not a block of addresses"),
        ("10.0.0.0/8", "has 16,777,216 addresses; one run takes 65,536"),
        ("2001:db8::/64", "one run takes 65,536"),
        ("10.0.0.9-3", "is not a range of addresses"),
        ("10.0.0.1-::1", "is not a range of addresses"),
        ("1.2.3", "is not a host or a range"),
        ("10.0.0.256", "is not a host or a range"),
        ("shop:0", "has a port that does not exist"),
        ("shop:65536", "has a port that does not exist"),
        ("224.0.0.1", "which is not an address of one host"),
        ("0.0.0.0", "which is not an address of one host"),
        ("a b", "is not a host or a range"),
        ("x" * 300, "is not a host or a range"),
        ("", "is not a host or a range"),
    ],
)
def test_what_names_no_hosts_is_told(entry: str, complaint: str) -> None:
    with pytest.raises(NoHosts, match=complaint.replace("(", r"\(")):
        hosts(entry)


@given(st.text(max_size=60))
def test_any_text_names_hosts_or_is_told(text: str) -> None:
    try:
        found = hosts(text)
    except NoHosts:
        return
    assert found.count >= 1
    assert 0 <= found.port <= 65_535


def test_duplicates_are_folded_and_ports_added() -> None:
    entries = [
        hosts(e) for e in ("10.0.0.0/31", "10.0.0.1", "10.0.0.1:9", "10.0.0.1:80", "10.0.0.2:7", "shop:80")
    ]
    assert spread(entries, (80, 443), NONE) == {
        "10.0.0.0": (80, 443),
        "10.0.0.1": (80, 443, 9),
        "10.0.0.2": (7,),
        "shop": (80,),
    }


def test_what_is_excluded_is_left_out() -> None:
    without = excluded(
        map(hosts, ("10.0.0.0/30", "10.0.0.2-10.0.0.5", "10.0.0.9:80", "shop", "2001:db8::/120"))
    )
    entries = [hosts(e) for e in ("10.0.0.0/28", "shop", "2001:db8::5", "other")]
    found = spread(entries, (80, 443), without)
    assert list(found) == [f"10.0.0.{n}" for n in range(6, 16)] + ["other"]
    assert found["10.0.0.9"] == (443,)
    assert without.covers("::ffff:10.0.0.1")


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 20)), max_size=12), st.integers(0, 330))
def test_excluded_ranges_cover_what_any_of_them_does(spans: list[tuple[int, int]], number: int) -> None:
    base = int(ip_address("10.0.0.0"))
    made = [hosts(f"{ip_address(base + at)}-{ip_address(base + at + more)}") for at, more in spans]
    expected = any(at <= number <= at + more for at, more in spans)
    assert excluded(made).covers(str(ip_address(base + number))) is expected


def test_more_than_one_run_takes_is_told() -> None:
    with pytest.raises(NoHosts, match="more than 65,536 addresses"):
        spread([hosts("10.0.0.0/16"), hosts("10.1.0.1")], (80,), NONE)
    with pytest.raises(NoHosts, match="combinations of address and port"):
        spread([hosts("10.0.0.0/16")], tuple(range(1, 200)), NONE)


def test_ports_are_numbers_ranges_and_the_common_ones() -> None:
    assert ports("443,80,8000-8003,80") == (443, 80, 8000, 8001, 8002, 8003)
    assert ports("common, 1") == (*COMMON, 1)
    assert {22, 80, 443, 2375, 6379, 8080, 9200, 27017} <= set(COMMON)
    for wrong in ("", "0", "65536", "9-8", "http", "80;443", "-1"):
        with pytest.raises(NoPorts, match="are not ports"):
            ports(wrong)
