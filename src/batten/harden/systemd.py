"""systemd 250 and newer: the application and its edge as sandboxed units of a bare host.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html; stores are targets of their own, and get a drop-in
for the unit that Debian's package brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.harden import acme_units, targets
from batten.harden.acme import CHAIN, ITSELF, KEY, Acme
from batten.harden.acme_client import first
from batten.harden.acme_units import Client
from batten.harden.edge_container import issuing
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options
from batten.harden.stack import APPLICATION, EDGE, Stack, Store
from batten.harden.units import CONFINED, SEALED, limits, service

# What Debian calls the service of a store.
SERVICES = {
    "postgresql": "postgresql@", "mariadb": "mariadb", "valkey": "valkey-server", "redis": "redis-server",
    "rabbitmq": "rabbitmq-server", "mosquitto": "mosquitto", "nats": "nats-server", "etcd": "etcd", "mongodb": "mongod",
    "elasticsearch": "elasticsearch",
}  # fmt: skip
_PROGRAMS = {
    "nginx": "/usr/sbin/nginx -c {settings}/nginx.conf -g 'daemon off;'",
    "envoy": "/usr/bin/envoy -c {settings}/envoy.yaml --disable-hot-restart",
    "haproxy": "/usr/sbin/haproxy -W -db -f {settings}/haproxy.cfg",
    "caddy": "/usr/bin/caddy run --config {settings}/Caddyfile",
    "traefik": "/usr/bin/traefik --configFile={settings}/traefik.yaml",
}


# How an engine is told to read its certificate again (https://nginx.org/en/docs/control.html;
# https://docs.haproxy.org/3.0/management.html#4). Envoy sees it change.
_RELOADS = {"nginx": "HUP", "haproxy": "USR2"}


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    stack = intent.stack
    edge = targets.configuration(stack.edge, placed(intent))
    units = {
        f"{stack.name}.service": service(
            f"The API {stack.name}", "network-online.target", _application(stack)
        ),
        f"{stack.name}-edge.service": service(
            f"The edge of {stack.name} ({stack.edge})",
            f"network-online.target {stack.name}.service",
            _edge(stack, intent.acme),
        ),
        **{f"{SERVICES[store.kind]}.service.d/batten.conf": _drop_in(store) for store in stack.stores},
    }
    files = {f"units/{name}": text for name, text in units.items()}
    files |= {f"edge/{name}": text for name, text in edge.files.items()}
    client = _client(intent)
    secrets = (*issuing(intent), *edge.secrets)
    if client is not None:
        inner = placed(intent)
        assert inner.acme is not None
        files |= acme_units.files(client, inner.edge, inner.acme)
        secrets += first(inner.edge.names)
    return Made(files, secrets, tuple(_notes(intent, edge, client)))


def _client(intent: Intent) -> Client | None:
    """What gets the certificate beside the edge."""
    stack, acme = intent.stack, intent.acme
    if acme is None or stack.edge in ITSELF:
        return None
    unit = f"{stack.name}-edge.service"
    return Client(name=f"{stack.name}-acme", place=_folder(stack), engine=stack.edge, edge_unit=unit)


def _folder(stack: Stack) -> str:
    return f"/etc/{stack.name}"


def placed(intent: Intent) -> Intent:
    """The edge with the places that its unit gives it."""
    name = f"{intent.stack.name}-edge"
    options: Options = replace(
        intent.options,
        upstream=f"http://127.0.0.1:{intent.stack.application.port}",
        certificate=f"/run/credentials/{name}.service/tls.crt",
        key=f"/run/credentials/{name}.service/tls.key",
        prefix=f"/run/{name}",
        settings=f"{_folder(intent.stack)}/edge",
        streams=True,
        journal=True,
        user="",
    )
    client = _client(intent)
    if intent.acme is None:
        return replace(intent, options=options)
    acme = replace(intent.acme, folder=f"/var/lib/{client.name if client is not None else name}")
    if client is not None:
        options = replace(options, certificate=f"{acme.served}/{CHAIN}", key=f"{acme.served}/{KEY}")
    return replace(intent, options=options, acme=acme)


def _application(stack: Stack) -> Iterator[tuple[str, str]]:
    name, application = stack.name, stack.application
    yield "Type", "exec"
    yield "ExecStart", f"/usr/local/lib/{name}/start"
    yield "Restart", "on-failure"
    yield "RestartSec", "2"
    yield "Environment", f"HOST=127.0.0.1 PORT={application.port}"
    yield "StateDirectory", name
    for store in stack.stores:
        key = store.name.upper().replace("-", "_")
        yield "Environment", f"{key}_HOST=localhost {key}_PORT={store.port} {key}_FOLDER=%d"
        yield (
            "LoadCredential",
            f"{store.name}-password:{_folder(stack)}/secrets/{APPLICATION}/{store.name}-password",
        )
    yield from limits("512M")
    yield from CONFINED
    yield from SEALED
    yield "PrivateUsers", "yes"
    yield "CapabilityBoundingSet", ""
    yield "AmbientCapabilities", ""
    # The edge and the stores are on this host.
    yield "IPAddressDeny", "any"
    yield "IPAddressAllow", "localhost"
    yield "SocketBindDeny", "any"
    yield "SocketBindAllow", f"tcp:{application.port}"


def _edge(stack: Stack, acme: Acme | None) -> Iterator[tuple[str, str]]:
    name = f"{stack.name}-edge"
    yield "Type", "exec"
    yield "ExecStart", _PROGRAMS[stack.edge].format(settings=f"{_folder(stack)}/edge")
    yield "Restart", "on-failure"
    yield "RestartSec", "2"
    yield "RuntimeDirectory", name
    # systemd gives credentials to a service that starts; a certificate that is renewed is read from its own folder.
    if acme is None:
        for kind in ("crt", "key"):
            yield "LoadCredential", f"tls.{kind}:{_folder(stack)}/secrets/{EDGE}/tls.{kind}"
    elif stack.edge in ITSELF:
        yield "StateDirectory", f"{stack.name}-edge"
        yield "StateDirectoryMode", "0700"
    else:
        yield "SupplementaryGroups", f"{stack.name}-acme"
        if stack.edge in _RELOADS:
            yield "ExecReload", f"/bin/kill -{_RELOADS[stack.edge]} $MAINPID"
    yield from limits("256M")
    yield "LimitNOFILE", "8192"
    yield from CONFINED
    yield from SEALED
    # Ports below 1024, and nothing else that root may do.
    yield "CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"
    yield "AmbientCapabilities", "CAP_NET_BIND_SERVICE"
    yield "SocketBindDeny", "any"
    yield "SocketBindAllow", "tcp:443"
    yield "SocketBindAllow", "tcp:80"


def _drop_in(store: Store) -> str:
    """What no store needs; files and users are as its package has them."""
    lines = [f"# For {store.kind}, beside what its package says.", "[Service]"]
    lines += [f"{name}={value}" for name, value in CONFINED]
    return "\n".join((*lines, "PrivateTmp=yes", "UMask=0077")) + "\n"


def _notes(intent: Intent, edge: Made, client: Client | None) -> Iterator[str]:
    stack, acme = intent.stack, intent.acme
    folder = _folder(stack)
    if client is None:
        yield f"put units/ into /etc/systemd/system, edge/ and secrets/ into {folder}, all owned by root"
    else:
        yield f"put edge/ into {folder}, owned by root"
    yield (
        f"{stack.name}.service starts /usr/local/lib/{stack.name}/start; a program that compiles as it runs (Java, Node.js, PyPy) "
        "needs MemoryDenyWriteExecute=no in the region of your own settings"
    )
    if client is not None and acme is not None:
        yield from acme_units.notes(client, acme)
    elif acme is not None:
        yield f"{stack.edge} keeps key and certificate in /var/lib/{stack.name}-edge"
    elif not intent.local_ca:
        yield f"the certificate and its key are expected as {folder}/secrets/{EDGE}/tls.crt and tls.key"
    for store in stack.stores:
        yield (
            f"`batten harden {store.kind} --output {store.name}` makes the settings of {store.name}; its password is expected "
            f"as {folder}/secrets/{APPLICATION}/{store.name}-password"
        )
    yield from edge.notes
