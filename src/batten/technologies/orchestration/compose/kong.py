"""Kong as a service's KONG_* variables configure it. What they leave out a file may say: only what is written
is judged."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Listener, Secret
from batten.formats import Workspace, yaml, yaml_edits
from batten.formats.document import Uneditable
from batten.model import Fix, Kind, Location, Remedy, RequireAuth, Safety, Setting, Switch
from batten.technologies import Unit
from batten.technologies.edges.kong.options import reading as options
from batten.technologies.edges.kong.options.reading import Options
from batten.technologies.edges.kong.options.writing import Change, change_of, option_at
from batten.technologies.orchestration.compose import project
from batten.technologies.orchestration.compose.interpolation import UNKNOWN_PART
from batten.technologies.orchestration.compose.parts import Part
from batten.technologies.orchestration.compose.places import path_of
from batten.technologies.shared.containers import images

_IMAGES = ("kong", "kong/kong", "kong/kong-gateway")
_VARIABLE = "KONG_"
_SUITES = ("ssl_cipher_suite", "ssl_protocols", "ssl_ciphers", "nginx_http_ssl_protocols")


def kong_facts(name: str, service: Part, workspace: Workspace, files: frozenset[str]) -> Iterator[Fact]:
    if not _runs_kong(service):
        return
    read = _options(name, service, workspace)
    for fact in options.facts(read):
        # Ports tell who reaches a console and what is in clear text; variables have a reader for secrets.
        told = isinstance(fact, Secret) or (
            isinstance(fact, Feature) and fact.name in (Switch.CONSOLE, Switch.METRICS)
        )
        plain = isinstance(fact, Listener)
        if not told and not plain and fact.at.kind is Kind.VALUE and fact.at.source in files:
            yield fact
        if isinstance(fact, Listener) and fact.tls.known(False) and any(read[s].written for s in _SUITES):
            yield fact


def _runs_kong(service: Part) -> bool:
    image = service["image"]
    return image is not None and image.known and images.parse(image.text).name in _IMAGES


def _options(name: str, service: Part, workspace: Workspace) -> Options:
    found: dict[str, Setting[str]] = {}
    for key, part in project.environment(service, workspace).items():
        if key.startswith(_VARIABLE) and part.value is not None:
            text = "${}" if UNKNOWN_PART in part.text else part.text
            at = part.at(f"services[{name}]/environment[{key}]")
            found[key.removeprefix(_VARIABLE).lower()] = options.setting_of(text, at)
    return Options(found, service.block(f"services[{name}]/environment/"))


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The variable with another value; None where the location is none of Kong's."""
    variable = at.pointer.rpartition("environment[")[2].rstrip("]")
    if isinstance(remedy, RequireAuth) or not variable.startswith(_VARIABLE) or at.span is None:
        return None
    loaded = project.load(unit.files, workspace)
    name = at.pointer.partition("[")[2].partition("]")[0]
    service = loaded.services.get(name)
    if service is None or not _runs_kong(service) or not at.source.endswith((".yaml", ".yml")):
        return None
    change = change_of(
        _options(name, service, workspace), remedy, option_at(Location(at.source, f"x/{variable}"))
    )
    return _written(workspace, at, variable, change) if isinstance(change, Change) else change


def _written(workspace: Workspace, at: Location, variable: str, change: Change) -> Fix | None:
    document = workspace.document(at.source, yaml.parse)
    path = path_of(document, at.span, workspace) if at.span is not None else None
    if path is None:
        return None
    text = change.value.replace("$", "$$")
    value = yaml_edits.source_of(f"{variable}={text}" if isinstance(path[-1], int) else text)
    try:
        edits = tuple(yaml_edits.set_value(document.source, document.tree, path, value))
    except Uneditable:
        return None
    safety = Safety.RISKY if change.breaks else Safety.SAFE
    return Fix(change.title, edits, safety=safety, breaks=change.breaks) if edits else None
