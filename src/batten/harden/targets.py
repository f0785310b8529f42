"""What can be rendered. Each target is a module with `render(intent) -> Made`, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from batten.harden import operation_notes
from batten.harden.acme import ITSELF, refuse_names
from batten.harden.entry import Kind
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem
from batten.harden.stack import STORES

if TYPE_CHECKING:
    from batten.harden.trial import Launch  # brings cryptography along

EDGES = ("nginx", "envoy", "haproxy", "caddy", "traefik")
DEPLOYMENTS = ("compose", "kubernetes", "systemd", "terraform-aws")
WITH_EDGE = ("compose", "kubernetes", "systemd")  # of DEPLOYMENTS: one of EDGES is in it
IN_CONTAINERS = ("compose", "kubernetes")
IMAGE = "image"  # of the application
CONTRACT = "contract"  # rendered by engine/hardening/contract, since batten's own fixes have a part in it
TARGETS = (*EDGES, *DEPLOYMENTS, IMAGE, *STORES, CONTRACT)
WITHOUT_CONTRACT = frozenset((IMAGE, *STORES))
_BY_NAME = ("nginx", "envoy", "haproxy")


def render(target: str, intent: Intent) -> Made:
    """The target, and the client of ACME that an edge needs beside it. Raises HardenProblem."""
    # Raises HardenProblem where a target gets no certificate in the way that is asked for.
    if intent.acme is not None:
        if intent.local_ca:
            raise HardenProblem("--local-ca and --acme contradict each other; pass one of them")
        if target not in (*EDGES, *WITH_EDGE):
            raise HardenProblem(f"{target} has no edge that gets a certificate by ACME; omit --acme")
        if target in EDGES and not intent.options.plain and target not in ITSELF:
            raise HardenProblem(f"{target} answers challenges on plain HTTP; pass --plain 80, or omit --acme")
        refuse_names(intent.edge.names)
        if target == "kubernetes":
            # Raises HardenProblem where the edge gets no challenge, or cannot forward it.
            names, entry = intent.edge.names, intent.stack.entry.kind
            if entry is not Kind.SERVICE:
                raise HardenProblem(
                    f"behind --entry {entry.value} plain HTTP ends at the entry, and the edge gets no challenge; omit --acme and make the "
                    "Secret edge-tls otherwise"
                )
            if len(names) > 1 and intent.stack.edge not in ITSELF:
                raise HardenProblem(
                    f"cert-manager answers challenges of {len(names)} names from as many pods, and the edge forwards to one; pass one --name, "
                    "or omit --acme and make the Secret edge-tls otherwise"
                )
    noted_made = configuration(target, intent)
    if target not in (*EDGES, *WITH_EDGE):
        made = noted_made
    else:
        engine = target if target in EDGES else intent.stack.edge
        # An upstream whose certificate the engine compares with no address.
        unnamed_target = intent.options.target
        if not unnamed_target.secure or engine not in _BY_NAME or not unnamed_target.is_address:
            unnamed: tuple[str, ...] = ()
        else:
            unnamed = (
                f"{engine} accepts no certificate for an address, so every request gets an error; name the upstream by its host name",
            )
        notes = (*unnamed, *operation_notes.notes(intent.contract, intent.edge, engine))
        made = replace(noted_made, notes=tuple(dict.fromkeys((*noted_made.notes, *notes))))
    if intent.acme is None or target not in EDGES:
        return made
    beside = import_module("batten.harden.acme_beside")
    client = cast(Callable[[str, Intent], Made], beside.render)(target, intent)
    return Made({**made.files, **client.files}, client.secrets, (*client.notes, *made.notes))


def configuration(target: str, intent: Intent) -> Made:
    """The target alone. Raises HardenProblem."""
    made = cast(Callable[[Intent], Made], import_module(_module(target)).render)
    return made(intent)


def _module(target: str) -> str:
    name = target.replace("-", "_")
    if target in EDGES:
        return f"batten.harden.edges.{name}.rendering"
    return f"batten.harden.{'stores.' if target in STORES else ''}{name}"


def offered() -> tuple[str, ...]:
    """The targets that `render` can make."""
    return tuple(target for target in TARGETS if target != CONTRACT and _is_there(_module(target)))


def edge_placed(target: str, intent: Intent) -> tuple[str, Intent] | None:
    """The edge of a target, and the intent that it is rendered from; its files are in `edge/` where a deployment is around
    it. None for a target without an edge of this kind."""
    if target in EDGES:
        return target, intent
    if target not in WITH_EDGE:
        return None
    module = "systemd" if target == "systemd" else "edge_container"
    place = cast(Callable[[Intent], Intent], import_module(f"batten.harden.{module}").placed)
    return intent.stack.edge, place(intent)


def launch_of(edge: str) -> Launch:
    """How an edge is started for a trial."""
    found: Launch = import_module(f"batten.harden.edges.{edge}.launch").LAUNCH
    return found


def _is_there(module: str) -> bool:
    try:
        found = find_spec(module)
        return found is not None and found.origin is not None
    except ModuleNotFoundError:  # of the package above
        return False
