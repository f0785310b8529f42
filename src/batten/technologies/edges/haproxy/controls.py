"""What only HAProxy gets wrong: statements that are right or wrong by their own words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._suites import MOZILLA_INTERMEDIATE
from batten.controls.requests import SmugglingClosed
from batten.controls.transport import OLD, TlsCiphers, TlsVersion
from batten.model import MinimumTls, Setting, Severity, UseSuites
from batten.model.record import record
from batten.technologies.edges.haproxy.tree import Tree
from batten.technologies.shared.edges.directive_checks import (
    CheckedDirective,
    DirectiveCheck,
    Words,
    WriteDirective,
    broken_suites,
    by_name,
    first_word,
    register,
    short_field,
)

_CLIENTS = re.compile(r"%\[(?:req\.f?hdr|hdr|urlp|url_param|req\.cook|cook)\(", re.IGNORECASE)
_FORCED = {"force-sslv3": "SSLv3", "force-tlsv10": "TLSv1", "force-tlsv11": "TLSv1.1"}


@record
class HaproxyStatement(CheckedDirective):
    """A statement of HAProxy's: its keyword, and the words after it."""


@record
class WriteStatement(WriteDirective):
    """Write the statement of this name as it should be."""


def _old(words: Words) -> str:
    """The versions below TLS 1.2 that are offered to servers (manual, 5.2: force-*, ssl-min-ver)."""
    lowest = _after(words, "ssl-min-ver").replace("TLSv1.0", "TLSv1")
    forced = next((version for word, version in _FORCED.items() if word in words), "")
    return forced or (lowest if lowest in OLD else "")


def _after(words: Words, name: str) -> str:
    return words[words.index(name) + 1] if name in words[:-1] else ""


def _clients_verb(words: Words) -> str:
    named = words[:1] == ("set-method",) and _CLIENTS.match("".join(words[1:2]))
    return words[1] if named else ""


CHECKS = (
    DirectiveCheck("tls-version", Severity.MEDIUM, ("ssl-default-server-options", "default-server", "server"), _old,
        "an obsolete protocol version is offered to servers: {}", TlsVersion.OLD_VERSION, remedy=MinimumTls("TLSv1.2")),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("bind",), lambda words: "allow-0rtt" if "allow-0rtt" in words else "",
        "TLS early data is accepted (`{}`), which can be replayed and has no forward secrecy", TlsCiphers.EARLY_DATA,
        remedy=WriteStatement),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("ssl-security-level",), first_word("0"),
        "`ssl-security-level {}` accepts keys and signatures of any strength", TlsCiphers.WEAK_SUITE,
        right="ssl-security-level 2", breaks="clients and servers with keys below 112 bits of security",
        remedy=WriteStatement),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("tune.ssl.default-dh-param",), short_field,
        "DHE uses a finite field of {} bits, below the minimum of 2048", TlsCiphers.SHORT_DH,
        right="tune.ssl.default-dh-param 2048", breaks="clients that support short DHE fields only",
        remedy=WriteStatement),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("ssl-default-server-ciphers",), broken_suites,
        "broken cipher suites are offered to servers: {}", TlsCiphers.WEAK_SUITE,
        remedy=UseSuites(MOZILLA_INTERMEDIATE)),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("default-server", "server"),
        lambda words: broken_suites((_after(words, "ciphers"),)),
        "broken cipher suites are offered to servers: {}", TlsCiphers.WEAK_SUITE,
        remedy=UseSuites(MOZILLA_INTERMEDIATE)),
    DirectiveCheck("smuggling-closed", Severity.LOW, ("http-request",), _clients_verb,
        "rules about verbs see another verb than servers, which get `{}`", SmugglingClosed.LENIENT,
        remedy=WriteStatement),
)  # fmt: skip
_BY_NAME = by_name(CHECKS)
register(HaproxyStatement, CHECKS)
_SECTIONS = ("global", "defaults", "frontend", "listen", "backend", "peers", "ring", "log-forward")


def directive_checks(tree: Tree) -> Iterator[HaproxyStatement]:
    for block in tree.of(*_SECTIONS):
        for item in block.items:
            name, *words = item.values
            wrong = any(check.wrong(tuple(words)) for check in _BY_NAME.get(name, ()))
            if wrong and (name == "http-request" or not item.varies):
                yield HaproxyStatement(item.place(), name, Setting(tuple(words), item.place()))
