"""Where HAProxy listens, how TLS is spoken there, and what plain requests get."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Listener
from batten.model import ABSENT, UNKNOWN, Setting, Unknown
from batten.technologies.edges.haproxy import versions
from batten.technologies.edges.haproxy.conditions import Condition, condition_of, split
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.transport.tls import between

_FAMILY = re.compile(r"^(?:ipv4|ipv6|udp|udp4|udp6|quic4|quic6|tcp4?6?|stcp)@")
_LOCAL = re.compile(r"^(?:unix@|/|abns@|abnsz@|sockpair@|fd@)")
_FORCED = {
    "force-sslv3": "SSLv3",
    "force-tlsv10": "TLSv1",
    "force-tlsv11": "TLSv1.1",
    "force-tlsv12": "TLSv1.2",
    "force-tlsv13": "TLSv1.3",
}
_REFUSED = {
    "no-sslv3": "SSLv3",
    "no-tlsv10": "TLSv1",
    "no-tlsv11": "TLSv1.1",
    "no-tlsv12": "TLSv1.2",
    "no-tlsv13": "TLSv1.3",
}
# The manual, 2.3: `"${LIST[*]}"` alone becomes several words; 2.4: `${NAME-default}`.
_PORT_ALONE = re.compile(r"(?:[\w.\[\]:*]*@?)?[\w.\[\]*:]*:\$(?:\w+|\{\w+(?:-\d+)?\})")
_ACME = "/.well-known/acme-challenge"


def listeners(tree: Tree) -> Iterator[Listener]:
    for block in tree.of("frontend", "listen"):
        redirects = redirects_to_tls(tree, block)
        for bind in block.all("bind"):
            for address in bind.values[1].split(",") if len(bind.values) > 1 else ():
                yield _listener(tree, block, bind, address, redirects)


def _listener(tree: Tree, block: Block, bind: Item, address: str, redirects: Setting[bool]) -> Listener:
    at = bind.place()
    decided = not bind.varies or (_PORT_ALONE.fullmatch(address) and not bind.statement.conditional)
    host, port = address_of(address) if decided else (UNKNOWN, UNKNOWN)
    tls = speaks_tls(bind)
    behind = "accept-proxy" in bind.values  # another proxy, which may end TLS, is in front
    path = parameter(bind.values, "crt")
    return Listener(
        at,
        address=Setting(host, at),
        port=Setting(port, at),
        tls=tls,
        names=(),
        redirects_to_tls=Setting(UNKNOWN, at) if behind and not tls.known(True) else redirects,
        serves=not refuses(block),
        protocols=protocols_of(tree, bind),
        ciphers=ciphers_of(tree, bind),
        suites=(),
        certificate=Setting(UNKNOWN if bind.varies else path, bind.place()) if path else None,
        http=block.mode.known("http") == "http",
    )


def address_of(text: str) -> tuple[str | Unknown, int | Unknown]:
    """Address and first port of one `bind` address; port 0 for sockets of the file system."""
    if _LOCAL.match(text):
        return f"unix:{text.partition('@')[2] or text}", 0
    host, _, port = _FAMILY.sub("", text).rpartition(":")
    host = host.strip("[]")
    first = port.partition("-")[0]
    wide = "::" if text.startswith(("ipv6@", "quic6@", "[")) else "0.0.0.0"
    return (wide if host in ("", "*") else host), int(first) if first.isdigit() else UNKNOWN


def parameter(words: list[str], name: str) -> str:
    """The word after a parameter's name, "" when it is not there."""
    return words[words.index(name) + 1] if name in words[:-1] else ""


def speaks_tls(bind: Item) -> Setting[bool]:
    if "ssl" in bind.values[2:] or (bind.values[1:2] and bind.values[1].startswith(("quic4@", "quic6@"))):
        return Setting(True, bind.place())
    told = not bind.varies or len(bind.values) > 2 or _only_port(bind)
    return Setting(False if told else UNKNOWN, bind.place())


def _only_port(bind: Item) -> bool:
    """Whether a variable gives the port alone: one that is no list adds no further word, so what is not written is not there."""
    addresses = bind.values[1].split(",") if len(bind.values) > 1 else []
    plain = all(_PORT_ALONE.fullmatch(a) or "$" not in a for a in addresses)
    return bool(addresses) and plain and not bind.statement.conditional


def protocols_of(tree: Tree, bind: Item) -> Setting[tuple[str, ...]] | None:
    """The manual, 5.1: what the bind line says goes before `ssl-default-bind-options`; single versions
    are only left out where no minimum and maximum is given."""
    if not speaks_tls(bind).known(False):
        return None
    options = tree.globally("ssl-default-bind-options")
    shared = options.values[1:] if options else []
    own, source = bind.values[2:], bind if _says(bind.values) else options if _says(shared) else None
    if bind.varies or (options is not None and options.varies) or "crt-list" in own:
        return Setting(UNKNOWN, bind.place())
    if source is None:
        return Setting(ABSENT, bind.place(), versions.protocols(tree.version))
    lowest, highest = _bound(own, shared, "min"), _bound(own, shared, "max")
    refused = {v for name, v in _REFUSED.items() if name in (*own, *shared)}
    names = between(lowest or versions.protocols(tree.version)[0], highest or versions.PROTOCOLS[-1])
    if not lowest and not highest:
        names = tuple(n for n in names if n not in refused)
    return Setting(names, source.place())


def _says(words: list[str]) -> bool:
    return any(w in ("ssl-min-ver", "ssl-max-ver") or w in _FORCED or w in _REFUSED for w in words)


def _bound(own: list[str], shared: list[str], end: str) -> str:
    """The minimum or maximum that is written, in the names of OpenSSL."""
    for words in (own, shared):
        forced = next((version for name, version in _FORCED.items() if name in words), "")
        written = parameter(words, f"ssl-{end}-ver").replace("TLSv1.0", "TLSv1")
        if forced or written in versions.PROTOCOLS:
            return forced or written
    return ""


def ciphers_of(tree: Tree, bind: Item) -> Setting[str] | None:
    """Nothing written leaves it to the TLS library, which distributions configure each in its way."""
    if not speaks_tls(bind).known(False):
        return None
    written = parameter(bind.values, "ciphers")
    shared = tree.globally("ssl-default-bind-ciphers")
    source = bind if written else shared
    if source is None or source.varies or "crt-list" in bind.values:
        return Setting(UNKNOWN, bind.place())
    return Setting(written or " ".join(source.values[1:2]), source.place())


def refuses(block: Block) -> bool:
    """Whether every request is turned away."""
    for rule in block.rules("http-request"):
        action = " ".join(rule.values[1:2])
        if action in ("deny", "tarpit", "reject", "silent-drop") and condition_of(rule) is None:
            return True
        if action == "allow":
            return False
    return False


def redirects_to_tls(tree: Tree, block: Block) -> Setting[bool]:
    """Whether plain requests get a redirect to https: by a rule here, or by all that answer for it."""
    own = _redirects(block)
    if own is not None:
        return own
    behind = tree.behind(block)
    if behind is None:
        return Setting(UNKNOWN, block.block())
    answers = [_redirects(b) for b in behind if b is not block]
    if answers and all(a is not None for a in answers):
        known = all(a is not None and a.known(False) for a in answers)
        return Setting(True if known else UNKNOWN, block.block())
    return Setting(False, block.block())


def _redirects(block: Block) -> Setting[bool] | None:
    """None: no rule here redirects to https."""
    found: Setting[bool] | None = None
    for rule in block.rules("http-request", "redirect"):
        # `redirect scheme https`, or a `prefix` or `location` that begins with https.
        words = split(rule.values)[0]
        if "redirect" not in words[:2]:
            to_tls = False
        else:
            target = next((parameter(words, k) for k in ("scheme", "prefix", "location") if k in words), "")
            to_tls = target.lower() == "https" or target.lower().startswith("https://")
        if not to_tls:
            continue
        condition = condition_of(rule)
        if condition is None or _every_plain_request(condition):
            return Setting(True, rule.place())
        if not condition.about_paths:  # others are served as they are
            found = Setting(UNKNOWN, rule.place())
    return found


def _every_plain_request(condition: Condition) -> bool:
    """What renews certificates may be left out."""
    if condition.always_over(tls=False):
        return True
    kept = [
        tuple(
            t
            for t in a
            if not (
                t.fetch.startswith(("path", "url"))
                and bool(t.patterns)
                and all(p.startswith(_ACME) for p in t.patterns)
                and t.negated is not condition.unless
            )
        )
        for a in condition.alternatives
    ]
    if condition.unless:
        kept = [a for a in kept if a]
    return Condition(condition.unless, tuple(kept), condition.known).always_over(tls=False)


def anywhere_over_tls(tree: Tree) -> bool:
    """Whether an entrance speaks TLS; asked for every fix, and worked out once."""
    if tree.encrypted is None:
        tree.encrypted = any(over_tls(b) for b in tree.entrances)
    return tree.encrypted


def over_tls(block: Block) -> bool:
    return any(speaks_tls(b).known(False) for b in block.all("bind"))


def local_only(block: Block) -> bool:
    """Whether it listens on loopback or sockets only."""
    addresses = [
        address_of(a)[0] for b in block.all("bind") if len(b.values) > 1 for a in b.values[1].split(",")
    ]
    return bool(addresses) and all(
        isinstance(a, str) and a.startswith(("127.", "::1", "localhost", "unix:")) for a in addresses
    )
