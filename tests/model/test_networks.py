"""Whether networks are the internet, however they are written."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as some

from batten.model.networks import everybody, network

NETWORKS = some.builds(
    lambda address, prefix: str(IPv4Network((address, prefix), strict=False)),
    some.integers(0, 2**32 - 1),
    some.integers(0, 8),
)


@pytest.mark.parametrize(
    "texts",
    [
        ["0.0.0.0/0"],
        ["10.0.0.1/0"],
        ["0/0"],
        ["0.0.0.0/0.0.0.0"],
        [" 0.0.0.0/0 "],
        ["::/0"],
        ["0::/0"],
        ["0000:0000:0000:0000:0000:0000:0000:0000/0"],
        ["2000::/3"],
        ["2001:db8::1/1"],
        ["::ffff:0.0.0.0/96"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["10.0.0.0/8", "0.0.0.0/1"],
        # All that is not of a private network.
        ["0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/3", "160.0.0.0/5"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_it_is_everybody(texts: list[str]) -> None:
    assert everybody(texts) in texts


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["0.0.0.0"],
        ["::"],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        ["10.0.0.1/8"],
        ["fd00::/8", "fe80::/10"],
        ["::ffff:10.0.0.0/104"],
        ["224.0.0.0/3"],
        ["8000::/1"],
        ["128.0.0.0/1"],
        ["1.2.3.4/33"],
        ["$network/0"],
        ["unix:"],
        ["all", "pl-12345678", "0.0.0.0/0/0"],
        ["0" * 10_000 + "/0"],
    ],
    ids=lambda texts: " ".join(texts)[:60],
)
def test_it_is_not(texts: list[str]) -> None:
    assert everybody(texts) == ""


@given(some.lists(NETWORKS, max_size=12))
def test_it_is_the_sum_of_its_parts(texts: list[str]) -> None:
    """Of each /8 of the internet, whether one of the networks holds it."""
    held = [ip_network(text) for text in texts]
    parts = [ip_network(f"{first}.0.0.0/8") for first in range(224)]
    share = sum(any(part.subnet_of(one) for one in held) for part in parts) / len(parts)  # type: ignore[arg-type]
    assert bool(everybody(texts)) == (share > 0.5)


def test_a_network_is_read_as_programs_do() -> None:
    assert str(network("10.1.2.3/8")) == "10.0.0.0/8"
    assert str(network("::ffff:10.0.0.0/104")) == "10.0.0.0/8"
    assert network("10.0.0.0/8;") is None
