"""A terminal in a browser, by a double after its source."""

from __future__ import annotations

from product_cases import Case, Start, double

_PAGE = "<!DOCTYPE html><html><head><title>ttyd - Terminal</title></head><body></body></html>"
_SERVER = {"Server": "ttyd/1.7.7 (libwebsockets 4.3.3)"}


def _ttyd() -> Start:
    answers = {
        "GET /": (200, {**_SERVER, "Content-Type": "text/html"}, _PAGE),
        "GET /token": (200, {**_SERVER, "Content-Type": "application/json;charset=utf-8"}, '{"token": ""}'),
    }
    return lambda folder, port: double(port, answers)


_REFUSED = (401, {**_SERVER, "WWW-Authenticate": 'Basic realm="ttyd"'}, "")

CASES = (
    Case(
        product="ttyd",
        opened=_ttyd(),
        locked=lambda folder, port: double(port, {}, _REFUSED),
        double=True,
        source="https://github.com/tsl0922/ttyd/blob/main/src/http.c",
    ),
)
