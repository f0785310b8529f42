"""Who may say what of a client, and which hosts are served, for engines that have their own words for it.

An engine removes a header from every request or from none, so those that an operation declares are removed, too.
"""

from __future__ import annotations

import re

from batten.guard.compiled import Compiled
from batten.guard.senders.named import names, prefixes


def dropped(kept: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of headers, in lower case, that are removed from requests; `kept` are those that the engine sets itself."""
    return tuple(name for name in names() if name not in kept)


def dropped_pattern() -> str:
    """The same as one expression, with all names that begin as such a family's do."""
    families, every = ("|".join(map(re.escape, each)) for each in (prefixes(), names()))
    return f"^(?:(?:{every})$|(?:{families}))"


def hosts_pattern(compiled: Compiled) -> str:
    """What a listed Host header looks like, whatever its case; "" where every host is served."""
    return compiled.hosts.pattern if compiled.hosts is not None else ""


def port_of(listen: str) -> tuple[int, ...]:
    """Of an address such as 127.0.0.1:8443, or a port alone."""
    port = listen.rpartition(":")[2]
    return (int(port),) if port.isdigit() else ()
