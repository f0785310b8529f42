"""What is refused of a request before its path is looked up: what two readers could read as two.

One expression takes what clients usually send; each part is looked at alone only where it does not, to tell which error it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.harden.edge import MOST_TARGET
from batten.harden.edges.nginx.maps import INTERNAL
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.heads import HOPS, HOST, TARGET, TYPE, verbs

REFUSED = "/.refused"  # and a status: where such requests go
_EMPTY = ('""', "")  # which nginx holds against no expression
_PARTS = ("$http_host", "$http_connection", "$http_expect", "$http_content_type", "$request")
# No part of this takes a bar, and only the request line takes the blanks before and after its target, so each is read from its own part.
_TYPE = r'[^,;"|]*(?:; ?charset=[A-Za-z0-9_-]+)?'


def maps(hosts: str = "", methods: Iterable[str] = ()) -> Iterator[str]:
    """`methods` are those that may be sent at all, () for every name of a method; `hosts` is an expression for those that are
    served, "" where servers tell them apart."""
    yield "# Request lines that every server parses alike."
    line, long = _line(methods), rf"^\S+ /\S{{{MOST_TARGET}}}"
    good = (quoted(f"~^{line}"), "")
    yield from table("$request", "$bad_line", (good, (quoted(f"~{long}"), "414")), "400")
    yield from table("$http_host", "$bad_host", ((quoted(f"~{HOST}"), ""),), "1")
    if hosts:
        yield "# Other hosts are not served here."
        yield from table("$http_host", "$misdirected", ((quoted(f"~*{hosts}"), ""),), "421")
    yield "# Connection must not remove headers that the contract needs."
    yield from table("$http_connection", "$bad_connection", (_EMPTY, (quoted(f"~*{HOPS}"), "")), "1")
    yield from table("$http_expect", "$bad_expect", (_EMPTY, (quoted("~*^100-continue$"), "")), "417")
    yield "# From nginx 1.23 on, several of one name are one value."
    yield from table("$http_content_type", "$bad_type", (_EMPTY, (quoted(f"~{TYPE}"), "")), "1")
    whole = f'"$bad_line$bad_host$bad_connection$bad_type$bad_expect{"$misdirected" if hosts else ""}"'
    rows = (('""', ""), ('"417"', "417"), ('"421"', "421"), (quoted("~^414"), "414"))
    yield from table(whole, "$bad_part", rows, "400")
    yield "# What clients usually send, in one expression; of anything else each part is checked."
    host = (hosts or HOST).removeprefix("^").removesuffix("$")
    usual = rf"~^(?i:{host})\|(?i:keep-alive|close)?\|\|{_TYPE}\|{line}"
    yield from table(f'"{"|".join(_PARTS)}"', "$bad_head", ((quoted(usual), ""),), "$bad_part")


def _line(methods: Iterable[str]) -> str:
    method = "|".join(verbs(known)) if (known := tuple(methods)) else "[A-Z][A-Z-]*"
    return rf"(?:{method}) (?=\S{{1,{MOST_TARGET}}} HTTP/)(?:{TARGET}) HTTP/(?:1\.1|2\.0|3\.0)$"


def refusals(hosts: str = "") -> Iterator[str]:
    """What goes to the error document already is not refused again."""
    inside = f"rewrite ^(?!{re.escape(INTERNAL)}$) {REFUSED}/$bad_head last;"
    yield from block("if ($bad_head)", (inside,))
    for status in (400, 414, 417, *((421,) if hosts else ())):
        yield from block(f"location = {REFUSED}/{status}", ("internal;", f"return {status};"))


__all__ = ["maps", "refusals"]
