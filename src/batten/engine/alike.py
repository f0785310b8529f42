"""Which declared finding says what was seen live, as far as both sentences and remedies tell; where they are is another
question (`engine/sides.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from batten.model import Finding, RemoveHeader, SetHeader

_QUOTED = re.compile(r"`([^`]+)`")
_PRODUCT = re.compile(r"version of ([\w.-]+)|^([\w.-]+) \d")
_TRACES, _CORS = (
    ("debug-off", "error-free-of-traces"),
    ("cors-credentials-narrow", "cors-origin-not-reflected", "cors-origin-listed"),
)
# Controls that say the same in files as another one does live.
_OTHERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_TRACES, _TRACES),
    **dict.fromkeys(_CORS, _CORS),
    "assets-encrypted": ("assets-encrypted", "tls-required"),
    "store-authenticated": ("store-authenticated", "store-private"),
}
# Cases of one control that have nothing to do with each other.
_CONSOLES = frozenset({"console-open", "login-page-public", "product-open"})
_COPIED = frozenset({"copied"})
# Controls whose sentence names first what it is about: an operation, a cookie.
_ABOUT = frozenset(
    {
        "cookie-flags",
        "endpoints-documented",
        "response-size-uniform",
        "verbs-as-specified",
        "responses-match-schema",
    }
)
_SHOWN = frozenset({"banner-hidden", "component-supported"})  # of a product


def alike(seen: Finding, by_control: Mapping[str, list[Finding]]) -> Iterator[tuple[Finding, int]]:
    """The declared findings with the same cause, and how well each fits: 2 of the same control, 1 of another."""
    for control in _OTHERS.get(seen.control, (seen.control,)):
        for one in by_control.get(control, ()):
            if control != seen.control or _same(seen, one):
                yield one, 1 + (control == seen.control)
    if isinstance(seen.remedy, SetHeader):
        name = seen.remedy.name.lower()
        yield from (
            (one, 2) for one in by_control.get("headers-inherited", ()) if name in one.message.lower()
        )


def _same(seen: Finding, one: Finding) -> bool:
    """Of one control: whether both mean the same header, product, operation or kind of thing."""
    if isinstance(seen.remedy, SetHeader | RemoveHeader) and one.remedy is not None:
        return seen.remedy.decision == one.remedy.decision
    if seen.control == "console-not-exposed":
        return seen.case == one.case or {seen.case, one.case} <= _CONSOLES
    if seen.control in _SHOWN:
        return bool(_products(seen.message) & _products(one.message))
    if seen.control in _ABOUT:
        # Whether the operation is the same, or one below the path that the file is about.
        about_one, other = _QUOTED.search(seen.message), _QUOTED.search(one.message)
        if about_one is None or other is None:
            return False
        verb, _, path = about_one[1].rpartition(" ")
        theirs, _, prefix = other[1].rpartition(" ")
        below = prefix.startswith("/") and f"{path}/".startswith(f"{prefix.rstrip('/')}/")
        return about_one[1] == other[1] or (below and prefix != path and verb in (theirs or verb))
    return one.case not in _COPIED


def _products(message: str) -> set[str]:
    return {name.lower() for found in _PRODUCT.finditer(message) for name in found.groups() if name}
