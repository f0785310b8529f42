"""The applications behind the edges, each a process on a port of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django
from live_servers import running
from places import Site

from needs import program, without
from servers import free_port

APPS = Path(__file__).parent / "apps"


@contextmanager
def applications(folder: Path) -> Iterator[tuple[Site, ...]]:
    """Every site, with what it needs running."""
    if not Path("/usr/share/nodejs/express").exists():
        without("node-express")
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
        pool = started.enter_context(_fpm(folder / "fpm", free_port()))
        web = {
            "docs": "docs",
            "live": "pages",
            "media": "pages",
            "spa.shop": "pages",
            "express": "express",
            "php": "php",
        }
        apis = {"api.shop": "pages", "open.shop": "docs", "staff.shop": "pages"}
        yield (
            Site("django.test", ports["django"], static),
            *(Site(f"{name}.test", ports[app]) for name, app in web.items()),
            *(Site(f"{name}.test", ports[app], api=True) for name, app in apis.items()),
            Site("files.test", static=_files(folder / "files")),
            Site("fpm.test", static=folder / "fpm" / "web", pool=pool),
        )


def _files(folder: Path) -> Path:
    """A site that consists of files, with those that tools leave behind."""
    shutil.copytree(APPS / "files", folder)
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "about.txt").write_text("known")
    (folder / ".env").write_text("DEBUG=1\n")
    return folder


@contextmanager
def _fpm(folder: Path, port: int) -> Iterator[int]:
    """PHP-FPM with the site's scripts, as a web server has it."""
    (folder / "web").mkdir(parents=True)
    (folder / "sessions").mkdir()
    (folder / "sessions").chmod(0o777)
    shutil.copy(APPS / "site.php", folder / "web" / "index.php")
    (folder / "fpm.conf").write_text(
        f"[global]\nerror_log = {folder}/fpm.log\n[www]\nuser = www-data\ngroup = www-data\nlisten = 127.0.0.1:{port}\npm = static\n"
        f"pm.max_children = 2\nphp_value[session.save_path] = {folder}/sessions\n"
    )
    command = [program("php-fpm8.4", "php-fpm"), "-F", "-y", str(folder / "fpm.conf")]
    with running(command, port, folder):
        yield port


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
