"""Writers of what is sent with answers. A header that all answers should carry goes into a header_mutation
filter before all others: it sees what no route takes, too."""

from __future__ import annotations

import json

from batten.model import Fix
from batten.technologies.edges.envoy.cors import LIST
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.places import above, first, manager_at
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.headers import SHARED, flagged
from batten.technologies.shared.text.field_edits import add, drop, put, risky, safe
from batten.technologies.shared.transport.questions import ask_origins

_MESSAGE = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"


def set_header(tree: Tree, found: Field, written: bool, name: str, value: str) -> Fix | None:
    manager = manager_at(tree, found)
    title, text = f"send {name}", value.replace("%", "%%")
    edits = put(tree.workspace, found, json.dumps(text)) if written and found.text != text else []
    if edits or manager is None:
        return safe(title, edits)
    action = "APPEND_IF_EXISTS_OR_ADD" if name.lower() == "vary" else "ADD_IF_ABSENT"
    mutation = f"append:\n  header:\n    key: {name.lower()}\n    value: {json.dumps(text)}\n  append_action: {action}"
    filters = manager.config["http_filters"]
    head = manager.filters[0] if manager.filters else None
    if head is not None and head.kind == "header_mutation" and not head.off:
        edits = add(tree.workspace, head.config.of("mutations", "response_mutations"), mutation)
    else:
        item = (
            "name: envoy.filters.http.header_mutation\n"
            "typed_config:\n"
            f'  "@type": {_MESSAGE}\n'
            "  mutations:\n"
            "    response_mutations:\n"
            "    - " + mutation.replace("\n", "\n      ")
        )
        edits = first(tree, filters, item)
    shared = found.path != manager.item.path and len(manager.hosts) > 1 and name.lower() != "vary"
    return risky(title, edits, SHARED) if shared else safe(title, edits)


def remove_header(tree: Tree, found: Field, name: str) -> Fix | None:
    """`found` is the header's value: header, option and list are above it, and in a filter the mutation."""
    if "header" not in found.path:
        return None
    option = above(tree, found, len(found.path) - len(_until(found, "header")))
    mutation = found.path[len(option.path) - 1 : len(option.path)] == ("append",)
    return safe(f"stop sending {name}", drop(tree.workspace, above(tree, option) if mutation else option))


def _until(field: Field, key: str) -> tuple[str | int, ...]:
    """The path up to the last step of that name, without it."""
    index = len(field.path) - 1 - field.path[::-1].index(key)
    return field.path[:index]


def cookie_flags(tree: Tree, found: Field) -> Fix | None:
    breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
    return risky(
        "set the cookie's flags", put(tree.workspace, found, json.dumps(flagged(found.text))), breaks
    )


def banner(tree: Tree, found: Field) -> Fix | None:
    title = "hide the version"
    if found.key in ("server_name", "via", "server_header_transformation"):
        return safe(title, drop(tree.workspace, found, prune=False))
    return remove_header(tree, found, "it")


def allow_origins(tree: Tree, found: Field, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    names = [LIST, "allowOriginStringMatch"]
    key = next((n for n in names if n in found.path), None)
    if key is None:
        return None
    if not origins:
        return ask_origins(title)
    holder = above(tree, found, len(found.path) - len(_until(found, key)))[LIST]
    block = "\n".join(f"- exact: {json.dumps(o)}" for o in origins)
    return risky(
        title, put(tree.workspace, holder, block), "pages on origins that are not listed in batten.yaml"
    )


def listed(tree: Tree, found: Field, names: tuple[str, ...], breaks: str) -> Fix | None:
    if not found.key.startswith("allow_"):
        return None
    return risky(
        f"allow {', '.join(names)} only", put(tree.workspace, found, json.dumps(", ".join(names))), breaks
    )


def without(tree: Tree, found: Field) -> Fix | None:
    """A header or body that tells internals: the header goes; what a body says is for people to write."""
    if "header" in found.path:
        return remove_header(tree, found, "internals")
    return None
