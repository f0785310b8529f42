"""From the export of a realm to how its clients log users in, where those are sent, and what is written out.

Source: https://www.keycloak.org/docs/latest/server_admin/ and the representations of its administration API
(https://www.keycloak.org/docs-api/latest/rest-api/index.html). An export masks secrets with asterisks; a realm that is imported
holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import CorsPolicy, Fact, Feature, Listener, OriginKind, OriginRule, SecurityScheme
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies._settings.offers import secrets
from batten.technologies._settings.told import Given, Told, listed

_CLIENT = re.compile(r"(?P<client>clients\[\d+\])\.(?P<key>\w+)")
_SECRET = re.compile(
    r"clients\[\d+\]\.secret|smtpServer\.password|identityProviders\[\d+\]\.config\.clientSecret"
    r"|users\[\d+\]\.credentials\[\d+\]\.value|(?:.*\.)?config\.bindCredential"
)
_ANYWHERE = ("*", "http://*", "https://*", "http://*/*", "https://*/*")
_GRANTS = {"directAccessGrantsEnabled": "password", "implicitFlowEnabled": "implicit"}


def facts(told: Told) -> Iterator[Fact]:
    """TLS of the realm, its clients, and credentials that are written out."""
    tls = told.word("sslRequired", "external")
    if tls.known("").lower() == "none":
        yield Listener(
            tls.at,
            address=Setting(UNKNOWN, tls.at),
            port=Setting(UNKNOWN, tls.at),
            tls=Setting(False, tls.at),
        )
    for given in told.found.values():
        found = _CLIENT.fullmatch(given.key)
        if found is not None:
            yield from _client(told, found["client"], found["key"], given)
    yield from secrets(g for g in told.found.values() if _SECRET.fullmatch(g.key) and g.value)


def _client(told: Told, client: str, key: str, given: Given) -> Iterator[Fact]:
    """What one setting of a client says: a grant, where it sends users, which pages read answers."""
    name = told.word(f"{client}.clientId").known(client)
    if key in _GRANTS and given.truth is True:
        standard = told.truth(f"{client}.standardFlowEnabled", True)
        others = (Setting("authorizationCode", given.at),) if standard.known(False) else ()
        none = Setting[str](ABSENT, given.at)
        yield SecurityScheme(
            given.at,
            name=name,
            kind=Setting("oauth2", given.at),
            scheme=none,
            place=none,
            flows=(Setting(_GRANTS[key], given.at), *others),
        )
    elif key == "redirectUris" and any(uri in _ANYWHERE for uri in listed(given.value)):
        yield Feature(given.at, Switch.OPEN_REDIRECT, Setting(True, given.at), f"`{name}` allows every URL")
    elif key == "webOrigins" and "*" in listed(given.value):
        rule = OriginRule(OriginKind.ANY, Setting("*", given.at))
        yield CorsPolicy(
            given.at,
            origins=Setting((rule,), given.at),
            credentials=Setting(UNKNOWN, given.at),
            methods=Setting(ABSENT, given.at),
            headers=Setting(ABSENT, given.at),
            varies=Setting(True, given.at),
        )
