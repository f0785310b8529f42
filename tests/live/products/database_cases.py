"""Administration of databases, by what Debian ships."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import Case
from store_servers import mariadb

from needs import program, without
from servers import free_port

_SHIPPED = Path("/usr/share/phpmyadmin")
_CONFIG = """<?php
$cfg['blowfish_secret'] = '{secret}';
$cfg['Servers'][1] = ['auth_type' => '{login}', 'host' => '127.0.0.1', 'port' => '{database}', 'user' => 'root',
    'password' => '', 'AllowNoPassword' => true];
"""
# PHP's own server answers paths that nobody has with the root's page; others do not.
_ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/' || is_file($_SERVER['DOCUMENT_ROOT'] . $path)) { return false; }
http_response_code(404);
"""


@contextmanager
def _phpmyadmin(folder: Path, port: int, login: str) -> Iterator[None]:
    """Debian's, with another place for its configuration, before a MariaDB that lets root in."""
    if not _SHIPPED.is_dir():
        without("phpmyadmin")
    pages, database = folder / "pages", free_port()
    shutil.copytree(_SHIPPED, pages, ignore=shutil.ignore_patterns("doc", "locale", "sql"))
    places = pages / "libraries" / "vendor_config.php"
    placed = places.read_text().replace("/etc/phpmyadmin/config.inc.php", f"{folder}/config.php")
    places.write_text(placed.replace("/var/lib/phpmyadmin/tmp/", f"{folder}/tmp/"))
    config = {"secret": "k" * 32, "login": login, "database": database}
    text = _CONFIG
    for key, value in config.items():
        text = text.replace(f"{{{key}}}", str(value))
    (folder / "config.php").write_text(text)
    (folder / "router.php").write_text(_ROUTER)
    (folder / "tmp").mkdir()
    (folder / "m").mkdir()
    command = [program("php"), "-S", f"127.0.0.1:{port}", "-t", str(pages), str(folder / "router.php")]
    with mariadb(folder / "m", database, False), running(command, port, folder):
        yield


CASES = (
    Case(
        product="phpMyAdmin",
        opened=lambda folder, port: _phpmyadmin(folder, port, "config"),
        locked=lambda folder, port: _phpmyadmin(folder, port, "cookie"),
    ),
)
