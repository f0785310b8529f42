"""Engines and registries of containers, by the servers that Debian ships, and doubles of clusters."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from product_cases import BCRYPT, Case, Start, started


def _registry(auth: str) -> Start:
    config = f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {{folder}}/images}}}}\nhttp: {{addr: '127.0.0.1:{{port}}'}}\n{auth}"
    return started(
        "docker-registry", "serve", "{folder}/r.yml", files={"r.yml": config, "users": f"operator:{BCRYPT}\n"}
    )


@contextmanager
def _dockerd(folder: Path, port: int) -> Iterator[None]:
    """An engine that leaves nothing behind: it mounts the folder of its data on itself."""
    own = ("--data-root", "{folder}/data", "--exec-root", "{folder}/exec", "-p", "{folder}/pid")
    alone = ("--storage-driver", "vfs", "--bridge", "none", "--iptables=false", "--ip6tables=false")
    try:
        with started("dockerd", "-H", "tcp://127.0.0.1:{port}", *own, *alone)(folder, port):
            yield
    finally:
        subprocess.run(["umount", "-l", str(folder / "data")], check=False, capture_output=True)


CASES = (
    Case(
        product="Docker API",
        opened=_dockerd,
    ),
    Case(
        product="Podman API",
        opened=started(
            "podman",
            "--root={folder}/r",
            "--runroot={folder}/rr",
            "--storage-driver=vfs",
            "system",
            "service",
            "--time=0",
            "tcp:127.0.0.1:{port}",
        ),
    ),
    Case(
        product="Docker registry",
        opened=_registry(""),
        locked=_registry("auth: {htpasswd: {realm: images, path: {folder}/users}}\n"),
        ci=True,
    ),
)
