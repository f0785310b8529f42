"""Kafka: ApiVersions, then DescribeAcls, which only reads. Its answer shows whether access control is on: a broker
without an authorizer says so, and one that wants a log-in first ends the connection (Kafka protocol guide).
"""

from __future__ import annotations

from struct import pack, unpack_from

from batten.live.exchange import NotAnswered, OtherProduct, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.talking import either, framed

_API_VERSIONS, _DESCRIBE_ACLS = 18, 29
_SECURITY_DISABLED, _NOT_AUTHORIZED = 54, 31


def request(key: int, version: int, number: int, body: bytes = b"") -> bytes:
    content = pack(">hhi", key, version, number) + pack(">h", 6) + b"batten" + body
    return pack(">i", len(content)) + content


_VERSIONS = request(_API_VERSIONS, 0, 1)
_NULL = b"\xff\xff"
# Any resource, any name, any kind of pattern; any principal, host, operation and permission.
_ACLS = request(_DESCRIBE_ACLS, 1, 2, b"\x01" + _NULL + b"\x01" + _NULL + _NULL + b"\x01\x01")


whole = framed(0, 4, 4)


def versions(part: bytes) -> dict[int, tuple[int, int]]:
    """API -> the versions of it that the broker takes. OtherProduct when the answer is none of Kafka's."""
    if len(part) < 14 or part[4:8] != pack(">i", 1) or not whole(part):
        raise OtherProduct("the port does not answer in the Kafka protocol")
    error, count = unpack_from(">hi", part, 8)
    if error or not 0 < count <= 500:
        raise NotAnswered(f"Kafka answered ApiVersions with error {error}")
    rows = (unpack_from(">hhh", part, 14 + 6 * number) for number in range(count))
    return {key: (least, most) for key, least, most in rows}


def _then(parts: tuple[bytes, ...]) -> bytes:
    if len(parts[0]) < 14 or parts[0][4:8] != pack(">i", 1):
        return b""
    return _ACLS


def probe(door: Door) -> Steps:
    answer = yield from either(door, (_VERSIONS, _then), whole)
    taken = versions(answer.part(0))
    least, most = taken.get(_DESCRIBE_ACLS, (0, -1))
    if not least <= 1 <= most:
        raise NotAnswered("the broker does not support DescribeAcls, so its access control is unknown")
    part = answer.part(1)
    error = unpack_from(">h", part, 12)[0] if len(part) >= 14 else None
    if error not in (None, 0, _SECURITY_DISABLED, _NOT_AUTHORIZED):
        raise NotAnswered(f"Kafka answered DescribeAcls with error {error}")
    told = {
        None: "the broker closed the connection: it requires authentication",
        _NOT_AUTHORIZED: "not authorized",
    }
    seen = Sighting(
        "kafka",
        error in (0, _SECURITY_DISABLED),
        "ApiVersions, DescribeAcls; no credentials",
        told.get(error, "access control is disabled"),
        address=answer.address,
        tls=answer.over_tls,
        plain=not answer.over_tls,
    )
    return facts(door, seen)
