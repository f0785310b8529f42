"""A data store as a part of a deployment: what compose, kubernetes and systemd need to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from importlib import import_module
from typing import cast

from batten.harden.authority import authority
from batten.harden.intent import Intent
from batten.harden.made import Made, Secret
from batten.harden.stack import APPLICATION, Store
from batten.model.record import record


@record(kw_only=True)
class Place:
    """Folders of the machine or container that runs it: of its settings, of its secrets (password files, keys) and of its
    data; `names` are the host names that its certificate must hold. `address` is where it listens: in a container "*", for there
    a network of its own keeps others out."""

    settings: str
    secrets: str
    data: str
    names: tuple[str, ...]
    address: str = "*"
    port: int = 0  # 0: the usual one

    @property
    def every(self) -> bool:
        return self.address == "*"


@record(kw_only=True)
class Part:
    """`files` are texts for the settings folder, by name; no secret stands in them. `served` are the paths of
    the secret files that lie in the store's own folder of secrets, by their last names, and `clients` those of the
    application's; what of them is not among `secrets` is expected from people. `command` is what the official image
    is started with, as `user`; `writable` are folders for temporary files. `environment` holds no secret."""

    files: Mapping[str, str]
    secrets: tuple[Secret, ...]
    served: tuple[str, ...]
    clients: tuple[str, ...]
    command: tuple[str, ...]
    user: int
    place: Place
    writable: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()  # a command of its image that succeeds when it serves
    owns_data: bool = True  # its image has the folder of its data, for its user
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def within(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


def container(store: Store, settings: str, data: str) -> Place:
    """Where the files of a store lie in its container."""
    return Place(
        settings=settings,
        secrets=f"/run/secrets/{store.name}",
        data=data,
        names=(store.name,),
        port=store.port,
    )


def host(store: Store, settings: str, data: str, intent: Intent) -> Place:
    """Where they lie on a machine of its own: where distributions have them, or where options say."""
    options = intent.options
    settings = options.prefix or settings
    return Place(
        settings=settings,
        secrets=f"{settings}/secrets/{store.name}",
        data=options.data or data,
        names=options.names or ("localhost",),
        address=options.address,
        port=options.port or store.port,
    )


def part(store: Store, local_ca: bool) -> Part:
    """What `stores/<kind>.py` makes of it, in the places of its official image."""
    module = import_module(f"batten.harden.stores.{store.kind}")
    return cast(Callable[[Store, bool], Part], module.part)(store, local_ca)


def standalone(intent: Intent, store: Store, found: Part) -> Made:
    """A store by itself, on a machine of its own: its files lie in the output folder, its secrets below it."""
    issuing = authority((*found.place.names, APPLICATION)) if intent.local_ca else ()
    missing = (
        ()
        if intent.local_ca
        else (
            f"its certificate and key are expected as {found.place.secrets}/tls.crt and tls.key; "
            "--local-ca makes some for development",
        )
    )
    run = f"start it with: {' '.join(found.command)}"
    return Made(found.files, (*issuing, *found.secrets), (run, *missing, *found.notes))
