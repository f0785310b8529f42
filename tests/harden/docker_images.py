"""A Docker Engine of a test's own, and a registry on loopback with images of what this machine has."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from listening import listening
from needs import program
from servers import ended
from waiting import until

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"  # https://distribution.github.io/distribution/spec/manifest-v2-2/
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
LEFT_OUT = shutil.ignore_patterns("dist-packages", "test", "__pycache__", "config-3*")


@contextmanager
def engine(folder: Path) -> Iterator[str]:
    """Its address. It has networks of its own, and keeps nothing after the end."""
    address = f"unix://{folder}/docker.sock"
    command = [
        program("dockerd"),
        "-H",
        address,
        "--data-root",
        f"{folder}/data",
        "--exec-root",
        f"{folder}/exec",
    ]
    command += ["--pidfile", f"{folder}/pid", "--storage-driver", "vfs", "--bridge", "none"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(
            lambda: b"API listen on" in (folder / "log").read_bytes() or process.poll() is not None,
            "dockerd serves",
        )
        assert process.returncode is None, (folder / "log").read_text()
        yield address
    finally:
        ended(process)


@dataclass(slots=True)
class Registry:
    """What it serves by digest, and where it is asked."""

    blobs: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    host: str = ""

    def add(self, kind: str, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = kind, data
        return {"mediaType": kind, "size": len(data), "digest": digest}

    def image(self, name: str, root: Path, command: Sequence[str]) -> str:
        """The reference of an image of the files below `root`."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(root, ".")
        content = packed.getvalue()
        settings = {
            "architecture": ARCHITECTURES[os.uname().machine],
            "os": "linux",
            "config": {"Cmd": list(command), "Env": ["PATH=/usr/sbin:/usr/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]},
        }
        parts = {
            "config": self.add(CONFIG, json.dumps(settings).encode()),
            "layers": [self.add(LAYER, gzip.compress(content, 1))],
        }
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **parts}).encode()
        return f"{self.host}/shop/{name}:1@{self.add(MANIFEST, manifest)['digest']}"


@contextmanager
def registry() -> Iterator[Registry]:
    """Docker speaks plain HTTP to registries of loopback."""
    made = Registry()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            kind, data = made.blobs.get(self.path.rpartition("/")[2], ("application/json", b"{}"))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(data).hexdigest()}")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        made.host = f"127.0.0.1:{port}"
        yield made


def root_of(
    root: Path,
    programs: Sequence[str],
    folders: Mapping[str, str],
    owned: Mapping[str, int],
    links: Mapping[str, str] = {},
) -> Path:
    """Programs with their libraries, folders of this machine by their places, empty folders with their owners, and links."""
    for file in programs:
        told = subprocess.run([program("ldd"), file], capture_output=True, text=True, check=False).stdout
        for path in (file, *re.findall(r"(/\S+) \(", told)):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
    for place, source in folders.items():
        shutil.copytree(source, root / place[1:], ignore=LEFT_OUT, dirs_exist_ok=True)
    for place, owner in {"/tmp": 0, "/run/secrets": 0, **owned}.items():
        (root / place[1:]).mkdir(parents=True, exist_ok=True)
        os.chown(root / place[1:], owner, owner)
    for place, target in links.items():
        (root / place[1:]).symlink_to(target)
    (root / "tmp").chmod(0o1777)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    return root
