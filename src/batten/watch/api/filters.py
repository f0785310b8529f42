"""From a query to which findings it is about."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.api.asked import Asked
from batten.watch.model import LifeState, Side
from batten.watch.store.questions.filters import STANDING, Filter, Reach

_BOTH = {"without": False, "only": True, "both": None}


def wanted(asked: Asked) -> Filter:
    """The filter of a query that the guard has admitted."""
    side, reach = asked.text("side"), asked.text("reach")
    states = frozenset(LifeState(state) for state in asked.query.get("state", ()))
    return Filter(
        text=asked.text("text"),
        severity=Severity.named(asked.text("severity", "info")),
        states=states or STANDING,
        control=asked.text("control"),
        family=asked.text("family"),
        cause=asked.text("cause"),
        environment=asked.whole("environment"),
        team=asked.whole("team"),
        service=asked.text("service"),
        stage=asked.text("stage"),
        side=Side(side) if side else None,
        reach=Reach(reach) if reach else None,
        waived=_BOTH[asked.text("waived", "without")],
        counts=_BOTH[asked.text("counts", "only")],
        regressed=bool(asked.flag("regressed")),
        since=asked.time("since"),
    )
