"""Which row a path and the start of its text are of. Names are looked up, so that a tree costs what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from batten.technologies import Technology, named_like, recognised
from batten.technologies._registry import globbed
from batten.technologies.shared.unread.applications import APPLICATIONS
from batten.technologies.shared.unread.clouds import CLOUDS
from batten.technologies.shared.unread.kind import UnreadKind
from batten.technologies.shared.unread.pipelines import PIPELINES
from batten.technologies.shared.unread.servers import SERVERS
from batten.technologies.shared.unread.stores import STORES

TEMPLATES = (
    ".j2", ".jinja", ".jinja2", ".erb", ".epp", ".tmpl", ".tpl", ".tftpl", ".ctmpl", ".gotmpl", ".template", ".mustache",
)  # fmt: skip
ROWS = (*APPLICATIONS, *SERVERS, *STORES, *PIPELINES, *CLOUDS)


@dataclass(slots=True)
class _Names:
    """Globs and their rows by what the end of a path must be: its whole last part, or what follows its last dot."""

    whole: dict[str, list[tuple[str, UnreadKind]]] = field(default_factory=dict)
    ending: dict[str, list[tuple[str, UnreadKind]]] = field(default_factory=dict)

    def add(self, glob: str, row: UnreadKind) -> None:
        name = glob.rpartition("/")[2]
        if "*" not in name:
            self.whole.setdefault(name, []).append((glob if "/" in glob else "", row))
        else:
            ending = name.rpartition(".")[2]
            self.ending.setdefault(ending, []).append(("" if glob == f"*.{ending}" else glob, row))


@cache
def _names() -> _Names:
    made = _Names()
    for row in ROWS:
        for glob in row.files.split():
            made.add(glob, row)
    return made


def candidates(path: str) -> list[UnreadKind]:
    """The rows that a path may be of."""
    names, name = _names(), path.rpartition("/")[2]
    near = chain(names.whole.get(name, ()), names.ending.get(name.rpartition(".")[2], ()))
    return [row for glob, row in near if not glob or globbed((glob,), path)]


def row_of(rows: list[UnreadKind], head: str) -> UnreadKind | None:
    """The first of the rows that the start of a text is of."""
    for row in rows:
        # ours: the tables of this package
        if shows(row, head) and not (row.unless and re.search(row.unless, head, re.MULTILINE)):
            return row
    return None


def shows(row: UnreadKind, head: str) -> bool:
    """Whether the start of a text shows what the row is about, not what else it shows."""
    if row.has and row.has not in head:
        return False
    # ours: the tables of this package
    return not row.shows or re.search(row.shows, head, re.MULTILINE) is not None


def is_template(path: str) -> bool:
    """Whether a file of this name may be a template of a configuration."""
    return path.endswith(TEMPLATES)


_NAMED = re.compile(
    r"(?i)[._-](?:tmpl|tpl|template|j2|jinja2?|erb|gotmpl|mustache|hbs|envsubst)(?:[._-]|$)|(?:^|/)template[._-]"
)


def may_be_template(path: str) -> bool:
    """The same of a name that says it elsewhere (`nginx.tmpl.conf`, `Dockerfile-template`)."""
    return is_template(path) or _NAMED.search(path[path.rfind("/") + 1 :]) is not None


def template_of(path: str, head: str) -> list[Technology]:
    """The technologies whose configuration a template of this name makes."""
    ending = next((e for e in TEMPLATES if path.endswith(e)), "")
    return recognised(named_like(path.removesuffix(ending)), head) if ending else []
