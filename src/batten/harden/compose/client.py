"""The client of ACME as a service of the project, and what an edge sees of it: two folders that it may only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.harden.acme import CHAIN, KEY
from batten.harden.acme_client import PLACEHOLDER
from batten.harden.acme_container import (
    FOLDER,
    PLACE,
    READS_FILES,
    RELOADS,
    RENEW,
    SECRETS,
    START,
    USER,
)
from batten.harden.compose.services import Service
from batten.harden.images import SETTINGS
from batten.harden.stack import CLIENT, Stack

OUTSIDE = "outside"
_SERVED, _WEBROOT, _STATE = (f"{CLIENT}-{name}" for name in ("served", "webroot", "state"))


def service(stack: Stack) -> Service:
    """Its account's key is in a volume that no other service has."""
    return Service(
        image=stack.client_image,
        user=USER,
        networks=(OUTSIDE,),
        entrypoint=("/bin/sh", f"{PLACE}/{RENEW}"),
        mounts=((CLIENT, PLACE),),
        secrets=tuple((f"{PLACEHOLDER}/{file}", f"{SECRETS}/{file}") for file in (CHAIN, KEY)),
        kept=((_STATE, f"{FOLDER}/state"), *_shared(stack)),
        writable=("/tmp", f"{FOLDER}/work", f"{FOLDER}/logs"),
        healthy=("test", "-s", f"{FOLDER}/served/{CHAIN}"),
    )


def _shared(stack: Stack) -> tuple[tuple[str, str], ...]:
    files = ((_WEBROOT, f"{FOLDER}/webroot"),) if stack.edge in READS_FILES else ()
    return ((_SERVED, f"{FOLDER}/served"), *files)


def edge(plain: Service, stack: Stack) -> Service:
    """The edge that gets its certificate from there: it starts when there is one, at first a placeholder."""
    return replace(
        plain,
        command=("/bin/sh", f"{SETTINGS}/{START}") if stack.edge in RELOADS else plain.command,
        kept=(),
        shown=_shared(stack),
        groups=(USER,),
        waits=(*plain.waits, (CLIENT, True)),
    )


def notes(stack: Stack) -> Iterator[str]:
    """What is left to people."""
    places = [(name, f"/{name}") for name, _ in ((_STATE, ""), *_shared(stack))]
    mounts = " ".join(f"--volume {stack.name}_{name}:{place}" for name, place in places)
    yield (
        f"certbot has no folder for its data: `docker run --rm --user 0 --entrypoint chown {mounts} IMAGE "
        f"{USER} {' '.join(place for _, place in places)}` before the first start"
    )
    yield (
        "the edge shows a placeholder that no client trusts until certbot has its first certificate, which it asks for a minute after its "
        "start and then twice a day; authorities limit how many they issue"
    )
    if stack.edge in RELOADS:
        yield f"the image of the edge must have /bin/sh and cksum, as the official ones have: a script there has {stack.edge} read a new certificate"
