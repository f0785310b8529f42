"""Bodies that are one string: text, and octets of which only the number can be judged."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from batten.guard.content.media_types import decoded_text
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.views import View

_BOUNDS = ("maxLength", "minLength", "pattern", "enum", "const", "contentEncoding")
_SINGLE = frozenset(("string", "number", "integer", "boolean"))
_ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "base64url": lambda text: base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True),
    "base32": base64.b32decode,
    "base16": lambda text: base64.b16decode(text, casefold=True),
}


def is_bounded(view: View) -> bool:
    """Whether the schema says more of a string than that it is one."""
    return any(key in layer for key in _BOUNDS for layer, _ in view.layers)


def may_be_text(view: View) -> bool:
    return not _SINGLE.isdisjoint(view.types)


def may_be_octets(view: View) -> bool:
    return "string" in view.types


def text_of(body: bytes, charset: str) -> str:
    """Raises Unreadable."""
    try:
        return decoded_text(body, charset)
    except UnicodeDecodeError:
        raise Unreadable("it is not text in its charset") from None


def octets_of(body: bytes, view: View) -> str:
    """A character for each octet, so that lengths are of octets (OpenAPI 3.1, 4.8.14.1). Raises Unreadable."""
    encoding = view.first("contentEncoding")
    if isinstance(encoding, str) and encoding.lower() in _ENCODED:
        try:
            _ENCODED[encoding.lower()](body)
        except (ValueError, binascii.Error):
            raise Unreadable(f"it is not {encoding.lower()}") from None
    return body.decode("latin-1")
