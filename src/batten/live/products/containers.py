"""Engines, registries and clusters of containers: whoever commands one commands its machines."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, answered, both, headed, keys, rows

PRODUCTS = (
    Product(
        name="Docker API",
        sign=answered(404, r'\A\{"message":"page not found"\}\s*\Z'),
        reads=(Read("/containers/json?limit=1", both(headed("api-version"), rows("Id", "Image"))),),
        gains="start privileged containers, and so run any code as root on the host",
        close="Remove `-H tcp://` from dockerd: use its unix socket or `ssh://`, or require client certificates (`--tlsverify`).",
        source="https://docs.docker.com/engine/security/protect-access/",
        version=r"(?im)^server: docker/(\d[\d.]*)",
        component="docker",
    ),
    Product(
        name="Podman API",
        sign=both(headed("x-content-type-options", "nosniff"), answered(404, r"\ANot Found\s*\Z")),
        reads=(Read("/containers/json?limit=1", both(headed("libpod-api-version"), rows("Id", "Image"))),),
        gains="start containers, and so run any code as its user, root where the service is root's",
        close="Let `podman system service` listen on its unix socket, and reach it by `ssh://`.",
        source="https://docs.podman.io/en/latest/markdown/podman-system-service.1.html",
        version=r"(?im)^libpod-api-version: (\d[\d.]*)",
    ),
    Product(
        name="Docker registry",
        sign=headed("docker-distribution-api-version"),
        at=("/v2/",),
        reads=(Read("/v2/_catalog?n=1", keys("repositories")),),
        gains="pull every image with what is in it, and replace images that others run",
        close="Set `auth:` (htpasswd or token) in the registry's configuration.",
        source="https://distribution.github.io/distribution/about/configuration/#auth",
        holds=Holds.DATA,
    ),
)  # fmt: skip
