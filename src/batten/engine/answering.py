"""`nginx 1.26.3 in front of FastAPI (uvicorn)`: what answers, for people."""

from __future__ import annotations

from collections.abc import Iterable

from batten.facts import Recognised, Stage

BEFORE = (Stage.NETWORK, Stage.EDGE)


def ordered(found: Iterable[Recognised]) -> list[Recognised]:
    """In the order in which requests pass them: of two edges, the one that answers what is malformed is the first."""
    stages = list(Stage)
    return sorted(found, key=lambda one: (stages.index(one.stage), not one.first))


def described(found: Iterable[Recognised]) -> str:
    """What answers at one origin; "" where nothing shows it."""
    every = ordered(found)
    before = [_named(one) for one in every if one.stage in BEFORE]
    frameworks = [_named(one) for one in every if one.stage is Stage.FRAMEWORK]
    servers = [_named(one) for one in every if one.stage is Stage.SERVER]
    behind = " and ".join(frameworks or servers)
    if frameworks and servers:
        behind = f"{behind} ({', '.join(servers)})"
    told = " in front of ".join(filter(None, (*before, behind)))
    return told.replace(" in front of probably ", ", probably in front of ")


def _named(one: Recognised) -> str:
    name = f"{one.title} {one.version}".strip()
    return name if one.certain else f"probably {name}"
