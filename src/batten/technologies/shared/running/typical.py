"""A typical configuration of each technology that has a writer: what `batten fix` would write there is what to do in a
server of which only the answers are known."""

from __future__ import annotations

from batten.files.own import own_text
from batten.model.record import record

FOLDER = "batten-typical"  # in which they are laid over the reviewed files, where nothing lies beside them


@record
class Typical:
    """A configuration in `typical/`, as careless as its product allows, under the names by which its reader knows it."""

    technology: str
    files: tuple[tuple[str, str], ...]  # its path, and the file in `typical/`

    @property
    def texts(self) -> dict[str, str]:
        return {
            f"{FOLDER}/{path}": own_text(f"technologies/shared/running/typical/{name}.txt") or ""
            for path, name in self.files
        }


_ROWS = (
    Typical("nginx", (("nginx.conf", "nginx"),)),
    Typical("apache", (("httpd.conf", "apache"),)),
    Typical("caddy", (("Caddyfile", "caddy"),)),
    Typical("haproxy", (("haproxy.cfg", "haproxy"),)),
    Typical("lighttpd", (("lighttpd.conf", "lighttpd"),)),
    Typical("envoy", (("envoy.yaml", "envoy"),)),
    Typical("kong", (("kong.yml", "kong"),)),
    Typical("traefik", (("traefik.yml", "traefik-static"), ("dynamic.yml", "traefik"))),
    Typical("fastapi", (("main.py", "fastapi"),)),
)
TYPICAL = {row.technology: row for row in _ROWS}
