"""Spring Boot: what its properties make of the application, and the values that fix it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from batten.facts import Fact
from batten.formats import Unreadable, Workspace, plain
from batten.model import (
    AllowHeaders,
    AllowMethods,
    Edit,
    Fix,
    Kind,
    Location,
    Problem,
    Remedy,
    RequireAuth,
    Safety,
    Switch,
    TurnOff,
)
from batten.technologies import Unit
from batten.technologies.frameworks.spring import code
from batten.technologies.frameworks.spring.settings import BOUNDS, COOKIES, HEALTH, ROWS, VALUES, facts
from batten.technologies.frameworks.spring.sources import FORM, documents
from batten.technologies.shared.settings import rows
from batten.technologies.shared.settings.changes import (
    Change,
    fix_of,
    listed_origins,
    strong_suites,
    tls_1_2,
    used,
)

CHANGES = (
    *rows.changes((*ROWS, *HEALTH, *VALUES)),
    Change(
        remedy=TurnOff(Switch.CONSOLE),
        title="set `enabled` to false",
        key="spring.h2.console.enabled",
        value="false",
        breaks="people who use the console",
    ),
    *(change for flags in COOKIES for change in rows.flag_changes(flags)),
    *rows.limit_changes(BOUNDS),
    Change(
        remedy=TurnOff(Switch.CONSOLE),
        title="expose the health endpoint only",
        key="management.endpoints.web.exposure.include",
        value="health",
        breaks="clients of the other endpoints of the actuator",
    ),
    listed_origins("{origins}"),
    Change(
        remedy=AllowMethods,
        title="list the methods that pages of other origins may use",
        value="{methods}",
        breaks="web pages that use other methods",
    ),
    Change(
        remedy=AllowHeaders,
        title="list the request headers that pages of other origins may send",
        value="{headers}",
        breaks="web pages that send other headers",
    ),
    tls_1_2("TLSv1.2,TLSv1.3"),
    strong_suites("{iana}"),
)
settings = partial(used, FORM)
_NO_WORD = re.compile(r"[^A-Z0-9]+")


# What any file of properties by another name than `application` has, and no text for people.
_SETTINGS = re.compile(
    r"^(?:spring|server|management)(?:\.[\w.\[\]-]+[ \t]*[=:]|:[ \t]*(?:[&!]\S+[ \t]*){0,2}(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+[\w.-]+:)",
    re.MULTILINE,
)
_TEXTS = re.compile(r"(?i)messages?|i18n|labels?|texts?|translations?|_[a-z]{2}(?:_[A-Z]{2})?\.properties$")


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each file for itself; of those with names of their own the ones that hold settings of Spring's."""
    return [Unit("spring", (file,)) for file in files if _holds_settings(file, workspace)]


def _holds_settings(path: str, workspace: Workspace) -> bool:
    name = posixpath.basename(path)
    if code.is_code(path) or name.startswith(("application.", "application-", "bootstrap.")):
        return True
    try:
        spelled = plain.spellings(path, workspace.text(path).text) if not _TEXTS.search(name) else ()
        return any(_SETTINGS.search(text) for text in spelled)
    except Unreadable:
        return False


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its endpoints, connections and credentials, by document. Raises SyntaxProblem and Unreadable."""
    if code.is_code(unit.main):
        yield from code.facts(unit.main, workspace)
        return
    for page in documents(unit.main, workspace):
        yield from facts(page, workspace)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if code.is_code(unit.main):
        return None
    if isinstance(remedy, RequireAuth):
        # The variable by which Spring takes the same property, which then counts more than the file.
        if at.kind is not Kind.VALUE or at.span is None:
            return None
        name = _NO_WORD.sub("_", at.pointer.replace("-", "").upper()).strip("_")
        edit = Edit(at.source, at.span, f"${{{name}}}")
        breaks = f"starts without the variable {name}"
        return Fix(f"read the credential from {name}", (edit,), safety=Safety.RISKY, breaks=breaks)
    return fix_of(FORM, CHANGES, unit, workspace, remedy, at)
