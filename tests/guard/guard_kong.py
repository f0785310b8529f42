"""Kong's export without a Kong: its serverless functions, run in their phases by nginx over `kong_pdk.lua`.

Its other plugins and its router are Kong's own and not imitated, but for paths and what is dropped from answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guard_contracts import contract
from guard_exports import MODULES, NGINX, POLICY, user, written

from batten.guard.export import kong
from batten.harden.options import Options
from batten.policy import Policy
from servers import free_port, listener

PDK = Path(__file__).with_name("kong_pdk.lua")


@contextmanager
def exported_kong(
    folder: Path, upstream_port: int, broken: str = "", policy: Policy = POLICY
) -> Iterator[int]:
    port = free_port()
    made = kong.export(contract(), policy, Options(upstream=f"http://127.0.0.1:{upstream_port}"))
    written(made, folder, broken)
    (folder / "kong_pdk.lua").write_bytes(PDK.read_bytes())
    (service,) = json.loads(made.files[kong.CONFIGURATION])["services"]
    conf = folder / "nginx.conf"
    conf.write_text("\n".join(_lines(service, folder, port)), encoding="utf-8")
    with listener(
        [NGINX, "-p", f"{folder}/", "-c", str(conf), "-g", "daemon off;"], port, folder / "output.log"
    ):
        yield port


def _lines(service: dict[str, Any], folder: Path, port: int) -> Iterator[str]:
    yield f'load_module "{MODULES}/ndk_http_module.so"; load_module "{MODULES}/ngx_http_lua_module.so";'
    yield f"{f'user {user()};' if user() else ''} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;"
    yield "events { worker_connections 256; }"
    yield "http {"
    yield f'access_log off; client_max_body_size 2m; client_body_buffer_size 2m; lua_package_path "{folder}/?.lua;;";'
    yield from (
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    yield 'init_by_lua_block { pdk = require "kong_pdk" }'
    yield f"server {{ listen 127.0.0.1:{port};"
    for route in service["routes"]:
        yield from _location(route)
    yield f"location = /.kong {{ internal; proxy_read_timeout 4s; proxy_pass http://127.0.0.1:{service['port']}$request_uri; }}"
    yield "location / { return 404; } } }"


def _location(route: dict[str, Any]) -> Iterator[str]:
    (path,) = route["paths"]
    (functions,) = (plugin["config"] for plugin in route["plugins"] if plugin["name"] == "post-function")
    yield f'location ~ "^{path.removeprefix("~")}" {{'
    for phase in ("access", "header_filter", "body_filter"):
        sources = ", ".join(json.dumps(source) for source in functions[phase])
        yield f'{phase}_by_lua_block {{ pdk.run("{phase}", {{ {sources} }}) }}'
    yield "content_by_lua_block { pdk.proxy() } }"
