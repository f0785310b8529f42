"""Headers that Envoy adds to answers.

Routes add theirs first, then virtual hosts, then the whole table; filters come after them, the first filter last.
What no route takes gets none of a route table. Sources:
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#custom-request-response-headers
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_mutation_filter
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Content, Cookie, ResponseHeaders, SentHeader
from batten.model import UNKNOWN, Setting
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import Manager, catches_all, managers, routes_of
from batten.technologies.edges.envoy.tls.listeners import redirects
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.headers import (
    PRODUCTS,
    HeaderChange,
    cookie_of,
    fold,
    unknown_headers,
)

GUARDS = ("rbac", "jwt_authn", "ext_authz", "basic_auth", "oauth2", "api_key_auth")
_ACTIONS = {
    "APPEND_IF_EXISTS_OR_ADD": "add",
    "ADD_IF_ABSENT": "default",
    "OVERWRITE_IF_EXISTS_OR_ADD": "set",
    "0": "add",
    "1": "default",
    "2": "set",
}
_NAMES = re.compile(r"(?:[A-Za-z0-9_|-]|\\-)+")  # an expression that is a list of names
Sent = dict[str, SentHeader]


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    """One for a manager whose virtual hosts all send the same, else one for each of them."""
    for manager in managers(tree):
        listener = manager.listener
        meshed = listener["traffic_direction"].text.upper() in ("OUTBOUND", "2") or bool(
            listener["api_listener"]
        )
        if meshed:
            continue
        redirecting = manager.encrypted is False and redirects(manager).known(False)
        sent = [(host, sent_by(manager, host)) for host in manager.hosts if not host["vhds"]]
        whole, hosts = manager.item.named(manager.config.pointer), host_names(manager.hosts)
        places = [(host, headers, host_names([host])) for host, headers in sent] or [
            (whole, _unread(manager), hosts)
        ]
        if (
            len({tuple(sorted((n, str(h.value.value), h.on_errors) for n, h in s.items())) for _, s in sent})
            == 1
        ):
            places = [(whole, sent[0][1], hosts)]
        for place, headers, names in places:
            # Whether all requests must log in: a filter demands it, and no route gives it up.
            demands = [
                f for f in manager.all("basic_auth", "ext_authz", "oauth2", "api_key_auth") if not f.off
            ]
            per_route = [r["typed_per_filter_config"] for h in manager.hosts for r in (h, *routes_of(h))]
            yield ResponseHeaders(
                place.block,
                over_tls=manager.encrypted is True,
                sent=headers,
                content=content_of(manager),
                status=301 if redirecting else 0,
                authenticated=bool(demands) and not any(per_route),
                body=not redirecting,
                names=names,
            )


def host_names(hosts: list[Field]) -> tuple[str, ...]:
    """The only hosts of these virtual hosts, without ports; () where one takes any, or ends in a wildcard."""
    written = [domain for host in hosts for domain in host["domains"].items()]
    names = [re.sub(r":\d+$", "", domain.text).lower() for domain in written]
    known = all(d.known and n and not n.endswith("*") for d, n in zip(written, names, strict=True))
    return tuple(dict.fromkeys(names)) if known else ()


def _unread(manager: Manager) -> Sent:
    return unknown_headers(manager.item.block) if manager.routes is None or manager.opaque else {}


def content_of(manager: Manager) -> Content:
    kinds = ("grpc_json_transcoder", "grpc_web", "grpc_stats", "grpc_http1_bridge")
    return Content.API if manager.all(*kinds) else Content.UNKNOWN


def sent_by(manager: Manager, host: Field) -> Sent:
    """What all answers of a virtual host carry."""
    routes = routes_of(host)
    covered = reaches_errors(host)
    # Headers that the answers get which Envoy gives by itself.
    mappers = manager.config.of("local_reply_config", "mappers").items()
    local = frozenset(
        option.of("header", "key").text.lower() for m in mappers for option in m["headers_to_add"].items()
    )
    if not routes:
        return _sent(manager, host, None, covered, local)
    # What every route sends. What only some send is lacking where it is not sent; values may differ.
    all_of = [_sent(manager, host, route, covered, local) for route in routes]
    made = {}
    for name in dict.fromkeys(n for headers in all_of for n in headers):
        values = [h[name] for h in all_of if name in h]
        if len(values) == len(all_of):
            same = len({str(v.value.value) for v in values}) == 1
            first = values[0]
            errors = all(v.on_errors for v in values)
            made[name] = SentHeader(first.value if same else Setting(UNKNOWN, first.value.at), errors)
    return made


def reaches_errors(host: Field) -> bool:
    """Whether every request to a virtual host finds a route: then what filters refuse carries its headers, too."""
    return any(catches_all(r) for r in routes_of(host))


def _sent(manager: Manager, host: Field, route: Field | None, covered: bool, local: frozenset[str]) -> Sent:
    levels = [host, manager.routes] if route is None else [route, host, manager.routes]
    if manager.routes is not None and manager.routes["most_specific_header_mutations_wins"].flag().known(
        False
    ):
        levels.reverse()
    found: Sent = {}
    for level in levels:
        if level is not None:
            found = fold(_changes(level, covered, local), found)
    for filter in reversed(manager.filters):
        if filter.kind == "header_mutation" and not filter.off:
            # A header that the filter sets where it is absent is there in errors too, whatever routes do.
            filled_found = fold(mutations(filter.config), found)
            everywhere = {
                c.name.lower()
                for c in mutations(filter.config)
                if c.action in ("default", "set") and not c.conditional
            }
            found = {n: SentHeader(h.value, h.on_errors or n in everywhere) for n, h in filled_found.items()}
    return {**_unread(manager), **found}


def additions(level: Field) -> Iterator[Field]:
    """Every HeaderValueOption that a level of the route table adds to answers."""
    yield from level["response_headers_to_add"].items()


def _changes(level: Field, covered: bool, local: frozenset[str]) -> Iterator[HeaderChange]:
    for name in level["response_headers_to_remove"].items():
        yield HeaderChange("remove", name.text, Setting("", name.here))
    for option in additions(level):
        change = change_of(option)
        if change is not None:
            errors = covered or change.name.lower() in local
            yield HeaderChange(change.action, change.name, change.value, errors, change.conditional)


def mutations(config: Field) -> Iterator[HeaderChange]:
    for mutation in config.of("mutations", "response_mutations").items():
        if mutation["remove"] or mutation["remove_on_match"]:
            yield from (
                HeaderChange("remove", name, Setting("", mutation.here)) for name in _removed(mutation)
            )
        elif (change := change_of(mutation["append"])) is not None:
            yield change


def _removed(mutation: Field) -> tuple[str, ...]:
    """Names; of expressions only those that are a list of names."""
    if mutation["remove"]:
        return (mutation["remove"].text,)
    matcher = mutation.of("remove_on_match", "key_matcher")
    if matcher["exact"]:
        return (matcher["exact"].text,)
    listed = matcher.of("safe_regex", "regex").text
    return tuple(listed.replace("\\-", "-").split("|")) if _NAMES.fullmatch(listed) else ()


def change_of(option: Field) -> HeaderChange | None:
    """A HeaderValueOption. What %…% stands for is not known."""
    name, value = option.of("header", "key"), option.of("header", "value")
    if not name.text or (not value and not option["keep_empty_value"]):
        return None
    word = option["append_action"].text.upper()
    action = _ACTIONS.get(word, "add")
    if not word and option["append"].flag(True).known(True) is False:
        action = "set"
    plain = value.known and "%" not in value.text.replace("%%", "")
    text = Setting(value.text.replace("%%", "%") if plain else UNKNOWN, value.at)
    conditional = word in ("OVERWRITE_IF_EXISTS", "3") or not name.known
    return HeaderChange(action, name.text, text, True, conditional)


def options(tree: Tree) -> Iterator[Field]:
    """Every header that is added to answers, wherever it is."""
    for routes in route_tables(tree):
        for host in routes["virtual_hosts"].items():
            for level in (host, *host["routes"].items()):
                yield from additions(level)
        yield from additions(routes)
    for manager in managers(tree):
        for filter in manager.all("header_mutation"):
            for mutation in filter.config.of("mutations", "response_mutations").items():
                if mutation["append"]:
                    yield mutation["append"]
        for mapper in manager.config.of("local_reply_config", "mappers").items():
            yield from mapper["headers_to_add"].items()


def route_tables(tree: Tree) -> Iterator[Field]:
    yield from tree.of("RouteConfiguration")
    for manager in managers(tree):
        if manager.config["route_config"]:
            yield manager.config["route_config"]


def banners(tree: Tree) -> Iterator[Banner]:
    """By default Envoy says `server: envoy`, without a version, in place of what upstreams say."""
    for manager in managers(tree):
        passed = manager.config["server_header_transformation"]
        if passed.text.upper() in ("APPEND_IF_ABSENT", "1", "PASS_THROUGH", "2") and not _drops_server(
            manager
        ):
            yield Banner(
                passed.here,
                product="the upstream",
                header="Server",
                shows_version=Setting(True, passed.here),
                doubt="its header is passed on as it is",
            )
        for key, header in (("server_name", "Server"), ("via", "Via")):
            name = manager.config[key]
            if name.known and _version(name.text):
                yield Banner(
                    name.here,
                    product="Envoy",
                    header=header,
                    shows_version=Setting(True, name.here),
                    shown=name.text,
                )
    for option in options(tree):
        change = change_of(option)
        value = change.value.known("") if change is not None else ""
        if change is not None and change.name.lower() in PRODUCTS and _version(value):
            yield Banner(
                change.value.at,
                product=value.partition("/")[0],
                header=change.name,
                shows_version=Setting(True, change.value.at),
                shown=value,
            )


def _drops_server(manager: Manager) -> bool:
    """Whether all routes remove what upstreams say of themselves."""
    names = manager.routes["response_headers_to_remove"].items() if manager.routes is not None else ()
    changes = (c for f in manager.all("header_mutation") if not f.off for c in mutations(f.config))
    dropped = {
        *(name.text.lower() for name in names),
        *(c.name.lower() for c in changes if c.action == "remove"),
    }
    return "server" in dropped


def _version(text: str) -> bool:
    return bool(re.search(r"\d+\.\d+|/v?\d", text))


def cookies(tree: Tree) -> Iterator[Cookie]:
    for option in options(tree):
        change = change_of(option)
        if change is not None and change.name.lower() == "set-cookie":
            text = option.of("header", "value").text
            yield cookie_of(text, change.value.at, unsure=change.value.value is UNKNOWN and "%" not in text)
