"""What an identity provider shows before anyone logs in: how it describes itself, and whether its administration is published.
Nothing is registered and no log-in is begun."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Response, Steps
from batten.live.providers import DOCUMENT, METADATA, provider_facts
from batten.live.rebinding import inside
from batten.live.scene import looked
from batten.live.survey import Survey
from batten.model import Setting, Switch

_KEYCLOAK = "Keycloak's administration console"  # which its vendor says not to publish (server/reverseproxy)


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.scene.refuses:
        yield Probe("identity provider", _provider(survey))


def _provider(survey: Survey) -> Steps:
    """At its own path, at the host's root, and of Keycloak's first realm, which it always has."""
    bases = tuple(dict.fromkeys((survey.prefix, "")))
    paths = [f"{base}{path}" for base in bases for path in (DOCUMENT, METADATA)]
    realms = [f"{base}/realms/master" for base in bases]
    found: list[Fact | NotAnswered] = []
    for path in (*paths, *(f"{realm}{DOCUMENT}" for realm in realms)):
        answer = yield from looked(survey.scene, survey.origin, path)
        if isinstance(answer, NotAnswered):
            return [*found, answer]
        found += provider_facts(sight(answer))
        if found:
            break
    if not found:
        return []
    for realm in realms:
        shown = yield from looked(survey.scene, survey.origin, realm)
        if isinstance(shown, Response) and _keycloak(shown) and not inside(shown):
            console = f"{realm.partition('/realms/')[0]}/admin/master/console/"
            page = yield from looked(survey.scene, survey.origin, console)
            if isinstance(page, Response):
                # The page of the console, which loads its script and names the realm; a login of some edge in front
                # does not.
                text = page.text[:100_000]
                administers = (
                    page.status == 200
                    and page.media_type == "text/html"
                    and "keycloak" in text.lower()
                    and "master" in text
                )
                if administers:
                    at = sight(page).at("response.body")
                    found.append(Feature(at, Switch.CONSOLE_LOGIN, Setting(True, at), _KEYCLOAK))
            break
    return found


def _keycloak(response: Response) -> bool:
    """The description of a realm, which holds its public key."""
    try:
        said = json.loads(response.text)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("realm") == "master" and "token-service" in said
