"""Pipelines of GitLab: literal tokens, commands that verify no certificate, what is taken from elsewhere (`included.py`), and
what jobs run and show (`jobs.py`).

Source: https://docs.gitlab.com/ci/yaml/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Fact
from batten.formats import Workspace, yaml
from batten.formats.document import Text
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.pipelines.gitlab_ci.jobs import jobs
from batten.technologies.pipelines.gitlab_ci.locals import units
from batten.technologies.shared import pipelines
from batten.technologies.shared.pipelines import Place
from batten.technologies.shared.text.fields import whole

__all__ = ["read", "units", "write"]

_SCRIPTS = frozenset(("script", "before_script", "after_script", "pre_get_sources_script"))


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a pipeline. Raises SyntaxProblem and Unreadable."""
    document = workspace.document(unit.main, yaml.parse_all)
    for tree in document.tree:
        for place in pipelines.places(tree):
            yield from _place(document.source, place)
    yield from jobs([whole(unit.main, tree) for tree in document.tree], document.source)


def _place(source: Text, place: Place) -> Iterator[Fact]:
    yield from pipelines.token_facts(source, place)
    if place.name in _SCRIPTS:
        yield from pipelines.script_facts(source, place)
    elif "variables" in place.path[-3:-1]:
        if place.path[-1] == "value":  # the long form of a variable
            place = replace(place, path=place.path[:-1])
        yield from pipelines.variable_facts(source, place)
        yield from pipelines.literal_facts(source, place)
    elif _runs_in(place):
        yield from pipelines.image_facts(source, place, "$" in place.node.text)


def _runs_in(place: Place) -> bool:
    """Whether it names the image that jobs run in; those of services are for tests."""
    words = place.path[1:] if place.path[:1] != ("image",) else place.path
    return words in (("image",), ("image", "name"))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    return pipelines.fix_of(unit.main, workspace, remedy, at)
