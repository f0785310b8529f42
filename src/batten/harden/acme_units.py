"""The client of ACME as units of systemd: a user of its own gets certificates, and the edge reads them anew.

The client is not root, and can write nowhere but in its own folder. Only what reloads the edge is root, and it starts when
the certificate has changed. https://www.freedesktop.org/software/systemd/man/latest/systemd.path.html
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from batten.harden.acme import CHAIN, KEY, Acme
from batten.harden.acme_client import HOOK, PLACEHOLDER, command, hook
from batten.harden.edge import Edge
from batten.harden.units import CONFINED, REMARK, SEALED, Rows, limits, service, trigger
from batten.model.record import record

READS_FILES = ("nginx",)  # engines that answer challenges from a folder
WATCHES = ("envoy",)  # engines that see themselves when the certificate has changed
_OWN = ("DynamicUser", "UMask")


@record(kw_only=True)
class Client:
    """`name` is the user's and the units', `place` where the files of the deployment are on the host, `edge_unit` the
    service of the edge."""

    name: str
    place: str
    engine: str
    edge_unit: str

    @property
    def reloads(self) -> bool:
        return self.engine not in WATCHES


def files(client: Client, edge: Edge, acme: Acme) -> dict[str, str]:
    """By their paths below the output folder."""
    name = client.name
    made = {
        f"acme/{HOOK}": hook(acme.served),
        f"units/{name}.service": service(
            "The certificate of the edge, by ACME", f"network-online.target {client.edge_unit}",
            _client(client, edge, acme), wanted="",
        ),
        f"units/{name}.timer": trigger("Asks whether the certificate is to be renewed", "Timer", _TWICE_A_DAY, "timers.target"),
        f"sysusers.d/{name}.conf": f'{REMARK}\nu {name} - "Client of ACME" {acme.state} -\n',
        f"tmpfiles.d/{name}.conf": "\n".join((REMARK, *_folders(client, acme))) + "\n",
    }  # fmt: skip
    if client.reloads:
        changed = (("PathChanged", f"{acme.served}/{CHAIN}"),)
        made |= {
            f"units/{name}-reload.path": trigger("A new certificate of the edge", "Path", changed, "multi-user.target"),
            f"units/{name}-reload.service": service(
                "The edge reads its certificate again", client.edge_unit, _reload(client), wanted=""
            ),
        }  # fmt: skip
    return made


_TWICE_A_DAY = (
    ("OnCalendar", "*-*-* 00/12:00:00"),
    ("RandomizedDelaySec", "6h"),
    ("Persistent", "yes"),
)


def _folders(client: Client, acme: Acme) -> Iterator[str]:
    """https://www.freedesktop.org/software/systemd/man/latest/tmpfiles.d.html: a copy is made where nothing is yet."""
    name = client.name
    for path, mode in ((acme.state, "0755"), (acme.webroot, "0755"), (acme.served, "0750")):
        yield f"d {path} {mode} {name} {name} -"
    for file in (KEY, CHAIN):
        yield f"C {acme.served}/{file} 0640 {name} {name} - {client.place}/{PLACEHOLDER}/{file}"


def _client(client: Client, edge: Edge, acme: Acme) -> Iterator[tuple[str, str]]:
    files = client.engine in READS_FILES
    words = command(acme, edge.names, files, f"/bin/sh {client.place}/acme/{HOOK}")
    yield "Type", "oneshot"
    yield "ExecStart", f"/usr/bin/certbot {' '.join(map(quoted, words))}"
    yield "TimeoutStartSec", "10min"
    yield "User", client.name
    yield "Group", client.name
    yield "UMask", "0077"
    yield "ReadWritePaths", acme.state
    yield from limits("256M")
    yield from CONFINED
    yield from _sealed()
    yield "SystemCallFilter", "@chown"  # certbot gives a renewed key the group of the one before
    yield "SocketBindDeny", "any"
    if files:
        yield "PrivateUsers", "yes"
        yield "CapabilityBoundingSet", ""
        yield "AmbientCapabilities", ""
    else:
        yield "CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"
        yield "AmbientCapabilities", "CAP_NET_BIND_SERVICE"
        yield "SocketBindAllow", f"tcp:{acme.responder.port}"


def _reload(client: Client) -> Iterator[tuple[str, str]]:
    """Root, since it speaks with systemd, and nothing else."""
    yield "Type", "oneshot"
    yield "ExecStart", f"/usr/bin/systemctl try-reload-or-restart {client.edge_unit}"
    yield from limits("64M")
    yield from CONFINED
    yield from _sealed()
    yield "UMask", "0077"
    yield "CapabilityBoundingSet", ""
    yield "AmbientCapabilities", ""
    yield "PrivateNetwork", "yes"
    yield "IPAddressDeny", "any"
    yield "RestrictAddressFamilies", "none"
    yield "RestrictAddressFamilies", "AF_UNIX"


def _sealed() -> Rows:
    return tuple(row for row in SEALED if row[0] not in _OWN)


def quoted(word: str) -> str:
    """A word of ExecStart: `%` and `$` would begin what systemd fills in."""
    plain = shlex.quote(word)
    return plain.replace("%", "%%").replace("$", "$$")


def notes(client: Client, acme: Acme) -> Iterator[str]:
    """What is left to people."""
    name, place = client.name, client.place
    yield (
        f"put units/ into /etc/systemd/system, sysusers.d/ and tmpfiles.d/ into /etc, acme/ and secrets/ into {place}, all owned by "
        "root; then `systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload`"
    )
    watching = f" {name}-reload.path" if client.reloads else ""
    yield (
        f"certbot is expected as /usr/bin/certbot; `systemctl enable --now {name}.timer{watching}` and, once the edge runs, "
        f"`systemctl start {name}.service` gets the certificate; until then the edge shows a placeholder that no client trusts"
    )
