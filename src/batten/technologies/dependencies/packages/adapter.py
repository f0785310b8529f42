"""Manifests and lock files of package managers.

Packages are listed where the run compares them with advisories (`Workspace.packages`). Otherwise a file is looked through for
the frameworks, languages and addresses that matter by themselves, and parsed where it shows one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import Fact, Feature
from batten.formats import Unreadable, Workspace
from batten.formats.lines import line_end, line_start, removal
from batten.formats.tree import Scalar
from batten.model import Edit, Fix, Location, Pin, Problem, Remedy, Safety, Setting, Span, Switch, TurnOff
from batten.technologies import Unit
from batten.technologies.dependencies._packages.found import Found, told
from batten.technologies.dependencies._packages.frameworks import frameworks, mentioned
from batten.technologies.dependencies.packages import requirements
from batten.technologies.dependencies.packages.forms import Form, form_of
from batten.technologies.dependencies.packages.runtimes import runtimes
from batten.technologies.dependencies.packages.sources import WITH_CREDENTIALS, indexes, secrets
from batten.technologies.dependencies.packages.trees import below, inside, json, root
from batten.technologies.shared.containers import switches

_RUNTIME = re.compile(
    rb"(?:version|nvmrc|versions|runtime\.txt|Pipfile|go\.mod|pom\.xml|gradle(?:\.kts)?|proj|Gemfile\.lock|gems\.locked)$"
)
_MANIFEST = re.compile(rb"\"(?:engines|volta|php)\"[ \t\r\n]*:")
_PLAIN_VERSION = re.compile(r"v?\d[\w.+-]*")
_FRAMEWORK = re.compile(r"net(?:coreapp)?\d+\.\d+")
_REST = re.compile(r"[^\n]*(?:(?<=\\)\n[^\n]*)*")  # of a line that backslashes continue
_BERRY = "yarn up -R {name}"


def units(files: Iterable[str], workspace: Workspace) -> Iterator[Unit]:
    """Each file, and the files of requirements that one of them includes under another name, once."""
    listed = list(files)
    known = set(listed)
    for path in listed:
        yield Unit("packages", (path,))
        if form_of(path).reader == "requirements.found":
            pending = [path]
            while pending:
                here = pending.pop()
                try:
                    text = workspace.text(here).text
                except Unreadable:
                    continue  # its own unit says why
                for option in requirements.options(text):
                    named = option.name in ("-r", "-c", "--requirement", "--constraint")
                    included_other = workspace.resolve(here, option.value) if named and option.value else None
                    if (
                        included_other is not None
                        and included_other.endswith(".txt")
                        and included_other not in known
                        and workspace.exists(included_other)
                    ):
                        known.add(included_other)
                        pending.append(included_other)
                        other = included_other
                        yield Unit("packages", (other,))


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    form, raw = (
        form_of(path),
        workspace.overlay[path].encode() if path in workspace.overlay else workspace.data(path),
    )
    shown = mentioned(form.ecosystem, form.reader)
    if workspace.packages or (shown is not None and shown.search(raw)):
        found: list[Found] = []
        for outcome in form.read(path, workspace):
            if isinstance(outcome, Problem):
                yield outcome
            else:
                found.append(outcome)
        yield from frameworks(found, path, form.ecosystem)
        if workspace.packages:
            command = _command(path, form, workspace)
            yield from told(found, path, form.ecosystem, command, form.locked or command != "")
    if path.endswith((".json", ".lock")) and not path.endswith("Gemfile.lock"):
        names_runtime = (
            path.rpartition("/")[2] in ("package.json", "composer.json") and _MANIFEST.search(raw) is not None
        )
    else:
        names_runtime = _RUNTIME.search(path.encode()) is not None
    if names_runtime:
        yield from runtimes(path, workspace)
    if WITH_CREDENTIALS.search(raw):
        yield from secrets(workspace.text(path))
    if path.rpartition("/")[2] == "package.json" and SHOWN.search(raw):
        yield from started(path, workspace)
    if form.reader == "requirements.found" and (b"http://" in raw or b"--trusted-host" in raw):
        yield from indexes(workspace.text(path))


def _command(path: str, form: Form, workspace: Workspace) -> str:
    """What updates one package of the file: some tools write files of one name in two forms."""
    if form.reader == "requirements.found":
        return requirements.update(workspace.text(path).text)
    if form.reader == "yarn.locked" and "\n__metadata:" in workspace.text(path).text[:2000]:
        return _BERRY
    return form.command


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """Another version where people write one, and an index over HTTPS. What a tool writes is left to the tool."""
    if at.span is None:
        return None
    match remedy:
        case Pin(version) if version and not _by_tool(at.source, workspace):
            # Where a version is written: in a pom.xml perhaps as a property.
            path = at.source
            span = at.span
            if not path.endswith("pom.xml"):
                place = span
            else:
                from batten.technologies.dependencies.packages import maven

                text = workspace.text(path).text[span.start : span.end].strip()
                place = maven.property_place(path, text, workspace) or span
            # The version in the place of the one that is written; a range or a variable stays, and a version with
            # hashes: those of another one are not known.
            source = workspace.text(at.source)
            text = source.text[place.start : place.end]
            rest = _REST.match(source.text, place.end)
            if rest is not None and "--hash" in rest[0]:
                return None
            framework = _FRAMEWORK.fullmatch(text)
            if framework is not None:
                wanted = f"net{version}" if "." in version else f"net{version}.0"
            elif _PLAIN_VERSION.fullmatch(text):
                wanted = version
            else:
                return None
            breaks = "code that relies on what the newer release changes"
            return Fix(
                f"use {wanted}", (Edit(source.path, place, wanted),), safety=Safety.RISKY, breaks=breaks
            )
        case TurnOff(Switch.PACKAGE_UNVERIFIED):
            # The index over HTTPS, or the line without its exception.
            source = workspace.text(at.source)
            span = at.span
            breaks = "installations from an index that has no valid certificate"
            if source.text.startswith("http://", span.start):
                edit = Edit(source.path, Span(span.start, span.start + len("http")), "https")
                return Fix("use HTTPS", (edit,), safety=Safety.RISKY, breaks=breaks)
            start = line_start(source.text, span.start)
            edit = removal(source, Span(start, line_end(source.text, start)))
            return Fix("verify the certificate of the index", (edit,), safety=Safety.RISKY, breaks=breaks)
        case _:
            return None


def _by_tool(path: str, workspace: Workspace) -> bool:
    form = form_of(path)
    return form.locked or _command(path, form, workspace) != ""


def names_packages(unit: Unit) -> bool:
    """Whether the file names packages; some name only a runtime."""
    return form_of(unit.main).reader != ""


# Scripts of package.json that start the application in production, and what they switch on or off.
#
# Sources: https://docs.npmjs.com/cli/v11/using-npm/scripts, https://nodejs.org/api/cli.html.
SHOWN = re.compile(rb"--inspect|NODE_TLS_REJECT_UNAUTHORIZED|NODE_ENV=dev")
_STARTS = re.compile(r"start|serve|(?:[\w.-]{1,40}:)?(?:prod|production)(?:[:.-][\w.-]{1,40})?")
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(\S*)")
_MOST = 200  # words of a script


def started(path: str, workspace: Workspace) -> Iterator[Feature]:
    """What variables and options of Node say. The mode for developers counts where the script's name says production."""
    for entry in below(root(path, workspace, json)["scripts"]):
        name = str(entry.key.value)
        if not isinstance(entry.value, Scalar) or not _STARTS.fullmatch(name):
            continue
        at = Location(path, f"scripts.{name}", inside(entry.value))
        words = entry.value.text.split()[:_MOST]
        for switch, on, what in _told(words):
            if switch is not Switch.DEBUG or (on and ("prod" in name or what.startswith("Node's inspector"))):
                yield Feature(at, switch, Setting(on, at), what)


def _told(words: list[str]) -> Iterator[tuple[Switch, bool, str]]:
    for word in words:
        if found := _VARIABLE.fullmatch(word):
            yield from switches.features(found[1], found[2])
    for _, switch, what in switches.debug_words(words):
        yield switch, True, what
