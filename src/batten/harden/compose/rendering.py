"""The project: compose.yaml, the files of its edge and stores, and their secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from batten.harden import acme_container
from batten.harden.acme import terms
from batten.harden.acme_client import first
from batten.harden.authority import CERTIFICATE
from batten.harden.compose import client
from batten.harden.compose.services import SECRETS, Service, secret_name, written
from batten.harden.edge_container import edge_of_container, issuing, placed
from batten.harden.images import CERTIFICATES, DATA, EDGE_USER, PLAIN, SCRATCH, SETTINGS, STARTS, TLS, images
from batten.harden.intent import Intent
from batten.harden.made import Made, Secret
from batten.harden.options import HardenProblem
from batten.harden.stack import APPLICATION, CLIENT, EDGE, Stack
from batten.harden.stores.part import Part, part

Json = Any
FILE = "compose.yaml"
OUTSIDE, INSIDE = "outside", "inside"
_REMARKS = (
    "# Written by `batten harden compose` from the contract and batten.yaml: change those, and generate it again.\n"
    "# docker compose up --detach\n"
)


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    stack = intent.stack
    beside = acme_container.is_beside(stack, intent.acme)
    # Each store has a network of its name.
    for refuse_store in stack.stores:
        if refuse_store.name == CLIENT and beside:
            raise HardenProblem(
                f"'{CLIENT}' is the client of ACME, so no store can have this name; choose another: {refuse_store.kind}=NAME"
            )
        if refuse_store.name in (OUTSIDE, INSIDE):
            raise HardenProblem(
                f"'{refuse_store.name}' is a network of the project, so no store can have this name; choose another: {refuse_store.kind}=NAME"
            )
    named = images(stack, beside)
    parts = {store.name: part(store, intent.local_ca) for store in stack.stores}
    edge = edge_of_container(intent)
    services = dict(_services(intent, parts))
    # All but the edge's own lead nowhere else.
    networks_inner = {"internal": True}
    project = {
        "name": stack.name,
        "services": {name: written(service) for name, service in services.items()},
        "networks": {
            OUTSIDE: {},
            INSIDE: dict(networks_inner),
            **{store.name: dict(networks_inner) for store in stack.stores},
        },
        "secrets": {secret_name(path): {"file": f"./{path}"} for path in _secret_files(services)},
    }
    kept = [name for service in services.values() for name, _ in service.kept]
    if kept:
        project["volumes"] = dict.fromkeys(kept)
    text = yaml.safe_dump(project, sort_keys=False, width=110, allow_unicode=True)
    files = {FILE: _REMARKS + text.replace(": null\n", ":\n")}
    files |= {f"edge/{name}": content for name, content in edge.files.items()}
    for name, found in parts.items():
        files |= {f"{name}/{file}": content for file, content in found.files.items()}
    if beside:
        inner = placed(intent)
        assert inner.acme is not None
        files |= acme_container.files(stack, inner.edge, inner.acme)
    secrets = (
        *_first(intent),
        *issuing(intent, EDGE_USER),
        *_secrets(stack, parts, intent.local_ca),
        *edge.secrets,
    )
    return Made(files, secrets, tuple(_notes(intent, services, parts, secrets, edge)), named)


def _first(intent: Intent) -> tuple[Secret, ...]:
    """What an edge starts with whose certificate another gets."""
    if not acme_container.is_beside(intent.stack, intent.acme):
        return ()
    return first(intent.edge.names, acme_container.USER)


def _services(intent: Intent, parts: dict[str, Part]) -> Iterator[tuple[str, Service]]:
    stack = intent.stack
    if acme_container.is_beside(stack, intent.acme):
        yield EDGE, client.edge(_edge(stack, asks=True), stack)
        yield CLIENT, client.service(stack)
    else:
        yield EDGE, _edge(stack, asks=intent.acme is not None)
    yield APPLICATION, _application(stack, parts)
    for store in stack.stores:
        found = parts[store.name]
        yield (
            store.name,
            Service(
                image=store.image,
                user=found.user,
                networks=(store.name,),
                command=found.command,
                environment=found.environment,
                mounts=((store.name, found.place.settings),)
                if found.files
                else (),  # settings may be variables alone
                secrets=tuple(
                    (path, f"{found.place.secrets}/{path.rpartition('/')[2]}") for path in found.served
                ),
                kept=((f"{store.name}-data", found.place.data),),
                writable=found.writable,
                healthy=found.healthy,
                memory="1g",
                processor="1.00",
            ),
        )


def _edge(stack: Stack, asks: bool) -> Service:
    """`asks` says that it gets its certificate itself, and keeps that in a volume."""
    certificate = tuple(
        (f"secrets/{EDGE}/tls.{kind}", f"{CERTIFICATES}/tls.{kind}") for kind in ("crt", "key")
    )
    return Service(
        image=stack.edge_image,
        user=EDGE_USER,
        networks=(OUTSIDE, INSIDE),
        command=STARTS[stack.edge],
        mounts=((EDGE, SETTINGS),),
        secrets=() if asks else certificate,
        kept=((f"{EDGE}-data", DATA),) if asks else (),
        writable=(SCRATCH,),
        ports=(f"443:{TLS}", f"80:{PLAIN}"),
        waits=((APPLICATION, False),),
    )


def _application(stack: Stack, parts: dict[str, Part]) -> Service:
    application = stack.application
    environment = {"PORT": str(application.port)}
    secrets: list[tuple[str, str]] = []
    for store in stack.stores:
        key = store.name.upper().replace("-", "_")
        environment[f"{key}_HOST"], environment[f"{key}_PORT"] = store.name, str(store.port)
        environment[f"{key}_FOLDER"] = f"{SECRETS}/{store.name}"
        for path in parts[store.name].clients:
            file = path.rpartition("/")[2]
            secrets.append((_of_client(store.name, path), f"{SECRETS}/{store.name}/{file}"))
    return Service(
        image=application.image,
        user=application.user,
        networks=(INSIDE, *(store.name for store in stack.stores)),
        environment=environment,
        secrets=tuple(secrets),
        writable=application.writable,
        waits=tuple((name, bool(found.healthy)) for name, found in parts.items()),
        memory="512m",
        processor="1.00",
    )


def _of_client(store: str, path: str) -> str:
    """Where the application's own copy is: a file has one owner."""
    return f"secrets/{APPLICATION}/{store}-{path.rpartition('/')[2]}"


def _secret_files(services: dict[str, Service]) -> list[str]:
    return [path for service in services.values() for path, _ in service.secrets]


def _secrets(stack: Stack, parts: dict[str, Part], local_ca: bool) -> Iterator[Secret]:
    for name, found in parts.items():
        yield from (replace(secret, owner=found.user) for secret in found.secrets)
        made = {secret.path for secret in found.secrets}
        for path in found.clients:
            if path in made:
                yield _copy(path, _of_client(name, path), stack.application.user)
        if local_ca and f"secrets/{name}/ca.crt" not in made:
            yield _copy(CERTIFICATE, f"secrets/{name}/ca.crt", found.user)


def _copy(source: str, path: str, owner: int) -> Secret:
    return Secret(path, lambda earlier: earlier[source], f"the application's copy of {source}", owner)


def _notes(
    intent: Intent,
    services: dict[str, Service],
    parts: dict[str, Part],
    secrets: tuple[Secret, ...],
    edge: Made,
) -> Iterator[str]:
    made = {secret.path for secret in secrets}
    for path in dict.fromkeys(_secret_files(services)):
        if path not in made:
            yield f"{path} is expected before the start: a certificate or key of your authority (or --local-ca)"
    owners: dict[int, list[str]] = {}
    for secret in secrets:
        if secret.owner is not None:
            owners.setdefault(secret.owner, []).append(secret.path)
    for owner, paths in owners.items():
        folders = " ".join(dict.fromkeys(f"{path.rpartition('/')[0]}/*" for path in paths))
        yield f"the container that reads {folders} is user {owner}: `sudo chown {owner} {folders}`, unless root generated them"
    for name, found in parts.items():
        if not found.owns_data:
            yield _owned(intent.stack, name, found.user)
        yield from found.notes
    if acme_container.is_beside(intent.stack, intent.acme):
        yield from client.notes(intent.stack)
    elif intent.acme is not None:
        yield _owned(intent.stack, EDGE, EDGE_USER)
        yield f"{intent.stack.edge} keeps key and certificate in the volume {EDGE}-data; authorities limit how many they issue"
    if intent.acme is not None:
        yield terms(intent.acme)
    yield from edge.notes


def _owned(stack: Stack, name: str, user: int) -> str:
    volume = f"{stack.name}_{name}-data"
    return (
        f"the image of {name} has no folder for its data: `docker run --rm --user 0 --volume {volume}:/data IMAGE "
        f"chown {user} /data` before the first start"
    )


__all__ = ["FILE", "render"]
