"""The project as it is started for a proof: what was written, under a name, ports, certificates and secrets of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from batten.engine.hardening.subject import direct
from batten.harden import targets
from batten.harden.compose.rendering import FILE, OUTSIDE
from batten.harden.images import PLAIN, TLS
from batten.harden.intent import Intent
from batten.harden.made import Made, Secret
from batten.harden.stack import CLIENT, EDGE
from batten.harden.stores.part import part
from batten.model.record import record

LOOPBACK = "127.0.0.1"
# Packets of its containers get no address that others could answer:
# https://docs.docker.com/engine/network/drivers/bridge/#options
ALONE = {"driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}}
RESTARTS = "on-failure:5"  # what never comes up ends, whatever becomes of batten


@record(kw_only=True)
class Project:
    """`files` are texts by path; `tls` and `plain` are ports of loopback; `images` are those that its services name;
    `owners` are volumes whose images have no folder for them, with the user who must own it."""

    name: str
    files: Mapping[str, str]
    secrets: tuple[Secret, ...]
    images: tuple[str, ...]
    owners: Mapping[str, int]
    tls: int
    plain: int


def with_name(intent: Intent) -> Intent:
    """The same, also for clients that call it `localhost`, with an authority of its own: no other is asked for a certificate."""
    names = tuple(dict.fromkeys((*intent.edge.names, "localhost")))
    return replace(intent, options=direct(replace(intent.options, names=names)), local_ca=True, acme=None)


def edge_of(intent: Intent, port: int) -> Intent:
    """What the edge is rendered from: clients know it by this port."""
    _, placed = targets.edge_placed("compose", with_name(intent)) or ("", intent)
    return replace(placed, options=replace(placed.options, public=port))


def project(intent: Intent, written: Mapping[str, str], ports: tuple[int, int], edge: Made) -> Project:
    """What is started of the `written` files: the `edge` is rendered anew for its ports of loopback, for TLS and without."""
    name = f"batten-proof-{secrets.token_hex(4)}"
    own = targets.render("compose", with_name(intent))
    described_found: dict[str, Any] = yaml.safe_load(written[FILE])
    described_found["name"] = name
    for described_service in described_found["services"].values():
        described_service["restart"] = RESTARTS
    inner = zip(ports, (TLS, PLAIN), strict=True)
    described_found["services"][EDGE]["ports"] = [f"{LOOPBACK}:{port}:{own}" for port, own in inner]
    described_found["networks"][OUTSIDE] = ALONE
    described = described_found
    if intent.acme is not None:
        # An edge that gets its certificate itself is given one; so is one that another gets it for, who is not
        # started.
        certified_own = yaml.safe_load(own.files[FILE])
        services, given = described["services"], certified_own["services"][EDGE]["secrets"]
        if services.pop(CLIENT, None) is not None:
            apart = ("ports", "restart")
            services[EDGE] = {
                **certified_own["services"][EDGE],
                **{name: services[EDGE][name] for name in apart},
            }
            described["volumes"] = certified_own.get("volumes", {})
            described["secrets"] = certified_own["secrets"]
        services[EDGE]["secrets"] = given
        certified_files = {secret["source"]: certified_own["secrets"][secret["source"]] for secret in given}
        described["secrets"] = {**described.get("secrets", {}), **certified_files}
    files = {**written, **{f"{EDGE}/{path}": text for path, text in edge.files.items()}}
    owners: list[tuple[str, int]] = []
    for store in intent.stack.stores:
        found = part(store, True)
        if not found.owns_data:
            owners.append((f"{name}_{store.name}-data", found.user))
    return Project(
        name=name,
        files={**files, FILE: yaml.safe_dump(described, sort_keys=False)},
        secrets=own.secrets,
        images=tuple(dict.fromkeys(service["image"] for service in described["services"].values())),
        owners=dict(owners),
        tls=ports[0],
        plain=ports[1],
    )
