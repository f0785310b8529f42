"""HAProxy 3.0 and newer: rules for paths and verbs, and Lua actions that look at bodies in its buffers."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import uses_cookies
from batten.contract.titles import TITLES
from batten.guard.answers.wardrobe import BANNERS
from batten.guard.compiled import Compiled
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.made import Export, Supervised
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.export.senders import hosts_pattern, port_of
from batten.guard.lua import program
from batten.harden.heads import HOPS, HOST, SINGLE, TARGET, dropped_pattern, verbs
from batten.harden.options import Options
from batten.policy import Policy, headers

CONFIGURATION, MODULE = "haproxy.cfg", "batten_guard.lua"
MOST_TARGET, MOST_HEAD, MOST_ANSWER_HEAD = 8_000, 32_768, 65_536  # bytes
BUFFER = 1_048_576 + 65_536  # bytes of a body that is judged, and its head
HOT = 33_554_432  # bytes of buffers that a thread keeps: fetching those anew would cost more than a request
CLOSING = (400, 413, 414, 415, 417, 431, 501)  # the connection may hold what nobody agreed upon
# What HAProxy says itself, and can be given documents for.
FILES = (400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504)


def export(
    contract: Contract, policy: Policy, options: Options, folder: str, secure: bool = True, run: Supervised | None = None
) -> Export:  # fmt: skip
    """`folder` is where the files will lie. Raises ExportProblem."""
    compiled, found = routes(contract, policy, options.unjudged, port_of(options.listen))
    operations = Operations(contract, found, compiled.usable.listed)
    for route in found:
        for served in route.operations.values():
            if served.bucket:
                operations.notes[
                    f"{served.label}: its answers are not padded: HAProxy cannot lengthen a body"
                ] = None
    module = [*operations.module(), *program.source_of("haproxy").rstrip("\n").split("\n")]
    sent = sent_headers(compiled, policy, secure)
    lines = [
        "# Written by `batten guard export haproxy` from the contract and batten.yaml: change those, and export again.",
        *(f"# Not enforced: {note}" for note in operations.notes),
        *_global(folder, options, run),
        "http-errors guard",
        *(f"    errorfile {status} {folder}/{status}.http" for status in FILES),
        "",
        *_defaults(options),
        *_frontend(compiled, contract, policy, options, found, sent, secure),
        *(_watched() if run is not None else ()),
        "",
        *_backend(options),
    ]
    files = {CONFIGURATION: "\n".join(lines) + "\n", MODULE: "\n".join(module) + "\n"}
    files.update({f"{status}.http": _raw(status) for status in FILES})
    return Export(files, tuple(operations.notes))


def _raw(status: int) -> str:
    """What HAProxy sends as it is, where no rule is asked."""
    title = TITLES.get(status, "Error")
    head = (
        "Content-Type: application/problem+json",
        "Content-Length: 512",
        "Cache-Control: no-store",
        "Connection: close",
    )
    return "\r\n".join((f"HTTP/1.1 {status} {title}", *head, "", document(status, "", 0)))


def _quoted(text: str) -> str:
    """Within double quotes of HAProxy, where `$` would begin a variable of the environment."""
    return "'" + text.replace("'", "'\\''") + "'"


def _global(folder: str, options: Options, run: Supervised | None) -> Iterator[str]:
    yield "global"
    if run is not None:
        yield f"    nbthread {run.workers}"
        yield f"    stats socket {run.control} mode 600 level admin"
        yield "    log stdout len 8192 format raw daemon"
        names = options.user.split()
        yield from (f"    {kind} {name}" for kind, name in zip(("user", "group"), names, strict=False))
    yield f"    lua-load-per-thread {folder}/{MODULE}"
    yield f"    tune.bufsize {BUFFER}"
    yield f"    tune.memory.hot-size {HOT}"
    yield "    tune.http.maxhdr 101"
    yield "    tune.lua.burst-timeout 1000"
    yield ""


def _defaults(options: Options) -> Iterator[str]:
    yield "defaults"
    yield "    mode http"
    yield "    timeout client 20s"
    yield "    timeout http-request 10s"
    yield "    timeout http-keep-alive 20s"
    yield "    timeout connect 3s"
    yield "    timeout server 15s"
    yield f"    maxconn {options.connections}"
    yield "    errorfiles guard"
    yield ""


def _frontend(
    compiled: Compiled,
    contract: Contract,
    policy: Policy,
    options: Options,
    found: tuple[Route, ...],
    sent: dict[str, str],
    secure: bool,
) -> Iterator[str]:
    host, _, port = options.listen.rpartition(":")
    tls = f" ssl crt {options.certificate} ssl-min-ver TLSv1.2 alpn h2,http/1.1" if secure else ""
    yield "frontend api"
    yield "    option disable-h2-upgrade"
    yield f"    bind {host or '*'}:{port}{tls}"
    yield "    unique-id-format %[uuid()]"
    yield from _heads(found, hosts_pattern(compiled))
    yield from _paths(contract, policy, found)
    yield from _requests()
    yield from _answers(policy, sent)
    yield from _exposed(policy, found)
    yield "    default_backend api"


def _watched() -> Iterator[str]:
    """In the frontend: a JSON object a line, without queries and headers."""
    yield "    log global"
    yield "    option dontlognull"
    yield (
        '    log-format "%{+json}o %(m)HM %(p)HPO %(s)ST %(b)B %(t)Ta %(a)[var(txn.answered)] %(r)[var(txn.reason)] %(x)ID %(i)ci"'
    )


def _heads(found: tuple[Route, ...], hosts: str) -> Iterator[str]:
    known = verbs(method for route in found for method in route.operations)
    yield "    http-request set-var(txn.method) method"
    yield f"    http-request {_return(400)} unless {{ method {' '.join(known)} }}"
    yield f"    http-request {_return(400)} unless {{ pathq -m reg {_quoted(f'^(?:{TARGET})$')} }}"
    yield f"    http-request {_return(400)} unless {{ req.hdr(host) -m reg {_quoted(HOST)} }}"
    if hosts:
        yield f"    http-request {_return(421)} unless {{ req.hdr(host) -m reg -i {_quoted(hosts)} }}"
    yield f"    http-request {_return(400)} unless {{ req.ver -m str 1.1 }} or {{ fc_http_major ge 2 }}"
    yield f"    http-request {_return(414)} if {{ url,length gt {MOST_TARGET} }}"
    yield f"    http-request {_return(431)} if {{ req.hdrs,length gt {MOST_HEAD} }}"
    controls = _quoted(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
    yield f"    http-request {_return(400)} if {{ req.hdrs -m reg {controls} }}"
    coded = "{ req.hdr(transfer-encoding) -m found }"
    yield f"    http-request {_return(501)} if {coded} !{{ req.fhdr(transfer-encoding) -i chunked }}"
    for name in SINGLE:
        yield f"    http-request {_return(400)} if {{ req.hdr_cnt({name}) gt 1 }}"
    named = "{ req.hdr(connection) -m found }"
    yield f"    http-request {_return(400)} if {named} !{{ req.fhdr(connection) -m reg -i {_quoted(HOPS)} }}"
    yield f"    http-request {_return(417)} if {{ req.hdr(expect) -m found }} !{{ req.hdr(expect) -i 100-continue }}"
    yield f"    http-request {_return(400)} if {{ method CONNECT }}"
    yield f"    http-request {_return(400)} if {{ req.ver -m str 1.1 }} {{ url -m beg -i http:// https:// }}"


def _paths(contract: Contract, policy: Policy, found: tuple[Route, ...]) -> Iterator[str]:
    for route in found:
        match = f"{{ path -m reg {_quoted(route.path.sent_pattern)} }}"
        yield f"    http-request set-var(txn.route) str({route.key}) if !{{ var(txn.route) -m found }} {match}"
    yield f"    http-request {_return(404)} unless {{ var(txn.route) -m found }}"
    if policy.origins:
        yield f"    acl listed var(txn.origin) -m str {' '.join(policy.origins)}"
        yield "    acl preflight method OPTIONS"
        yield "    http-request set-var(txn.origin) req.hdr(origin)"
    for route in found:
        is_route = f"{{ var(txn.route) -m str {route.key} }}"
        verbs = ", ".join(sorted(route.path.methods))
        if policy.origins and "OPTIONS" not in route.path.methods:
            asks = f"preflight {{ req.hdr(origin) -m found }} {{ req.hdr(access-control-request-method) -m found }} {is_route}"
            yield f"    http-request {_return(403)} if {asks} !listed"
            grants = {"Access-Control-Allow-Methods": verbs, "Access-Control-Max-Age": "600"}
            if route.path.request_headers:
                grants["Access-Control-Allow-Headers"] = ", ".join(route.path.request_headers)
            if uses_cookies(contract):
                grants["Access-Control-Allow-Credentials"] = "true"
            fields = " ".join(f'hdr {name} "{value}"' for name, value in grants.items())
            origin = 'hdr Access-Control-Allow-Origin "%[var(txn.origin)]" hdr Vary Origin'
            yield f"    http-request return status 204 {origin} {fields} if {asks} listed"
        known = f"{{ method {' '.join(route.path.methods)} }}"
        yield f"    http-request {_return(405, {'Allow': verbs})} if {is_route} !{known}"


def _requests() -> Iterator[str]:
    yield "    # Requests without a verdict from Lua are not forwarded."
    yield "    http-request set-var(txn.instead) int(-1)"
    yield "    http-request lua.guard_head"
    yield from _verdicts((400, 401, 405, 413, 415, 422))
    yield "    http-request wait-for-body time 10s if { var(txn.reads) -m int 1 }"
    yield "    http-request set-var(txn.instead) int(-1)"
    yield "    http-request lua.guard_body"
    yield from _verdicts((400, 413, 422))
    stripped = ("Upgrade", "If-Range", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "TE",
                "Connection")  # fmt: skip
    yield from (f"    http-request del-header {name}" for name in stripped)
    yield f"    http-request del-header {_quoted(dropped_pattern())} -m reg"
    yield "    http-request del-header _ -m sub"
    yield "    http-request del-header Range unless { var(txn.ranges) -m int 1 }"
    yield "    http-request set-header Accept-Encoding identity"
    yield "    http-request set-header X-Forwarded-For %[src]"


def _verdicts(statuses: tuple[int, ...]) -> Iterator[str]:
    for status in statuses:
        told = {"WWW-Authenticate": "%[var(txn.challenge)]"} if status == 401 else None
        yield f"    http-request {_return(status, told)} if {{ var(txn.instead) -m int {status} }}"
    yield f"    http-request {_return(500)} unless {{ var(txn.instead) -m int 0 }}"


def _exposed(policy: Policy, found: tuple[Route, ...]) -> Iterator[str]:
    """To scripts of listed origins, but not in the answers to their preflights."""
    for route in found:
        if policy.origins and route.path.response_headers:
            names = ", ".join(route.path.response_headers)
            asks = f"listed !preflight {{ var(txn.route) -m str {route.key} }}"
            yield f'    http-after-response set-header Access-Control-Expose-Headers "{names}" if {asks}'


def _answers(policy: Policy, sent: dict[str, str]) -> Iterator[str]:
    yield "    http-response wait-for-body time 10s if { var(txn.judged) -m int 1 }"
    yield "    http-response set-var(txn.instead) int(-1)"
    yield "    http-response lua.guard_answer"
    for status in TITLES:
        yield f"    http-response {_return(status)} if {{ var(txn.instead) -m int {status} }}"
    yield f"    http-response {_return(500)} unless {{ var(txn.instead) -m int 0 }}"
    yield f"    http-response {_return(502)} if {{ res.hdrs,length gt {MOST_ANSWER_HEAD} }}"
    banners = {name.decode() for name in BANNERS}
    removed = sorted(
        {
            *banners,
            *(n.lower() for n in (*headers.BANNERS, *headers.OBSOLETE, *headers.CORS)),
            "keep-alive",
            "proxy-authenticate",
        }
    )
    yield from (f"    http-response del-header {name}" for name in removed)
    yield from (f'    http-after-response set-header {name} "{value}"' for name, value in sent.items())
    yield f"    http-after-response set-header Connection close if {{ status {' '.join(map(str, CLOSING))} }}"
    if policy.origins:
        yield "    http-after-response set-header Vary Origin"
        yield "    http-after-response set-header Access-Control-Allow-Origin %[var(txn.origin)] if listed"


def _return(status: int, values: dict[str, str] | None = None) -> str:
    text = (
        document(status, "REFERENCE", 36)
        .replace("REFERENCE", "%[unique-id]")
        .replace('"', '\\"')
        .replace(" ", "\\ ")
    )
    fields = "".join(f' hdr {name} "{value}"' for name, value in (values or {}).items())
    return f'return status {status} content-type application/problem+json lf-string "{text}"{fields}'


def _backend(options: Options) -> Iterator[str]:
    target = options.target
    tls = (
        f" ssl verify required ca-file {options.upstream_ca} sni str({target.host}) verifyhost {target.host}"
    )
    yield "backend api"
    yield f"    server api {target.host}:{target.port}{tls if target.secure else ''}"
