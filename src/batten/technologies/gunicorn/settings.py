"""The settings of gunicorn.conf.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Listener
from batten.model import ABSENT, UNKNOWN, Setting, Switch, Unknown
from batten.technologies._inventory import inventory
from batten.technologies._python.arguments import words
from batten.technologies._python.assigned import Assigned, assigned_setting
from batten.technologies._python.rows import Row, features, is_on
from batten.technologies._python.values import Plain, evaluate
from batten.technologies._secrets import credentials

_LENIENT = "clients that send requests that HTTP forbids"
_CARRIED = re.compile(
    r"%\(\{(authorization|cookie|x-api-key|proxy-authorization|set-cookie)\}[io]\)", re.IGNORECASE
)


def _every(value: Plain) -> bool:
    return isinstance(value, str) and "*" in value.split(",")


def _root(value: Plain) -> bool:
    return value in ("root", "0") or (value == 0 and value is not False)


ROWS = (
    Row(name="reload", switch=Switch.RELOAD, bad=is_on, good="False", title="turn automatic reload off", what="gunicorn's reload"),
    Row(name="spew", switch=Switch.DEBUG, bad=is_on, good="False", title="turn the trace of executed lines off", what="gunicorn's trace of each executed line (`spew`)"),
    Row(name="forwarded_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="X-Forwarded-Proto is trusted from any address (`forwarded_allow_ips`)", breaks="proxies on other hosts, whose scheme is then ignored"),
    Row(name="proxy_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="the PROXY protocol is accepted from any address (`proxy_allow_ips`)", breaks="proxies on other hosts, whose connections are then refused"),
    Row(name="uwsgi_allow_ips", switch=Switch.INVALID_HEADERS, bad=_every, good='"127.0.0.1,::1"', title="trust the proxies on this host only",
        what="the uwsgi protocol is accepted from any address (`uwsgi_allow_ips`)", breaks="proxies on other hosts, whose requests are then refused"),
    Row(name="header_map", switch=Switch.INVALID_HEADERS, bad=lambda value: value == "dangerous", good='"drop"', title="drop headers with underscores",
        what="headers with underscores replace those with hyphens (`header_map`)", breaks="clients that send headers with underscores"),
    Row(name="permit_obsolete_folding", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject folded headers",
        what="headers that continue on a second line are accepted (`permit_obsolete_folding`)", breaks=_LENIENT),
    Row(name="strip_header_spaces", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject spaces after header names",
        what="spaces between a header's name and its colon are accepted (`strip_header_spaces`)", breaks=_LENIENT),
    Row(name="permit_unconventional_http_method", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject unusual methods",
        what="methods with lower-case letters and signs are accepted (`permit_unconventional_http_method`)", breaks=_LENIENT),
    Row(name="permit_unconventional_http_version", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject unknown versions of HTTP",
        what="unknown versions of HTTP are accepted (`permit_unconventional_http_version`)", breaks=_LENIENT),
    Row(name="casefold_http_method", switch=Switch.INVALID_HEADERS, bad=is_on, good="False", title="reject lower-case methods",
        what="methods are changed to upper case (`casefold_http_method`)", breaks=_LENIENT),
    Row(name="user", switch=Switch.ROOT_WORKER, bad=_root, what="gunicorn's workers run"),
)  # fmt: skip
_found = inventory("gunicorn")
NAMES = frozenset(one.name for one in _found.settings) if _found is not None else frozenset()


def switches(found: Assigned) -> Iterator[Fact]:
    """The rows that are in force."""
    idle = set()
    if found.plain("proxy_protocol") in (UNKNOWN, False, "off"):
        idle.add("proxy_allow_ips")
    if found.plain("protocol") != "uwsgi":
        idle.add("uwsgi_allow_ips")
    yield from features(found, tuple(row for row in ROWS if row.name not in idle))


def logs(found: Assigned) -> Iterator[Fact]:
    """Whether requests are logged, and which credentials are logged with them; the default, no access log, is often an edge's."""
    access = assigned_setting(found, "accesslog", UNKNOWN, lambda value: value is not None)
    written = assigned_setting(found, "access_log_format", "", _text)
    carried = dict.fromkeys(name.lower() for name in _CARRIED.findall(written.known("")))
    at = found.module.block(found.anchor, "accesslog")
    if access.written or carried:
        carries = tuple(Setting(f"`{name}`", written.at) for name in carried)
        yield AccessLog(at, access if access.written else Setting(UNKNOWN, at), Setting(UNKNOWN, at), carries)


def _text(value: Plain) -> str | Unknown:
    return value if isinstance(value, str) else UNKNOWN


def listeners(found: Assigned) -> Iterator[Fact]:
    """Addresses with a certificate; those without are behind a proxy, mostly. Where `bind` is missing, the variable `PORT`
    decides whether it is this host only or every address (https://docs.gunicorn.org/en/stable/settings.html#bind)."""
    certificate = assigned_setting(found, "certfile", "", _text)
    if not certificate.known(""):
        return
    addresses: Setting[tuple[str, ...]] = assigned_setting(found, "bind", ABSENT, words)
    if not addresses.is_known:
        at = found.module.block(found.anchor, "bind")
        yield _listener(found, Setting(UNKNOWN, at), Setting(UNKNOWN, at), certificate)
    for address in addresses.known(()):
        host, _, port = address.rpartition(":")
        if not port.isdigit() or address.startswith("unix:"):
            continue
        at = found.module.block(found.anchor, f"bind[{address}]")
        host = host.strip("[]") or "0.0.0.0"
        yield _listener(found, Setting(host, at), Setting(int(port), at), certificate)


def _listener(
    found: Assigned, address: Setting[str], port: Setting[int], certificate: Setting[str]
) -> Listener:
    return Listener(
        address.at,
        address=address,
        port=port,
        tls=Setting(True, certificate.at),
        ciphers=assigned_setting(found, "ciphers", ABSENT, _text),
        certificate=certificate,
    )


def environment(found: Assigned) -> Iterator[Fact]:
    """Credentials among the variables of `raw_env`."""
    node = found.own.get("raw_env")
    for item in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        value = evaluate(found.module, item)
        if isinstance(value.plain, str) and value.module.path == found.module.path:
            name, _, text = value.plain.partition("=")
            held = credentials.found(name, text)
            if held is not None:
                yield credentials.secret(found.module.value(value.node, "raw_env"), name, held, "code")
