"""Qdrant: what config.yaml makes of the server, and the settings that fix it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import AllowOrigins, Problem, RequireAuth
from batten.technologies import Unit
from batten.technologies.shared.containers.versions import beside, image_version
from batten.technologies.shared.settings.changes import Change, fix_of, loopback, used
from batten.technologies.shared.settings.forms import YAML, reading
from batten.technologies.stores.qdrant.store import facts, store

_VARIABLE = re.compile(r"QDRANT__SERVICE__(?:ALT_|READ_ONLY_)?API_KEY")
_IMAGE = re.compile(r"\bimage:[ \t]*[\"']?(?:[\w.-]+(?::\d+)?/)*qdrant/qdrant\b")
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="service.api_key",
        title="require an API key",
        question="start the server with QDRANT__SERVICE__API_KEY from a secret store: the file cannot name a variable",
    ),
    Change(
        remedy=AllowOrigins,
        title="let no page of another origin read answers",
        value="false",
        breaks="web pages on other origins: Qdrant has no list of them, so a proxy has to have it",
    ),
    loopback(),
)

write = partial(fix_of, YAML, CHANGES)
settings = partial(used, YAML)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server and its keys. Raises SyntaxProblem and Unreadable."""
    told = reading(YAML, unit.main, workspace, image_version(unit.main, workspace, "qdrant"))
    texts = tuple(beside(unit.main, workspace))
    name = posixpath.basename(unit.main)
    contained = any(_IMAGE.search(text) and name in text for text in texts)
    keyed = any(_VARIABLE.search(text) for text in texts)
    yield store(told, "qdrant" if contained else "", keyed=keyed)
    yield from facts(told, keyed)
