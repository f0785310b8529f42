"""What every answer carries, so that a browser keeps others out of it."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

# Trusted types are not required: htmx hands the service's own answers to the browser's parser, and a policy that lets them pass
# unread would add nothing to `script-src`. `form-action` holds for redirects of forms, too: sign-in with a provider begins with a link.
_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx"
)
_DATA = "default-src 'none'; frame-ancestors 'none'"
_FEATURES = (
    "camera", "display-capture", "geolocation", "gyroscope", "accelerometer", "magnetometer", "microphone", "midi", "payment",
    "usb", "serial", "hid", "browsing-topics",
)  # fmt: skip
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # `no-referrer` would make the Origin of our own forms `null` (Fetch, 3.1)
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
}
_TLS_ONLY = "max-age=31536000"


def with_headers(scope: Scope, send: Send, secure: bool) -> Send:
    """`send`, which adds to an answer what it lacks, and takes away what names the software."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            del headers["server"]
            for name, value in _wanted(scope["path"], headers.get("content-type", ""), secure):
                headers.setdefault(name, value)
            message = {**message, "headers": headers.raw}
        await send(message)

    return sending


def _wanted(path: str, kind: str, secure: bool) -> Iterator[tuple[str, str]]:
    yield from _ALWAYS.items()
    yield "Content-Security-Policy", _PAGES if kind.startswith("text/html") else _DATA
    yield "Cache-Control", "no-store"
    if secure:
        yield "Strict-Transport-Security", _TLS_ONLY
