"""systemd 250 and newer: the application and its edge as sandboxed units of a bare host.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html; stores are targets of their own, and get a drop-in
for the unit that Debian's package brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batten.harden import targets
from batten.harden.edge_container import issuing
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options
from batten.harden.regions import region
from batten.harden.stack import APPLICATION, EDGE, Stack, Store

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
# Of every process, whatever it does.
_CONFINED = (
    ("NoNewPrivileges", "yes"),
    ("ProtectHome", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("SystemCallArchitectures", "native"),
)
# Of what has a file system, devices and users of its own.
_SEALED = (
    ("DynamicUser", "yes"),
    ("ProtectSystem", "strict"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateMounts", "yes"),
    ("ProtectProc", "invisible"),
    ("ProcSubset", "pid"),
    ("RemoveIPC", "yes"),
    ("UMask", "0077"),
    ("MemoryDenyWriteExecute", "yes"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("SystemCallErrorNumber", "EPERM"),
    ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
)
Rows = Iterable[tuple[str, str]]


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    stack = intent.stack
    edge = targets.render(stack.edge, placed(intent))
    units = {
        f"{stack.name}.service": _unit(f"The API {stack.name}", "network-online.target", _application(stack)),
        f"{stack.name}-edge.service": _unit(
            f"The edge of {stack.name} ({stack.edge})",
            f"network-online.target {stack.name}.service",
            _edge(stack),
        ),
        **{f"{SERVICES[store.kind]}.service.d/batten.conf": _drop_in(store) for store in stack.stores},
    }
    files = {f"units/{name}": text for name, text in units.items()}
    files |= {f"edge/{name}": text for name, text in edge.files.items()}
    return Made(files, (*issuing(intent), *edge.secrets), tuple(_notes(stack, intent.local_ca, edge)))


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
        streams=True,
        journal=True,
        user="",
    )
    return replace(intent, options=options)


def _unit(description: str, after: str, rows: Rows) -> str:
    lines = [
        "# Written by `batten harden systemd` from the contract and batten.yaml: change those, and generate it again.",
        "[Unit]",
        f"Description={description}",
        f"After={after}",
        "Wants=network-online.target",
        "StartLimitIntervalSec=60",
        "StartLimitBurst=5",
        "",
        "[Service]",
        *(f"{name}={value}" for name, value in rows),
        "",
        *region("service", "Your own settings of this service."),
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


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
    yield from _limits("512M")
    yield from _CONFINED
    yield from _SEALED
    yield "PrivateUsers", "yes"
    yield "CapabilityBoundingSet", ""
    yield "AmbientCapabilities", ""
    # The edge and the stores are on this host.
    yield "IPAddressDeny", "any"
    yield "IPAddressAllow", "localhost"
    yield "SocketBindDeny", "any"
    yield "SocketBindAllow", f"tcp:{application.port}"


def _edge(stack: Stack) -> Iterator[tuple[str, str]]:
    name = f"{stack.name}-edge"
    yield "Type", "exec"
    yield "ExecStart", _PROGRAMS[stack.edge].format(settings=f"{_folder(stack)}/edge")
    yield "Restart", "on-failure"
    yield "RestartSec", "2"
    yield "RuntimeDirectory", name
    for kind in ("crt", "key"):
        yield "LoadCredential", f"tls.{kind}:{_folder(stack)}/secrets/{EDGE}/tls.{kind}"
    yield from _limits("256M")
    yield "LimitNOFILE", "8192"
    yield from _CONFINED
    yield from _SEALED
    # Ports below 1024, and nothing else that root may do.
    yield "CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"
    yield "AmbientCapabilities", "CAP_NET_BIND_SERVICE"
    yield "SocketBindDeny", "any"
    yield "SocketBindAllow", "tcp:443"
    yield "SocketBindAllow", "tcp:80"


def _limits(memory: str) -> Iterator[tuple[str, str]]:
    yield "MemoryMax", memory
    yield "MemorySwapMax", "0"
    yield "TasksMax", "200"
    yield "CPUQuota", "100%"


def _drop_in(store: Store) -> str:
    """What no store needs; files and users are as its package has them."""
    lines = [f"# For {store.kind}, beside what its package says.", "[Service]"]
    lines += [f"{name}={value}" for name, value in _CONFINED]
    return "\n".join((*lines, "PrivateTmp=yes", "UMask=0077")) + "\n"


def _notes(stack: Stack, local_ca: bool, edge: Made) -> Iterator[str]:
    folder = _folder(stack)
    yield f"put units/ into /etc/systemd/system, edge/ into {folder}/edge and secrets/ into {folder}/secrets, all owned by root"
    yield (
        f"{stack.name}.service starts /usr/local/lib/{stack.name}/start; a program that compiles as it runs (Java, Node.js, PyPy) "
        "needs MemoryDenyWriteExecute=no in the region of your own settings"
    )
    if not local_ca:
        yield f"the certificate and its key are expected as {folder}/secrets/{EDGE}/tls.crt and tls.key"
    for store in stack.stores:
        yield (
            f"`batten harden {store.kind} --output {store.name}` makes the settings of {store.name}; its password is expected "
            f"as {folder}/secrets/{APPLICATION}/{store.name}-password"
        )
    yield from edge.notes
