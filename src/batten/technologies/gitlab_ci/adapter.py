"""Pipelines of GitLab: literal tokens, and commands that verify no certificate.

Source: https://docs.gitlab.com/ci/yaml/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace, yaml
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit, _pipelines
from batten.technologies._pipelines import Place

_SCRIPTS = frozenset(("script", "before_script", "after_script"))


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a pipeline. Raises SyntaxProblem and Unreadable."""
    document = workspace.document(unit.main, yaml.parse)
    for place in _pipelines.places(document.tree):
        yield from _pipelines.token_facts(document.source, place)
        if place.name in _SCRIPTS:
            yield from _pipelines.script_facts(document.source, place)
        elif "variables" in place.path[-3:-1]:
            yield from _pipelines.variable_facts(document.source, place)
        elif _runs_in(place):
            yield from _pipelines.image_facts(document.source, place, "$" in place.node.text)


def _runs_in(place: Place) -> bool:
    """Whether it names the image that jobs run in; those of services are for tests."""
    words = place.path[1:] if place.path[:1] != ("image",) else place.path
    return words in (("image",), ("image", "name"))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return _pipelines.fix_of(unit.main, workspace, remedy, at)
