"""The PROXY protocol's first bytes, read to the last of them and no further."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.guard.proxy.introduction import MOST_BLOCK, SIGNATURE, NotIntroduced, source, taken

_V4 = bytes((192, 0, 2, 1, 198, 51, 100, 7)) + struct.pack(">HH", 5_000, 443)
_V6 = bytes.fromhex("20010db8000000000000000000000001" * 2) + struct.pack(">HH", 5_000, 443)
_MAPPED = bytes.fromhex("00000000000000000000ffffc0000201" * 2) + struct.pack(">HH", 5_000, 443)


def _block(command: int, family: int, addresses: bytes, more: bytes = b"") -> bytes:
    return SIGNATURE + bytes((command, family)) + struct.pack(">H", len(addresses + more)) + addresses + more


GOOD = {
    b"PROXY TCP4 192.0.2.1 198.51.100.7 5000 443\r\n": "192.0.2.1",
    b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n": "255.255.255.255",
    b"PROXY TCP6 2001:db8::1 2001:DB8::2 5000 443\r\n": "2001:db8::1",
    b"PROXY TCP6 ::ffff:192.0.2.1 ::1 5000 443\r\n": "192.0.2.1",
    b"PROXY UNKNOWN\r\n": "",
    b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n": "",
    _block(0x21, 0x11, _V4): "192.0.2.1",
    _block(0x21, 0x11, _V4, b"\x04\x00\x03abc"): "192.0.2.1",
    _block(0x21, 0x21, _V6): "2001:db8::1",
    _block(0x21, 0x21, _MAPPED): "192.0.2.1",
    _block(0x21, 0x31, b"/" * 216): "",
    _block(0x21, 0x00, b""): "",
    _block(0x20, 0x11, _V4): "",
    _block(0x20, 0x00, b"", b"\x00" * 2_000): "",
}
BAD = (
    b"GET / HTTP/1.1\r\n",
    b"\x16\x03\x01",
    b"proxy TCP4 192.0.2.1 198.51.100.7 5000 443\r\n",
    b"PROXY  TCP4 192.0.2.1 198.51.100.7 5000 443\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 5000\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 5000 443 \r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 05000 443\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n",
    b"PROXY TCP4 192.0.2.01 198.51.100.7 5000 443\r\n",
    b"PROXY TCP4 192.0.2 198.51.100.7 5000 443\r\n",
    b"PROXY TCP4 ::1 ::1 5000 443\r\n",
    b"PROXY TCP6 192.0.2.1 198.51.100.7 5000 443\r\n",
    b"PROXY UDP4 192.0.2.1 198.51.100.7 5000 443\r\n",
    b"PROXY UNKNOWNX\r\n",
    b"PROXY \r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 5000 443\n" + b" " * 107,
    b"PROXY UNKNOWN " + b"a" * 100 + b"\r\n",
    SIGNATURE[:-1] + b"\r",
    _block(0x11, 0x11, _V4),
    _block(0x22, 0x11, _V4),
    _block(0x21, 0x12, _V4),
    _block(0x21, 0x41, _V4),
    _block(0x21, 0x11, _V4[:-1]),
    _block(0x21, 0x21, _V4),
    _block(0x21, 0x31, b"/" * 215),
    _block(0x21, 0x11, _V4, b"a" * MOST_BLOCK),
)


@pytest.mark.parametrize("sent", GOOD, ids=repr)
def test_good(sent: bytes) -> None:
    for end in range(1, len(sent)):
        assert taken(sent[:end]) == (end, False)
    assert taken(sent) == taken(sent + b"GET / HTTP/1.1\r\n\r\n") == (len(sent), True)
    assert source(sent) == GOOD[sent]


@pytest.mark.parametrize("sent", BAD, ids=repr)
def test_bad(sent: bytes) -> None:
    with pytest.raises(NotIntroduced):
        length, whole = taken(sent)
        assert whole
        source(sent[:length])


@given(st.sampled_from([b"", b"PROXY ", SIGNATURE, SIGNATURE + b"\x21\x11\x00\x0c"]), st.binary(max_size=300))
def test_any_bytes_are_read_within_bounds(beginning: bytes, rest: bytes) -> None:
    try:
        length, whole = taken(beginning + rest)
        assert 0 <= length <= len(beginning + rest)
        if whole:
            source((beginning + rest)[:length])
    except NotIntroduced:
        pass
