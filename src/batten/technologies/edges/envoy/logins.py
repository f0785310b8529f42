"""How callers are let in: logins that routes give up, passwords in clear text, keys in URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import ABSENT, Setting, Switch
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.reading import GUARDS
from batten.technologies.edges.envoy.managers import Manager, behind_another, managers, path_of, routes_of
from batten.technologies.edges.envoy.tls.listeners import is_probe, redirects
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.paths import PUBLIC
from batten.technologies.shared.transport.upstreams import is_loopback, target_of

# Open wherever it is: probes, the files of pages, what others must read to log in at all.
_DULL = re.compile(
    r"/(?:\.well-known|static|assets|images?|img|css|js|fonts?|favicon|robots|log-?in|oauth2?|callback|auth)\b"
)


def logins(tree: Tree) -> Iterator[Feature]:
    for manager in managers(tree):
        for host in manager.hosts:
            for route in routes_of(host):
                yield from _given_up(manager, route)
        # Routes whose paths no rule of the JWT filter covers, where rules cover at least as many others.
        filters = [f for f in manager.all("jwt_authn") if not f.off]
        others = [k for k in GUARDS if k != "jwt_authn"]
        if len(filters) == 1 and not manager.all(*others) and not manager.opaque and not manager.private:
            rules = list(filters[0].config["rules"].items())
            routes = [
                r
                for h in manager.hosts
                for r in routes_of(h)
                if r["route"] and not r["typed_per_filter_config"][filters[0].name]
            ]
            bare = [r for r in routes if not any(_covers(rule, r) for rule in rules)]
            if rules and not filters[0].config["filter_state_rules"] and not (2 * len(bare) > len(routes)):
                for outside_route in bare:
                    path, kind = path_of(outside_route)
                    if kind != "regex" and not is_probe(path) and not PUBLIC.match(path):
                        yield Feature(
                            outside_route.block,
                            Switch.LOGIN,
                            Setting(ABSENT, outside_route.block, False),
                            path or "/",
                        )
        yield from _plain(manager)
        yield from _in_urls(manager)


def _given_up(manager: Manager, route: Field) -> Iterator[Feature]:
    path, kind = path_of(route)
    if (
        kind == "regex"
        or is_probe(path)
        or _DULL.match(path)
        or route["redirect"]
        or route["direct_response"]
    ):
        return
    for filter in manager.all(*GUARDS):
        config = route["typed_per_filter_config"][filter.name]
        switch = switched_off(config)
        if switch is not None and not filter.off:
            yield Feature(switch.block, Switch.LOGIN, Setting(False, switch.block), path or "/")
            return


def _covers(rule: Field, route: Field) -> bool:
    """Whether a rule may match requests of the route: what is not compared by a plain path may."""
    one, kind = path_of(rule)
    other, _ = path_of(route)
    if kind == "regex":
        return True
    return one == other if kind == "exact" else other.startswith(one) or one.startswith(other)


def switched_off(config: Field) -> Field | None:
    """The entry that turns a filter off for a route, if it does."""
    if config["disabled"].flag().known(False):
        return config
    empty = config.type.endswith(".RBACPerRoute") and not config["rbac"]
    return config if empty else None


def _plain(manager: Manager) -> Iterator[Feature]:
    if manager.encrypted is not False or manager.private or behind_another(manager):
        return
    for filter in manager.all("basic_auth"):
        if not filter.off and redirects(manager).known(True) is False:
            at = filter.item.block
            yield Feature(at, Switch.PLAIN_LOGIN, Setting(True, at), "the basic_auth filter")


def _in_urls(manager: Manager) -> Iterator[Feature]:
    for filter in manager.all("jwt_authn"):
        for _, provider in filter.config["providers"].entries():
            for name in provider["from_params"].items():
                yield Feature(
                    name.here,
                    Switch.CREDENTIAL_IN_URL,
                    Setting(True, name.here),
                    f"the parameter {name.text}",
                )
    for filter in manager.all("api_key_auth"):
        for source in filter.config["key_sources"].items():
            if source["query"]:
                at = source["query"].here
                yield Feature(
                    at, Switch.CREDENTIAL_IN_URL, Setting(True, at), f"the parameter {source['query'].text}"
                )
    for filter in manager.all("oauth2"):
        uri = filter.config.of("config", "token_endpoint", "uri")
        target = target_of(uri.text)
        if target.scheme == "http" and not is_loopback(target.host) and "." in target.host:
            yield Feature(
                uri.here,
                Switch.PLAIN_LOGIN,
                Setting(True, uri.here),
                "the client's secret goes to `token_endpoint`",
            )
