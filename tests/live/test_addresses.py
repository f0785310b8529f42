"""Which addresses may be connected to, in every way to write them."""

from __future__ import annotations

import socket
from ipaddress import ip_network

import pytest

from batten.live.addresses import Addresses, NetworkProblem, is_own, networks

OPEN, PUBLIC = Addresses(), Addresses(public=True)
# What is closed wherever it is named, by what it is.
CLOSED = (
    "127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::", "169.254.1.1", "fe80::1", "fe80::1%eth0", "febf::1",
    "fec0::1", "feff::1", "224.0.0.1", "239.255.255.255", "ff02::1", "255.255.255.255", "240.0.0.1",
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.0.170",
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::a9fe:a9fe", "::ffff:0:127.0.0.1", "::ffff:0:a83f:8110",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b::168.63.129.16", "64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:ab7f:0:1::", "64:ff9b:1:abcd:7f:0:100::", "64:ff9b:1::", "64:ff9b::",
    "2002:7f00:1::1", "2002:a9fe:a9fe::", "2002:c000:c0::1", "2001:0:7f00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::5efe:127.0.0.1", "2001:db8::200:5efe:a9fe:a9fe", "fe80::5efe:10.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_a_closed_address_is_closed_however_it_is_written(address: str) -> None:
    assert not OPEN.permits(address) and OPEN.excludes(address)
    assert not PUBLIC.permits(address)
    everywhere = networks(["0.0.0.0/0", "::/0"])
    assert not Addresses(allowed=everywhere).permits(address)
    assert not Addresses(allowed=everywhere, public=True).permits(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2001:4860:4860::8888", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "fd00::9", "64:ff9b::808:808", "64:ff9b:1::808:808"],
)  # fmt: skip
def test_what_is_elsewhere_is_open(address: str) -> None:
    assert OPEN.permits(address) and not OPEN.excludes(address)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "100.64.0.1", "fd00::9", "64:ff9b::a01:203", "::ffff:10.1.2.3", "2002:a01:203::1"]
)
def test_alerts_go_to_public_addresses(address: str) -> None:
    assert not PUBLIC.permits(address)
    assert PUBLIC.permits("8.8.8.8") and PUBLIC.permits("64:ff9b::808:808")
    wider = Addresses(public=True, allowed=networks(["10.0.0.0/8"]))
    assert wider.permits("10.1.2.3") and wider.permits("::ffff:10.1.2.3") and wider.permits("8.8.8.8")


@pytest.mark.parametrize(
    ("opened", "reached", "not_reached"),
    [
        ("127.0.0.0/8", ("127.0.0.1", "::ffff:127.9.9.9"), ("8.8.8.8", "::1", "169.254.169.254")),
        ("::1", ("::1",), ("127.0.0.1",)),
        ("169.254.0.0/16", ("169.254.1.1",), ("169.254.169.254", "169.254.170.2")),
        ("169.254.169.254", ("169.254.169.254", "::ffff:a9fe:a9fe"), ("169.254.1.1",)),
        ("100.64.0.0/10", ("100.64.0.1",), ("100.100.100.200",)),
        ("fd00::/8", ("fd00::9",), ("fd00:ec2::254",)),
        ("168.63.129.0/24", ("168.63.129.17",), ("168.63.129.16",)),
        ("10.0.0.0/8", ("10.0.0.1", "64:ff9b::a00:1"), ("8.8.8.8", "127.0.0.1")),
    ],
)
def test_a_network_opens_what_it_names_alone(
    opened: str, reached: tuple[str, ...], not_reached: tuple[str, ...]
) -> None:
    one = Addresses(allowed=networks([opened]))
    assert all(map(one.permits, reached)) and not any(map(one.permits, not_reached))


def test_what_is_barred_is_reached_by_nobody() -> None:
    one = Addresses(barred=networks(["10.1.0.0/16"]), allowed=networks(["10.0.0.0/8"]))
    assert one.permits("10.2.0.1")
    assert not any(map(one.permits, ("10.1.0.1", "::ffff:10.1.0.1", "64:ff9b::a01:1", "2002:a01:1::")))


@pytest.mark.parametrize("text", ["127.1", "2130706433", "0x7f.1", "localhost", "", "1.2.3.4.5", "[::1]"])
def test_what_is_no_address_is_not_permitted_and_names_are_not_judged(text: str) -> None:
    assert not OPEN.permits(text) and not OPEN.excludes(text)


def test_this_machines_addresses_are_its_own() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.99", 9))
        except OSError:
            return  # a machine without a way out
        own = str(asked.getsockname()[0])
    assert is_own(own) and is_own("127.0.0.1") and not is_own("192.0.2.98")
    assert not OPEN.permits(own) and not OPEN.permits(f"::ffff:{own}")
    assert not Addresses(allowed=(ip_network(f"{own}/24", strict=False),)).permits(own)
    assert Addresses(allowed=networks([own])).permits(own)


def test_a_network_that_cannot_be_read_is_told() -> None:
    with pytest.raises(NetworkProblem, match="write 10"):
        networks(["10.0.0.1/8"])
