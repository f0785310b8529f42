"""The Serverless Framework: what a service declares, and the edits that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.adapter import used
from batten.technologies.cloud.cloudformation.buckets import buckets
from batten.technologies.cloud.cloudformation.scripts import scripted
from batten.technologies.cloud.cloudformation.secrets import walk
from batten.technologies.cloud.serverless import apis, extras
from batten.technologies.cloud.serverless.service import service
from batten.technologies.cloud.serverless.writing import fix_of
from batten.technologies.shared.aws.facts import facts

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    made = service(unit, workspace)
    if made is None:
        return
    for bucket in buckets(made.stack):
        yield bucket
        yield from bucket.cors
    yield from (fact for fact in facts(made.stack) if not isinstance(fact, Secret))
    yield from apis.facts(made)
    yield from extras.api_keys(made)
    yield from extras.let_on(made)
    for entry in made.stack.template.root:
        yield from walk(made.stack.template, entry.value, entry.key.text)
    yield from scripted(made.stack)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    made = service(unit, workspace)
    return None if made is None else fix_of(made, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """Settings as the reference spells them: names that people choose are left out."""
    made = service(unit, workspace)
    for name, at in used(made.stack.template, made.stack.template.root, "") if made is not None else ():
        parts = name.lstrip(".").split(".")
        for key, place in _CHOSEN:
            if parts[: len(key)] == list(key) and len(parts) > place:
                del parts[place]
        yield ".".join(parts), at


# Where a name of people's own stands: `functions.create.url` is `functions.url`.
_CHOSEN = (
    (("functions",), 1),
    (("layers",), 1),
    (("provider", "alb", "authorizers"), 3),
    (("provider", "s3"), 2),
)
