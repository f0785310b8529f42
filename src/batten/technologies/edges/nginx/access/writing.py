"""Writers for what is served, logged and let through."""

from __future__ import annotations

import posixpath
import re

from batten.model import Edit, Fix, Location, Safety
from batten.technologies.edges.nginx.blocks import PASSES, match_of
from batten.technologies.edges.nginx.placement import after, before, in_http, into, removed, replaced, step
from batten.technologies.edges.nginx.splitting import DECODED
from batten.technologies.edges.nginx.tls.listeners import address_of, names_of, tls_of
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.edges.served import missed_by
from batten.technologies.shared.transport.questions import ask_hosts

_SAFE_VALUE = {"underscores_in_headers": "off", "ignore_invalid_headers": "on", "merge_slashes": "on"}


def listing(item: Item) -> Fix | None:
    if item.name != "autoindex":
        return None
    edit = replaced(item, "autoindex off;")
    return Fix(
        "turn directory listing off", (edit,), safety=Safety.RISKY, breaks="people who browse the listing"
    )


def traversal(item: Item, at: Location) -> Fix | None:
    if item.name != "location" or at.span is None:
        return None
    path = match_of(item).path
    if match_of(item).kind == "regex":
        return None
    edit = Edit(item.source.path, at.span, item.source.text[at.span.start : at.span.end] + "/")
    breaks = f"requests for {path} without the trailing slash"
    return Fix(f"match {path}/ only", (edit,), safety=Safety.RISKY, breaks=breaks)


def invalid_headers(tree: Tree, item: Item) -> Fix | None:
    if item.name == "proxy_set_header":
        if item.value.lower() == "upgrade":
            # The upgrade to web sockets, and no other.
            if tree.inside_server:
                return None
            there = any(i.values[1:2] == [_WEBSOCKET] for h in tree.http for i in h.all("map"))
            indent = step(item)
            made = f'map $http_upgrade {_WEBSOCKET} {{\n{indent}default "";\n{indent}~*^websocket$ websocket;\n}}'
            edits = [
                replaced(item, f"proxy_set_header Upgrade {_WEBSOCKET};"),
                *([] if there else [in_http(tree, made)]),
            ]
            breaks = "clients that upgrade to other protocols than WebSocket"
            return Fix("forward upgrades to WebSocket only", tuple(edits), safety=Safety.RISKY, breaks=breaks)
        # Upgrade what asks for web sockets, or do not set framing headers of requests.
        if item.value.lower() != "connection":
            return Fix("do not set framing headers of requests", (removed(item),))
        edit = replaced(item, 'proxy_set_header Connection "upgrade";')
        breaks = "upstreams that reuse connections for requests without an upgrade"
        return Fix("forward only the client's upgrade", (edit,), safety=Safety.RISKY, breaks=breaks)
    value = _SAFE_VALUE.get(item.name)
    if value is None:
        return None
    edit = replaced(item, f"{item.name} {value};")
    return Fix(
        f"turn {item.name} {value}", (edit,), safety=Safety.RISKY, breaks="clients that send such requests"
    )


_WEBSOCKET = "$batten_websocket"


def response_splitting(item: Item) -> Fix | None:
    """$request_uri is as the client sent it, still encoded. It brings its query along: a `rewrite`
    must not add it again. What was captured, or rewritten before, has no encoded form."""
    words = " ".join(item.values)
    rewritten = item.name == "proxy_pass" and any(b.first("rewrite") for b in item.around())
    if not DECODED.search(words) or rewritten:
        return None
    text = item.source.text[item.directive.span.start : item.directive.span.end]
    fixed = DECODED.sub(
        "$request_uri", re.sub(r"\$\{?(?:uri|document_uri)\}?\$is_args\$args", "$request_uri", text)
    )
    if item.name == "rewrite":
        fixed = re.sub(r"(\$request_uri)(?=\s|;(?!\S{0,500}\?))", r"\1?", fixed)
    edit = Edit(item.source.path, item.directive.span, fixed)
    return Fix("use $request_uri, which is not decoded", (edit,))


def private(item: Item) -> Fix | None:
    """Let only the machine itself ask."""
    lines = "allow 127.0.0.1;\nallow ::1;\ndeny all;"
    if item.directive.body is None and item.up is not None:
        edit = after(item.up, item.directive, lines)
    elif item.directive.body is not None:
        edit = into(item, lines)
    else:
        return None
    return Fix(
        "allow requests from this host only",
        (edit,),
        safety=Safety.RISKY,
        breaks="people and monitors on other hosts",
    )


def log(item: Item) -> Fix | None:
    """Take away what turns the log off; where the block around does so too, write one here."""
    if item.name not in ("access_log", "error_log") or item.up is None:
        return None
    outer = inherited(item.up.up, item.name) if item.up.up is not None else []
    silent = bool(outer) and outer is not None and all(i.value in ("off", "/dev/null") for i in outer)
    path = f"/var/log/nginx/{item.name.removesuffix('_log')}.log"
    edit = replaced(item, f"{item.name} {path};") if silent else removed(item)
    return Fix(f"turn the {item.name.replace('_', ' ')} on", (edit,))


def access_rule(item: Item) -> Fix | None:
    """`deny all` after the last allow; or no `allow all` before a deny."""
    block = item.up
    if item.name == "limit_except":
        edit = into(item, "deny all;")
        return Fix(
            "refuse the other verbs", (edit,), safety=Safety.RISKY, breaks="clients that use other verbs"
        )
    if item.name == "ssl_verify_client":
        edit = replaced(item, "ssl_verify_client on;")
        return Fix(
            "require a client certificate",
            (edit,),
            safety=Safety.RISKY,
            breaks="clients without a certificate",
        )
    if block is None:
        return None
    everybody = next((i for i in block.all("allow") if i.value == "all"), None)
    if everybody is not None:
        fix, breaks = removed(everybody), "clients that the rules after `allow all` deny"
        return Fix("remove `allow all`", (fix,), safety=Safety.RISKY, breaks=breaks)
    if item.name == "allow" and not block.first("deny"):
        last = [c for c in block.directive.children if c.name == "allow"][-1]
        edit = after(block, last, "deny all;")
        return Fix(
            "deny all other addresses",
            (edit,),
            safety=Safety.RISKY,
            breaks="clients from addresses that are not listed",
        )
    return None


def host_check(tree: Tree, server: Item) -> Fix | None:
    """A default server that refuses unknown names; this one keeps its own. Or the name that nginx
    itself made out, in place of the header."""
    if server.name in ("proxy_set_header", "fastcgi_param", "uwsgi_param"):
        text = server.source.text[server.directive.span.start : server.directive.span.end]
        host_server = next((b for b in server.around() if b.name == "server"), None)
        ports = (
            {address_of(i.value)[1] for i in host_server.all("listen")} if host_server is not None else {80}
        )
        name = "$host" if ports <= {80, 443} else "$host:$server_port"
        edit = Edit(server.source.path, server.directive.span, re.sub(r"\$\{?http_host\}?", name, text))
        breaks = "upstreams that need the port of the client's Host header"
        return Fix("forward the host name that nginx checked", (edit,), safety=Safety.RISKY, breaks=breaks)
    if server.name != "server" or not names_of(server):
        return ask_hosts("refuse unknown host names")
    listens = [i for i in server.all("listen") if i.values]
    secure = any(tls_of(server, i).known(True) for i in listens)
    if not listens or (secure and at_least(tree.version, (1, 19, 4)) is False):
        return None
    edits: list[Edit] = []
    lines = []
    for listen in listens:
        words = [w for w in listen.values if w not in ("default_server", "default")]
        kept = [w for w in words if w in ("ssl", "quic") or w == words[0]]
        lines.append(f"listen {' '.join([kept[0], *kept[1:], 'default_server'])};")
        if len(words) < len(listen.values):
            edits.append(replaced(listen, f"listen {' '.join(words)};"))
    lines.append("server_name _;")
    lines += ["ssl_reject_handshake on;"] if secure else []
    lines.append("return 444;")
    made = "\n".join(step(server) + line for line in lines)
    breaks = "clients and health checks that use an address or an unlisted name"
    return Fix(
        "refuse unknown host names",
        (before(server, f"server {{\n{made}\n}}"), *edits),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def deny_paths(item: Item, patterns: tuple[str, ...]) -> Fix | None:
    """404 for dot files, or for files by their ending, before any other expression is tried."""
    block = item if item.directive.body is not None else item.up
    if block is None or block.name == "http":
        return None
    if block.name == "location" and match_of(block).modifier != "^~":
        block = next((b for b in block.around() if b.name == "server"), block)
    hidden = any(posixpath.basename(p).startswith(".") for p in patterns)
    expressions_made = [r"~ /\.(?!well-known/)"] if hidden else []
    plain = [posixpath.basename(p) for p in patterns if not posixpath.basename(p).startswith(".")]
    endings = sorted({p.rpartition(".")[2] for p in plain if "." in p})
    names = sorted({re.escape(p) for p in plain if "." not in p})
    if endings:
        choice = "|".join(map(re.escape, endings))
        expressions_made.append(rf"~* \.(?:{choice})$" if len(endings) > 1 else rf"~* \.{choice}$")
    if names:
        expressions_made.append(rf"~ /(?:{'|'.join(names)})$")
    made = [f"location {p} {{\n{step(block)}return 404;\n}}" for p in expressions_made]
    text = "\n\n".join(made)
    first = next((i for i in block.items if i.name == "location" and i.source is block.source), None)
    edit = before(first, text) if first is not None else into(block, text)
    server = next((b for b in block.around() if b.name == "server"), block)
    breaks = missed_by(patterns, any(i.name in PASSES for i in server.walk()))
    return Fix(
        "answer 404 for files that must not be served",
        (edit,),
        safety=Safety.RISKY if breaks else Safety.SAFE,
        breaks=breaks,
    )
