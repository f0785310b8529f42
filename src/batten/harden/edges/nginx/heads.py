"""What is refused of a request before its path is looked up: what two readers could read as two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.harden.edge import MOST_TARGET
from batten.harden.edges.nginx.maps import INTERNAL
from batten.harden.edges.nginx.text import block, quoted, table
from batten.harden.heads import HOPS, HOST, TARGET, TYPE, verbs

_EMPTY = ('""', "")  # which nginx holds against no expression


def maps(methods: Iterable[str], hosts: str = "") -> Iterator[str]:
    """`methods` are those that may be sent at all, () for every name of a method; `hosts` is an expression for those that are served, "" where servers tell them apart."""
    method = "|".join(verbs(known)) if (known := tuple(methods)) else "[A-Z][A-Z-]*"
    line = rf"^(?:{method}) (?=\S{{1,{MOST_TARGET}}} HTTP/)(?:{TARGET}) HTTP/(?:1\.1|2\.0|3\.0)$"
    long = rf"^\S+ /\S{{{MOST_TARGET}}}"
    yield "# Request lines that every server parses alike."
    yield from table("$request", "$bad_line", ((quoted(f"~{line}"), ""), (quoted(f"~{long}"), "414")), "400")
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
    yield "# Not checked again for the error document of such a request."
    yield from block("map $uri $not_taken", ("volatile;", "default $bad_head;", f'{INTERNAL} "";'))


def refusals(hosts: str = "") -> Iterator[str]:
    yield "set $refused_with $not_taken;"
    for status in (414, 417, *((421,) if hosts else ())):
        yield from block(f"if ($refused_with = {status})", (f"return {status};",))
    yield from block("if ($refused_with)", ("return 400;",))


__all__ = ["maps", "refusals"]
