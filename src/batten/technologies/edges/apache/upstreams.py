"""Where requests go, how, and whether the client decides it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Upstream
from batten.model import UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.apache.rewrites import Rule, rules
from batten.technologies.edges.apache.sections import match_of, pass_of, passes
from batten.technologies.edges.apache.tree import Item, Tree, inherited, root_of, varies, written
from batten.technologies.shared.edges.nodes import remembered
from batten.technologies.shared.transport.upstreams import is_loopback, port_of, target_of

_SECURE = ("https", "wss", "h2", "ajps", "scgis")
_CLIENT = re.compile(
    r"%\{(?:HTTP_HOST|HTTP:[\w-]+|QUERY_STRING|REQUEST_URI|THE_REQUEST|HTTP_\w+|SERVER_NAME)\}", re.IGNORECASE
)
_REFERENCE = re.compile(r"(?<!\\)([$%])(\d)")
_GROUP = re.compile(r"(?<!\\)\((?!\?[:=!<])((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)")
# What a capture behind a host may begin with, to become part of the authority: user part, longer name, port.
_STRAYS = ("@stranger.invalid/", ".stranger.invalid/", ".stranger.invalid")
_AUTHORITY = re.compile(r"^[a-z][\w+.-]*://([^/]*)", re.IGNORECASE)
_CAPTURED = re.compile(r"^[a-z][\w+.-]*://[^/]*$", re.IGNORECASE)


@record
class Hop:
    """One way out: the directive, the URL it goes to, and the expression that its `$1` are of."""

    item: Item
    url: str
    pattern: str = ""
    rule: Rule | None = None


def hops(block: Item) -> Iterator[Hop]:
    for item in passes(block):
        path, url = pass_of(item)
        expression = item.name == "proxypassmatch"
        if not expression and item.up is not None and item.up.name.endswith("match"):
            expression = True
        yield Hop(item, url, path if expression else "")
    for rule in rules(block):
        if rule.proxies:
            yield Hop(rule.item, rule.target, rule.pattern, rule)


def upstreams(tree: Tree) -> Iterator[Upstream]:
    for block in (tree.root, *(i for i in tree.root.walk() if i.section)):
        for hop in hops(block):
            yield _upstream(tree, hop)
    for proxy in tree.root.walk():
        if proxy.name == "authldapurl" and proxy.values:
            # Where passwords are looked up. Plain LDAP stays so unless a mode is written (mod_authnz_ldap,
            # AuthLDAPURL).
            target, at = target_of(proxy.value), proxy.place()
            mode = proxy.values[1].lower() if len(proxy.values) > 1 else ""
            trusted = inherited(proxy.up or proxy, "ldaptrustedmode")
            mode = mode or (trusted.value.lower() if isinstance(trusted, Item) else "")
            if target.scheme in ("ldap", "ldaps") and not varies(proxy.value):
                secure: bool | Unknown = target.scheme == "ldaps" or mode in ("ssl", "tls", "starttls")
                yield Upstream(
                    at,
                    target=Setting(proxy.value.partition("?")[0], at),
                    host=target.host.strip("[]"),
                    port=port_of(target.port, target.scheme),
                    encrypted=Setting(UNKNOWN if isinstance(trusted, Unknown) else secure, at),
                    local=is_loopback(target.host),
                )
        if proxy.name == "balancermember":
            url = next((v for v in proxy.values if "://" in v and not v.startswith("balancer:")), "")
            if url:
                yield _upstream(tree, Hop(proxy, url))


def _upstream(tree: Tree, hop: Hop) -> Upstream:
    at = hop.item.place()
    url = hop.url.partition("|")[2] if hop.url.startswith("unix:") else hop.url
    target = target_of(url)
    socket = hop.url.startswith("unix:")
    open_host = bool(re.search(r"[$%]", target.host)) or varies(url)
    inner = target.scheme in ("balancer", "")
    secure = UNKNOWN if (open_host and varies(target.scheme)) or inner else target.scheme in _SECURE
    client = tuple(from_client(hop))
    return Upstream(
        at,
        target=Setting(UNKNOWN if open_host else hop.url, at),
        host="" if open_host or inner else target.host.strip("[]"),
        port=0 if open_host else port_of(target.port, target.scheme),
        encrypted=Setting(secure, at),
        verified=verified(tree, hop.item) if secure is True else None,
        from_client=client,
        local=socket or (not open_host and is_loopback(target.host)),
    )


def verified(tree: Tree, item: Item) -> Setting[bool]:
    """mod_ssl: SSLProxyVerify is none unless it is written; then the name is checked unless that is off."""
    scope = item.up or item
    found = inherited(scope, "sslproxyverify")
    # Whether a <Proxy> section says it for some upstreams.
    elsewhere = remembered(
        tree.root,
        "sslproxyverify",
        lambda: any(
            i.name == "sslproxyverify" and i.up is not None and i.up.name.startswith("proxy")
            for i in tree.root.walk()
        ),
    )
    if isinstance(found, Unknown) or elsewhere:
        return Setting(UNKNOWN, _home(scope).block())
    for name in ("sslproxycheckpeername", "sslproxycheckpeercn"):
        check = written(scope, name)
        if check is not None and check.value.lower() == "off":
            # SSLProxyCheckPeerName takes the place of SSLProxyCheckPeerCN, which is only asked where that is off.
            names_name = written(scope, "sslproxycheckpeername")
            if names_name is not None and names_name.value.lower() == "off":
                return Setting(False, check.place())
    if found is None:
        return Setting(False, _home(scope).block())
    return Setting(found.value.lower() == "require", found.place())


def _home(scope: Item) -> Item:
    """SSLProxy* stand in the server; a <Location> cannot hold them."""
    return next((b for b in scope.around() if b.name in ("virtualhost", "")), root_of(scope))


def from_client(hop: Hop) -> Iterator[Location]:
    """The place of the directive where what the client sent may become part of the host."""
    if slash_missing(hop) or _variable_host(hop) or captured_host(hop) or _interpolated(hop):
        yield hop.item.place()


def slash_missing(hop: Hop) -> bool:
    """`ProxyPass /app/ http://host`: what follows the path is put right behind the host."""
    if hop.rule is not None or hop.item.name != "proxypass" or hop.pattern:
        return False
    path = pass_of(hop.item)[0]
    section = hop.item.up
    if section is not None and section.name == "location":
        path = section.value if match_of(section).kind == "prefix" else path
    target = target_of(hop.url)
    known = (
        target.scheme not in ("", "balancer", "unix")
        and not varies(hop.url)
        and not hop.url.startswith("unix:")
    )
    return known and path.endswith("/") and target.path == "" and len(path) > 0


def _variable_host(hop: Hop) -> bool:
    found = _AUTHORITY.match(hop.url)
    return hop.rule is not None and found is not None and bool(_CLIENT.search(found[1]))


_INTERPOLATED = re.compile(r"\$\{([\w.-]{1,100})\}")


def _interpolated(hop: Hop) -> bool:
    """`ProxyPassInterpolateEnv`: a variable in the host, which SetEnvIf takes from a header of the request."""
    on = written(hop.item.up or hop.item, "proxypassinterpolateenv")
    found = _AUTHORITY.match(hop.url)
    wanted = any(v.lower() == "interpolate" for v in hop.item.values)
    if found is None or not wanted or on is None or on.value.lower() != "on":
        return False
    names = _INTERPOLATED.findall(found[1])
    makers = [i for b in hop.item.around() for i in b.all("setenvif", "setenvifnocase")]
    return any(value.startswith(f"{name}=$") for name in names for i in makers for value in i.values[2:])


def captured_host(hop: Hop) -> bool:
    """`$1` in the host, or right behind it with nothing that makes it begin with a slash."""
    for found in _REFERENCE.finditer(hop.url):
        if not _CAPTURED.match(hop.url[: found.start()]):
            continue
        group = _group(hop, found[1], int(found[2]))
        if group is not None:
            # Whether the group may hold a host of the client's choice, or something that changes the one before it.
            words = (
                ("stranger.invalid", "stranger.invalid/x")
                if hop.url[: found.start()].endswith("://")
                else _STRAYS
            )
            try:
                expression = compiled(group)
                loose = any(expression.fullmatch(w) for w in words)
            except BadPattern:
                loose = False
            if loose:
                return True
    return False


def _group(hop: Hop, sign: str, number: int) -> str | None:
    """The source of the group that a reference stands for; of a condition's, where the client sends what is
    tested."""
    text = hop.pattern
    if sign == "%":
        tests = hop.rule.conditions if hop.rule is not None else ()
        if not tests or not _CLIENT.search(tests[-1].test):
            return None
        text = tests[-1].pattern
    if number == 0:
        return text
    groups: list[str] = _GROUP.findall(text)
    return groups[number - 1] if 0 < number <= len(groups) else None
