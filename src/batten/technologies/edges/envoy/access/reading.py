"""Access rules of filters, and what defeats them.

Sources: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/rbac_filter,
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/jwt_authn_filter
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessRule
from batten.model import UNKNOWN
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.reading import GUARDS
from batten.technologies.edges.envoy.managers import (
    Filter,
    Manager,
    behind_another,
    catches_all,
    lists_of,
    managers,
    path_of,
    routes_of,
)
from batten.technologies.edges.envoy.tree import Tree


def rules(tree: Tree) -> Iterator[AccessRule]:
    runtime = any("http_connection_manager.normalize_path" in _keys(d) for d in tree.documents)
    for manager in managers(tree):
        for filter in manager.filters:
            if (
                filter.kind in GUARDS
                and filter.off
                and manager.routes is not None
                and not _per_route(manager, filter)
            ):
                switch = filter.item["disabled"]
                yield AccessRule(
                    switch.here, f"the {filter.kind} filter", "it is disabled, and no route turns it on"
                )
            match filter.kind:
                case "rbac":
                    yield from _rbac(manager, filter)
                case "jwt_authn":
                    yield from _tokens(manager, filter)
                case "ext_authz":
                    loose = filter.config["failure_mode_allow"]
                    if loose.flag().known(False) and not filter.off:
                        defeat = "while the authorization service is down, all requests are allowed"
                        yield AccessRule(loose.here, "the ext_authz filter", defeat, partial=True)
        if not runtime:
            yield from _as_they_come(manager)
        for routes in (routes for host in manager.hosts for routes in lists_of(host)):
            yield from _shadowed(routes)


def _keys(document: Field) -> str:
    runtime = document["layered_runtime"]
    return " ".join(key for f in runtime.walk() for key, _ in f.entries())


def _per_route(manager: Manager, filter: Filter) -> list[Field]:
    levels = [level for h in manager.hosts for level in (h, *routes_of(h))]
    levels += [manager.routes] if manager.routes is not None else []
    return [c for level in levels if (c := level["typed_per_filter_config"][filter.name])]


def _rbac(manager: Manager, filter: Filter) -> Iterator[AccessRule]:
    config, shadow = filter.config, filter.config["shadow_rules"]
    named = "the RBAC filter"
    if filter.off or manager.routes is None:
        return
    enforced = config["rules"] or config["matcher"]
    if shadow and not enforced and not _per_route(manager, filter):
        yield AccessRule(shadow.block, named, "`shadow_rules` only count and log, and refuse no request")
    action = config.of("rules", "action")
    if action.text.upper() in ("LOG", "2"):
        yield AccessRule(action.here, named, "its action is LOG, which refuses no request")
    if action.text.upper() in ("", "ALLOW", "0"):
        for name, policy in config.of("rules", "policies").entries():
            if _everything(policy):
                yield AccessRule(policy.block, named, f"its policy {name} allows all requests of all clients")
    if config["rules"] and not manager.private and not behind_another(manager):
        # Without `use_remote_address` a client's address is what its X-Forwarded-For says.
        if manager.config["use_remote_address"].flag().known(True):
            return
        for field in filter.config["rules"].walk():
            if field["remote_ip"]:
                defeat = "`remote_ip` trusts the X-Forwarded-For of clients, because `use_remote_address` is not true"
                at = field["remote_ip"].here
                yield AccessRule(at, named_rule(filter), defeat)
                return


def _everything(policy: Field) -> bool:
    lists = (policy["permissions"], policy["principals"])
    anything = all(any(i["any"].flag().known(False) for i in found.items()) for found in lists)
    return anything and not policy["condition"] and not policy["checked_condition"]


def guards(manager: Manager) -> list[Filter]:
    """The filters that keep clients out, as far as can be told."""
    return [
        f
        for f in manager.all(*GUARDS)
        if f.kind != "rbac" or not _admits_strangers(f) or _per_route(manager, f)
    ]


def _admits_strangers(rbac: Filter) -> bool:
    """Whether an RBAC filter surely refuses no client but some that it lists by address."""
    rules = rbac.config["rules"]
    if not rules:
        return bool(rbac.config["shadow_rules"]) and not rbac.config["matcher"]
    policies = [policy for _, policy in rules["policies"].entries()]
    match rules["action"].text.upper():
        case "LOG" | "2":
            return True
        case "DENY" | "1":
            return all(_listed(i) for p in policies for i in p["principals"].items())
        case "" | "ALLOW" | "0":
            return any(map(_everything, policies))
        case _:
            return False


def _listed(principal: Field) -> bool:
    """Whether a principal is a range of addresses, and not every one."""
    found = principal["direct_remote_ip"] or principal["remote_ip"] or principal["source_ip"]
    return bool(found) and found["prefix_len"].text not in ("", "0")


def named_rule(filter: Filter) -> str:
    return {"rbac": "the RBAC filter", "jwt_authn": "the JWT filter"}.get(
        filter.kind, f"the {filter.kind} filter"
    )


def _tokens(manager: Manager, filter: Filter) -> Iterator[AccessRule]:
    if filter.off or manager.routes is None or _per_route(manager, filter):
        return
    config = filter.config
    found = list(config["rules"].items())
    if config["providers"] and not found and not config["filter_state_rules"]:
        yield AccessRule(config.block, named_rule(filter), "no `rules` require a token")
    for number, rule in enumerate(found):
        loose = rule.of("requires", "allow_missing_or_failed")
        absent = rule.of("requires", "allow_missing")
        if absent.node is not None and not manager.all("rbac", "ext_authz") and not manager.opaque:
            yield AccessRule(
                absent.here, named_rule(filter), "`allow_missing` accepts requests without a token"
            )
        if (
            rule["requires"]
            and loose.node is not None
            and not manager.all("rbac", "ext_authz")
            and not manager.opaque
        ):
            defeat = "`allow_missing_or_failed` accepts requests with an invalid token or without one"
            yield AccessRule(loose.here, named_rule(filter), defeat)
        later = [r for r in found[number + 1 :] if _demands(r)]
        if _all(rule) and not _demands(rule) and later:
            path = path_of(rule)[0]
            defeat = f"the rule for {path} before it matches every request, and requires no token"
            yield AccessRule(later[0].block, named_rule(filter), defeat)
            return


def _demands(rule: Field) -> bool:
    return bool(rule["requires"]) or bool(rule["requirement_name"])


def _all(rule: Field) -> bool:
    return catches_all(rule)


def _as_they_come(manager: Manager) -> Iterator[AccessRule]:
    """Paths are compared as clients write them, unless the manager tidies them first."""
    tidied = manager.config["normalize_path"].flag().known(UNKNOWN)
    if manager.config["path_normalization_options"]:
        return
    for filter in manager.filters:
        if filter.off:
            found = None
        else:
            # The first path that a filter's rules compare, and whether it refuses what it names.
            if filter.kind == "rbac":
                rules = filter.config["rules"]
                place = next((f for f in rules.walk() if f.key == "url_path"), None)
                found = None if place is None else (place, rules["action"].text.upper() in ("DENY", "1"))
            elif filter.kind == "jwt_authn":
                compares_found = [r for r in filter.config["rules"].items() if path_of(r)[0] not in ("", "/")]
                found = (compares_found[0], any(map(_demands, compares_found))) if compares_found else None
            else:
                found = None
        kept = None
        if found is not None and tidied is False:
            kept = (
                "normalize_path",
                ("/public/../private is matched without normalisation, because `normalize_path` is not true"),
            )
        elif found is not None and tidied is True:
            # The field that leaves paths as they are, and such a path; None where both are tidied, or it is not
            # known. A rule that admits what it names is not evaded by a path that it does not match. Source:
            # https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
            merged = manager.config["merge_slashes"]
            escaped = manager.config["path_with_escaped_slashes_action"]
            if found[1] and merged.flag().known(True) is False:
                kept = (
                    "merge_slashes",
                    "//private is matched with both slashes, because `merge_slashes` is not true",
                )
            elif escaped.text.upper() in ("", "IMPLEMENTATION_SPECIFIC_DEFAULT", "0", "KEEP_UNCHANGED", "1"):
                kept = (
                    "path_with_escaped_slashes_action",
                    "/public%2F..%2Fprivate is matched as it is, because `path_with_escaped_slashes_action` keeps escaped slashes",
                )
            else:
                kept = None
        if kept is not None:
            defeat = f"a path such as {kept[1]}"
            # Where a field of the manager is, or would be.
            key = kept[0]
            field = manager.config[key]
            yield AccessRule(
                field.here if field else manager.item.named(f"{manager.config.pointer}/{key}").block,
                f"{named_rule(filter)}'s rule for a path",
                defeat,
                partial=True,
            )
            return


def _shadowed(routes: list[Field]) -> Iterator[AccessRule]:
    """Routes are tried in order: what refuses behind a route that takes its requests is never asked."""
    before: set[str] = set()
    for route in routes:
        status = route.of("direct_response", "status").text
        path, kind = path_of(route)
        longest = 0 if kind == "regex" else len(path)  # an expression is behind what takes everything only
        taken = next((path[:n] for n in range(longest + 1) if path[:n] in before), None)
        taken = "/" if taken is None and "/" in before else taken
        if taken is not None and status.startswith("4"):
            rule = f"the route that refuses {path}"
            yield AccessRule(
                route.block, rule, f"the route for {taken or '/'} before it handles its requests"
            )
        if catches_all(route) or _by_prefix(route):
            before.add(path)


def _by_prefix(route: Field) -> bool:
    """Whether a route takes every request below a path: nothing but the beginning of the path decides."""
    keys = {key for key, _ in route["match"].entries()}
    return keys == {"prefix"} and path_of(route)[1] == "prefix"
