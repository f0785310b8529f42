"""What the targets of `batten probe` name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from batten import masking
from batten.cli.output import stop
from batten.live.services import SCHEMES as SERVICES
from batten.live.services import complaint as not_a_service
from batten.live.services import service
from batten.live.stores.door import complaint
from batten.policy import Environment, Policy


def environments(
    targets: Iterable[str], policy: Policy, bare: Environment, stores: bool
) -> Iterable[Environment]:
    """What the targets name; `bare` is how an address that batten.yaml does not know is asked."""
    known = {e.name: e for e in policy.environments}
    for target in targets:
        masking.noted(target)
        if target in known:
            yield known[target]
        elif re.match(r"https?://[^/]+", target):
            if wrong := complaint(target):
                stop(wrong)
            host = (urlsplit(target).hostname or "",) if stores else ()
            yield replace(bare, name=target, url=target.rstrip("/"), stores=host)
        elif target.partition("://")[0] in SERVICES:
            yield _service(target, bare)
        elif "://" in target or stores:
            yield _store(target, bare)
        else:
            stop(
                f"'{target}' is neither an environment of batten.yaml nor a URL (https://host, redis://host:port); to look for data stores on a host's default ports, add --stores"
            )


def _service(target: str, bare: Environment) -> Environment:
    """One port of mail, a directory or files, whose TLS is assessed."""
    found = service(target)
    if found is None:
        stop(not_a_service(target))
    return replace(bare, name=found.source, tls=(found.source,))


def _store(target: str, bare: Environment) -> Environment:
    """One store by its URL, or a host with all its usual ports."""
    wrong = complaint(target)
    if wrong:
        stop(wrong)
    shown = re.sub(r"//[^/]*@", "//", target)  # no password of a URL gets any further
    return replace(bare, name=shown, stores=(shown,))
