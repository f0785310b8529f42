"""Units of systemd 250 and newer: their text, and what confines a process.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.harden.regions import region

Rows = Iterable[tuple[str, str]]
REMARK = (
    "# Written by `batten harden` from the contract and batten.yaml: change those, and generate it again."
)
# Of every process, whatever it does.
CONFINED = (
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
SEALED = (
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


def service(description: str, after: str, rows: Rows, wanted: str = "multi-user.target") -> str:
    """`wanted` is what starts it with the host; "" where something else does."""
    installed = ("", "[Install]", f"WantedBy={wanted}") if wanted else ()
    lines = [
        REMARK,
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
        *installed,
    ]
    return "\n".join(lines) + "\n"


def trigger(description: str, kind: str, rows: Rows, wanted: str) -> str:
    """A unit that starts the service of its name: a timer or a path."""
    settings = (f"{name}={value}" for name, value in rows)
    lines = [
        REMARK,
        "[Unit]",
        f"Description={description}",
        "",
        f"[{kind}]",
        *settings,
        "",
        "[Install]",
        f"WantedBy={wanted}",
    ]
    return "\n".join(lines) + "\n"


def limits(memory: str) -> Iterator[tuple[str, str]]:
    yield "MemoryMax", memory
    yield "MemorySwapMax", "0"
    yield "TasksMax", "200"
    yield "CPUQuota", "100%"
