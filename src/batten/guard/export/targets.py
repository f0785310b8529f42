"""Request targets that every reader splits and decodes alike, as one regular expression (see guard.heads)."""

from __future__ import annotations

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

# For engines with look-ahead (PCRE).
TARGET = rf"(?:/(?!(?:\.|%2[Ee]){{1,2}}(?:[/;? ]|%3[Bb]|$))(?:{_CHARS}|{_LOW}|{_HIGH})+)+/?{_QUERY}|/{_QUERY}"
_NOT_DOT = r"[A-Za-z0-9\-_~!$&'()*+,=:@]"
_REST = rf"(?:{_CHARS}|{_LOW_PLAIN}|%25|{_HIGH})"
_BEGIN = rf"(?:{_NOT_DOT}|;|{_LOW_PLAIN}|%25|{_HIGH})"
_AFTER_DOTS = rf"(?:{_NOT_DOT}|%(?:2[0-46-9a-cA-C]|25|3[acdefACDEF]|40|5[bBdDeE]|60|7[b-dB-D])|{_HIGH})"
_PART = rf"(?:{_BEGIN}{_REST}*|\.{_AFTER_DOTS}{_REST}*|\.\.{_AFTER_DOTS}{_REST}*|\.\.\.{_REST}*)"
# For those without (RE2). An escaped percent before two hexadecimal digits has to be looked for apart.
LINEAR = rf"^(?:/{_PART})+/?{_QUERY}$|^/{_QUERY}$"
TWICE = r"%25[0-9A-Fa-f]{2}"
HOST = r"^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$"
HOPS = r"^(?:\s*(?:keep-alive|close|te|upgrade|http2-settings)?\s*(?:,|$))*$"  # all that Connection may name
# What a method may be, beside those of the contract: those that the guard's own parser knows.
VERBS = (
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY", "COPY", "LOCK", "UNLOCK", "MKCOL", "MOVE",
    "PROPFIND", "PROPPATCH", "SEARCH", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH",
    "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PURGE", "MKCALENDAR", "LINK", "UNLINK", "SOURCE",
)  # fmt: skip
