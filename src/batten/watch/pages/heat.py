"""The map: environments, in the order in which a change travels, and areas of controls; a cell is what is worst and how many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model import Severity
from batten.model.record import record
from batten.watch.pages.families import AREAS, OTHER, area
from batten.watch.pages.filtering import asked_for, offered
from batten.watch.pages.links import number
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store.database import now
from batten.watch.store.questions.heat import Cell, Stretch, heat

_ROWS = 60


@record(kw_only=True)
class Patch:
    """An area in one environment. `unknown` are findings and controls that could not be looked at the last time."""

    area: str
    worst: Severity | None
    open: int
    unknown: int
    judged: bool


@record(kw_only=True)
class Line:
    """One environment of the map, and whether what is known of it is older than its objective allows."""

    stretch: Stretch
    known: int | None
    patches: tuple[Patch, ...]


@record
class Service:
    """The stages of one service."""

    name: str
    team: str
    lines: tuple[Line, ...]


def routes() -> list[Route]:
    return [Route("/map", _map, methods=["GET"])]


def _map(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    caller, wanted, after = caller_of(request), asked_for(request), number(request, "after")
    with watch.database.read() as db:
        found = heat(db, caller, wanted.which, now=now(), after=after, most=_ROWS)
        offers = offered(db, caller)
    there = {area(family) for family in found.families}
    areas = tuple(name for name in (*AREAS, OTHER) if name in there)
    services = tuple(
        Service(services_name, team, tuple(_line(row, areas) for row in some))
        for (team, services_name), some in groupby(
            found.rows, lambda row: (row.environment.team_name, row.environment.service)
        )
    )
    return page(
        request,
        "map.html",
        asked=wanted,
        offered=offers,
        areas=areas,
        services=services,
        found=found,
        after=after,
    )


def _line(row: Stretch, areas: Sequence[str]) -> Line:
    known = [at for at in (row.declared, row.observed) if at is not None]
    patches = tuple(_patch(name, [cell for cell in row.cells if area(cell.family) == name]) for name in areas)
    return Line(stretch=row, known=max(known, default=None), patches=patches)


def _patch(name: str, cells: Sequence[Cell]) -> Patch:
    return Patch(
        area=name,
        worst=max((cell.worst for cell in cells if cell.worst is not None), default=None),
        open=sum(cell.open for cell in cells),
        unknown=sum(cell.unknown + cell.unjudged for cell in cells),
        judged=any(cell.judged for cell in cells),
    )
