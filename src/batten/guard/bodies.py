"""Bodies as their readers will see them: decoded within bounds, and padded."""

from __future__ import annotations

import zlib

MOST_LAYERS = 2
_WINDOWS = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


class Undecodable(ValueError):
    """The body is not what its Content-Encoding says, is too large, or is in a coding not known here."""


class UnknownCoding(Undecodable):
    """A content coding that is not known here, and that only an observed answer may have."""


def decoded(encoding: bytes, body: bytes, bound: int) -> bytes:
    """The body without its content codings, at most `bound` bytes. Raises Undecodable."""
    layers = [name.strip().lower() for name in encoding.split(b",") if name.strip()]
    layers = [name for name in layers if name != b"identity"]
    if len(layers) > MOST_LAYERS:
        raise Undecodable("the body has too many content codings")
    for name in reversed(layers):
        window = _WINDOWS.get(name)
        if window is None:
            raise UnknownCoding("the content coding is not supported")
        body = _inflated(body, window, bound)
    return body


def _inflated(body: bytes, window: int, bound: int) -> bytes:
    if window == 15 and not (len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0):
        window = -15  # many send a bare deflate stream (RFC 9110, 8.4.1.2)
    inflater = zlib.decompressobj(window)
    try:
        made = inflater.decompress(body, bound + 1)
    except zlib.error as error:
        raise Undecodable("the body does not match its content coding") from error
    if len(made) > bound:
        raise Undecodable("the decoded body is too large")
    if not inflater.eof or inflater.unused_data:
        raise Undecodable("the encoded body is truncated or has trailing data")
    return made


def padded(body: bytes, bucket: int) -> bytes:
    """Blanks after a JSON value mean nothing to its reader (RFC 8259, section 2)."""
    return body.ljust(-(-len(body) // bucket) * bucket) if bucket > 0 else body
