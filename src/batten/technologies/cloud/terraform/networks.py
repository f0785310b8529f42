"""Terraform's functions on address ranges."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.values import Failure, Value


def _network(written: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(written, strict=False)
    except ValueError:
        raise Failure from None


def cidr_subnet(values: list[Value]) -> Value:
    match values:
        case [str() as written, int() as bits, int() as number]:
            network = _network(written)
            length = network.prefixlen + bits
            if not 0 <= bits <= 128 or length > network.max_prefixlen or not 0 <= number < 2**bits:
                raise Failure
            size = 2 ** (network.max_prefixlen - length)
            return f"{type(network.network_address)(int(network.network_address) + number * size)}/{length}"
        case _:
            return UNKNOWN


def cidr_subnets(values: list[Value]) -> Value:
    """Ranges of the given sizes, one after the other."""
    match values:
        case [str() as written, *bits] if bits and all(isinstance(b, int) for b in bits):
            network = _network(written)
            consecutive_bits = [b for b in bits if isinstance(b, int)]
            made: list[Value] = []
            at = int(network.network_address)
            end = at + network.num_addresses
            for more in consecutive_bits:
                length = network.prefixlen + more
                if more < 1 or length > network.max_prefixlen:
                    raise Failure
                size = 2 ** (network.max_prefixlen - length)
                at = (at + size - 1) // size * size
                if at + size > end:
                    raise Failure
                made.append(f"{type(network.network_address)(at)}/{length}")
                at += size
            return made
        case _:
            return UNKNOWN


def cidr_host(values: list[Value]) -> Value:
    match values:
        case [str() as written, int() as number]:
            network = _network(written)
            if not -network.num_addresses <= number < network.num_addresses:
                raise Failure
            base = int(network.network_address) + (network.num_addresses if number < 0 else 0)
            return str(type(network.network_address)(base + number))
        case _:
            return UNKNOWN


def cidr_netmask(values: list[Value]) -> Value:
    match values:
        case [str() as written]:
            return str(ip_address(int(_network(written).netmask)))
        case _:
            return UNKNOWN
