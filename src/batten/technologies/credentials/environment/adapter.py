"""`.env` files, and what shells and clients remember of commands typed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import ConnectionString, Fact, Feature, Secret
from batten.formats import Unreadable, Workspace
from batten.formats.document import Text
from batten.formats.env import parse_env
from batten.formats.gitignore import kept_out
from batten.model import Edit, Fix, Location, Problem, Remedy, Safety, Setting, Span, Switch, TurnOff
from batten.technologies import Unit
from batten.technologies.credentials.environment.histories import entry, is_history, typed_lines
from batten.technologies.shared.containers import switches
from batten.technologies.shared.secrets import commands, credentials, urls
from batten.technologies.shared.secrets.beside import user_of

_VARIABLE = re.compile(r"\$\{?\w+[^}\s]*\}?")
_TEMPLATE = re.compile(r"example|sample|template|\.dist(?:$|\.)|\.tmpl$|defaults?$", re.IGNORECASE)
_LONGEST = 4000  # characters of a typed line that are looked at
_LARGEST = 4_000_000  # bytes of a history that is no text


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    committed = not kept_out(path, workspace)
    if is_history(path):
        # One fact a line, for the first credential typed in it. A shell writes bytes as they were typed, and zsh
        # marks some: of a history that is not UTF-8 each credential is found, and its place is none.
        try:
            source, exact = workspace.text(path), True
        except Unreadable:
            data = workspace.head(path, _LARGEST)
            if b"\0" in data or not data:
                raise
            source, exact = Text(path, data.decode("utf-8", "replace")), False
        for number, line in enumerate(typed_lines(source), 1):
            found = next(commands.typed(line.text[:_LONGEST]), None)
            if found is not None:
                start = line.span.start
                span = Span(start + found.span.start, start + found.span.end) if line.exact else line.span
                history_at = (
                    Location(path, f"line[{found.name}]", span)
                    if exact
                    else Location(path, f"line[{found.name}][{number}]")
                )
                yield Secret(
                    history_at,
                    name=found.name,
                    value=Setting(found.kind, history_at),
                    place="history",
                    committed=committed,
                )
        return
    pairs = tuple(workspace.document(path, parse_env).tree)
    beside = {pair.key: pair.value for pair in pairs if pair.value is not None}
    for pair in pairs:
        if pair.value is not None:
            user = user_of(pair.key, pair.value, beside)
            value = pair.value if pair.quoted == "'" else _VARIABLE.sub("\0", pair.value)
            at = Location(path, pair.key, pair.value_span)
            held = _held(path, pair.key, value, user)
            if held is not None:
                yield credentials.secret(at, pair.key, held, "environment", committed)
            connection: ConnectionString | None = urls.connection(pair.key, value, at)
            if connection is not None:
                yield connection
            switch = switches.debug(pair.key, value)
            if switch:
                yield Feature(at, Switch.DEBUG, Setting(switch[0], at), switch[1])


def _held(path: str, name: str, value: str, user: str) -> credentials.Found | None:
    """The credential of a variable; in a template, a value that is meant to be replaced, such as a word, is none."""
    found = credentials.found(name, value, user=user)
    if not _TEMPLATE.search(posixpath.basename(path)):
        return found
    kind = credentials.recognise(name, value)
    return (
        None if kind is None or (found is not None and found.guess is not None) else credentials.Found(kind)
    )


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """A debug switch turned off, or a line of a history taken out. A credential in a `.env` has no edit: it
    must be changed where it is valid."""
    if not isinstance(remedy, TurnOff) or at.span is None:
        return None
    if remedy.feature is Switch.HISTORY_LINE:
        # Taking the line out keeps the credential from the next reader; it is known to the ones before.
        source = workspace.text(at.source)
        edit = Edit(source.path, entry(source, at.span), "")
        breaks = "only the file: the credential stays valid, so rotate it"
        return Fix("remove the line from the history", (edit,), safety=Safety.RISKY, breaks=breaks)
    if remedy.feature is not Switch.DEBUG:
        return None
    text = workspace.text(at.source).text[at.span.start : at.span.end]
    wanted = switches.production(at.pointer, text.strip("'\""))
    if wanted is None:
        return None
    edit = Edit(at.source, at.span, wanted)
    return Fix(
        f"turn {at.pointer} off", (edit,), safety=Safety.RISKY, breaks="developers who rely on debug pages"
    )
