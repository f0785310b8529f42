"""Rules about requests: heads that two servers read as two, paths and verbs of the contract, and what is forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.contract.surface import Path
from batten.harden.documents import Says
from batten.harden.edge import MOST_HEAD, MOST_HEADERS, MOST_TARGET, Cors
from batten.harden.edges.haproxy.text import fields, listed, quoted, refused
from batten.harden.heads import HOPS, HOST, OF_A_HOP, SINGLE, TARGET, dropped_pattern

Ways = Iterable[tuple[str, Path]]  # by the name of a route
ROUTE = "var(txn.route)"


def heads(verbs: str, hosts: str, says: Says) -> Iterator[str]:
    """`verbs` is a condition; `hosts` an expression for Host headers, "" where every host is served."""
    yield "http-request set-var(txn.method) method"
    yield f"http-request {refused(414, says)} if {{ url,length gt {MOST_TARGET} }}"
    yield f"http-request {refused(431, says)} if {{ req.hdrs,length gt {MOST_HEAD} }}"
    yield f"http-request {refused(431, says)} if {{ req.fhdr_cnt gt {MOST_HEADERS} }}"
    yield f"http-request {refused(400, says)} unless {{ {verbs} }}"
    yield f"http-request {refused(400, says)} unless {{ pathq -m reg {quoted(f'^(?:{TARGET})$')} }}"
    yield f"http-request {refused(400, says)} unless {{ req.hdr(host) -m reg {quoted(HOST)} }}"
    if hosts:
        yield f"http-request {refused(421, says)} unless {{ req.hdr(host) -m reg -i {quoted(hosts)} }}"
    yield f"http-request {refused(400, says)} unless {{ req.ver -m str 1.1 }} or {{ fc_http_major ge 2 }}"
    controls = quoted(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
    yield f"http-request {refused(400, says)} if {{ req.hdrs -m reg {controls} }}"
    coded = "{ req.hdr(transfer-encoding) -m found }"
    yield f"http-request {refused(501, says)} if {coded} !{{ req.fhdr(transfer-encoding) -i chunked }}"
    for name in SINGLE:
        yield f"http-request {refused(400, says)} if {{ req.hdr_cnt({name}) gt 1 }}"
    named = "{ req.hdr(connection) -m found }"
    yield f"http-request {refused(400, says)} if {named} !{{ req.fhdr(connection) -m reg -i {quoted(HOPS)} }}"
    waits = "{ req.hdr(expect) -m found } !{ req.hdr(expect) -i 100-continue }"
    yield f"http-request {refused(417, says)} if {waits}"
    yield f"http-request {refused(400, says)} if {{ method CONNECT }}"
    yield f"http-request {refused(400, says)} if {{ req.ver -m str 1.1 }} {{ url -m beg -i http:// https:// }}"


def known(ways: Ways, says: Says) -> Iterator[str]:
    """The first route that a path is of; there is no other path."""
    for key, path in ways:
        yield f"http-request set-var(txn.route) str({key}) if !{{ {ROUTE} -m found }} {matched(path)}"
    yield f"http-request {refused(404, says)} unless {{ {ROUTE} -m found }}"


def matched(path: Path) -> str:
    """A condition about the path as it is sent."""
    how = f"str {quoted(path.sent)}" if path.fixed else f"reg {quoted(path.sent_pattern)}"
    return f"{{ path -m {how} }}"


def origins(cors: Cors | None) -> Iterator[str]:
    if cors is not None:
        yield from listed("listed", "var(txn.origin)", cors.origins)
        yield "acl preflight method OPTIONS"
        yield "http-request set-var(txn.origin) req.hdr(origin)"


def verbs(ways: Ways, cors: Cors | None, says: Says, foreign: bool) -> Iterator[str]:
    """405, and answers to preflights of listed origins. `foreign` ones get 403; else they are a verb like any other."""
    for key, path in ways:
        is_route = f"{{ {ROUTE} -m str {key} }}"
        if cors is not None and "OPTIONS" not in path.methods:
            asks = f"preflight {{ req.hdr(origin) -m found }} {{ req.hdr(access-control-request-method) -m found }} {is_route}"
            if foreign:
                yield f"http-request {refused(403, says)} if {asks} !listed"
            grants = {
                "Access-Control-Allow-Methods": ", ".join(sorted(path.methods)),
                "Access-Control-Max-Age": str(cors.age),
            }
            if path.request_headers:
                grants["Access-Control-Allow-Headers"] = ", ".join(path.request_headers)
            if cors.credentials:
                grants["Access-Control-Allow-Credentials"] = "true"
            origin = 'hdr Access-Control-Allow-Origin "%[var(txn.origin)]" hdr Vary Origin'
            yield f"http-request return status 204 {origin}{fields(grants)} if {asks} listed"
        allow = {"Allow": ", ".join(sorted(path.methods))}
        yield f"http-request {refused(405, says, allow)} if {is_route} !{{ method {' '.join(path.methods)} }}"


def dropped() -> Iterator[str]:
    """Headers that only edges may set, and those of the connection."""
    yield from (f"http-request del-header {name}" for name in OF_A_HOP)
    yield f"http-request del-header {quoted(dropped_pattern())} -m reg"
    yield "http-request del-header _ -m sub"
