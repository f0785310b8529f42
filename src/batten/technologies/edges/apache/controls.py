"""What only httpd gets wrong: directives with one right value, and handlers that run more than they seem to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.controls._suites import is_broken, weak_suites
from batten.controls.contract import AuthSchemeModern
from batten.controls.exposure import ErrorFreeOfTraces, FileNotServed
from batten.controls.requests import AccessRuleEffective
from batten.controls.transport import OLD, TlsCiphers, TlsVersion
from batten.controls.verbs import HttpLimitsSet
from batten.facts import Fact
from batten.model import Case, Remedy, Setting, Severity, Violation
from batten.model.record import record
from batten.technologies.edges.apache.tls.listeners import protocols
from batten.technologies.edges.apache.tree import Tree, varies

_PHP = re.compile(r"^(?:application/x-httpd-php\d*|php\d?-script|php\d?-fcgi|php-fastcgi)$", re.IGNORECASE)


@record
class Quirk(Fact):
    """A directive of httpd's with its words. `name` is in lower case."""

    name: str
    words: Setting[tuple[str, ...]]


@record
class WriteDirective(Remedy):
    """Write the directive of this name as it should be."""

    name: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name)


@record
class Row:
    """When a directive is wrong, and what is said of it."""

    slug: str
    title: str
    severity: Severity
    name: str
    wrong: Callable[[tuple[str, ...]], bool]
    message: str
    case: Case


def _has(*words: str) -> Callable[[tuple[str, ...]], bool]:
    return lambda written: any(w.lower().lstrip("+") in words for w in written)


def runs_php(words: tuple[str, ...]) -> bool:
    return bool(words) and _PHP.match(words[0]) is not None and len(words) > 1


def _old(words: tuple[str, ...]) -> bool:
    return any(name in OLD for name in protocols(list(words)) or ())


def _broken(words: tuple[str, ...]) -> bool:
    return any(map(is_broken, weak_suites(words[-1]))) if words else False


ROWS = (
    Row("tls-ciphers", "Only forward-secret AEAD suites", Severity.MEDIUM, "sslcompression", _has("on"),
        "TLS compression is enabled", TlsCiphers.COMPRESSION),
    Row("tls-ciphers", "Only forward-secret AEAD suites", Severity.MEDIUM, "sslinsecurerenegotiation", _has("on"),
        "renegotiation without RFC 5746 is enabled", TlsCiphers.INSECURE_RENEGOTIATION),
    Row("tls-ciphers", "Only forward-secret AEAD suites", Severity.LOW, "sslproxyciphersuite", _broken,
        "broken cipher suites are offered to upstreams", TlsCiphers.WEAK_SUITE),
    Row("tls-version", "TLS 1.2 or newer only", Severity.MEDIUM, "sslproxyprotocol", _old,
        "obsolete protocol versions are offered to upstreams", TlsVersion.OLD_VERSION),
    Row("error-free-of-traces", "Responses contain no stack traces or internals", Severity.LOW, "fileetag",
        _has("inode", "all"), "ETags contain the inode numbers of files", ErrorFreeOfTraces.INODES),
    Row("http-limits-set", "Request size, time and rate are limited", Severity.LOW, "limitrequestfields",
        lambda words: words == ("0",), "the number of header fields is not limited", HttpLimitsSet.NO_FIELD_LIMIT),
    Row("file-not-served", "Sensitive and hidden files are not served", Severity.LOW, "userdir",
        lambda words: bool(words) and words[0].lower() not in ("disabled", "enabled"),
        "folders of all user accounts are served, and reveal which accounts exist", FileNotServed.USERS),
    Row("access-rule-effective", "Access rules take effect and cannot be bypassed", Severity.HIGH, "addhandler", runs_php,
        "`AddHandler` runs every file with the extension anywhere in its name, such as `x.php.jpg`",
        AccessRuleEffective.HANDLER),
    Row("access-rule-effective", "Access rules take effect and cannot be bypassed", Severity.HIGH, "addtype", runs_php,
        "`AddType` runs every file with the extension anywhere in its name, such as `x.php.jpg`",
        AccessRuleEffective.HANDLER),
)  # fmt: skip
NAMES = frozenset(row.name for row in ROWS)


def _register(slug: str, rows: tuple[Row, ...]) -> None:
    def judge(quirk: Quirk) -> Iterator[Violation]:
        for row in rows:
            if quirk.name == row.name and row.wrong(quirk.words.known(())):
                yield Violation(
                    row.case,
                    row.message,
                    quirk.words.at,
                    remedy=WriteDirective(row.name),
                    severity=row.severity,
                )

    control(rows[0].title, max(r.severity for r in rows), "V1", slug=slug)(judge)


for _slug in dict.fromkeys(row.slug for row in ROWS):
    _register(_slug, tuple(row for row in ROWS if row.slug == _slug))


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def digest_left_behind(quirk: Quirk) -> Iterator[Violation]:
    """RFC 7616: the hash that a server keeps for Digest with MD5 is equivalent to the password."""
    if quirk.name == "authtype" and [w.lower() for w in quirk.words.known(())] == ["digest"]:
        message = "Digest authentication relies on MD5, and its user file is equivalent to the passwords"
        yield Violation(AuthSchemeModern.SCHEME, message, quirk.words.at)


def directive_checks(tree: Tree) -> Iterator[Quirk]:
    users_off = any(
        i.value.lower() == "disabled" and len(i.values) == 1 for i in tree.root.walk() if i.name == "userdir"
    )
    for item in tree.root.walk():
        if item.name not in NAMES and item.name != "authtype":
            continue
        if any(varies(v) for v in item.values) or (item.name == "userdir" and users_off):
            continue
        yield Quirk(item.place(), item.name, Setting(tuple(item.values), item.place()))
