"""MinIO: the file of variables that its unit reads, and the lines that fix it.

Sources: https://min.io/docs/minio/linux/reference/minio-server/settings.html, and the unit that MinIO's packages ship, which reads
/etc/default/minio and starts `minio server $MINIO_OPTS $MINIO_VOLUMES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.formats.env import parse_env
from batten.formats.pairs import Pair
from batten.model import (
    Bind,
    Edit,
    Fix,
    Location,
    Problem,
    Remedy,
    RequireAuth,
    Safety,
    Span,
    Switch,
    TurnOff,
)
from batten.technologies import Unit
from batten.technologies._settings.offers import secrets
from batten.technologies._settings.told import Given, told, whole_file
from batten.technologies._stores.programs import Placed, Started, minio

_WORD = re.compile(r"[^\s\"']+")
_SECRETS = ("MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY")
_ADDRESS = re.compile(r"(?P<name>--address(?:=|$))?(?P<host>.*):(?P<port>\d{1,5})")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The server, its metrics, and the password that is written out. Raises SyntaxProblem and Unreadable."""
    pairs = workspace.document(unit.main, parse_env).tree
    given = [Given(p.key, p.value or "", Location(unit.main, p.key, p.value_span)) for p in pairs]
    words = [
        word for pair in pairs if pair.key == "MINIO_OPTS" for word in _words(unit.main, workspace, pair)
    ]
    at = whole_file(unit.main, workspace)
    yield from minio(Started(at=at, words=words, variables={g.key: g.setting for g in given}, complete=True))
    if not unit.main.endswith(".env"):  # which environment files are read for, too
        yield from secrets(g for g in told(at, given).found.values() if g.key in _SECRETS)


def _words(path: str, workspace: Workspace, pair: Pair) -> Iterator[Placed]:
    """The words of the options, each with its place."""
    text = workspace.text(path).text
    for found in _WORD.finditer(text, pair.value_span.start, pair.value_span.end):
        yield found[0], Location(path, "MINIO_OPTS", Span(*found.span()))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true, or None."""
    text = workspace.text(at.source).text[at.span.start : at.span.end] if at.span is not None else ""
    match remedy:
        case Bind(addresses) if at.span is not None and at.pointer.endswith("[address]"):
            found = _ADDRESS.fullmatch(text)
            if found is None:
                return None
            edit = Edit(at.source, at.span, f"{found['name'] or ''}{addresses[0]}:{found['port']}")
            return _risky("listen on loopback only", edit, "clients on other machines")
        case Bind():
            question = "which address do clients use? write `--address` with it into MINIO_OPTS"
            return Fix("listen on one address", (), safety=Safety.VALUE, question=question)
        case TurnOff(Switch.METRICS) if at.span is not None:
            quote = text[:1] if text[:1] in ("'", '"') else ""
            edit = Edit(at.source, at.span, f"{quote}jwt{quote}")
            return _risky("require a token of those who read metrics", edit, "monitoring without a token")
        case RequireAuth():
            question = (
                "which password has the first user? keep it in a file that MINIO_ROOT_PASSWORD_FILE names"
            )
            return Fix("set a password", (), safety=Safety.VALUE, question=question)
        case _:
            return None


def _risky(title: str, edit: Edit, breaks: str) -> Fix:
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)
