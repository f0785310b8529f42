"""The guard's own answers in the shape that the contract declares."""

from __future__ import annotations

from cases.case import JSON, TOKEN, Case, asked, posted

_POST = "POST /v1/bodies/shaped"
_SHOWS = (b"content-type: application/json\r\n", b"content-length: 512\r\n", b"cache-control: no-store\r\n")


def _refused(name: str, status: int, sent: bytes, shows: tuple[bytes, ...] = _SHOWS) -> Case:
    return Case(f"shape: {name}", sent, (status,), 0, closes=True, shows=shows, hides=(b"problem+json",))


CASES = (
    Case("shape: taken", posted(_POST, b'{"name":"mug"}', TOKEN, JSON), (204,)),
    _refused("of a bad body", 400, posted(_POST, b'{"name":7}', TOKEN, JSON)),
    _refused("of no JSON", 400, posted(_POST, b"{", TOKEN, JSON)),
    _refused("of another media type", 415, posted(_POST, b"<a/>", TOKEN, "Content-Type: text/xml")),
    _refused("without credentials", 401, posted(_POST, b"{}", JSON), (*_SHOWS, b"www-authenticate: bearer")),
    _refused("of what is too large", 413, asked(_POST, TOKEN, JSON, "Content-Length: 2000000")),
    Case(
        "shape: of another verb",
        asked("PUT /v1/bodies/shaped"),
        (405,),
        0,
        shows=(b"application/problem+json",),
    ),
)
