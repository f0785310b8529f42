"""Writers for the admin interface, access rules, lenient parsing and credentials."""

from __future__ import annotations

import json
import re

from batten.model import Edit, Fix
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import Manager, path_of
from batten.technologies.edges.envoy.places import above, manager_at, rename
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.text.field_edits import add, drop, put, risky


def private_admin(tree: Tree, found: Field) -> Fix | None:
    if found.path[:1] != ("admin",):
        return None
    breaks = "clients of the admin interface on other hosts, such as Prometheus and health checks"
    return risky("restrict the admin interface to this host", put(tree.workspace, found, "127.0.0.1"), breaks)


def allow_methods(tree: Tree, found: Field, methods: tuple[str, ...]) -> Fix | None:
    """The verbs of a route whose match lists them in an expression."""
    if found.key != "regex" or "headers" not in found.path:
        return None
    kept = [m for m in re.findall(r"[A-Z]+", found.text) if m in methods or m in ("HEAD", "OPTIONS")]
    edits = put(tree.workspace, found, json.dumps("|".join(kept))) if kept else []
    return risky(f"allow {', '.join(kept)} only", edits, "clients that use other methods")


def access_rule(tree: Tree, found: Field, written: bool) -> Fix | None:
    key = found.key
    manager = manager_at(tree, found)
    if key == "shadow_rules":
        edits = rename(found, "rules")
        if manager is not None and any(f.key == "url_path" for f in found.walk()):
            edits += _tidied(tree, manager)
        return risky("enforce the rules", edits, "callers that the rules refuse")
    if key == "failure_mode_allow":
        breaks = "all requests, while the authorization service is down"
        return risky(
            "deny requests when the authorization service fails", put(tree.workspace, found, "false"), breaks
        )
    if key == "allow_expired_certificate":
        breaks = "clients whose certificate has expired"
        return risky("refuse certificates that have expired", put(tree.workspace, found, "false"), breaks)
    if key == "disabled":
        return risky("turn the filter on", drop(tree.workspace, found), "callers that the filter refuses")
    if manager is None:
        return None
    if key == "remote_ip":
        breaks = "rules about clients behind a proxy: the proxy becomes the client"
        return risky(
            "use the address of the connection",
            put(tree.workspace, manager.config["use_remote_address"], "true"),
            breaks,
        )
    if key in _TIDY or found.path == manager.item.path:
        breaks = "upstreams that need the original path"
        return risky("normalise paths before matching", _tidied(tree, manager), breaks)
    return None


# What an edge does with paths before it compares them: https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
_TIDY = {
    "normalize_path": "true",
    "merge_slashes": "true",
    "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
}


def _tidied(tree: Tree, manager: Manager) -> list[Edit]:
    """Every way to write a path brought into one; what is set otherwise stays, but for `false` and `KEEP_UNCHANGED`."""
    edits: list[Edit] = []
    for key, value in _TIDY.items():
        field = manager.config[key]
        if field.text.upper() in ("", "FALSE", "KEEP_UNCHANGED", "IMPLEMENTATION_SPECIFIC_DEFAULT", "0", "1"):
            edits += put(tree.workspace, field, value)
    return edits


def separated(tree: Tree, found: Field) -> Fix | None:
    """`path_separated_prefix` ends at a slash, and what replaces it then needs none; an expression gets one."""
    if found.key == "regex" and "(" in found.text:
        edits = put(tree.workspace, found, json.dumps(found.text.replace("(", "/(", 1)))
        start = found.text.partition("(")[0].lstrip("^")
        return risky("match only paths below it", edits, f"callers of {start} without the trailing slash")
    route = above(tree, found, 2)
    target = route.of("route", "prefix_rewrite")
    if not found.path or found.path[-1] != "prefix" or not target or path_of(route)[0] != found.text:
        return None
    edits = [*rename(found, "path_separated_prefix"), *put(tree.workspace, target, target.text.rstrip("/"))]
    return risky(
        "end the prefix with a slash",
        edits,
        f"callers of paths that continue after {found.text} without a slash",
    )


def keep_login(tree: Tree, found: Field) -> Fix | None:
    """The route without what turns the filter off."""
    if "typed_per_filter_config" not in found.path and "typedPerFilterConfig" not in found.path:
        return None
    return risky("require the login there, too", drop(tree.workspace, found), "callers without credentials")


def named_hosts(tree: Tree, found: Field) -> Fix | None:
    return risky(
        "answer only for the listed names",
        drop(tree.workspace, found),
        "callers that use other names, or an address",
    )


def media_type(tree: Tree, found: Field) -> Fix | None:
    if not found["direct_response"]:
        return None
    line = "{ header: { key: content-type, value: application/json }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }"
    edits = add(tree.workspace, found["response_headers_to_add"], line)
    return risky("send JSON with its media type", edits, "clients that read the body as text")


def debugger_off(tree: Tree, found: Field) -> Fix | None:
    """A fault without its kind is none: all of it goes."""
    whole = above(tree, found) if found.key in ("header_abort", "header_delay") else found
    return risky("remove it", drop(tree.workspace, whole), "developers who debug with it")


def strict(tree: Tree, found: Field, written: bool) -> Fix | None:
    key = found.key
    if key == "allow_chunked_length":
        return risky(
            "refuse ambiguous lengths", put(tree.workspace, found, "false"), "clients that send both headers"
        )
    if key == "forward_client_cert_details":
        breaks = "proxies in front that pass on client certificates"
        return risky(
            "remove x-forwarded-client-cert of clients", put(tree.workspace, found, "SANITIZE"), breaks
        )
    manager = manager_at(tree, found)
    if manager is None:
        return None
    names = manager.config.of("common_http_protocol_options", "headers_with_underscores_action")
    breaks = "clients that send header names with underscores"
    return risky("refuse header names with underscores", put(tree.workspace, names, "REJECT_REQUEST"), breaks)


def from_environment(tree: Tree, found: Field, name: str) -> Fix | None:
    """A data source may name a variable instead. Bytes are in Base64, which a variable is not."""
    if found.key != "inline_string":
        return None
    variable = re.sub(r"\W", "_", name or "secret").upper()
    edits = put(tree.workspace, above(tree, found), f"environment_variable: {variable}\n")
    return risky(
        f"read it from the environment variable {variable}", edits, f"deployments that do not set {variable}"
    )
