"""Operations of which an edge gives less than the contract says."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import is_offered
from batten.facts import Content
from batten.harden.edge import Edge

_SHOWN = 3


def notes(contract: Contract, edge: Edge) -> Iterator[str]:
    """Which are not served at all, and where browsers do not show pages as they are."""
    unserved = [one.label for one in contract.operations if not is_offered(one)]
    if unserved:
        yield f"{_shortened(unserved)}: no edge forwards this method or path; it is left out"
    kept = [template for template, kind in edge.kinds.items() if kind.keeps]
    if kept:
        yield (
            f"{_shortened(kept)}: browsers run the scripts of these pages that come from their own host, and none within them, unless the "
            "page's own Content-Security-Policy allows these by nonces or hashes; another policy is written in `content:` of batten.yaml"
        )
    data = [
        r.path.template
        for r in edge.routes
        if r.path.content is Content.PAGE and r.path.template not in edge.kinds
    ]
    if data:
        yield (
            f"{_shortened(data)}: the contract declares pages, and batten.yaml says that these are data, so browsers load none of their "
            "scripts, styles and images; write `pages` in `content:` for them"
        )


def _shortened(labels: list[str]) -> str:
    more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
    return f"{', '.join(labels[:_SHOWN])}{more}"
