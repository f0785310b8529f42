"""The families of controls: what lists and maps are grouped by."""

from __future__ import annotations

from functools import cache

from batten.controls import CUSTOM, Control, all_controls

OTHER = "other"  # controls of a user's own batten.yaml, and those of a newer batten's reports


@cache
def _known() -> dict[str, Control]:
    """Not the rows of the batten.yaml that this process happens to have read."""
    return {slug: control for slug, control in all_controls().items() if control.family != CUSTOM}


def families() -> tuple[str, ...]:
    """Their names in alphabetical order, and OTHER last."""
    return (*sorted({control.family for control in _known().values()}), OTHER)


def family_of(slug: str) -> str:
    known = _known().get(slug)
    return known.family if known is not None else OTHER


def title_of(slug: str) -> str:
    """What a control requires, in one sentence; its slug where it is not one of batten's."""
    known = _known().get(slug)
    return known.title if known is not None else slug


def slugs_of(family: str) -> tuple[str, ...]:
    """The controls of a family; of OTHER there is no list, and of an unknown family there are none."""
    return tuple(slug for slug, control in _known().items() if control.family == family)


def slugs() -> tuple[str, ...]:
    return tuple(_known())


def why_of(slug: str) -> str:
    """Why it matters; "" where the control is not one of batten's."""
    known = _known().get(slug)
    return known.why if known is not None else ""


def references_of(slug: str) -> tuple[str, ...]:
    known = _known().get(slug)
    return known.references if known is not None else ()
