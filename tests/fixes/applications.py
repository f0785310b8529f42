"""The applications behind the edges, each a process on a port of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django
from edges import Site
from live_servers import running

from needs import program
from servers import free_port

APPS = Path(__file__).parent / "apps"


@contextmanager
def applications(folder: Path) -> Iterator[tuple[Site, ...]]:
    """Every site, with what it needs running."""
    static = folder / "static"
    shutil.copytree(Path(django.__file__).parent / "contrib/admin/static", static)
    with ExitStack() as started:

        def start(command: list[str], port: int, **variables: str) -> int:
            own = folder / Path(command[-2]).stem
            own.mkdir(exist_ok=True)
            started.enter_context(running(command, port, own, environment=variables))
            return port

        ports = {name: free_port() for name in ("django", "docs", "pages", "express", "php")}
        python = [sys.executable, "-W", "ignore"]
        start([*python, str(APPS / "api_docs.py"), str(ports["docs"])], ports["docs"])
        start([*python, str(APPS / "pages.py"), str(ports["pages"])], ports["pages"])
        start(
            [program("node"), str(APPS / "express_site.js"), str(ports["express"])],
            ports["express"],
            NODE_PATH="/usr/share/nodejs",
        )
        (folder / "django").mkdir()
        site = [*python, str(APPS / "django_site.py"), str(ports["django"]), str(folder / "django")]
        started.enter_context(running(site, ports["django"], folder / "django"))
        started.enter_context(_php(folder / "php", ports["php"]))
        hosts = {"django": "django", "docs": "docs", "live": "pages", "media": "pages", "spa.shop": "pages", "api.shop": "pages",
                 "express": "express", "php": "php"}  # fmt: skip
        yield tuple(
            Site(f"{name}.test", ports[app], static if name == "django" else None)
            for name, app in hosts.items()
        )


@contextmanager
def _php(folder: Path, port: int) -> Iterator[None]:
    (folder / "web").mkdir(parents=True)
    (folder / "sessions").mkdir()
    shutil.copy(APPS / "site.php", folder / "web" / "index.php")
    options = ["-d", f"session.save_path={folder}/sessions"]
    with running(
        [program("php"), *options, "-S", f"127.0.0.1:{port}", "-t", str(folder / "web")], port, folder
    ):
        yield
