"""Applications by the servers that their frameworks' documentation names, and products that have a login."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ordinary_apps as apps
from live_servers import nginx, running
from product_cases import Start, installed
from shops import COMMANDS

from needs import program, where, without
from servers import free_port


def _module(folder: Path, text: str) -> None:
    (folder / "app.py").write_text(text)


def python(text: str, command: Callable[[int], list[str]]) -> Start:
    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        _module(folder, text)
        with running([sys.executable, "-W", "ignore", *command(port)], port, folder):
            yield

    return start


def uvicorn(port: int) -> list[str]:
    return ["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port), "--no-server-header"]


def gunicorn(port: int) -> list[str]:
    return ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", "app:app"]


def hypercorn(port: int) -> list[str]:
    return ["-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "app:app"]


def granian(port: int) -> list[str]:
    return ["-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "app:app"]


def script(port: int) -> list[str]:
    return ["app.py", str(port)]


def node(text: str) -> Start:
    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        modules = Path("/usr/share/nodejs")  # where Debian's node-express puts it
        if not (modules / "express").is_dir():
            without("node-express")
        (folder / "app.js").write_text(text)
        environment = {"NODE_PATH": str(modules), "NODE_ENV": "production"}
        with running([program("node"), "app.js", str(port)], port, folder, environment=environment):
            yield

    return start


@contextmanager
def php_fpm(folder: Path, port: int) -> Iterator[None]:
    """PHP-FPM behind nginx, with php.ini-production's display_errors and expose_php off, as hardening guides say."""
    binary = where("php-fpm", "php-fpm8.4", "php-fpm8.2") or without("php-fpm")
    inner = free_port()
    (folder / "web").mkdir()
    (folder / "web" / "index.php").write_text(apps.PHP)
    (folder / "fpm.conf").write_text(f"""[global]
error_log = {folder}/fpm.log
daemonize = no
[www]
listen = 127.0.0.1:{inner}
pm = static
pm.max_children = 2
php_admin_value[session.save_path] = {folder}
php_admin_flag[expose_php] = off
""")
    server = f"""server {{ listen 127.0.0.1:{port}; server_tokens off; root {folder}/web;
        location / {{ include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME {folder}/web/index.php;
        fastcgi_pass 127.0.0.1:{inner}; }} }}"""
    (folder / "fpm").mkdir()
    command = [binary, "-F", "-R", "-n", "-y", str(folder / "fpm.conf"), "-d", "display_errors=0"]
    with running(command, inner, folder / "fpm"), nginx(folder, port, server, program("nginx")):
        yield


# A user whose password nobody here knows: https://prometheus.io/docs/guides/basic-auth/
_WEB = "basic_auth_users:\n  admin: $2y$12$1DpfPeqF9HzHJt.EWswy1exHluGfbhnn3yXhR7Xes6m3WJqFg0Wby\n"


@contextmanager
def prometheus(folder: Path, port: int) -> Iterator[None]:
    (folder / "web.yml").write_text(_WEB)
    (folder / "prometheus.yml").write_text("global: {}\n")
    options = (
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={folder}/web.yml",
    )
    with running([program("prometheus"), *options], port, folder):
        yield


@contextmanager
def jupyter(folder: Path, port: int) -> Iterator[None]:
    options = (
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--ServerApp.root_dir={folder}",
    )
    binary = installed("jupyter-server", "jupyter-server")
    environment = {"JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder)}
    with running(
        [binary, *options, "--IdentityProvider.token=long-Enough-7"], port, folder, environment=environment
    ):
        yield


@contextmanager
def alertmanager(folder: Path, port: int) -> Iterator[None]:
    (folder / "web.yml").write_text(_WEB)
    (folder / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    options = (
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={folder}/web.yml",
        "--cluster.listen-address=",
    )
    binary = where("alertmanager", "prometheus-alertmanager") or without("prometheus-alertmanager")
    with running([binary, *options], port, folder):
        yield


@contextmanager
def tomcat(folder: Path, port: int) -> Iterator[None]:
    shutil.which("java") or without("java")
    with running(COMMANDS["tomcat"](folder, port, "quiet"), port, folder):
        yield
