"""The client of ACME for an edge that is a service of its distribution."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden import acme_units
from batten.harden.acme import ITSELF, Acme, terms
from batten.harden.acme_client import first
from batten.harden.acme_units import Client
from batten.harden.edge import Edge
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options

NAME = "batten-acme"


def render(engine: str, intent: Intent) -> Made:
    """Nothing but notes for an engine that is a client itself. Raises HardenProblem."""
    edge, acme = intent.edge, intent.acme
    if acme is None:
        return Made({})
    reached = tuple(_reached(engine, edge, acme))
    if engine in ITSELF:
        return Made({}, notes=(*_itself(engine, acme, intent.options), *reached))
    client = Client(name=NAME, place=f"/etc/{NAME}", engine=engine, edge_unit=f"{engine}.service")
    group = (f"{engine} reads the key as a member of the group {NAME}, unless it starts as root",)
    return Made(
        acme_units.files(client, edge, acme),
        first(edge.names),
        (*acme_units.notes(client, acme), *group, *reached),
    )


def _itself(engine: str, acme: Acme, options: Options) -> Iterator[str]:
    if engine == "traefik":
        kept = f"{acme.folder or '/var/lib/traefik'}/acme.json"
        yield f"Traefik keeps key and certificate in {kept}, whose folder it must be able to write; keep it across restarts"
    else:
        kept = f"{options.prefix}/caddy" if options.prefix else "its data folder"
        yield f"Caddy keeps key and certificate in {kept}; keep it across restarts, since authorities limit how many they issue"


def _reached(engine: str, edge: Edge, acme: Acme) -> Iterator[str]:
    """Authorities ask at 80 and 443, whatever the edge listens on (RFC 8555, 8.3; RFC 8737, 3)."""
    port, own = (443, edge.port) if engine == "traefik" else (80, edge.plain_port)
    if own != port:
        yield f"the authority connects to port {port} of {', '.join(edge.names)}; forward it to {own}"
    yield terms(acme)
