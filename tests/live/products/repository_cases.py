"""Repositories of packages and of backups, by what Debian ships."""

from __future__ import annotations

from product_cases import BCRYPT, Case, Start, started


def _restic(option: str) -> Start:
    """With a repository: its configuration and one key, as the first backup leaves them."""
    files = {"r/config": "x", f"r/keys/{'0' * 64}": "x", "users": f"operator:{BCRYPT}\n"}
    files |= {f"r/{name}/x": "" for name in ("data", "index", "locks", "snapshots")}
    return started(
        "restic-rest-server", "--listen=127.0.0.1:{port}", "--path={folder}/r", option, files=files
    )


CASES = (
    Case(
        product="aptly",
        opened=started(
            "aptly",
            "-config={folder}/aptly.conf",
            "api",
            "serve",
            "-listen=127.0.0.1:{port}",
            files={"aptly.conf": '{"rootDir": "{folder}/aptly"}'},
        ),
    ),
    Case(
        product="restic REST server",
        opened=_restic("--no-auth"),
        locked=_restic("--htpasswd-file={folder}/users"),
    ),
)
