"""X-Forwarded-For as an expression, for engines that would pass over what is no address in it."""

from __future__ import annotations

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_GROUP = "[0-9A-Fa-f]{1,4}"
_GROUPS = 8  # of an address of IPv6


def _most(groups: int) -> str:
    return f"(?:{_GROUP}(?::{_GROUP}){{0,{groups - 1}}})?" if groups else ""


def _address() -> str:
    shortened = (f"{_most(before)}::{_most(_GROUPS - 1 - before)}" for before in range(_GROUPS))
    whole = f"{_GROUP}(?::{_GROUP}){{{_GROUPS - 1}}}"
    return f"(?:{_OCTET}(?:[.]{_OCTET}){{3}}|{whole}|{'|'.join(shortened)})"


# Addresses alone, without ports, or such an address behind anything. For engines whose expressions take linear time (RE2).
LAST = f"(?:^|, *){_address()}$"
LISTED = f"^{_address()}(?: *, *{_address()})*$"
