"""Requests that a caller sends too often, by the rows `rates:`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address
from typing import assert_never

from batten.guard.options import GuardProblem, Rule
from batten.guard.requests.buckets import Buckets
from batten.guard.requests.credentials import Demand
from batten.guard.verdicts import Refuse
from batten.policy.rates import Per, Rate, rate


def rates(rows: Iterable[Rate | Mapping[str, str] | str]) -> tuple[Rate, ...]:
    """Of arguments and options; a text is `limit=100/minute,per=address,operation=GET /v1/a`, or only `100/minute`. Raises
    GuardProblem."""
    return tuple(row if isinstance(row, Rate) else _read(row) for row in rows)


def _read(row: Mapping[str, str] | str) -> Rate:
    if isinstance(row, str):
        pairs = [part.strip().partition("=") for part in row.split(",")]
        row = {key if equals else "limit": value if equals else key for key, equals, value in pairs}
    try:
        return rate(row)
    except ValueError as error:
        raise GuardProblem(f"rates: {error}") from None


def of_operation(given: Iterable[Rate], label: str) -> tuple[Rate, ...]:
    return tuple(row for row in given if row.operation in ("", label))


def excess(
    buckets: Buckets,
    rows: Iterable[Rate],
    demand: Demand,
    fields: Mapping[bytes, bytes],
    query: bytes,
    address: str,
    service: str = "",
) -> Refuse | None:
    """Count a request that would be forwarded, and refuse it where a limit is reached. `address` is the client's."""
    for row in rows:
        told = f"{service} {row.operation} {row.limit}/{row.seconds} {row.per.value}\0".encode()
        caller = told + _caller(row.per, demand, fields, query, address)
        wait = buckets.take(caller, row.seconds * 1_000_000 // row.limit or 1, row.burst)
        if wait:
            # Retry-After (RFC 9110, 10.2.3) and the fields of draft-ietf-httpapi-ratelimit-headers-11.
            seconds = -(-wait // 1_000_000)
            name = row.per.value.encode()
            return Refuse(
                Rule.RATE,
                429,
                "Too Many Requests",
                (
                    (b"retry-after", b"%d" % seconds),
                    (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, row.limit, row.seconds)),
                    (b"ratelimit", b'"%b";r=0;t=%d' % (name, seconds)),
                ),
            )
    return None


def _caller(per: Per, demand: Demand, fields: Mapping[bytes, bytes], query: bytes, address: str) -> bytes:
    match per:
        case Per.ADDRESS:
            return _network(address)
        case Per.CREDENTIAL:
            sent = _credential(demand, fields, query, keys_only=False)
            return b"\1" + sent if sent else _network(address)
        case Per.API_KEY:
            sent = _credential(demand, fields, query, keys_only=True)
            return b"\1" + sent if sent else _network(address)
    assert_never(per)


def _credential(demand: Demand, fields: Mapping[bytes, bytes], query: bytes, keys_only: bool) -> bytes:
    """Of the first alternative that is met; without one, what an Authorization header says."""
    for alternative in demand.alternatives:
        if all(credential.is_in(fields, query) for credential in alternative):
            sent = [
                c.sent(fields, query)
                for c in alternative
                if not keys_only or (bool(c.where) and not c.prefixes)
            ]
            return b"\0".join(filter(None, sent))
    return b"" if keys_only else fields.get(b"authorization", b"")


@lru_cache(maxsize=4_096)
def _network(address: str) -> bytes:
    """An IPv4 address, or the /64 of an IPv6 address; what is neither counts as one caller."""
    if ":" not in address:
        return address.encode()
    try:
        read = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address.encode()
    return str(read.ipv4_mapped).encode() if read.ipv4_mapped is not None else read.packed[:8].hex().encode()
