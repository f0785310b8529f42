"""Where requests go, how, and whether the client decides it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import UNKNOWN, Location, Setting
from batten.technologies.edges.nginx.blocks import PASSES, host_test, internal, refuses, variables
from batten.technologies.edges.nginx.captures import LONGEST, VARIABLE, captured
from batten.technologies.edges.nginx.taint import as_path
from batten.technologies.edges.nginx.tls.listeners import address_of, defaults, names_of
from batten.technologies.edges.nginx.tree import Tree, flag, setting, varies
from batten.technologies.shared.edges.nodes import Item, remembered
from batten.technologies.shared.transport.upstreams import Target, is_loopback, port_of

_TARGET = re.compile(
    r"^(?:([a-z]+)://)?(unix:[^:]*|\[[^\]]*\]|[^/:?]*)(?::([^/?]*))?(.*)$", re.DOTALL | re.IGNORECASE
)
_PATH = re.compile(r"(?<=[\w.}])\$\{?(?:request_uri|uri|document_uri)\b")
CLIENTS = re.compile(
    r"^(?:http_\w+|arg_\w+|cookie_\w+|args|query_string|is_args|request_uri|uri|document_uri|host|request"
    r"|request_body|ssl_server_name|ssl_preread_server_name)$"
)
_TLS = ("https", "grpcs", "suwsgi")
_PLAIN = ("http", "grpc", "uwsgi", "")
_VERIFIED = {
    "proxy_pass": "proxy_ssl_verify",
    "grpc_pass": "grpc_ssl_verify",
    "uwsgi_pass": "uwsgi_ssl_verify",
}
DEEPEST = 5


def target_of(text: str) -> Target:
    """A path that a variable brings ($request_uri, $uri) starts with its slash."""
    path = _PATH.search(text)
    head, tail = (text[: path.start()], text[path.start() :]) if path else (text, "")
    found = _TARGET.match(head)
    if found is None:
        return Target("", head, "", tail)
    return Target((found[1] or "").lower(), found[2], found[3] or "", found[4] + tail)


def upstreams(tree: Tree) -> Iterator[Upstream]:
    for server in tree.servers:
        for item in server.below(*PASSES):
            if item.values and item.up is not None:
                text = as_path(item, resolved(tree, item, item.value))
                upstream_target = target_of(text)
                open_host = bool(VARIABLE.search(upstream_target.host))
                hosts = [upstream_target.host] if open_host else backends(tree, upstream_target.host)
                encrypted = _encrypted(item, upstream_target)
                verify = _VERIFIED.get(item.name, "proxy_ssl_verify")
                block = item.up or item
                secure = encrypted.known(False)
                away = next((h for h in hosts if not is_loopback(target_of(h).host)), hosts[0])
                host = target_of(away)
                yield Upstream(
                    item.place(),
                    target=Setting(
                        UNKNOWN if VARIABLE.search(upstream_target.host + upstream_target.port) else text,
                        item.place(),
                    ),
                    host="" if open_host else host.host.strip("[]"),
                    port=port_of(host.port or upstream_target.port, upstream_target.scheme),
                    encrypted=encrypted,
                    verified=setting(block, verify, flag, False) if secure else None,
                    from_client=() if internal(item) else tuple(_from_client(tree, server, item, text)),
                    local=not open_host and all(is_loopback(target_of(h).host) for h in hosts),
                )
    for server in tree.streams:
        for item in server.all("proxy_pass"):
            yield _of_stream(tree, item)
    # ngx_mail_auth_http_module: passwords go to a server that is asked over plain HTTP.
    for item in (
        i for mail in tree.root.all("mail") for b in (mail, *mail.walk()) for i in b.all("auth_http")
    ):
        target = target_of(item.value)
        at, known = item.place(), not varies(item.value)
        yield Upstream(
            at,
            target=Setting(item.value if known else UNKNOWN, at),
            host=target.host.strip("[]") if known else "",
            port=port_of(target.port, "http"),
            encrypted=Setting(target.scheme == "https", at),
            local=known and is_loopback(target.host),
        )


def _of_stream(tree: Tree, item: Item) -> Upstream:
    target = target_of(item.value)
    block = item.up or item
    encrypted = setting(block, "proxy_ssl", flag, False)
    hosts = backends(tree, target.host)
    unknown = bool(VARIABLE.search(item.value))
    # ngx_stream_ssl_preread_module: the client's hello says which host it wants. A map without a variable among its
    # values lists those that it gets.
    names = set(VARIABLE.findall(target_of(item.value).host))
    for stream in tree.root.all("stream"):
        for made in stream.all("map"):
            if made.values[1:2] and made.values[1].lstrip("$") in names:
                names |= {n for i in made.items for n in VARIABLE.findall(i.value)}
    return Upstream(
        item.place(),
        target=Setting(UNKNOWN if unknown else item.value, item.place()),
        host="" if unknown else target_of(hosts[0]).host,
        port=port_of(target.port, ""),
        encrypted=encrypted,
        verified=setting(block, "proxy_ssl_verify", flag, False) if encrypted.known(False) else None,
        from_client=(item.place(),) if bool(names & {"ssl_preread_server_name", "ssl_server_name"}) else (),
        local=not unknown and all(is_loopback(target_of(h).host) for h in hosts),
    )


def _encrypted(item: Item, target: Target) -> Setting[bool]:
    if item.name not in _VERIFIED:  # FastCGI, SCGI and memcached have no TLS
        return Setting(False, item.place())
    if target.scheme in _TLS:
        return Setting(True, item.place())
    known = target.scheme in _PLAIN and not VARIABLE.search(item.value.partition("://")[0])
    known = known and not (item.name == "proxy_pass" and not target.scheme)
    return Setting(False if known else UNKNOWN, item.place())


def backends(tree: Tree, host: str) -> list[str]:
    """The servers of an upstream block of that name, or the host itself."""
    block = remembered(tree.root, "upstreams", lambda: _blocks(tree)).get(host)
    return ([i.value for i in block.all("server") if i.values] if block is not None else []) or [host]


def _blocks(tree: Tree) -> dict[str, Item]:
    """The upstream blocks by name, the first of each."""
    contexts = [*tree.http, *tree.root.all("stream")]
    found: dict[str, Item] = {}
    for block in (u for c in contexts for u in c.all("upstream")):
        found.setdefault(block.value, block)
    return found


def resolved(tree: Tree, scope: Item, text: str) -> str:
    """The text with variables that `set` gives one literal value written out."""
    for _ in range(DEEPEST):
        done = text
        for name in dict.fromkeys(VARIABLE.findall(text)):
            values = variables(tree, scope, name)
            if values and len(set(values)) == 1:
                done = re.sub(rf"\$\{{?{re.escape(name)}\b\}}?", values[0].replace("\\", r"\\"), done)
        if done == text or len(done) > LONGEST:
            break
        text = done
    return text


def _from_client(tree: Tree, server: Item, item: Item, text: str) -> Iterator[Location]:
    """The place of the directive, once, when a client decides the host."""
    target = target_of(text)
    host = target.host + target.port if "://" in text or not text.startswith("$") else text
    alone = VARIABLE.fullmatch(host) is not None
    for found in VARIABLE.finditer(host):
        group = captured(item, found[1])
        if group is not None and group.confined and not alone:
            continue  # a part of a name whose rest is written
        if clients(tree, server, item, found[1]):
            yield item.place()
            return


def clients(tree: Tree, server: Item, scope: Item, name: str) -> bool:
    """Whether a variable holds what the client sent, itself or through others, each of which is asked once."""
    asked, seen = [name], {name}
    for _ in range(DEEPEST + 1):
        if any(_sent(tree, server, scope, n) for n in asked):
            return True
        texts = (v for n in asked if captured(scope, n) is None for v in variables(tree, scope, n) or ())
        within = dict.fromkeys(n for v in texts for n in VARIABLE.findall(_host_part(v)))
        asked = [n for n in within if n not in seen]
        seen.update(asked)
    return False


def _sent(tree: Tree, server: Item, scope: Item, name: str) -> bool:
    """`$host` is not the client's where the server answers to listed names only, nor is a capture of a few fixed
    words."""
    if name == "host" or name == "http_host":
        return takes_any_host(tree, server) and not any(host_test(i) and refuses(i) for i in server.all("if"))
    if CLIENTS.match(name):
        return True
    group = captured(scope, name)
    if group is None or group.fixed:
        return False
    # A group of something else than the request: of a variable that nginx sets itself.
    sources = VARIABLE.findall(group.source)
    return any(CLIENTS.match(n) or variables(tree, scope, n) is not None for n in sources)


def _host_part(value: str) -> str:
    target = target_of(value)
    return target.host + target.port if "://" in value else value


def takes_any_host(tree: Tree, server: Item) -> bool:
    """Whether requests for any host name reach the server: it is the default of one of its ports, or
    answers to every name."""
    names = names_of(server)
    if any(n.startswith(("*", "~", ".")) for n in names):
        return True
    first = defaults(tree)
    ports = [address_of(i.value) for i in server.all("listen")]
    return not ports or any(first[p][0] is server for p in ports)
