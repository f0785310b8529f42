"""What only HAProxy gets wrong: statements that are right or wrong by their own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.controls._suites import MOZILLA_INTERMEDIATE, is_broken, weak_suites
from batten.controls.requests import SmugglingClosed
from batten.controls.transport import OLD, TlsCiphers, TlsVersion
from batten.facts import Fact
from batten.model import Case, MinimumTls, Remedy, Setting, Severity, UseSuites, Violation
from batten.model.record import record
from batten.technologies.edges.haproxy.tree import Tree

_CLIENTS = re.compile(r"%\[(?:req\.f?hdr|hdr|urlp|url_param|req\.cook|cook)\(", re.IGNORECASE)
_FORCED = {"force-sslv3": "SSLv3", "force-tlsv10": "TLSv1", "force-tlsv11": "TLSv1.1"}


@record
class Quirk(Fact):
    """A statement of HAProxy's with its words, the keyword first."""

    words: Setting[tuple[str, ...]]


@record
class WriteStatement(Remedy):
    """Write the statement of this name as it should be."""

    name: str

    @property
    def decision(self) -> tuple[object, ...]:
        return (type(self).__name__, self.name)


@record
class Row:
    """When a statement is wrong, and what is said of it. `{}` in the message is what is wrong."""

    slug: str
    severity: Severity
    names: tuple[str, ...]
    wrong: Callable[[tuple[str, ...]], str]
    message: str
    case: Case
    remedy: Remedy | None = None


def _old(words: tuple[str, ...]) -> str:
    """The versions below TLS 1.2 that are offered to servers (manual, 5.2: force-*, ssl-min-ver)."""
    lowest = _after(words, "ssl-min-ver").replace("TLSv1.0", "TLSv1")
    forced = next((version for word, version in _FORCED.items() if word in words), "")
    return forced or (lowest if lowest in OLD else "")


def _after(words: tuple[str, ...], name: str) -> str:
    return words[words.index(name) + 1] if name in words[:-1] else ""


def _replayed(words: tuple[str, ...]) -> str:
    return "allow-0rtt" if "allow-0rtt" in words else ""


def _level(words: tuple[str, ...]) -> str:
    return words[1] if words[1:2] == ("0",) else ""


def _short(words: tuple[str, ...]) -> str:
    return words[1] if len(words) > 1 and words[1].isdigit() and int(words[1]) < 2048 else ""


def _broken(words: tuple[str, ...]) -> str:
    return ", ".join(filter(is_broken, weak_suites(words[1]))) if len(words) > 1 else ""


def _broken_there(words: tuple[str, ...]) -> str:
    return ", ".join(filter(is_broken, weak_suites(_after(words, "ciphers"))))


def _clients_verb(words: tuple[str, ...]) -> str:
    named = words[1:2] == ("set-method",) and _CLIENTS.match("".join(words[2:3]))
    return words[2] if named else ""


ROWS = (
    Row("tls-version", Severity.MEDIUM, ("ssl-default-server-options", "default-server", "server"), _old,
        "an obsolete protocol version is offered to servers: {}", TlsVersion.OLD_VERSION, MinimumTls("TLSv1.2")),
    Row("tls-ciphers", Severity.LOW, ("bind",), _replayed,
        "TLS early data is accepted (`{}`), which can be replayed and has no forward secrecy", TlsCiphers.EARLY_DATA,
        WriteStatement("bind")),
    Row("tls-ciphers", Severity.MEDIUM, ("ssl-security-level",), _level,
        "`ssl-security-level {}` accepts keys and signatures of any strength", TlsCiphers.WEAK_SUITE,
        WriteStatement("ssl-security-level")),
    Row("tls-ciphers", Severity.MEDIUM, ("tune.ssl.default-dh-param",), _short,
        "DHE uses a finite field of {} bits, below the minimum of 2048", TlsCiphers.SHORT_DH,
        WriteStatement("tune.ssl.default-dh-param")),
    Row("tls-ciphers", Severity.LOW, ("ssl-default-server-ciphers",), _broken,
        "broken cipher suites are offered to servers: {}", TlsCiphers.WEAK_SUITE,
        UseSuites(MOZILLA_INTERMEDIATE)),
    Row("tls-ciphers", Severity.LOW, ("default-server", "server"), _broken_there,
        "broken cipher suites are offered to servers: {}", TlsCiphers.WEAK_SUITE,
        UseSuites(MOZILLA_INTERMEDIATE)),
    Row("smuggling-closed", Severity.LOW, ("http-request",), _clients_verb,
        "rules about verbs see another verb than servers, which get `{}`", SmugglingClosed.LENIENT,
        WriteStatement("http-request")),
)  # fmt: skip
_TITLES = {
    "tls-version": "TLS 1.2 or newer only",
    "tls-ciphers": "Only forward-secret AEAD suites",
    "smuggling-closed": "Invalid and ambiguous requests are rejected",
}
_SECTIONS = ("global", "defaults", "frontend", "listen", "backend", "peers", "ring", "log-forward")


def _register(slug: str, rows: tuple[Row, ...]) -> None:
    def judge(quirk: Quirk) -> Iterator[Violation]:
        words = quirk.words.known(())
        for row in rows:
            wrong = row.wrong(words) if words and words[0] in row.names else ""
            if wrong:
                message = row.message.replace("{}", wrong)
                yield Violation(row.case, message, quirk.words.at, remedy=row.remedy, severity=row.severity)

    control(_TITLES[slug], max(r.severity for r in rows), "V1", slug=slug)(judge)


for _slug in _TITLES:
    _register(_slug, tuple(row for row in ROWS if row.slug == _slug))


def directive_checks(tree: Tree) -> Iterator[Quirk]:
    for block in tree.of(*_SECTIONS):
        for item in block.items:
            words = tuple(item.values)
            rows = [r for r in ROWS if words[0] in r.names and r.wrong(words)]
            if rows and (words[0] == "http-request" or not item.varies):
                yield Quirk(item.place(), Setting(words, item.place()))
