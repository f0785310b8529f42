"""Whether a control that people name exists."""

from __future__ import annotations

from collections.abc import Iterable

from batten.controls import all_controls, registered
from batten.policy.nearest import nearest
from batten.technologies import technologies

Unknown = tuple[tuple[str, tuple[str, ...]], ...]  # names, and the controls that are like each


def unknown_controls(slugs: Iterable[str]) -> Unknown:
    """Those of the names that no control has, each once, with the names of similar controls. Controls of one technology are
    loaded only where a name is not among the others."""
    doubtful = dict.fromkeys(slugs).keys() - {control.slug for control in registered()}
    if not doubtful:
        return ()
    known = every_control()
    return tuple((slug, nearest(slug, known)) for slug in sorted(doubtful - known))


def every_control() -> frozenset[str]:
    """The names of all controls, those of every technology included."""
    for loaded in technologies().values():
        loaded.adapter()
    return frozenset(all_controls())
