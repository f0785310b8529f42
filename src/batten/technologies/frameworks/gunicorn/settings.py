"""The settings of gunicorn.conf.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.shared.inventory import inventory
from batten.technologies.shared.processes.gunicorn import ROWS
from batten.technologies.shared.python.arguments import words
from batten.technologies.shared.python.assigned import Assigned, assigned_setting
from batten.technologies.shared.python.rows import features
from batten.technologies.shared.python.values import Plain, evaluate
from batten.technologies.shared.secrets import credentials

_CARRIED = re.compile(
    r"%\(\{(authorization|cookie|x-api-key|proxy-authorization|set-cookie)\}[io]\)", re.IGNORECASE
)
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
