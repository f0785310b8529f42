"""Whether a public site says whom to tell of a weakness: one request."""

from __future__ import annotations

from collections.abc import Iterator

from batten.live.contacts import PATH, contact_facts
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Steps
from batten.live.rebinding import inside
from batten.live.scene import looked
from batten.live.survey import Survey


def plan(survey: Survey) -> Iterator[Probe]:
    roots = survey.scene.roots
    if roots and not inside(roots[0]) and not survey.scene.refuses:
        yield Probe("security.txt", _contact(survey))


def _contact(survey: Survey) -> Steps:
    answer = yield from looked(survey.scene, survey.origin, PATH)
    return [answer] if isinstance(answer, NotAnswered) else list(contact_facts(sight(answer)))
