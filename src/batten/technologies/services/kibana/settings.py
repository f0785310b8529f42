"""From kibana.yml to what visitors of Kibana may do, how it connects to Elasticsearch, and what is written out.

Sources: https://www.elastic.co/docs/reference/kibana/configuration-reference/general-settings and
https://www.elastic.co/docs/reference/kibana/configuration-reference/security-settings. It listens on localhost:5601 and its container on
every address; `elasticsearch.ssl.verificationMode` is `full`; the cookie `sid` is Secure where `server.ssl.enabled` is true, or
`secureCookies`. Before 8.0 `xpack.security.enabled: false` removed the logins, and `server.cors: true` with `server.cors.origin` admitted
other origins (https://www.elastic.co/guide/en/kibana/7.17/settings.html); since then Elasticsearch decides about logins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import ConnectionString, Fact, Feature, Limits, OriginKind, OriginRule, ResponseHeaders
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.settings.offers import (
    cors_policy,
    only,
    secrets,
    signing,
    tls_listener,
    unverified,
)
from batten.technologies.shared.settings.rows import Flags, session
from batten.technologies.shared.settings.settings import Entry, Settings, listed
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 5601
COOKIE = Flags(name="xpack.security.cookieName", secure="xpack.security.secureCookies", default="sid")
_HEADERS = "server.securityResponseHeaders"
_SENT = {
    "strictTransportSecurity": "strict-transport-security",
    "referrerPolicy": "referrer-policy",
    "permissionsPolicy": "permissions-policy",
}
_ANONYMOUS = re.compile(r"xpack\.security\.authc\.providers\.anonymous\.([\w-]+)\.([\w.]+)")
_PASSWORDS = (
    "elasticsearch.password",
    "elasticsearch.serviceAccountToken",
    ".credentials.password",
    ".credentials.apiKey",
    ".credentials.apiKey.key",
    ".keyPassphrase",
    ".keystore.password",
    ".truststore.password",
)
_HOST = re.compile(r"(https?)://(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)(?::(\d{1,5}))?(?:/.*)?")


def facts(settings: Settings) -> Iterator[Fact]:
    """Visitors, answers, connections and what is written out."""
    # Who gets in without a login; a Kibana that listens on this machine only is left to it.
    if not is_loopback(settings.word("server.host", "0.0.0.0").known("")):
        security = settings.truth("xpack.security.enabled", True)
        if security.known(True) is False and settings.since(8) is not True:
            yield _open(security.at, "Kibana, without logins,")
        for name in dict.fromkeys(found[1] for key in settings.found if (found := _ANONYMOUS.fullmatch(key))):
            prefix = f"xpack.security.authc.providers.anonymous.{name}"
            visitors_on = settings.truth(f"{prefix}.enabled", True)
            if visitors_on.known(True):
                at = (
                    visitors_on.at
                    if visitors_on.written
                    else replace(next(settings.below(f"{prefix}.")).at, pointer=f"{prefix}.enabled")
                )
                yield _open(at, f"Kibana, with the rights of the provider `{name}` for anonymous visitors,")
    yield from session(COOKIE, settings)
    # Headers of answers that the file sets or leaves out.
    for key, header in _SENT.items():
        given = settings.found.get(f"{_HEADERS}.{key}")
        if given is not None and not given.templated:
            tls = header == "strict-transport-security"
            yield ResponseHeaders(given.at, over_tls=tls, sent=only(header, Setting(given.value, given.at)))
    embedded = settings.truth(f"{_HEADERS}.disableEmbedding")
    if embedded.written and embedded.known(True) is False:
        yield ResponseHeaders(
            embedded.at, over_tls=False, sent=only("x-frame-options", Setting(ABSENT, embedded.at))
        )
    size = settings.number("server.maxPayload")
    if size.written:
        yield Limits(size.at, body=size)
    # Pages of these origins may use the API, where that is on.
    on = settings.truth("server.cors.enabled", settings.truth("server.cors", False).known(False))
    allowed = settings.word("server.cors.allowOrigin", None)
    allowed = allowed if allowed.written else settings.word("server.cors.origin")
    if on.known(False) and allowed.written:
        rules = tuple(_rule(word, allowed.at) for word in listed(allowed.known("")))
        yield cors_policy(
            allowed.at,
            rules if allowed.is_known else UNKNOWN,
            settings.truth("server.cors.allowCredentials", False),
        )
    # Versions and suites of its own port, where it has TLS.
    if settings.truth("server.ssl.enabled", False).known(True) is not False:
        protocols, suites = "server.ssl.supportedProtocols", "server.ssl.cipherSuites"
        yield from tls_listener(settings, "server.ssl", protocols, suites, PORT)
    yield from _connected(settings)
    yield from signing(g for g in settings.found.values() if g.key.endswith("encryptionKey"))
    yield from secrets(g for g in settings.found.values() if g.key.endswith(_PASSWORDS))


def _open(at: Location, what: str) -> Feature:
    return Feature(at, Switch.CONSOLE, Setting(True, at), what)


def _rule(word: str, at: Location) -> OriginRule:
    kind = OriginKind.ANY if word == "*" else OriginKind.NULL if word == "null" else OriginKind.EXACT
    return OriginRule(kind, Setting(word, at))


def _connected(settings: Settings) -> Iterator[Fact]:
    """Servers that it connects to: whether it verifies them, and whether a password goes over plain HTTP."""
    for given in settings.found.values():
        if given.key.endswith("erificationMode") and given.value.strip().lower() == "none":
            yield from unverified(Setting(False, given.at))
    hosts = settings.found.get("elasticsearch.hosts")
    if hosts is not None and not hosts.templated:
        yield from _plain(settings, hosts)


def _plain(settings: Settings, hosts: Entry) -> Iterator[ConnectionString]:
    for found in filter(None, map(_HOST.fullmatch, listed(hosts.value))):
        if not is_loopback(found[2].strip("[]")):
            yield ConnectionString(
                hosts.at,
                scheme=found[1],
                host=found[2].strip("[]"),
                port=int(found[3] or 9200),
                has_password="elasticsearch.username" in settings.found
                or "elasticsearch.serviceAccountToken" in settings.found,
                encrypted=Setting(found[1] == "https", hosts.at),
                verified=Setting(UNKNOWN, hosts.at),
                variable="elasticsearch.hosts",
            )
            return
