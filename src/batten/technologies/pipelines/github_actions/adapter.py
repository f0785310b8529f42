"""Workflows and actions of GitHub, and of Gitea and Forgejo, which have the same syntax: literal tokens, commands that verify no
certificate, what jobs may do (`rights.py`), text of others in scripts (`texts.py`), code of forks (`forks.py`), conditions,
and what becomes of secrets (`handed.py`).

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import BorrowedCode, Fact
from batten.formats import Workspace, yaml
from batten.formats.tree import Node, Scalar, Sequence, key_path
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.pipelines.github_actions import rights
from batten.technologies.pipelines.github_actions.conditions import conditions
from batten.technologies.pipelines.github_actions.forks import forks
from batten.technologies.pipelines.github_actions.handed import handed
from batten.technologies.pipelines.github_actions.owners import owners
from batten.technologies.pipelines.github_actions.releases import releases
from batten.technologies.pipelines.github_actions.texts import texts
from batten.technologies.pipelines.github_actions.workflows import flow
from batten.technologies.pipelines.github_actions.writing import fix_of
from batten.technologies.shared import pipelines
from batten.technologies.shared.pipelines import Place

# Gitea and Forgejo run workflows of the same syntax. What the token may do is said elsewhere there (Gitea before 1.26 ignores
# `permissions`), no cloud is logged in to with an identity of the job's, and a label names what each runner chose.
_FORGES = re.compile(r"(?:^|/)\.(?:gitea|forgejo)/")
_SECRET = "${{ secrets.{} }}"


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a workflow. Raises SyntaxProblem and Unreadable."""
    document = workspace.document(unit.main, yaml.parse)
    here = _FORGES.search(unit.main) is None
    for place in pipelines.places(document.tree):
        yield from pipelines.token_facts(document.source, place)
        if place.path[-1:] == ("run",):
            yield from pipelines.script_facts(document.source, place)
        elif place.path[-2:-1] == ("env",):
            yield from pipelines.variable_facts(document.source, place)
            yield from (
                pipelines.literal_facts(document.source, place) if "services" not in place.path else ()
            )
        elif place.path[-2:-1] == ("with",):
            # Whether it is an input of an action that logs in, as `docker/login-action` does.
            step: Node | None = document.tree
            for part in place.path[:-2]:
                if isinstance(step, Sequence) and isinstance(part, int):
                    step = step.items[part]
                else:
                    step = key_path(step, str(part))
            uses = key_path(step, "uses")
            yield from pipelines.literal_facts(
                document.source, place, isinstance(uses, Scalar) and "login" in uses.text
            )
        elif place.path[-2:] == ("credentials", "password") or place.path[:1] == ("registries",):
            yield from pipelines.literal_facts(document.source, place)
        elif here and (machine := _machine(place)):
            yield from pipelines.image_facts(document.source, replace(place, node=machine), False)
        elif _runs_in(place):
            yield from pipelines.image_facts(document.source, place, "${{" in place.node.text)
    whose = owners(workspace)
    for fact in rights.rights(document.source, document.tree):
        if isinstance(fact, BorrowedCode):
            yield replace(fact, own=fact.name.partition("/")[0].lower() in whose)
        elif here:
            yield fact
    found = flow(document.source, document.tree)
    yield from texts(found, document.source)
    yield from forks(found)
    yield from conditions(found)
    yield from handed(found, document.source)
    yield from releases(found, document.source)


def _machine(place: Place) -> Scalar | None:
    """The distribution of a machine of GitHub's, as its image would be named: `ubuntu-22.04`."""
    found = re.fullmatch(r"ubuntu-(\d\d\.\d\d)(?:-arm)?", place.node.text)
    on = place.path[:1] == ("jobs",) and "runs-on" in place.path[2:3]
    return replace(place.node, value=f"ubuntu:{found[1]}") if found and on else None


def _runs_in(place: Place) -> bool:
    """Whether it names the image of a job's own container; those of its services are for tests."""
    inner = place.path[2:]
    return place.path[:1] == ("jobs",) and inner in (("container",), ("container", "image"))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true at that place, or None."""
    found = fix_of(unit.main, workspace, remedy, at)
    return found or pipelines.fix_of(unit.main, workspace, remedy, at, _SECRET)
