"""Formats as regular expressions, for those whose grammar is one."""

from __future__ import annotations

_HOUR = r"\d\d:\d\d:\d\d"
_OFFSET = r"(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = r"[0-9A-Fa-f]{1,4}"
_LAST = rf"(?:{_GROUP}:{_GROUP}|{_IPV4})"
_IPV6 = (
    rf"(?:(?:{_GROUP}:){{6}}{_LAST}|::(?:{_GROUP}:){{5}}{_LAST}|(?:{_GROUP})?::(?:{_GROUP}:){{4}}{_LAST}"
    + "".join(
        rf"|(?:(?:{_GROUP}:){{0,{4 - more}}}{_GROUP})?::(?:{_GROUP}:){{{more}}}{_LAST}" for more in (3, 2, 1)
    )
    + rf"|(?:(?:{_GROUP}:){{0,4}}{_GROUP})?::{_LAST}|(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}"
    + rf"|(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::)"
)
_HEX = "[0-9A-Fa-f]"
_PCHAR = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%{_HEX}{_HEX})"
_PCHAR_NO_COLON = rf"(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%{_HEX}{_HEX})"
_REG_NAME = rf"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%{_HEX}{_HEX})*"
_USER = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%{_HEX}{_HEX})*"
_FUTURE = rf"[vV]{_HEX}+\.[A-Za-z0-9._~!$&'()*+,;=:-]+"
_AUTHORITY = rf"(?:{_USER}@)?(?:\[(?:{_IPV6}|{_FUTURE})\]|{_REG_NAME})(?::\d*)?"
_PATH = rf"(?:/{_PCHAR}*)*"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
_URI = rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_AUTHORITY}{_PATH}|/(?:{_PCHAR}+{_PATH})?|{_PCHAR}+{_PATH}|){_TAIL}"
_RELATIVE = rf"(?://{_AUTHORITY}{_PATH}|/(?:{_PCHAR}+{_PATH})?|{_PCHAR_NO_COLON}+{_PATH}|){_TAIL}"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"
_DURATION = (
    r"P(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?"
    r"|T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))"
)

GRAMMARS = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": _HOUR + _OFFSET,
    "date-time": rf"\d{{4}}-\d\d-\d\d[Tt]{_HOUR}{_OFFSET}",
    "duration": _DURATION,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "uuid": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "uri": _URI,
    "uri-reference": f"(?:{_URI}|{_RELATIVE})",
    "json-pointer": _POINTER,
    "relative-json-pointer": rf"(?:0|[1-9]\d*)(?:#|{_POINTER})",
}
# What a grammar leaves open, as Lua over `v`.
RANGES = {
    "date": "R.is_date(v)",
    "time": "R.is_time(v, 1)",
    "date-time": "R.is_date(v) and R.is_time(v, 12)",
}
# Those that the validator in Python asks for; all others say nothing.
KNOWN = frozenset((*GRAMMARS, "email", "idn-email", "hostname", "idn-hostname", "iri", "iri-reference",
                   "uri-template", "regex"))  # fmt: skip
