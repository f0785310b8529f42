"""From the export of a realm to how its clients log users in, where those are sent, and what is written out.

Source: https://www.keycloak.org/docs/latest/server_admin/ and the representations of its administration API
(https://www.keycloak.org/docs-api/latest/rest-api/index.html). An export masks secrets with asterisks; a realm that is imported
holds them. The export of all realms in one file is a list of them (https://www.keycloak.org/server/importExport).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, Feature, Listener, OriginKind, OriginRule, SecurityScheme, in_context
from batten.model import ABSENT, UNKNOWN, Context, Setting, Switch
from batten.technologies.shared.settings.offers import cors_policy, secrets, signing
from batten.technologies.shared.settings.settings import Entry, Settings, listed

_TLS = re.compile(r"(?:\[\d+\]\.)?sslRequired")
_CLIENT = re.compile(r"(?P<client>(?:\[\d+\]\.)?clients\[\d+\])\.(?P<key>\w+)")
_SECRET = re.compile(
    r"(?:\[\d+\]\.)?(?:clients\[\d+\]\.secret|smtpServer\.password|identityProviders\[\d+\]\.config\.clientSecret"
    r"|users\[\d+\]\.credentials\[\d+\]\.value)|(?:.*\.)?config\.bindCredential"
)
_INSIDE = re.compile(r"(?:\[\d+\]\.)?(?:clients|users)\[")  # what the realm itself asks for
# Keys with which the realm signs tokens: an export by the command line holds them as they are.
_SIGNING = re.compile(
    r"(?:\[\d+\]\.)?components\.org\.keycloak\.keys\.KeyProvider\[\d+\]\.config\.(?:privateKey|secret)"
)
_ANYWHERE = ("*", "http://*", "https://*", "http://*/*", "https://*/*")
# The client of Keycloak's own administration tool, which every realm gets with the password grant alone
# (RealmManager.setupAdminCli of its source).
_OWN = "admin-cli"
_GRANTS = {"directAccessGrantsEnabled": "password", "implicitFlowEnabled": "implicit"}


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS of the realm, its clients, and credentials that are written out."""
    for given in settings.found.values():
        if _TLS.fullmatch(given.key) and given.value.lower() == "none":
            unknown = Setting[str](UNKNOWN, given.at)
            yield Listener(
                given.at,
                address=unknown,
                port=Setting(UNKNOWN, given.at),
                tls=Setting(False, given.at),
            )
        found = _CLIENT.fullmatch(given.key)
        if found is not None:
            yield from _client(settings, found["client"], found["key"], given)
    # Whether all applications of the realm are on the machine of who uses them: every address of theirs is.
    written = [
        word
        for given in settings.found.values()
        if _PLACES.fullmatch(given.key)
        for word in listed(given.value)
        if word and not word.startswith(("/", "${authBaseUrl}", "${authAdminUrl}", "+"))
    ]
    hosts = [machine_found["host"] if (machine_found := _ADDRESS.match(word)) else "" for word in written]
    tried = bool(hosts) and all(_HERE.fullmatch(host) for host in hosts)
    for secret in secrets(g for g in settings.found.values() if _SECRET.fullmatch(g.key) and g.value):
        inside = tried and _INSIDE.match(secret.at.pointer) is not None
        yield in_context(secret, Context.DEVELOPMENT) if inside else secret
    for key in signing(g for g in settings.found.values() if _SIGNING.fullmatch(g.key) and g.value):
        yield in_context(key, Context.DEVELOPMENT) if tried else key


_ADDRESS = re.compile(r"https?://(?P<host>\[[^\]]*\]|[^/:?#\s]*)")
_HERE = re.compile(r"localhost|(?:[\w-]+\.)+(?:localhost|test)|127(?:\.\d{1,3}){3}|\[::1\]", re.IGNORECASE)
_PLACES = re.compile(r"(?:\[\d+\]\.)?clients\[\d+\]\.(?:redirectUris|rootUrl|baseUrl|adminUrl|webOrigins)")


def _client(settings: Settings, client: str, key: str, given: Entry) -> Iterator[Fact]:
    """What one setting of a client says: a grant, where it sends users, which pages read answers."""
    name = settings.word(f"{client}.clientId").known(client)
    if key in _GRANTS and given.truth is True and name != _OWN and _logs_in(settings, client):
        standard = settings.truth(f"{client}.standardFlowEnabled", True)
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
    elif (
        key == "redirectUris"
        and any(uri in _ANYWHERE for uri in listed(given.value))
        and _leads(settings, client)
    ):
        yield Feature(given.at, Switch.OPEN_REDIRECT, Setting(True, given.at), f"`{name}` allows every URL")
    elif key == "webOrigins" and "*" in listed(given.value):
        rule = OriginRule(OriginKind.ANY, Setting("*", given.at))
        yield cors_policy(given.at, (rule,))


def _logs_in(settings: Settings, client: str) -> bool:
    """Whether it gets tokens by a grant: one that is off, that only checks tokens, or that uses SAML does not."""
    protocol = settings.word(f"{client}.protocol", "openid-connect").known("openid-connect")
    return protocol == "openid-connect" and _on(settings, client)


def _on(settings: Settings, client: str) -> bool:
    enabled, checks = settings.truth(f"{client}.enabled", True), settings.truth(f"{client}.bearerOnly", False)
    return enabled.known(True) is not False and checks.known(False) is not True


def _leads(settings: Settings, client: str) -> bool:
    """Whether a login sends users back to it: with the flows of browsers off, as for a service account, none does."""
    standard = settings.truth(f"{client}.standardFlowEnabled", True).known(True)
    implicit = settings.truth(f"{client}.implicitFlowEnabled", False).known(False)
    return _on(settings, client) and (standard is not False or implicit is not False)
