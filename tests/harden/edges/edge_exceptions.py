"""What engines do otherwise, and why that is so."""

from __future__ import annotations

# Go's HTTP server refuses what it cannot read before it asks any handler, in plain text and without headers, and closes.
SPEAKS_FIRST = ("caddy", "traefik")
