"""A server starts with what `batten fix` wrote, where little is loaded or another program's file is beside its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from edges import started, write
from places import Edge, Place
from visits import fix
from web_servers import ENGINES, apache, apache_command

from needs import program


@pytest.mark.parametrize("missing", ["headers", "rewrite", "setenvif"])
@pytest.mark.parametrize("options", [(), ("--risky",)])
def test_apache_starts_without_a_module_that_fixes_would_use(
    missing: str, options: tuple[str, ...], place: Place
) -> None:
    engines = tuple(name for name in ENGINES if name != missing)
    edge = Edge(lambda at: apache(at, engines), apache_command)
    write(edge, place)
    (place.folder / "batten.yaml").write_text("content: api\n")
    fix(place.folder, *options)
    with started(edge, place):
        answer = httpx.get(f"http://127.0.0.1:{place.plain}/items/1", headers={"Host": "docs.test"})
    assert answer.status_code in (200, 301, 308)


POOL = """[www]
user = www-data
group = www-data
listen = 127.0.0.1:{port}
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
php_admin_value[error_log] = {room}/php.log
"""


BESIDE = """events {}
http {
    server {
        listen 80;
        root /srv/web;
        location ~ \\.php$ {
            include fastcgi_params;
            fastcgi_pass 127.0.0.1:9000;
        }
    }
}
"""


@pytest.mark.parametrize(
    "name", ["www.conf", "php-fpm.conf", "pool.d/www.conf", "etc/php/8.4/fpm/pool.d/www.conf"]
)
def test_the_pool_of_fpm_still_starts(name: str, tmp_path: Path) -> None:
    fpm = program("php-fpm8.4", "php-fpm")
    pool = tmp_path / "deploy" / name
    pool.parent.mkdir(parents=True)
    pool.write_text(f"[global]\nerror_log = {tmp_path}/fpm.log\n" + POOL.format(port=9000, room=tmp_path))
    (tmp_path / "deploy" / "nginx.conf").write_text(BESIDE)
    for options in ((), ("--risky",)):
        fix(tmp_path / "deploy", *options)
        tested = subprocess.run([fpm, "-t", "-y", pool], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
