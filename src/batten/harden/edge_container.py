"""The edge of a deployment: its own target, with the places of its container."""

from __future__ import annotations

from dataclasses import replace

from batten.harden import acme_container, targets
from batten.harden.acme import CHAIN, ITSELF, KEY, Acme
from batten.harden.authority import authority, pair
from batten.harden.entry import Kind
from batten.harden.images import CERTIFICATES, DATA, PLAIN, SCRATCH, SETTINGS, TLS
from batten.harden.intent import Intent
from batten.harden.made import Made, Secret
from batten.harden.options import Target
from batten.harden.stack import APPLICATION, EDGE

SOLVER, SOLVER_PORT = "acme-solver", 8089  # cert-manager's pods listen there (pkg/issuer/acme/http)


def edge_of_container(intent: Intent) -> Made:
    """Raises HardenProblem."""
    return targets.configuration(intent.stack.edge, placed(intent))


def placed(intent: Intent) -> Intent:
    """The edge in its container: it is not root, logs to standard output, and calls the application by its name."""
    entry = intent.stack.entry
    options = replace(
        intent.options,
        upstream=f"http://{APPLICATION}:{intent.stack.application.port}",
        listen=str(TLS),
        plain=str(PLAIN) if entry.kind is Kind.SERVICE else "",  # what is in front redirects
        proxy_protocol=intent.options.proxy_protocol
        or (entry.kind is not Kind.SERVICE and not entry.ends_tls),
        public=443,
        certificate=f"{CERTIFICATES}/{CHAIN}",
        key=f"{CERTIFICATES}/{KEY}",
        prefix=SCRATCH,
        settings=SETTINGS,
        streams=True,
        user="",
    )
    # The client is the edge itself, which keeps what it gets in a volume, a container beside it, or cert-manager,
    # which answers from a pod.
    if intent.acme is None:
        acme: Acme | None = None
    elif intent.stack.edge in ITSELF:
        acme = replace(intent.acme, folder=DATA)
    elif intent.stack.client_image:
        acme = acme_container.placed(intent.acme)
    else:
        acme = replace(intent.acme, responder=Target(False, SOLVER, SOLVER_PORT), in_files=False)
    if acme is not None and intent.stack.client_image:
        options = replace(options, certificate=f"{acme.served}/{CHAIN}", key=f"{acme.served}/{KEY}")
    return replace(intent, options=options, acme=acme)


def issuing(intent: Intent, owner: int | None = None) -> tuple[Secret, ...]:
    """The authority of a deployment for development and the edge's own certificate; nothing for production."""
    if not intent.local_ca:
        return ()
    names = intent.edge.names
    stores = (store.name for store in intent.stack.stores)
    own = (replace(one, owner=owner) for one in pair(f"secrets/{EDGE}", names))
    return (*authority((*names, "localhost", APPLICATION, *stores)), *own)
