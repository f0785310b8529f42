"""What only httpd gets wrong: directives with one right value, and handlers that run more than they seem to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.controls.contract import AuthSchemeModern
from batten.controls.exposure import ErrorFreeOfTraces, FileNotServed
from batten.controls.requests import AccessRuleEffective
from batten.controls.transport import OLD, TlsCiphers, TlsVersion
from batten.controls.verbs import HttpLimitsSet
from batten.model import Setting, Severity, Violation
from batten.model.record import record
from batten.technologies.edges.apache.tls.listeners import protocols
from batten.technologies.edges.apache.tree import Tree, varies
from batten.technologies.shared.edges.directive_checks import (
    CheckedDirective,
    DirectiveCheck,
    Words,
    broken_suites,
    by_name,
    register,
)

_PHP = re.compile(r"^(?:application/x-httpd-php\d*|php\d?-script|php\d?-fcgi|php-fastcgi)$", re.IGNORECASE)


@record
class ApacheDirective(CheckedDirective):
    """A directive of httpd's. `name` is in lower case."""


def _has(*words: str) -> Callable[[Words], str]:
    return lambda written: next((w for w in written if w.lower().lstrip("+") in words), "")


def _runs_php(words: Words) -> str:
    return words[0] if len(words) > 1 and _PHP.match(words[0]) else ""


def _old(words: Words) -> str:
    return ", ".join(name for name in protocols(list(words)) or () if name in OLD)


def _folders(words: Words) -> str:
    return words[0] if words and words[0].lower() not in ("disabled", "enabled") else ""


CHECKS = (
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("sslcompression",), _has("on"),
        "TLS compression is enabled", TlsCiphers.COMPRESSION, right="SSLCompression Off"),
    DirectiveCheck("tls-ciphers", Severity.MEDIUM, ("sslinsecurerenegotiation",), _has("on"),
        "renegotiation without RFC 5746 is enabled", TlsCiphers.INSECURE_RENEGOTIATION,
        right="SSLInsecureRenegotiation Off", breaks="clients without RFC 5746"),
    DirectiveCheck("tls-ciphers", Severity.LOW, ("sslproxyciphersuite",), lambda words: broken_suites(words[-1:]),
        "broken cipher suites are offered to upstreams", TlsCiphers.WEAK_SUITE,
        right="SSLProxyCipherSuite HIGH:!aNULL:!3DES:!RC4:!MD5", breaks="upstreams that support broken suites only"),
    DirectiveCheck("tls-version", Severity.MEDIUM, ("sslproxyprotocol",), _old,
        "obsolete protocol versions are offered to upstreams", TlsVersion.OLD_VERSION,
        right="SSLProxyProtocol -all +TLSv1.2 +TLSv1.3", breaks="upstreams that support only TLS 1.1 or older"),
    DirectiveCheck("error-free-of-traces", Severity.LOW, ("fileetag",), _has("inode", "all"),
        "ETags contain the inode numbers of files", ErrorFreeOfTraces.INODES, right="FileETag MTime Size"),
    DirectiveCheck("http-limits-set", Severity.LOW, ("limitrequestfields",), lambda words: "0" if words == ("0",) else "",
        "the number of header fields is not limited", HttpLimitsSet.NO_FIELD_LIMIT,
        right="LimitRequestFields 100", breaks="clients that send more than 100 header fields"),
    DirectiveCheck("file-not-served", Severity.LOW, ("userdir",), _folders,
        "folders of all user accounts are served, and reveal which accounts exist", FileNotServed.USERS,
        right="UserDir disabled", breaks="visitors of user directories"),
    DirectiveCheck("access-rule-effective", Severity.HIGH, ("addhandler",), _runs_php,
        "`AddHandler` runs every file with the extension anywhere in its name, such as `x.php.jpg`",
        AccessRuleEffective.HANDLER),
    DirectiveCheck("access-rule-effective", Severity.HIGH, ("addtype",), _runs_php,
        "`AddType` runs every file with the extension anywhere in its name, such as `x.php.jpg`",
        AccessRuleEffective.HANDLER),
)  # fmt: skip
_BY_NAME = by_name(CHECKS)
register(ApacheDirective, CHECKS)


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def digest_left_behind(directive: ApacheDirective) -> Iterator[Violation]:
    """RFC 7616: the hash that a server keeps for Digest with MD5 is equivalent to the password."""
    if directive.name == "authtype" and [w.lower() for w in directive.words.known(())] == ["digest"]:
        message = "Digest authentication relies on MD5, and its user file is equivalent to the passwords"
        yield Violation(AuthSchemeModern.SCHEME, message, directive.words.at)


def directive_checks(tree: Tree) -> Iterator[ApacheDirective]:
    users_off = any(
        i.value.lower() == "disabled" and len(i.values) == 1 for i in tree.root.walk() if i.name == "userdir"
    )
    for item in tree.root.walk():
        if item.name not in _BY_NAME and item.name != "authtype":
            continue
        if any(varies(v) for v in item.values) or (item.name == "userdir" and users_off):
            continue
        yield ApacheDirective(item.place(), item.name, Setting(tuple(item.values), item.place()))
