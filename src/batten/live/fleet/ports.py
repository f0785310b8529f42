"""Which ports are looked at: those that people name, or those at which APIs, consoles and stores usually listen."""

from __future__ import annotations

import re

from batten.live.stores.door import PORTS
from batten.live.tls.services import SCHEMES

MOST = 65_535
_WEB = """80 81 443 591 1880 2080 2746 3000 3001 3030 3100 3333 4000 4040 4200 4567 4646 5000 5001 5080 5173 5555 5601 5678
    6006 6333 7000 7001 7070 7474 7700 7860 8000 8001 8002 8008 8010 8055 8069 8080 8081 8082 8083 8088 8089 8090 8096 8108
    8111 8161 8180 8200 8265 8280 8443 8501 8529 8787 8800 8834 8880 8888 8889 8983 9001 9080 9091 9093 9100 9115 9411 9443
    9999 10000 11434 15672 16686 18080 19999 20000 28017 50070"""
COMMON: tuple[int, ...] = tuple(
    sorted({*map(int, _WEB.split()), *PORTS, *(port for _, port in SCHEMES.values()), 22})
)
_PART = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class NoPorts(ValueError):
    """A text that names no ports; the sentence says what to write."""


def ports(text: str) -> tuple[int, ...]:
    """`common`, or numbers and ranges: `80,443,8000-8100`. Raises NoPorts."""
    found: dict[int, None] = {}
    for part in text.split(","):
        if part.strip() == "common":
            found |= dict.fromkeys(COMMON)
            continue
        match = _PART.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= MOST:
            raise NoPorts(f"'{text[:80]}' are not ports; write common, or 80,443,8000-8100")
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found)
