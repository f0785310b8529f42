"""What only nginx gets wrong: directives that are right or wrong by their own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address

from batten.controls._addresses import is_private
from batten.controls.application import DebugOff
from batten.controls.contract import AuthSchemeModern, OperationsAuthenticated
from batten.controls.exposure import AccessLogged
from batten.controls.headers import BannerHidden, ContentTypeDeclared
from batten.controls.requests import SmugglingClosed, TraversalFree
from batten.controls.transport import OLD, TlsCiphers, TlsVerify, TlsVersion, UpstreamEncrypted
from batten.controls.verbs import HttpLimitsSet
from batten.model import Setting, Severity
from batten.model.record import record
from batten.technologies.edges.nginx.blocks import guarded, match_of, silent
from batten.technologies.edges.nginx.tls.listeners import address_of, tls_of
from batten.technologies.edges.nginx.tree import Tree, inherited, varies
from batten.technologies.shared.edges.directive_checks import (
    CheckedDirective,
    DirectiveCheck,
    Words,
    broken_suites,
    by_name,
    first_word,
    register,
    short_field,
)
from batten.technologies.shared.edges.headers import PRODUCTS
from batten.technologies.shared.edges.nodes import Item, remembered
from batten.technologies.shared.transport.upstreams import is_loopback

EXPRESSION = "expression"
# Headers by which proxies name the client, and which every client may send.
_FORGED = re.compile(
    r"\$\{?(?:http_x_forwarded_for|http_x_real_ip|http_x_client_ip|http_client_ip|http_true_client_ip|http_forwarded"
    r"|proxy_add_x_forwarded_for|http_user_agent)\}?"
)
_WEAK_CURVE = re.compile(r"(?:^|:)(?:sec[pt]1\d\d|sect2[0-2]|prime192|P-192)", re.IGNORECASE)
_VARIABLE = re.compile(
    r"\$\{?(?:http_\w+|arg_\w+|request\w*|uri|args|query_string|cookie_\w+|remote_user|document_uri)\b"
)


@record
class NginxDirective(CheckedDirective):
    """A directive of nginx's, or an expression under the name EXPRESSION."""


def _old(words: Words) -> str:
    return ", ".join(w for w in words if w in OLD)


def _weak_curve(words: Words) -> str:
    return words[0] if words and _WEAK_CURVE.search(words[0]) else ""


def _level(words: Words) -> str:
    found = re.search(r"@SECLEVEL=0", words[-1] if words else "")
    return found[0] if found else ""


def _option(name: str) -> Callable[[Words], str]:
    return lambda words: name if words[:1] == ("Options",) and name in ",".join(words[1:]).split(",") else ""


def _unescaped(words: Words) -> str:
    text = " ".join(words[2:])
    found = _VARIABLE.search(text) if words[1:2] == ("escape=none",) else None
    return found[0].replace("{", "") if found else ""


def _forged(words: Words) -> str:
    return words[0] if words and _FORGED.fullmatch(words[0]) else ""


def _public(words: Words) -> str:
    """The first resolver that is an address of the internet."""
    for word in words:
        try:
            address = ip_address(
                word.partition("]")[0].strip("[") if word.startswith("[") else word.partition(":")[0]
            )
        except ValueError:
            continue
        if address.is_global:
            return word
    return ""


def _plain_collector(words: Words) -> str:
    """ngx_otel_module: without `https://` the collector is reached over plain gRPC; one of this network is another matter."""
    address = words[0] if words else ""
    host = address.rpartition("://")[2].partition("/")[0].rpartition(":")[0].strip("[]")
    return "" if address.startswith("https://") or is_private(host) else address


def _everybody(words: Words) -> str:
    """A network so wide that it is no proxy's."""
    return words[0] if words and re.search(r"^(?:\d[\d.]*|[\da-f]*:[\da-f:]*)/[0-4]$", words[0]) else ""


def _first(words: Words) -> str:
    return words[0] if words else ""


def _any_host(words: Words) -> str:
    """ngx_http_tunnel_module: without an address the client's is taken."""
    return (
        "any" if not words or re.search(r"\$\{?(?:host|http_host|request_port|arg_\w+)\b", words[0]) else ""
    )


def _many(words: Words) -> str:
    return words[0] if words and words[0].isdigit() and int(words[0]) > 10_000 else ""


def _banner(words: Words) -> str:
    return words[0] if words and words[0].lower() in PRODUCTS else ""


def _clients_verb(words: Words) -> str:
    return words[0] if words and re.match(r"\$\{?(?:arg|http|cookie)_", words[0]) else ""


_ATOM = r"(?:\\.|\[(?:\\.|[^\]\\]){1,100}+\]|[^\\()\[\]{}|+*?^$])"
# What is behind it may fail; then each way to share the text between both repetitions is tried.
_CATASTROPHIC = re.compile(
    rf"\((?:\?:|\?P?<\w{{1,40}}>)?{_ATOM}[+*]\??\)(?:[+*]|\{{\d+,\}})(?!\+)(?=[)\s]{{0,20}}+[^)\s])"
)


def catastrophic(words: Words) -> str:
    """The part of an expression whose time grows exponentially with the text."""
    found = _CATASTROPHIC.search(words[0]) if words else None
    return found[0] if found else ""


def _content_type(words: Words) -> str:
    return words[1] if len(words) > 1 and words[0].lower() == "content-type" else ""


# What nginx offers as a client: to upstreams, to what njs fetches (ngx_http_js_module), to its cluster (ngx_stream_zone_sync_module).
_UPSTREAM_CIPHERS = (
    "proxy_ssl_ciphers",
    "grpc_ssl_ciphers",
    "uwsgi_ssl_ciphers",
    "js_fetch_ciphers",
    "zone_sync_ssl_ciphers",
)
_UPSTREAM_PROTOCOLS = (
    "proxy_ssl_protocols",
    "grpc_ssl_protocols",
    "uwsgi_ssl_protocols",
    "js_fetch_protocols",
    "zone_sync_ssl_protocols",
)
_OLD_UPSTREAMS = "upstreams that support obsolete versions and suites only"
CHECKS = (
    DirectiveCheck("tls-ciphers", Severity.LOW, ("ssl_early_data",), first_word("on"),
        "TLS early data is accepted, which can be replayed and has no forward secrecy", TlsCiphers.EARLY_DATA,
        right="off", breaks="TLS 1.3 clients that resume, whose first request takes a round trip more"),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("ssl_ecdh_curve",), _weak_curve, "weak curves are accepted: {}",
        TlsCiphers.WEAK_CURVE, right="auto", breaks="clients that support weak curves only"),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("ssl_ciphers",), _level,
        "`{}` accepts keys and signatures of any strength", TlsCiphers.WEAK_SUITE, remedy=None),
    DirectiveCheck("tls-ciphers", Severity.LOW, _UPSTREAM_CIPHERS, broken_suites,
        "broken cipher suites are offered to upstreams: {}", TlsCiphers.WEAK_SUITE,
        title="offer the default suites to upstreams", breaks=_OLD_UPSTREAMS),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("ssl_conf_command",), _option("UnsafeLegacyRenegotiation"),
        "renegotiation without RFC 5746 is enabled", TlsCiphers.INSECURE_RENEGOTIATION,
        title="do not allow such renegotiation", breaks="clients without RFC 5746"),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("ssl_conf_command",), _option("ClientRenegotiation"),
        "clients can renegotiate TLS 1.2 repeatedly, which costs the server more than them",
        TlsCiphers.CLIENT_RENEGOTIATION),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("ssl_key_log", "proxy_ssl_key_log", "grpc_ssl_key_log", "uwsgi_ssl_key_log"), _first,
        "the keys of TLS connections are written to `{}`: its readers decrypt all of them", TlsCiphers.KEYS_LOGGED,
        title="do not log the keys of connections", breaks="people who decrypt recorded traffic"),
    DirectiveCheck("tls-verify", Severity.HIGH, ("js_fetch_verify", "zone_sync_ssl_verify", "ssl_verify"), first_word("off"),
        "TLS certificate verification is disabled", TlsVerify.VERIFICATION_OFF,
        right="on", breaks="servers whose certificate is not signed by a trusted CA, or has another name"),
    DirectiveCheck("tls-verify", Severity.MEDIUM, ("zone_sync_ssl",), first_word("on"),
        "the certificates of other servers of the cluster are not verified", TlsVerify.VERIFICATION_OFF, remedy=None),
    DirectiveCheck("upstream-encrypted", Severity.LOW, ("zone_sync",), lambda _: "zone_sync",
        "the cluster's shared state is sent unencrypted", UpstreamEncrypted.PLAIN_UPSTREAM, remedy=None),
    DirectiveCheck("auth-scheme-modern", Severity.MEDIUM, ("starttls",), lambda words: "" if words == ("only",) else "off",
        "passwords are sent unencrypted: mail clients log in without TLS", AuthSchemeModern.PASSWORD, remedy=None),
    DirectiveCheck("operations-authenticated", Severity.LOW, ("smtp_auth",), lambda words: "none" if "none" in words else "",
        "mail is accepted without a login: `smtp_auth {}`", OperationsAuthenticated.WRITES, remedy=None),
    DirectiveCheck("debug-off", Severity.LOW, ("debug_connection",), _first,
        "the debug log holds the header fields of clients at `{}`", DebugOff.LOG, remedy=None),
    DirectiveCheck("upstream-encrypted", Severity.LOW, ("endpoint",), _plain_collector,
        "traces are sent unencrypted to `{}` (`otel_exporter`)", UpstreamEncrypted.PLAIN_UPSTREAM, remedy=None),
    DirectiveCheck("auth-scheme-modern", Severity.LOW, ("pkce",), first_word("off"),
        "authorization codes are not bound to their client (PKCE)", AuthSchemeModern.GRANT,
        right="on", breaks="OpenID providers without PKCE"),
    DirectiveCheck("traversal-free", Severity.MEDIUM, ("xml_external_entities",), first_word("on"),
        "XML documents read files of the server through external entities", TraversalFree.TRAVERSAL,
        right="off", breaks="documents that refer to other files"),
    DirectiveCheck("traversal-free", Severity.HIGH, ("tunnel_pass",), _any_host,
        "the proxy opens tunnels to any host that a client names", TraversalFree.PROXY, remedy=None),
    DirectiveCheck("http-limits-set", Severity.LOW, ("max_headers",), _many,
        "the number of header fields is not limited: {}", HttpLimitsSet.NO_FIELD_LIMIT,
        right="1000", breaks="clients that send more header fields"),
    DirectiveCheck("tls-version", Severity.MEDIUM, _UPSTREAM_PROTOCOLS, _old,
        "obsolete protocol versions are offered to upstreams: {}", TlsVersion.OLD_VERSION,
        title="offer TLS 1.2 and newer only to upstreams", right="TLSv1.2 TLSv1.3", breaks=_OLD_UPSTREAMS),
    DirectiveCheck("upstream-encrypted", Severity.LOW, ("resolver",), _public,
        "names of upstreams are resolved by `{}`, unencrypted over the internet", UpstreamEncrypted.PLAIN_RESOLVER,
        remedy=None),
    DirectiveCheck("access-logged", Severity.LOW, ("log_format",), _unescaped,
        "clients forge lines of the log: `escape=none` writes `{}` as it is", AccessLogged.FORGEABLE),
    DirectiveCheck("http-limits-set", Severity.LOW, ("limit_req_zone", "limit_conn_zone"), _forged,
        "clients escape the limit, because they choose its key `{}`", HttpLimitsSet.CLIENTS_KEY),
    DirectiveCheck("http-limits-set", Severity.LOW, ("limit_req_dry_run",), first_word("on"),
        "requests beyond the limit are counted and not refused", HttpLimitsSet.NO_RATE_LIMIT,
        right="off", breaks="clients that send more than the limit"),
    DirectiveCheck("http-limits-set", Severity.LOW, ("limit_conn_dry_run",), first_word("on"),
        "requests beyond the limit are counted and not refused", HttpLimitsSet.NO_RATE_LIMIT,
        right="off", breaks="clients that open more connections than the limit"),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("ssl_dhparam",), short_field,
        "DHE uses a finite field of {} bits, below the minimum of 2048", TlsCiphers.SHORT_DH,
        title="do not use the short field", breaks="clients that support DHE suites only"),
    DirectiveCheck("banner-hidden", Severity.INFO, ("proxy_pass_header", "grpc_pass_header"), _banner,
        "the upstream's `{}` header is passed on, with the version that it names", BannerHidden.VERSION),
    DirectiveCheck("http-limits-set", Severity.LOW, (EXPRESSION,), catastrophic,
        "the expression repeats a repetition, so one request costs millions of steps: `{}`",
        HttpLimitsSet.CATASTROPHIC, remedy=None),
    DirectiveCheck("debug-off", Severity.LOW, ("lua_code_cache",), first_word("off"),
        "Lua code is loaded again for every request", DebugOff.RELOAD,
        right="on", breaks="developers who change Lua code while nginx runs"),
    DirectiveCheck("smuggling-closed", Severity.MEDIUM, ("set_real_ip_from",), _everybody,
        "every client sets its own address: `{}` trusts the header of any sender", SmugglingClosed.LENIENT, remedy=None),
    DirectiveCheck("smuggling-closed", Severity.LOW, ("proxy_method",), _clients_verb,
        "rules about verbs see another verb than the upstream, which gets `{}`", SmugglingClosed.LENIENT, remedy=None),
    DirectiveCheck("content-type-declared", Severity.LOW, ("add_header",), _content_type,
        "`Content-Type: {}` is added to the one that nginx or the upstream sends", ContentTypeDeclared.TWICE),
)  # fmt: skip
_TESTS = ("location", "if", "rewrite")  # what holds an expression against requests
_BY_NAME = by_name(CHECKS)
register(NginxDirective, CHECKS)


def directive_checks(tree: Tree) -> Iterator[NginxDirective]:
    judged = (n for n in tree.root.spelled_anywhere() if n in _BY_NAME or n in _TESTS or n.startswith("~"))
    for item in tree.root.below(*judged):
        rows = _BY_NAME.get(item.name)
        if rows and any(r.wrong(tuple(item.values)) for r in rows) and not _settled(tree, item):
            at = item.place()
            # A word of a list of suites is another finding than the suites themselves.
            words_at = (
                replace(at, pointer=f"{at.pointer}/{_level(tuple(item.values))}")
                if item.name == "ssl_ciphers"
                else at
            )
            yield NginxDirective(at, item.name, Setting(tuple(item.values), words_at))
        elif ")+" in (pattern := _pattern(item)) or ")*" in pattern or "){" in pattern:
            yield NginxDirective(item.place(), EXPRESSION, Setting((pattern[:1000],), item.place()))
    for server in (s for mail in tree.root.all("mail") for s in mail.all("server")):
        # ngx_mail_ssl_module: without `ssl`, and with STARTTLS that nothing requires, log-ins are in plain text.
        found = inherited(server, "starttls")
        protocol = inherited(server, "protocol")
        if found is not None and protocol is not None and inherited(server, "ssl") is not None:
            for listen in server.all("listen"):
                address = address_of(listen.value)[0]
                private = isinstance(address, str) and is_loopback(address)
                if tls_of(server, listen).known(True) is False and not private:
                    value = found[-1].value if found else "off"
                    yield NginxDirective(listen.place(), "starttls", Setting((value,), listen.place()))


def _pattern(item: Item) -> str:
    """The expression that requests are held against there; "" when there is none."""
    match item.name:
        case "location":
            found = match_of(item)
            return found.path if found.kind == "regex" else ""
        case "if":
            return (
                " ".join(item.values[2:]).removesuffix(")").strip()
                if "~" in "".join(item.values[1:2])
                else ""
            )
        case "rewrite":
            return item.value
        case name if name.startswith("~") and item.up is not None and item.up.name == "map":
            return name
        case _:
            return ""


def _settled(tree: Tree, item: Item) -> bool:
    """Whether something else makes the directive harmless, or its words are not known."""
    match item.name:
        case "ssl_early_data":
            return remembered(tree.root, "early data", lambda: _early_data_checked(tree))
        case "set_real_ip_from":
            header = inherited(item.up or item, "real_ip_header")
            # Whether a rule lets listed addresses in.
            told = remembered(
                tree.root, "allowed", lambda: any(i.value != "all" for i in tree.root.below("allow"))
            )  # by their rule
            return told or (bool(header) and header is not None and header[-1].value == "proxy_protocol")
        case "ssl_dhparam":
            return True  # it is in its file
        case "starttls":
            return True  # judged where it is in force
        case "ssl_verify":
            return item.up is None or item.up.name not in ("acme_issuer", "mgmt")
        case "endpoint":
            return item.up is None or item.up.name != "otel_exporter" or any(varies(v) for v in item.values)
        case "zone_sync_ssl":
            return _is(item, "zone_sync_ssl_verify", "on")
        case "zone_sync":
            return _is(item, "zone_sync_ssl", "on")
        case "tunnel_pass":
            return guarded(item.up or item) or inherited(item, "tunnel_allow_upstream") != []
        case "add_header":
            return item.up is not None and (bool(silent(item.up)) or _untyped(item.up))
        case "proxy_method" | "log_format" | "limit_req_zone" | "limit_conn_zone":
            return False
        case _:
            return any(varies(v) for v in item.values)


def _untyped(block: Item) -> bool:
    """Whether the upstream's type is removed; nothing is typed where nginx itself has nothing to send."""
    hidden = inherited(block, "proxy_hide_header") or []
    return block.first("proxy_pass") is not None and any(i.value.lower() == "content-type" for i in hidden)


def _early_data_checked(tree: Tree) -> bool:
    return any("ssl_early_data" in v for i in tree.root.walk() for v in i.values)


def _is(item: Item, name: str, value: str) -> bool:
    """Whether another directive has that value there, or may have it."""
    found = inherited(item.up or item, name)
    return found is None or (bool(found) and found[-1].value == value)
