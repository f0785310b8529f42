"""Heads of requests that every reader splits and decodes alike, as regular expressions (see guard.requests.heads), and
the headers of requests that only edges may write.

An engine removes a header from every request or from none, so those that an operation declares are removed, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.policy.senders import names, prefixes

_HIGH = (
    "%(?:[cC][2-9a-fA-F]|[dD][0-9a-fA-F])%[89aAbB][0-9a-fA-F]"
    "|%[eE]0%[aAbB][0-9a-fA-F]%[89aAbB][0-9a-fA-F]"
    "|%[eE](?:[1-9a-cA-CeEfF]%[89aAbB]|[dD]%[89])[0-9a-fA-F]%[89aAbB][0-9a-fA-F]"
    "|%[fF](?:0%[9aAbB]|[1-3]%[89aAbB]|4%8)[0-9a-fA-F](?:%[89aAbB][0-9a-fA-F]){2}"
)
# What must be escaped and may be: neither letters, digits and marks nor slashes, controls and the escape of an escape.
_LOW = "%(?:2[0-46-9a-cA-C]|25(?![0-9A-Fa-f]{2})|3[a-fA-F]|40|5[bBdDeE]|60|7[b-dB-D])"
_LOW_PLAIN = "%(?:2[0-46-9a-cA-C]|3[a-fA-F]|40|5[bBdDeE]|60|7[b-dB-D])"
_CHARS = r"[A-Za-z0-9\-._~!$&'()*+,;=:@]"
_QUERY = r"(?:\?[!-\"$-~]*)?"

_ESCAPED = rf"(?:{_LOW}|{_HIGH})"
# Runs of characters, with what is escaped between them: each text is matched in one way only, so nothing is tried twice.
_RUNS = rf"(?:{_CHARS}|{_ESCAPED}){_CHARS}*(?:{_ESCAPED}{_CHARS}*)*"
# For engines with look-ahead (PCRE).
TARGET = rf"(?:/(?!(?:\.|%2[Ee]){{1,2}}(?:[/;? ]|%3[Bb]|$)){_RUNS})+/?{_QUERY}|/{_QUERY}"
# The targets among these that have neither escapes in their path nor a part that begins with a dot.
PLAINLY = rf"(?:/[A-Za-z0-9\-_~!$&'()*+,;=:@]{_CHARS}*)+/?{_QUERY}"
_NOT_DOT = r"[A-Za-z0-9\-_~!$&'()*+,=:@]"
_REST = rf"(?:{_CHARS}|{_LOW_PLAIN}|%25|{_HIGH})"
_BEGIN = rf"(?:{_NOT_DOT}|;|{_LOW_PLAIN}|%25|{_HIGH})"
_AFTER_DOTS = rf"(?:{_NOT_DOT}|%(?:2[0-46-9a-cA-C]|25|3[acdefACDEF]|40|5[bBdDeE]|60|7[b-dB-D])|{_HIGH})"
_PART = rf"(?:{_BEGIN}{_REST}*|\.{_AFTER_DOTS}{_REST}*|\.\.{_AFTER_DOTS}{_REST}*|\.\.\.{_REST}*)"
# For those without (RE2). An escaped percent before two hexadecimal digits has to be looked for apart.
LINEAR = rf"^(?:/{_PART})+/?{_QUERY}$|^/{_QUERY}$"
TWICE = r"%25[0-9A-Fa-f]{2}"
# What most targets are, which needs neither of both.
USUAL = rf"^(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?{_QUERY}$"
HOST = r"^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$"
HOPS = r"^(?:\s*(?:keep-alive|close|te|upgrade|http2-settings)?\s*(?:,|$))*$"  # all that Connection may name
# Content-Type, where an engine joins several into one value: one media type, and commas within quotes only.
TYPE = r'^[^,;"]*(?:;(?:[^,"]|"[^"]*")*)?$'
# Of two values of Authorization as one; other schemes than these have commas.
TWO_LOGINS = "(?i)^(?:basic|bearer) [^,]*,"
# What is of one connection (RFC 9110, 7.6.1), or offers another protocol.
OF_A_HOP = ("Upgrade", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "TE", "Connection")  # fmt: skip
# What a method may be, beside those of the contract: those that the guard's own parser knows.
VERBS = (
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY", "COPY", "LOCK", "UNLOCK", "MKCOL", "MOVE",
    "PROPFIND", "PROPPATCH", "SEARCH", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH",
    "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PURGE", "MKCALENDAR", "LINK", "UNLINK", "SOURCE",
)  # fmt: skip
# The headers of which a request has no more than one.
SINGLE = ("authorization", "content-type", "origin", "content-encoding")


def verbs(others: Iterable[str]) -> tuple[str, ...]:
    """What a method may be, with the contract's own."""
    return tuple(dict.fromkeys((*VERBS, *others)))


def dropped(kept: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of headers, in lower case, that are removed from requests; `kept` are those that the engine sets itself."""
    return tuple(name for name in names() if name not in kept)


def dropped_pattern() -> str:
    """The same as one expression, with all names that begin as such a family's do."""
    return f"^(?:(?:{'|'.join(map(re.escape, names()))})$|{prefixes_pattern()})"


def prefixes_pattern() -> str:
    """What the names of such a family begin with."""
    return f"(?:{'|'.join(map(re.escape, prefixes()))})"


def hosts_pattern(names: Iterable[str]) -> str:
    """What a Host header with one of these names looks like in lower case, with any port: what is in front may publish
    another than the one that is listened on."""
    return f"^(?:{'|'.join(map(re.escape, names))})(?::[0-9]{{1,5}})?$"
