"""Logstash: what logstash.yml opens and whom it trusts, and the settings that fix it.

Sources: https://www.elastic.co/docs/reference/logstash/logstash-settings-file, https://www.elastic.co/docs/reference/logstash/monitoring-logstash
(the API listens on 127.0.0.1:9600 and asks for no credential, unless `api.auth.type` is `basic`; until 7.14 its keys were
`http.host` and `http.port`: https://www.elastic.co/guide/en/logstash/7.17/logstash-settings-file.html). Its container listens on every
address.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import MinimumTls, Setting, Switch, TurnOff, UseSuites
from batten.technologies._edges.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies._edges.upstreams import is_loopback
from batten.technologies._settings.changes import HERE, Change, verified
from batten.technologies._settings.forms import DOTTED_YAML
from batten.technologies._settings.offers import ciphers, listener, secrets, unverified, versions
from batten.technologies._settings.servers import server
from batten.technologies._settings.told import Told

_PORT = 9600
_PASSWORDS = (
    "api.auth.basic.password",
    "elasticsearch.password",
    "elasticsearch.api_key",
    ".cloud_auth",
    "keystore.password",
    "truststore.password",
)
CHANGES = (
    Change(
        remedy=TurnOff(Switch.METRICS),
        title="listen on loopback only",
        puts=((HERE, "127.0.0.1"),),
        breaks="monitoring from other machines",
    ),
    verified("full"),
    Change(remedy=MinimumTls, title="require TLS 1.2", puts=((HERE, "[TLSv1.3, TLSv1.2]"),), breaks=OLD_VERSIONS),
    Change(remedy=UseSuites, title="offer strong suites only", puts=((HERE, "[{iana}]"),), breaks=OLD_SUITES),
)  # fmt: skip


def nothing(told: Told) -> None:
    """Its queues are no store for others."""


def facts(told: Told) -> Iterator[Fact]:
    yield from _api(told)
    protocols = told.words("api.ssl.supported_protocols")
    suites = ciphers(told, "api.ssl.cipher_suites")
    if told.truth("api.ssl.enabled", False).known(True):
        yield from listener(
            told.missing("api.ssl"), versions(protocols) if protocols.written else None, suites, _PORT
        )
    for given in told.found.values():
        if given.key.endswith("ssl.verification_mode") and given.value.strip().lower() == "none":
            yield from unverified(Setting(False, given.at))
    yield from secrets(g for g in told.found.values() if g.key.endswith(_PASSWORDS))


def _api(told: Told) -> Iterator[Feature]:
    """Who reads pipelines, plugins and threads."""
    on, host = told.truth("api.enabled", True), told.word("api.http.host")
    host = host if host.written else told.word("http.host")
    kind = told.word("api.auth.type", "none").known("basic")
    if (
        host.written
        and host.is_known
        and on.known(True)
        and kind == "none"
        and not is_loopback(host.known(""))
    ):
        what = "Logstash's API, with its pipelines, plugins and threads,"
        yield Feature(host.at, Switch.METRICS, Setting(True, host.at), what)


read, write, settings = server(DOTTED_YAML, CHANGES, nothing, facts, "logstash")
