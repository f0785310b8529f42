"""Which pages may read answers."""

from __future__ import annotations

from cases.case import EVIL, SHOP, Case, asked

_GRANT = f"access-control-allow-origin: {SHOP}\r\n".encode()
_FOREIGN = (
    EVIL, "null", "http://shop.example.com", f"{SHOP}.evil.example", f"{SHOP}:8443", "https://SHOP.example.com", f"{SHOP}/",
    "https://evil.shop.example.com", "*", "",
)  # fmt: skip


def _asking(origin: str, path: str = "/v1/things", method: str = "POST", names: str = "") -> bytes:
    wanted = (f"Access-Control-Request-Headers: {names}",) if names else ()
    return asked(f"OPTIONS {path}", f"Origin: {origin}", f"Access-Control-Request-Method: {method}", *wanted)


CASES = (
    Case("listed origin", asked("GET /v1/things", f"Origin: {SHOP}"), (200,), shows=(_GRANT, b"vary: origin\r\n", b"access-control-expose-headers: x-total")),
    Case("no origin", asked("GET /v1/things"), (200,), shows=(b"vary: origin\r\n",), hides=(b"access-control",)),
    Case("listed origin, undocumented path", asked("GET /v1/nothing", f"Origin: {SHOP}"), (404,), 0, hides=(b"access-control-allow-methods",)),
    *(Case(f"foreign origin {o!r}", asked("GET /v1/things", f"Origin: {o}"), (200,), hides=(b"access-control-allow",)) for o in _FOREIGN),
    *(Case(f"preflight of {o!r}", _asking(o), (403,), 0, hides=(b"access-control-allow",)) for o in _FOREIGN),
    Case("what the application grants goes", asked("GET /v1/things", f"Origin: {EVIL}", play="grants"), (200,), hides=(b"access-control-allow",)),
    Case("what the application grants is replaced", asked("GET /v1/things", f"Origin: {SHOP}", play="grants"), (200,), shows=(_GRANT,), hides=(b"evil",)),
    Case("preflight", _asking(SHOP), (204,), 0, shows=(_GRANT, b"access-control-allow-methods: get, post\r\n", b"access-control-max-age: 600\r\n", b"x-content-type-options: nosniff\r\n"),
         hides=(b"access-control-allow-headers",)),
    Case("preflight for a verb that is not there", _asking(SHOP, method="DELETE"), (204,), 0, shows=(b"access-control-allow-methods: get, post\r\n",)),
    Case("preflight grants declared headers", _asking(SHOP, names="X-Evil, Authorization, X-Request-Id, content-type"), (204,), 0,
         shows=(b"access-control-allow-headers: authorization, x-request-id, content-type\r\n",)),
    Case("preflight for cookies", _asking(SHOP, "/v1/things/mine", "GET"), (204,), 0, shows=(b"access-control-allow-credentials: true\r\n",)),
    Case("preflight of an undocumented path", _asking(SHOP, "/v1/nothing"), (404,), 0),
    Case("OPTIONS without asking", asked("OPTIONS /v1/things", f"Origin: {SHOP}"), (405,), 0),
)  # fmt: skip
