"""The files of ASP.NET: `appsettings.json` with comments, `launchSettings.json`, and the attributes of `web.config`.

Sources: https://learn.microsoft.com/aspnet/core/fundamentals/configuration/ (keys are compared without case),
https://learn.microsoft.com/iis/configuration/ (`location` limits what is in it to a path).
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator

from batten.formats import SyntaxProblem, Unreadable, Workspace, json, xml
from batten.formats.document import Uneditable
from batten.formats.xml import Element
from batten.model import Context, Edit, Location, Span
from batten.technologies.shared.settings.forms import Form, flat, root_of
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, whole_file

_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NAMED = ("key", "name")
_VALUES = ("value", "connectionString")
_PUBLISHED = ("Web.Release.config", "web.Release.config", "web.release.config")
_TRANSFORM = re.compile(r"\w+(?:\(([^()]*)\))?")
_WRAPPERS = ("configuration", "location")


def reading(path: str, workspace: Workspace) -> Settings:
    """What the file tells. Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("aspnet", path), lambda: _told(path, workspace))


def _told(path: str, workspace: Workspace) -> Settings:
    return settings_of(whole_file(path, workspace), _given(path, workspace), complete=False)


def _given(path: str, workspace: Workspace) -> Iterator[Entry]:
    if path.endswith(".config"):
        document = workspace.document(path, xml.parse)
        changed = _changed(path, workspace)
        for given in _attributes(path, document.source.text, document.tree):
            if not changed.intersection((given.key, given.key.rpartition(".")[0])):
                yield given
        return
    # Read by `dotnet run` and by editors only: https://learn.microsoft.com/aspnet/core/fundamentals/environments
    context = Context.DEVELOPMENT if path.endswith("launchSettings.json") else None
    for given in flat(path, root_of(json.parse_with_comments, path, workspace)):
        at = Location(path, given.key, given.at.span, context=context)
        yield Entry(given.key, given.value, at, given.path)


def _attributes(path: str, text: str, root: Element) -> Iterator[Entry]:
    """`system.web.compilation.debug`; an entry of a list is named by its key: `appSettings.Name`."""
    pending = [("", root)]
    while pending:
        above, element = pending.pop()
        here = above if element.name in _WRAPPERS else f"{above}.{element.name}".lstrip(".")
        pending += [(here, child) for child in reversed(element.children)]
        name = next((element.attributes[n] for n in _NAMED if n in element.attributes), "")
        for found in _ATTRIBUTE.finditer(text, element.span.start, element.inside.start):
            span = Span(*found.span(2 if found[2] is not None else 3))
            listed = bool(name) and found[1] in _VALUES
            key = f"{above}.{name}" if listed else f"{here}.{found[1]}"
            yield Entry(key, html.unescape(text[span.start : span.end]), Location(path, key, span))


def _changed(path: str, workspace: Workspace) -> frozenset[str]:
    """The settings of the server, and the elements, that the transformation for releases changes: what is published is not here.

    Source: https://learn.microsoft.com/aspnet/web-forms/overview/deployment/visual-studio-web-deployment/web-config-transformations.
    """
    folder = posixpath.dirname(path)
    found = (
        posixpath.join(folder, name)
        for name in _PUBLISHED
        if posixpath.basename(path).lower() == "web.config"
    )
    release = next((one for one in found if workspace.exists(one)), None)
    if release is None:
        return frozenset()
    try:
        text = workspace.text(release).text
        root = workspace.document(release, xml.parse).tree
    except (SyntaxProblem, Unreadable):
        return frozenset()
    marks = [g for g in _attributes(release, text, root) if g.key.endswith(".xdt:Transform")]
    keys = (key for mark in marks for key in _keys(mark))
    return frozenset(key for key in keys if key.startswith("system.web") and "machineKey" not in key)


def _keys(mark: Entry) -> Iterator[str]:
    """`RemoveAttributes(debug)` changes an attribute, `Replace` all of the element."""
    element = mark.key.removesuffix(".xdt:Transform")
    shape = _TRANSFORM.fullmatch(mark.value.strip())
    named = shape[1] if shape is not None else None
    yield from (f"{element}.{one.strip()}" for one in named.split(",")) if named else (element,)


def _refused(*_: object) -> list[Edit]:
    raise Uneditable("only what is written is changed")


def _load(path: str, workspace: Workspace) -> tuple[Entry, ...]:
    return reading(path, workspace).entries


FORM = Form(_load, _refused, _refused, lined=True)
