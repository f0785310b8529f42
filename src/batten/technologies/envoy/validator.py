"""Envoy's own verdict: `envoy --mode validate` on a copy whose files exist here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from batten.formats import Workspace
from batten.formats.tree import Plain
from batten.model import Problem
from batten.technologies import Unit
from batten.technologies._certificate import self_signed
from batten.technologies.envoy.fields import Field, snake, templated
from batten.technologies.envoy.tree import Tree

SECONDS = 20
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
    """Where Envoy is installed here; "" when it is not."""
    beside = Path(sys.executable).parent / "envoy"
    found = find_spec("envoy")
    packed = [Path(p) / "_bin" / "envoy" for p in (found.submodule_search_locations or ())] if found else []
    places = (shutil.which("envoy"), *(str(p) for p in (*packed, beside) if p.is_file()))
    return next((p for p in places if p), "")


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What Envoy has against the configuration; True when nothing, False when it is not installed."""
    command = envoy()
    if not command:
        return False
    tree = Tree(unit, workspace)
    with tempfile.TemporaryDirectory(prefix="batten-envoy-") as folder:
        error = refusal(command, tree, Path(folder))
    if (
        not error
        or _NOT_OURS.search(error)
        or any(templated(d.text) for f in tree.documents for d in f.walk())
    ):
        return True
    return Problem(
        unit.main, "fix", f"Envoy refuses it: {error}", "nothing was written; see envoy --mode validate"
    )


def refusal(command: str, tree: Tree, place: Path) -> str:
    """Envoy's complaint about a copy, "" when it has none."""
    chain, key = self_signed()
    (place / "chain.pem").write_bytes(chain)
    (place / "key.pem").write_bytes(key)
    for name, text in (("users", _USERS), ("keys.json", _KEYS), ("empty", "")):
        (place / name).write_text(text, encoding="utf-8")
    copy = place / "envoy.json"
    copy.write_text(json.dumps(_bootstrap(tree, place)), encoding="utf-8")
    arguments = [command, "--mode", "validate", "--log-level", "critical", "-c", str(copy)]
    arguments += ["--service-node", "test", "--service-cluster", "test"]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode == 0:
        return ""
    found = re.search(r"error initializing configuration '[^']*': (.*)", done.stderr, re.DOTALL)
    return " ".join(found[1].split())[:500] if found else ""


def _bootstrap(tree: Tree, place: Path) -> Plain:
    """The unit's bootstrap; resources alone are put into one."""
    main = next(
        (d for d in tree.documents if d["static_resources"] or d["dynamic_resources"] or d["admin"]), None
    )
    if main is not None:
        return _here(main.root.plain(), place)
    static: dict[str, Plain] = {}
    for kind, key in _LISTS.items():
        static[key] = [_resource(f, place) for f in tree.of(kind)]
    listeners = static["listeners"]
    assert isinstance(listeners, list)
    listeners += [_listener(_resource(f, place)) for f in tree.of("RouteConfiguration")]
    return {"static_resources": static}


def _resource(field: Field, place: Path) -> Plain:
    found = _here(field.node.plain() if field.node is not None else None, place)
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


def _here(value: Plain, place: Path, name: str = "", above: str = "") -> Plain:
    """The same with files and variables that this machine has."""
    if isinstance(value, dict):
        if "virtual_hosts" in value or "virtualHosts" in value:
            value = {**value, "validate_clusters": False}  # they may be elsewhere
        if set(value) & {"environment_variable", "environmentVariable"}:
            return {"filename": _file(place, name)}
        return {k: _here(v, place, k, name) for k, v in value.items()}
    if isinstance(value, list):
        return [_here(v, place, name, above) for v in value]
    if name == "filename" and isinstance(value, str):
        return _file(place, above)
    if name in ("inline_string", "inlineString") and isinstance(value, str) and "-----BEGIN" in value:
        return Path(_file(place, above)).read_text()
    return value


def _file(place: Path, name: str) -> str:
    return str(place / _FILES.get(snake(name), "empty"))
