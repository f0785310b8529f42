"""Whether what people name exists: controls, contracts."""

from __future__ import annotations

from collections.abc import Iterable

from batten.controls import all_controls, registered
from batten.engine.discover import discover, paths
from batten.formats import Workspace
from batten.policy.nearest import MOST, asked, nearest
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


def contracts_below(workspace: Workspace, ignore: Iterable[str] = ()) -> tuple[str, ...]:
    """The OpenAPI documents below a root."""
    units = discover(workspace, paths(workspace, (), ignore).paths, []).units
    return tuple(unit.main for unit in units if unit.technology == "openapi")


def like_contract(name: str, there: tuple[str, ...]) -> str:
    """What to do about a contract that does not exist."""
    file = name.rpartition("/")[2]
    near = (
        [one for one in there if one.rpartition("/")[2] == file][:MOST]
        or nearest(name, there)
        or there[:MOST]
    )
    return asked(near) or "write the path of an OpenAPI document, or remove the key"
