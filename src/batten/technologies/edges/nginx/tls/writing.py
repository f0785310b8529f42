"""Writers for transport: redirects, protocols, suites, verified upstreams."""

from __future__ import annotations

import re

from batten.formats import Unreadable, Workspace
from batten.model import Edit, Fix, Safety
from batten.technologies.edges.nginx.blocks import is_acme, locations, match_of, passes, redirects, refuses
from batten.technologies.edges.nginx.placement import before, first_in, into, removed, replaced, step
from batten.technologies.edges.nginx.tls.listeners import address_of, names_of, over_tls, plain_listens
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.containers.versions import companions
from batten.technologies.shared.edges.nodes import Item, remembered
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import (
    BUNDLE,
    OLD_SUITES,
    OLD_VERSIONS,
    PLAIN_CLIENTS,
    PROTOCOLS,
    UNTRUSTED,
)

LIKE = ("ssl_", "server_name", "listen")


def redirect_to_tls(tree: Tree, item: Item, workspace: Workspace) -> Fix | None:
    """Answer plain requests with a redirect; a server that speaks both is split in two."""
    server = next((b for b in item.around() if b.name == "server" and b.directive.body), None)
    if server is None:
        return None
    # The server that answers the same names over TLS.
    if over_tls(server):
        twin: Item | None = server
    else:
        names = set(names_of(server))
        first, named = remembered(tree.root, "secure servers", lambda: _secure(tree))
        same = [named[n] for n in names if n in named]
        twin = min(same, key=lambda one: one[0])[1] if same else first if not names else None
    if twin is None:
        return ask_certificate("serve this over TLS")
    if any(i.name == "if" and _redirects(i) for i in server.walk()):
        question = "which requests stay unencrypted? the server redirects to https under a condition of its own: change that by hand"
        return Fix("redirect plain HTTP to HTTPS", (), safety=Safety.VALUE, question=question)
    target = f"https://$host{_port(tree, twin, workspace)}$request_uri"
    edits = _split(server, target) if twin is server else _redirect(server, target)
    return Fix("redirect plain HTTP to HTTPS", tuple(edits), safety=Safety.RISKY, breaks=PLAIN_CLIENTS)


def _redirects(block: Item) -> bool:
    """Whether a block answers with an address over TLS."""
    return any(
        i.name in ("return", "rewrite") and any(v.startswith("https://") for v in i.values)
        for i in block.walk()
    )


def _secure(tree: Tree) -> tuple[Item | None, dict[str, tuple[int, Item]]]:
    """The first server over TLS, and by each name the first that answers to it."""
    secure = [s for s in tree.servers if over_tls(s) and not refuses(s)]
    named: dict[str, tuple[int, Item]] = {}
    for number, server in enumerate(secure):
        for name in names_of(server):
            named.setdefault(name, (number, server))
    return (secure[0] if secure else None), named


def _port(tree: Tree, twin: Item, workspace: Workspace) -> str:
    """ ":8443" when TLS is there, and nothing maps 443 to it."""
    plain = plain_listens(twin)
    ports = [address_of(i.value)[1] for i in twin.all("listen") if i not in plain]
    if not ports or 443 in ports or not isinstance(ports[0], int) or ports[0] == 0:
        return ""
    for companion in companions(tree.files[0], workspace):
        try:
            # ours: a number
            if re.search(rf"\b443:{ports[0]}\b", workspace.text(companion).text):
                return ""
        except Unreadable:
            continue
    return f":{ports[0]}"


def _redirect(server: Item, target: str) -> list[Edit]:
    """The least that makes every location redirect; what renews certificates stays."""
    line = f"return 308 {target};"
    tops = [i for i in server.all("location") if match_of(i).kind != "named" and not i.first("internal")]
    if not any(is_acme(i) for i in tops):
        return [into(server, line, ("server_name", "listen"))]
    edits = [
        first_in(i, line)
        for top in tops
        for i in (top, *locations(top))
        if not (is_acme(i) or redirects(i) or refuses(i))
    ]
    if not any(match_of(i).path == "/" for i in tops):
        block = f"location / {{\n{step(server)}{line}\n}}"
        edits.append(into(server, block, ("server_name", "listen")))
    return edits


def _split(server: Item, target: str) -> list[Edit]:
    """The plain listeners in a server of their own, before this one."""
    plain = plain_listens(server)
    indent = step(server)
    names = server.first("server_name")
    lines = [_text(i) for i in plain] + ([_text(names)] if names else [])
    acme = [i for i in server.all("location") if is_acme(i) and i.source is server.source]
    if acme:
        blocks = "\n".join("\n" + _block(i, indent) for i in acme)
        made = "\n".join(indent + line for line in lines)
        redirect = f"\n{indent}location / {{\n{indent * 2}return 308 {target};\n{indent}}}"
        text = f"server {{\n{made}\n{blocks}\n{redirect}\n}}"
    else:
        made = "\n".join(indent + line for line in [*lines, f"return 308 {target};"])
        text = f"server {{\n{made}\n}}"
    return [before(server, text), *(removed(i) for i in plain)]


def _text(item: Item) -> str:
    return " ".join(item.source.text[item.directive.span.start : item.directive.span.end].split())


def _block(item: Item, indent: str) -> str:
    """A block's text with its indentation made that of a server's child."""
    first, *rest = item.source.text[item.directive.span.start : item.directive.span.end].splitlines()
    outer = len(rest[-1]) - len(rest[-1].lstrip()) if rest else 0
    return "\n".join([indent + first, *(indent + line[outer:] for line in rest)])


def minimum_tls(item: Item, version: str) -> Fix | None:
    wanted = PROTOCOLS[PROTOCOLS.index(version) :]
    written = [v for v in item.values if v in wanted] if item.name == "ssl_protocols" else []
    line = f"ssl_protocols {' '.join(written or wanted)};"
    return _ssl(item, "ssl_protocols", line, f"accept {version} and newer only", OLD_VERSIONS)


def use_suites(item: Item, suites: tuple[str, ...]) -> Fix | None:
    line = f"ssl_ciphers {':'.join(suites)};"
    return _ssl(item, "ssl_ciphers", line, "accept strong cipher suites only", OLD_SUITES)


def _ssl(item: Item, name: str, line: str, title: str, breaks: str) -> Fix | None:
    if item.name == name:
        return Fix(title, (replaced(item, line),), safety=Safety.RISKY, breaks=breaks)
    if item.directive.body is None:
        return None
    return Fix(title, (into(item, line, LIKE),), safety=Safety.RISKY, breaks=breaks)


_VERIFYING = {
    "proxy": ("proxy_ssl_verify", "proxy_ssl_trusted_certificate", "proxy_ssl_server_name"),
    "grpc": ("grpc_ssl_verify", "grpc_ssl_trusted_certificate", "grpc_ssl_server_name"),
    "uwsgi": ("uwsgi_ssl_verify", "uwsgi_ssl_trusted_certificate", "uwsgi_ssl_server_name"),
}


def verify_tls(item: Item) -> Fix | None:
    """Verify the upstream's certificate against the system's authorities, for the name it is asked by."""
    block = item if item.directive.body is not None else item.up
    if block is None:
        return None
    forward = passes(block)
    family = {"grpc_pass": "grpc", "uwsgi_pass": "uwsgi"}.get(forward.name if forward else "", "proxy")
    family = item.name.removesuffix("_ssl_verify") if item.name.endswith("_ssl_verify") else family
    verify, trusted, name = _VERIFYING[family]
    lines = [f"{verify} on;"]
    if not inherited(block, trusted):
        lines.append(f"{trusted} {BUNDLE};")
    if not inherited(block, name):
        lines.append(f"{name} on;")
    text = "\n".join(lines)
    edit = (
        replaced(item, text) if item is not block else into(block, text, (f"{family}_ssl_", f"{family}_pass"))
    )
    return Fix("verify the upstream's certificate", (edit,), safety=Safety.RISKY, breaks=UNTRUSTED)
