"""Writers for TLS: redirects, protocols, suites, and who is at the other end."""

from __future__ import annotations

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.apache.placement import into, load_module, replaced, spelt
from batten.technologies.edges.apache.sections import names_of
from batten.technologies.edges.apache.tls.listeners import over_tls
from batten.technologies.edges.apache.tree import Item, Tree, written
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import (
    BUNDLE,
    OLD_SUITES,
    OLD_VERSIONS,
    PLAIN_CLIENTS,
    PROTOCOLS,
    UNTRUSTED,
)

REWRITE = (
    "RewriteEngine On\n"
    "RewriteCond %{REQUEST_URI} !^/\\.well-known/acme-challenge/\n"
    "RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]"
)
TOP = ("documentroot", "serveralias", "servername")
_SSL = ("sslprotocol", "sslcipher", "ssl", *TOP)


def redirect_to_tls(tree: Tree, item: Item) -> Fix | None:
    """Answer with a redirect, where a host with TLS is there for the same names."""
    title = "redirect plain requests to HTTPS"
    server = item if item.name == "virtualhost" else None
    if server is None:
        return ask_certificate(title) if item.name in ("", "listen") else None
    if server.first("rewriteengine") is not None:
        return None
    names = names_of(server)
    twins = [h for h in tree.hosts if over_tls(tree, h) and (not names or set(names) & set(names_of(h)))]
    if not twins:
        return ask_certificate(title, f" for {names[0]}" if names else "")
    edits = (*load_module(tree, "rewrite"), into(server, REWRITE, TOP))
    return Fix(title, edits, safety=Safety.RISKY, breaks=PLAIN_CLIENTS)


def minimum_tls(item: Item, version: str) -> Fix | None:
    lower = PROTOCOLS[1 : PROTOCOLS.index(version)]
    line = f"SSLProtocol all {' '.join('-' + p for p in lower)}"
    return _ssl(item, "sslprotocol", line, f"accept {version} and newer only", OLD_VERSIONS)


def use_suites(item: Item, suites: tuple[str, ...]) -> Fix | None:
    line = f"SSLCipherSuite {':'.join(suites)}"
    return _ssl(item, "sslciphersuite", line, "accept strong cipher suites only", OLD_SUITES)


def _ssl(item: Item, name: str, line: str, title: str, breaks: str) -> Fix | None:
    if item.name == name:
        return Fix(title, (replaced(item, line),), safety=Safety.RISKY, breaks=breaks)
    if item.name not in ("", "virtualhost"):
        return None
    return Fix(title, (into(item, line, _SSL),), safety=Safety.RISKY, breaks=breaks)


def verify_tls(item: Item) -> Fix | None:
    """Verify the upstream's certificate against the system's authorities, and that it is for its name."""
    title = "verify the upstream's certificate"
    if item.name.startswith("sslproxycheckpeer"):
        scope = item.up or item
        off = [i for i in scope.items if i.name.startswith("sslproxycheckpeer") and i.value.lower() == "off"]
        edits: tuple[Edit, ...] = tuple(replaced(i, f"{spelt(i)} on") for i in off)
        return Fix(title, (*edits, *_demand(scope)), safety=Safety.RISKY, breaks=UNTRUSTED)
    if item.name == "sslproxyverify":
        lines = "\n".join(["SSLProxyVerify require", *_authorities(item.up or item)])
        return Fix(title, (replaced(item, lines),), safety=Safety.RISKY, breaks=UNTRUSTED)
    if item.name == "ldapverifyservercert":
        edit = replaced(item, "LDAPVerifyServerCert On")
        return Fix("verify the LDAP server's certificate", (edit,), safety=Safety.RISKY, breaks=UNTRUSTED)
    if item.name in ("", "virtualhost"):
        return Fix(title, _demand(item), safety=Safety.RISKY, breaks=UNTRUSTED)
    return None


def _demand(scope: Item) -> tuple[Edit, ...]:
    found = scope.last("sslproxyverify")
    if found is not None and found.value.lower() == "require":
        return ()
    lines = "\n".join(["SSLProxyVerify require", *_authorities(scope)])
    if found is not None:
        return (replaced(found, lines),)
    return (into(scope, lines, ("sslproxyengine", *TOP)),)


def _authorities(scope: Item) -> list[str]:
    known = any(written(scope, n) for n in ("sslproxycacertificatefile", "sslproxycacertificatepath"))
    return [] if known else [f"SSLProxyCACertificateFile {BUNDLE}"]
