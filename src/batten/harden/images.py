"""Which images a deployment names, and how an edge's image is started."""

from __future__ import annotations

from batten.harden.options import HardenProblem
from batten.harden.stack import APPLICATION, CLIENT, EDGE, Stack

SETTINGS, CERTIFICATES, SCRATCH, DATA = "/etc/edge", "/run/secrets/edge", "/tmp", "/data"
EDGE_USER = 10_002
TLS, PLAIN = 8443, 8080  # where an edge listens that is not root
STARTS = {
    "nginx": ("nginx", "-c", f"{SETTINGS}/nginx.conf", "-g", "daemon off;"),
    "envoy": ("envoy", "-c", f"{SETTINGS}/envoy.yaml", "--disable-hot-restart"),
    "haproxy": ("haproxy", "-W", "-db", "-f", f"{SETTINGS}/haproxy.cfg"),
    "caddy": ("caddy", "run", "--config", f"{SETTINGS}/Caddyfile"),
    "traefik": ("traefik", f"--configFile={SETTINGS}/traefik.yaml"),
}


def images(stack: Stack, client: bool = False) -> dict[str, str]:
    """By part, with that of a `client` of ACME. Raises HardenProblem for one without a digest."""
    named = {APPLICATION: stack.application.image, EDGE: stack.edge_image}
    if client:
        named[CLIENT] = stack.client_image
    found = {**named, **{store.name: store.image for store in stack.stores}}
    for name, image in found.items():
        if "@sha256:" not in image:
            raise HardenProblem(
                f"no image with a digest is given for '{name}'; pass --image {name}=REPOSITORY:TAG@sha256:DIGEST "
                "(`docker buildx imagetools inspect REPOSITORY:TAG` prints the digest)"
            )
    return found
