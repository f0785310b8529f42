"""Folders, calendars and packages that are served: what anyone may read, and mostly write."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import (
    Product,
    Read,
    answered,
    both,
    either,
    headed,
    keys,
    page,
    text,
    titled,
)

_MULTISTATUS = r"(?i)<(?:\w+:)?multistatus"

PRODUCTS = (
    Product(
        name="WsgiDAV",
        sign=either(headed("server", r"WsgiDAV/"), page(r'content="WsgiDAV/|<title>WsgiDAV - Index of')),
        reads=(Read("/", answered(207, _MULTISTATUS), method="PROPFIND", headers=(("Depth", "1"),)),),
        gains="read every file of the share, and write and delete them where it is not read-only",
        close="Set users in `simple_dc.user_mapping`, and do not use `--auth=anonymous`.",
        source="https://wsgidav.readthedocs.io/en/latest/user_guide_configure.html",
        version=r"WsgiDAV/(\d[\w.]+)",
    ),
    Product(
        name="Xandikos",
        sign=titled(r"Xandikos WebDAV server"),
        reads=(Read("/", answered(207, _MULTISTATUS, r"current-user-principal"), method="PROPFIND", headers=(("Depth", "0"),)),),
        gains="read, change and delete every calendar and address book",
        close="It has no login when it runs on its own: put a web server that requires one in front.",
        source="https://github.com/jelmer/xandikos#readme",
        holds=Holds.DATA,
    ),
    Product(
        name="copyparty",
        sign=page(r"/\.cpr/"),
        reads=(Read("/?ls", text(r'"perms":\s*\[[^\]]*"write"')),),
        gains="read the files of the shared folder and upload others",
        close="Add accounts and volumes (`-a` and `-v`): without them everyone reads and writes.",
        source="https://github.com/9001/copyparty#accounts-and-volumes",
    ),
    Product(
        name="uploadserver",
        sign=page(r"<!-- Injected by uploadserver -->"),
        reads=(Read("/upload", page(r"<title>File Upload</title>", r'enctype="multipart/form-data"')),),
        gains="read the files of its folder and upload others",
        close="Start it with `--basic-auth`, or with `--client-certificate`.",
        source="https://github.com/Densaugeo/uploadserver#readme",
    ),
    Product(
        name="pypiserver",
        sign=page(r"Welcome to pypiserver"),
        reads=(Read("/packages/", page(r"<title>Index of packages</title>")),),
        gains="list and download every package",
        close="Start it with `--authenticate list,download,update` and a `--passwords` file.",
        source="https://github.com/pypiserver/pypiserver#readme",
        holds=Holds.INSIGHT,
        version=r"running version (\d[\w.]+) of",
    ),
    Product(
        name="devpi",
        sign=either(headed("x-devpi-server-version"), text(r'"type":\s*"list:userconfig"')),
        reads=(Read("/", both(keys("result", "type"), text(r'"type":\s*"list:userconfig"'))),),
        gains="list users, indexes and packages and, by default, create users and indexes",
        close="Start it with `--restrict-modify root`, and use devpi-lockdown where packages are private.",
        source="https://devpi.net/docs/devpi/devpi/stable/+doc/adminman/server.html",
        version=r"(?im)^x-devpi-server-version: (\d[\w.]+)",
    ),
    Product(
        name="SeaweedFS filer",
        sign=titled(r"SeaweedFS Filer"),
        reads=(Read("/", keys("Path", "Entries"), headers=(("Accept", "application/json"),)),),
        gains="read, write and delete every file",
        close="Set `key` in `[jwt.filer_signing]` (writes) and in `[jwt.filer_signing.read]` of `security.toml`, and bind the filer to a private network.",
        source="https://github.com/seaweedfs/seaweedfs/wiki/Security-Configuration",
        holds=Holds.DATA,
        version=r"(?:SeaweedFS Filer|SeaweedFS) \S+ (\d[\w.]+)",
    ),
)  # fmt: skip
