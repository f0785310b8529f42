"""Images of what this machine has, imported into a Docker Engine, and a registry of Debian's that takes what is pushed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from needs import program
from servers import free_port, listener


def imported(
    address: str,
    folder: Path,
    name: str,
    programs: list[str],
    more: dict[str, str],
    links: dict[str, str] | None = None,
) -> None:
    """An image of programs with their libraries, of folders by their places, and of links by theirs."""
    root = folder / name
    for file in programs:
        told = subprocess.run([program("ldd"), file], capture_output=True, text=True, check=True).stdout
        for path in (file, *re.findall(r"(/\S+) \(", told)):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
    for place, source in more.items():
        leaving = shutil.ignore_patterns("dist-packages", "test", "__pycache__")
        shutil.copytree(source, root / place[1:], ignore=leaving, dirs_exist_ok=True)
    for place, target in (links or {}).items():
        (root / place[1:]).symlink_to(target)
    for place in ("tmp", "data", "run/secrets", "etc/edge", "etc/valkey"):
        (root / place).mkdir(parents=True, exist_ok=True)
    os.chown(root / "data", 999, 999)
    (root / "tmp").chmod(0o1777)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    subprocess.run(["tar", "-C", root, "-cf", folder / f"{name}.tar", "."], check=True)
    where_to = f"http://d/v1.41/images/create?fromSrc=-&repo=batten/{name}&tag=1&changes=ENV%20PATH=/usr/sbin:/usr/bin"
    sent = ["--header", "Content-Type: application/x-tar", "--data-binary", f"@{folder}/{name}.tar"]
    socket = address.removeprefix("unix://")
    subprocess.run(
        [program("curl"), "-sSf", "--unix-socket", socket, *sent, where_to], check=True, capture_output=True
    )


@contextmanager
def registry(folder: Path) -> Iterator[int]:
    """The port of a registry on loopback, which gives images their digests."""
    port = free_port()
    settings = folder / "registry.yaml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with listener([program("docker-registry"), "serve", settings], port, folder / "registry.log"):
        yield port
