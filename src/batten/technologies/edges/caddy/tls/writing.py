"""Writers for transport: addresses, suites, verified upstreams."""

from __future__ import annotations

from batten.formats.lines import remove, replace
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.edges.caddy.addresses import addresses
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.edges.caddy.upstreams import targets
from batten.technologies.shared.transport.questions import ask_hosts
from batten.technologies.shared.transport.tls import OLD_SUITES, PLAIN_CLIENTS, iana_suite

_TITLE = "serve this over TLS"


def serve_over_tls(tree: Tree, site: Item, at: Location) -> Fix | None:
    """A public name without `http://` is served over HTTPS, and plain requests are led there."""
    found = next((a for a in addresses(tree, site) if a.at == at), None)
    if found is None or at.kind is Kind.BLOCK:
        return None
    host = found.host
    twin = any(a.host == host and a.tls is True for s in tree.sites for a in addresses(tree, s))
    automatic = tree.option("auto_https") is None and tree.option("http_port", "https_port") is None
    word = site.statement.words[found.number]
    named = "." in host and not host.replace(".", "").isdigit() and "*" not in host and not varies(host)
    usual = word.text.rstrip(",") in (f"http://{host}", f"{host}:80", f"http://{host}:80")
    if not (named and usual and automatic) or twin:
        return ask_hosts(_TITLE)
    edit = Edit(site.source.path, word.span, word.text.replace(word.text.rstrip(","), host))
    breaks = (
        f"{PLAIN_CLIENTS}; and {host} must be reachable here on ports 80 and 443, to obtain a certificate"
    )
    return Fix(_TITLE, (edit,), safety=Safety.RISKY, breaks=breaks)


def use_suites(item: Item, suites: tuple[str, ...]) -> Fix | None:
    if item.name != "ciphers":
        return None
    named = [n for s in suites if (n := iana_suite(s)).startswith("TLS_ECDHE")]
    # Go, and so Caddy, names these with SHA256 at the end.
    names = [f"{n}_SHA256" if n.endswith("CHACHA20_POLY1305") else n for n in named]
    edit = replace(item.source, item.statement, " ".join(["ciphers", *names]))
    return Fix("accept strong cipher suites only", (edit,), safety=Safety.RISKY, breaks=OLD_SUITES)


def verify_tls(item: Item) -> Fix | None:
    """TLS stays on where no `https://` says it."""
    transport = item.up
    proxy = transport.up if transport is not None else None
    if item.name != "tls_insecure_skip_verify" or transport is None or proxy is None:
        return None
    written = [t for _, _, t in targets(proxy)]
    kept = all(t.startswith("https://") for t in written) or (
        len(transport.items) > 1 and any(i.name.startswith("tls") for i in transport.items if i is not item)
    )
    edit = remove(item.source, item.statement) if kept else replace(item.source, item.statement, "tls")
    breaks = "upstreams whose certificate is not signed by a CA that this system trusts, or has another name"
    return Fix("verify the upstream's certificate", (edit,), safety=Safety.RISKY, breaks=breaks)
