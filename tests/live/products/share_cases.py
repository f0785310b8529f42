"""Folders, calendars and packages that are served, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import PASSWORD, Case, Start, starting, with_file

DAV = f"""host: 127.0.0.1
port: PORT
provider_mapping: {{"/": "FOLDER/files"}}
simple_dc: {{user_mapping: {{"*": {{"admin": {{"password": "{PASSWORD}"}}}}}}}}
"""


def _with_files(start: Start) -> Start:
    return with_file("files/orders.txt", "1 mug\n", start)


def _copyparty(*options: str) -> Start:
    return _with_files(starting("copyparty", "copyparty", "-i", "127.0.0.1", "-p", "PORT", *options))


def _upload(*options: str) -> Start:
    where = ("-m", "uploadserver", "PORT", "-b", "127.0.0.1", "-d", "FOLDER/files", *options)
    return _with_files(starting("uploadserver", "python", *where))


def _packages(*options: str) -> Start:
    start = starting("pypiserver", "pypi-server", "run", "-p", "PORT", "-i", "127.0.0.1", *options)
    return with_file("files/orders-1.0.tar.gz", "none", with_file("users", "admin:*\n", start))


CASES = (
    Case(
        product="WsgiDAV",
        opened=_with_files(
            starting(
                "wsgidav",
                "wsgidav",
                *("--host=127.0.0.1", "--port=PORT", "--root=FOLDER/files", "--auth=anonymous"),
            )
        ),
        locked=_with_files(
            with_file("wsgidav.yaml", DAV, starting("wsgidav", "wsgidav", "-c", "FOLDER/wsgidav.yaml"))
        ),
        ci=True,
    ),
    Case(
        product="Xandikos",
        opened=starting(
            "xandikos", "xandikos", "--defaults", "-d", "FOLDER/data", "-l", "127.0.0.1", "-p", "PORT"
        ),
    ),
    Case(
        product="copyparty",
        opened=_copyparty(),
        locked=_copyparty("-a", f"admin:{PASSWORD}", "-v", "FOLDER/files::rw,admin"),
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
        opened=_packages("FOLDER/files"),
        locked=_packages("-P", "FOLDER/users", "-a", "list,download,update", "FOLDER/files"),
        ci=True,
    ),
)
