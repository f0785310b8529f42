"""Who may call, by which verbs, and how often.

Sources: https://developer.konghq.com/gateway/authentication/, the references of the plugins named here
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, AccessRule, Feature, Limits, Route, SecurityScheme
from batten.formats.paths import Path
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.model.networks import everybody
from batten.technologies.edges.kong.gateway import Gateway, Plugin, Way, allowed, once, to_itself
from batten.technologies.edges.kong.plugins import COUNTERS
from batten.technologies.edges.kong.transport import host_and_port
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.edges.paths import PUBLIC, console_at

_MEGABYTES = {"megabytes": 1 << 20, "kilobytes": 1 << 10, "bytes": 1}
_PASSWORDS = ("basic-auth", "ldap-auth", "ldap-auth-advanced")
_READ = re.compile(r"get_header\(\s*[\"']([\w-]+)[\"']")
# Methods of openid-connect that take a token from where `bearer_token_param_type` says: header, query and body by default.
_BEARERS = ("bearer", "introspection", "userinfo", "kong_oauth2")
_GRANTS = {"enable_implicit_grant": "implicit", "enable_password_grant": "password"}


def routes(gateway: Gateway) -> Iterator[Route]:
    for way in gateway.ways:
        upstream = way.service["name"].word if way.service is not None else ""
        for path in way.route["paths"].words() or ():
            kind = "regex" if path.startswith("~") else "prefix"
            yield Route(
                way.route.block,
                server="kong",
                path=path.removeprefix("~"),
                match=kind,
                methods=way.route["methods"].listed(),
                upstream=upstream,
                refuses=way.refuses,
            )


def limits(gateway: Gateway) -> Iterator[Limits]:
    """Services whose calls nothing counts: the service where none of its routes is counted."""
    below: dict[Path, list[Way]] = {}
    for way in gateway.ways:
        if way.service is not None:
            below.setdefault(way.service.path, []).append(way)
    for service in gateway.services if gateway.whole else ():
        own = below.get(service.path, [])
        open_ = [w for w in own if not _counted(w)]
        if open_ and len(open_) == len(own):
            yield Limits(service.block, rate=Setting(ABSENT, service.block))
        else:
            yield from (Limits(w.route.block, rate=Setting(ABSENT, w.route.block)) for w in open_)
    for plugin in gateway.plugins:
        size = plugin.setting("allowed_payload_size")
        if plugin.name == "request-size-limiting" and size.word.isdigit() and len(size.word) < 12:
            unit = _MEGABYTES.get(plugin.setting("size_unit").word or "megabytes", 1)
            yield Limits(plugin.item.block, body=Setting(int(size.word) * unit, size.here))


def _counted(way: Way) -> bool:
    known = way.opaque or way.refuses or way.moves or way.inside
    return known or bool(COUNTERS & way.plugins.keys())


def rules(gateway: Gateway) -> Iterator[AccessRule]:
    for plugin in gateway.plugins:
        if plugin.name == "ip-restriction":
            for item in allowed(plugin).items():
                if everybody([item.text]):
                    yield AccessRule(item.here, "`ip-restriction`", f"{item.text} is every address")
        elif plugin.name == "jwt":
            yield from _lasting(plugin)
    told: set[Location] = set()
    for way in gateway.ways:
        for login in way.logins:
            yield from _anonymous(gateway, way, login, told)


def _lasting(plugin: Plugin) -> Iterator[AccessRule]:
    claims = plugin.setting("claims_to_verify")
    words = claims.words() if claims else ()
    if words is not None and "exp" not in words and not plugin.setting("maximum_expiration"):
        why = "expired tokens are accepted, because `claims_to_verify` does not contain `exp`"
        yield AccessRule(claims.at, "`jwt`", why, partial=True)


def _anonymous(gateway: Gateway, way: Way, login: Plugin, told: set[Location]) -> Iterator[AccessRule]:
    """Who shows no credential goes on as a consumer, which something must keep from what is not for all."""
    name = login.setting("anonymous")
    consumer = gateway.consumer(name.word) if name.word else None
    if consumer is None or not gateway.whole or way.opaque or "acl" in way.plugins:
        return
    if gateway.handles(consumer) or consumer["groups"] or not once(told, name.here):
        return
    why = f"clients without credentials become the consumer `{name.word}`, which no plugin refuses"
    yield AccessRule(name.here, f"`{login.name}`", why)


def features(gateway: Gateway) -> Iterator[Feature]:
    for plugin in gateway.plugins:
        yield from _in_urls(plugin)
        echo = plugin.setting("echo")
        if plugin.name == "request-termination" and echo.flag(False).known(False):
            what = "copies of requests (`echo`)"
            yield Feature(echo.here, Switch.ERROR_DETAILS, Setting(True, echo.here), what)
        media, body = plugin.setting("content_type"), plugin.setting("body").word
        written = media.word and "json" not in media.word.lower()
        if plugin.name == "request-termination" and written and body.lstrip().startswith(('{"', "[{")):
            yield Feature(media.here, Switch.MEDIA_TYPE, Setting(False, media.here), media.word)
    yield from _without_login(gateway)
    told: set[Location] = set()
    for way in gateway.ways:
        for name in _PASSWORDS:
            clear_plugin = way.plugins.get(name)
            if clear_plugin is None or not way.plain or way.inside or way.moves or way.opaque:
                continue
            if once(told, clear_plugin.item.block):
                clear_what = f"`{name}` on the route {way.name}"
                yield Feature(
                    clear_plugin.item.block,
                    Switch.PLAIN_LOGIN,
                    Setting(True, clear_plugin.item.block),
                    clear_what,
                )
        if (
            not way.guarded
            and not way.inside
            and not way.refuses
            and gateway.whole
            and way.service is not None
        ):
            if to_itself(*host_and_port(way.service)):
                yield Feature(
                    way.route.block, Switch.CONSOLE, Setting(True, way.route.block), "Kong's Admin API"
                )
            else:
                for path in way.route["paths"].items():
                    known = console_at(path.word)
                    if known is not None:
                        yield Feature(
                            path.here, known[0], Setting(True, path.here), f"{known[1]} at {path.word}"
                        )
        yield from _shared_caches(way, told)
        kept = way.route["preserve_host"]
        if kept.flag(False).known(False) and not way.route["hosts"] and not way.route["expression"]:
            what = f"the route {way.name} forwards it (`preserve_host`)"
            yield Feature(kept.here, Switch.HOST_CHECK, Setting(False, kept.here), what)


def _without_login(gateway: Gateway) -> Iterator[Feature]:
    """Routes that no plugin asks for credentials, where it does on at least as many others."""
    ways = [w for w in gateway.ways if not (w.refuses or w.moves or w.inside)]
    bare = [w for w in ways if not w.guarded]
    if not gateway.whole or gateway.injects or not any(w.logins for w in ways) or 2 * len(bare) > len(ways):
        return
    for way in bare:
        paths = way.route["paths"].words() or ("/",)
        if not all(PUBLIC.match(p) for p in paths):
            at = way.route.block
            yield Feature(at, Switch.LOGIN, Setting(ABSENT, at, False), paths[0])


def _in_urls(plugin: Plugin) -> Iterator[Feature]:
    """Keys and tokens are read from the query, unless Kong is told not to."""
    if plugin.item["_config"] and plugin.shared is None:
        return
    if plugin.name in ("key-auth", "key-auth-enc"):
        place = plugin.setting("key_in_query")
        names = plugin.setting("key_names").words() or ("apikey",)
        if place.flag(True).known(False):
            what = f"the parameter {names[0]} (`key_in_query`)"
            yield Feature(place.at, Switch.CREDENTIAL_IN_URL, Setting(True, place.at), what)
    elif plugin.name == "jwt":
        place = plugin.setting("uri_param_names")
        names = place.words() or () if place else ("jwt",)
        if names:
            what = f"the parameter {names[0]} (`uri_param_names`)"
            yield Feature(place.at, Switch.CREDENTIAL_IN_URL, Setting(True, place.at), what)
    elif plugin.name == "openid-connect":
        place, methods = plugin.setting("bearer_token_param_type"), plugin.setting("auth_methods")
        bearers = {*_BEARERS} if not methods else {*_BEARERS}.intersection(methods.words() or ())
        if bearers and "query" in (place.words() or () if place else ("query",)):
            what = "the parameter access_token (`bearer_token_param_type`)"
            yield Feature(place.at, Switch.CREDENTIAL_IN_URL, Setting(True, place.at), what)


def _shared_caches(way: Way, told: set[Location]) -> Iterator[Feature]:
    """The cache tells consumers apart; these logins may make none."""
    for name in ("proxy-cache", "proxy-cache-advanced"):
        cache = way.plugins.get(name)
        nobody = [p for p in way.logins if p.name in ("ldap-auth", "openid-connect")]
        if (
            cache is None
            or not nobody
            or len(nobody) != len(way.logins)
            or nobody[0].setting("consumer_claim")
        ):
            continue
        varied = cache.setting("vary_headers")
        words = varied.words() if varied else ()
        if words is None or "authorization" in {w.lower() for w in words}:
            continue
        if once(told, cache.item.block):
            what = f"`{nobody[0].name}` maps logins to no consumer, and `vary_headers` does not contain Authorization"
            yield Feature(varied.at, Switch.SHARED_CACHE, Setting(True, varied.at), what)


def grants(gateway: Gateway) -> Iterator[SecurityScheme]:
    for plugin in gateway.plugins:
        if plugin.name != "oauth2":
            continue
        at = plugin.item.block
        on = [
            (plugin.setting(k), g) for k, g in _GRANTS.items() if plugin.setting(k).flag(False).known(False)
        ]
        flows = tuple(Setting(grant, item.here) for item, grant in on)
        other: tuple[Setting[str], ...] = ()
        for key in ("enable_authorization_code", "enable_client_credentials"):
            if plugin.setting(key).flag(False).known(False):
                other = (Setting("authorizationCode", plugin.setting(key).here),)
        kind = Setting("oauth2", at)
        yield SecurityScheme(
            at,
            name="`oauth2`",
            kind=kind,
            scheme=Setting(ABSENT, at),
            place=Setting(ABSENT, at),
            flows=(*flows, *other),
        )


def logs(gateway: Gateway) -> Iterator[AccessLog]:
    """Code of a log plugin that writes a header with a credential."""
    for plugin in gateway.plugins:
        carried = [
            Setting(f"the {name} header", item.here)
            for item in plugin.setting("custom_fields_by_lua").values()
            for name in _READ.findall(item.text[:2000])
            if credential(name)
        ]
        if carried:
            at = plugin.item.block
            yield AccessLog(at, Setting(UNKNOWN, at), Setting(UNKNOWN, at), tuple(carried))
