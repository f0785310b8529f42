"""The PROXY protocol: the first bytes of a connection say whose it is.

Versions 1 and 2 as https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt writes them. Of version 2, what follows the
addresses is skipped.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from batten.guard.senders.trust import spelled

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
MOST_LINE = 107  # bytes of version 1, its end included
MOST_BLOCK = 4_096  # bytes of version 2 after its first 16
_PORT = r"(?:0|[1-9][0-9]{0,4})"
_LINE = re.compile(
    rf"PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|(TCP[46]) ([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+) ({_PORT}) ({_PORT}))"
)
_LOCAL, _PROXY = 0x20, 0x21
_UNKNOWN, _TCP4, _TCP6, _UNIX = 0x00, 0x11, 0x21, 0x31


class NotIntroduced(ValueError):
    """Bytes that are not the beginning that was agreed upon."""


def taken(data: bytes) -> tuple[int, bool]:
    """How many of the bytes belong to the introduction, and whether it is whole. Raises NotIntroduced."""
    if data.startswith(SIGNATURE[: len(data)]):
        if len(data) < 16:
            return len(data), False
        length = int.from_bytes(data[14:16])
        if length > MOST_BLOCK:
            raise NotIntroduced("the header of the PROXY protocol is too long")
        return min(len(data), 16 + length), len(data) >= 16 + length
    if not data.startswith(b"PROXY "[: len(data)]):
        raise NotIntroduced("the connection does not begin with the PROXY protocol")
    end = data.find(b"\r\n", 0, MOST_LINE)
    if end < 0 and len(data) >= MOST_LINE:
        raise NotIntroduced("the line of the PROXY protocol has no end")
    return (len(data), False) if end < 0 else (end + 2, True)


def source(data: bytes) -> str:
    """The client's address in a whole introduction; "" where the peer speaks for itself, or does not know.

    Raises NotIntroduced.
    """
    if data.startswith(SIGNATURE):
        command, family, block = data[12], data[13], data[16:]
        if command == _LOCAL:
            return ""
        if command != _PROXY or family not in (_UNKNOWN, _TCP4, _TCP6, _UNIX):
            raise NotIntroduced("the version, command or family of the PROXY protocol is not supported")
        if len(block) < {_UNKNOWN: 0, _TCP4: 12, _TCP6: 36, _UNIX: 216}[family]:
            raise NotIntroduced("the addresses of the PROXY protocol are cut off")
        if family == _TCP4:
            return str(IPv4Address(block[:4]))
        return _plain(str(IPv6Address(block[:16]))) if family == _TCP6 else ""
    found = _LINE.fullmatch(data.removesuffix(b"\r\n").decode("latin-1"))
    if found is None:
        raise NotIntroduced("the line of the PROXY protocol is invalid")
    if found[1] is None:
        return ""
    if max(int(found[4]), int(found[5])) > 65_535:
        raise NotIntroduced("a port of the PROXY protocol is invalid")
    read = IPv4Address if found[1] == "TCP4" else IPv6Address
    try:
        read(found[3])
        return _plain(str(read(found[2])))
    except AddressValueError:
        raise NotIntroduced("an address of the PROXY protocol is invalid") from None


def _plain(address: str) -> str:
    return spelled(address)
