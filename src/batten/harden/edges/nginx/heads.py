"""What is refused of a request before its path is looked up: what two readers could read as two.

One expression takes what clients usually send, without looking for escapes; each part is looked at alone only where it does
not, to tell whether that is an error, and which. An `if` costs less than a map, which looks its source up in a table first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.harden.edge import MOST_TARGET
from batten.harden.edges.nginx.maps import INTERNAL
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.heads import HOPS, HOST, PLAINLY, TARGET, TYPE, verbs

REFUSED = "/.refused"  # and a status: where such requests go
_EMPTY = ('""', "")  # which nginx holds against no expression
_PARTS = ("$http_host", "$http_connection", "$http_expect", "$http_content_type", "$request")
# No part of this takes a bar, and only the request line takes the blanks before and after its target, so each is read from its own part.
_TYPE = r'[^,;"|]*(?:; ?charset=[A-Za-z0-9_-]+)?'


def maps(hosts: str = "", methods: Iterable[str] = ()) -> Iterator[str]:
    """`methods` are those that may be sent at all, () for every name of a method; `hosts` is an expression for those that are
    served, "" where servers tell them apart."""
    yield "# Request lines that every server parses alike."
    line, long = f"^{_line(methods, TARGET)}", rf"^\S+ /\S{{{MOST_TARGET}}}"
    good = (quoted(f"~{line}"), "")
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
    yield from table(whole, "$bad_head", rows, "400")


def _line(methods: Iterable[str], target: str) -> str:
    method = "|".join(verbs(known)) if (known := tuple(methods)) else "[A-Z][A-Z-]*"
    return rf"(?:{method}) (?=\S{{1,{MOST_TARGET}}} HTTP/)(?:{target}) HTTP/(?:1\.1|2\.0|3\.0)$"


def refusals(hosts: str = "", methods: Iterable[str] = ()) -> Iterator[str]:
    """As `maps` was told. What goes to the error document already is not refused again."""
    yield "# What clients usually send, in one expression; of anything else each part is checked."
    yield f'set $head "{"|".join(_PARTS)}";'
    yield 'set $refused "";'
    bare = (hosts or HOST).removeprefix("^").removesuffix("$")
    usual = quoted(rf"^(?i:{bare})\|(?i:keep-alive|close)?\|\|{_TYPE}\|{_line(methods, PLAINLY)}")
    yield from block(f"if ($head !~ {usual})", ("set $refused $bad_head;",))
    inside = f"rewrite ^(?!{re.escape(INTERNAL)}$) {REFUSED}/$refused last;"
    yield from block("if ($refused)", (inside,))
    for status in (400, 414, 417, *((421,) if hosts else ())):
        yield from block(f"location = {REFUSED}/{status}", ("internal;", f"return {status};"))


__all__ = ["maps", "refusals"]
