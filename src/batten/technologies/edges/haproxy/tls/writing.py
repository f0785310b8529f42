"""Writers for transport: redirects, protocols, suites, verified servers."""

from __future__ import annotations

from batten.formats.haproxy_edits import add_words, after
from batten.formats.lines import before, replace
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.edges.haproxy import versions
from batten.technologies.edges.haproxy.headers.reading import serves
from batten.technologies.edges.haproxy.tls.listeners import anywhere_over_tls, over_tls
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.edges.haproxy.upstreams import host_of, shared, written
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import (
    BUNDLE,
    OLD_SUITES,
    OLD_VERSIONS,
    PLAIN_CLIENTS,
    UNTRUSTED,
)

_ACME = "/.well-known/acme-challenge/"
_VERSIONED = ("bind", "ssl-default-bind-options", "server", "default-server", "ssl-default-server-options")
_SINGLE = ("sslv3", "tlsv10", "tlsv11", "tlsv12", "tlsv13")


def redirect_to_tls(tree: Tree, block: Block) -> Fix | None:
    """Answer plain requests with a redirect, before any other rule; what renews certificates stays."""
    twin = over_tls(block) or (serves(tree, block) and anywhere_over_tls(tree))
    if not twin:
        return ask_certificate("serve this over TLS", " (`bind … ssl crt`)")
    renews = any(_ACME.rstrip("/") in word for item in block.items for word in item.values)
    spared = f" || {{ path_beg {_ACME} }}" if renews else ""
    line = f"http-request redirect scheme https code 308 unless {{ ssl_fc }}{spared}"
    rules = block.all("http-request")
    binds = block.all("bind")
    if rules:
        edit = before(block.source, rules[0].statement, line)
    else:
        edit = after(block.source, block.section, binds[-1].statement, line)
    return Fix("redirect plain HTTP to HTTPS", (edit,), safety=Safety.RISKY, breaks=PLAIN_CLIENTS)


def minimum_tls(item: Item, version: str) -> Fix | None:
    """The line with one minimum, and without the words that it replaces."""
    if item.values[0] not in _VERSIONED:
        return None
    low = versions.PROTOCOLS[: versions.PROTOCOLS.index(version)]
    kept: list[str] = []
    words = iter(item.statement.words)
    for word in words:
        if word.text in ("ssl-min-ver", "ssl-max-ver"):
            value = next(words, None)
            high = value is not None and value.text.replace("TLSv1.0", "TLSv1") not in low
            if word.text == "ssl-max-ver" and high and value is not None:
                kept += [word.text, value.text]
        elif not any(word.text in (f"no-{s}", f"force-{s}") for s in _SINGLE):
            kept.append(item.source.text[word.start : word.end])
    line = " ".join([*kept, "ssl-min-ver", version])
    edit = replace(item.source, item.statement, line)
    return Fix(f"accept {version} and newer only", (edit,), safety=Safety.RISKY, breaks=OLD_VERSIONS)


def use_suites(item: Item, suites: tuple[str, ...]) -> Fix | None:
    words = item.statement.words
    named = ("ciphers", "ssl-default-bind-ciphers", "ssl-default-server-ciphers")
    number = next((n for n, w in enumerate(words[:-1]) if w.text in named), None)
    if number is None:
        return None
    last = words[number + 1] if number else words[-1]
    edit = Edit(item.source.path, Span(words[number + 1].start, last.end), ":".join(suites))
    return Fix("accept strong cipher suites only", (edit,), safety=Safety.RISKY, breaks=OLD_SUITES)


def verify_tls(tree: Tree, item: Item) -> Fix | None:
    """Verify certificates against the system's authorities, for the name that the server has."""
    words = item.statement.words
    number = next((n for n, w in enumerate(words[:-1]) if w.text in ("verify", "ssl-server-verify")), None)
    if item.values[0] == "httpclient.ssl.verify":
        edit = Edit(item.source.path, words[1].span, "required")
        return Fix("verify the server's certificate", (edit,), safety=Safety.RISKY, breaks=UNTRUSTED)
    if number is None:
        return None
    value = words[number + 1]
    edits = [Edit(item.source.path, value.span, "required")]
    # The servers that verify nothing because of that line.
    found = []
    for trusting_block in tree.of("backend", "listen"):
        for trusting_server in (*trusting_block.all("server"), *trusting_block.all("server-template")):
            said = written(trusting_block, trusting_server, "verify")
            secure = any("ssl" in line.values[1:] for line in (trusting_server, *shared(trusting_block)))
            decides = (
                said is None
                if item.values[0] == "ssl-server-verify"
                else said is not None and said[1] is item
            )
            if secure and decides and "no-ssl" not in trusting_server.values:
                found.append(trusting_server)
    for server in found:
        # What a server line lacks to verify: whom to trust, and the name to look for.
        block, missing_words = server.home, []
        if written(block, server, "ca-file") is None:
            missing_words.append(f"ca-file {BUNDLE}")
        host = host_of(server.values[2])[0] if server.values[0] == "server" else ""
        named = written(block, server, "sni") or written(block, server, "verifyhost")
        if not named and "." in host and not host.replace(".", "").isdigit() and not server.varies:
            missing_words.append(f"verifyhost {host}")
        missing = " ".join(missing_words)
        if missing and server is item:
            edits[0] = Edit(item.source.path, value.span, f"required {missing}")
        elif missing:
            edits.append(add_words(server.source, server.statement, missing))
    return Fix("verify the server's certificate", tuple(edits), safety=Safety.RISKY, breaks=UNTRUSTED)
