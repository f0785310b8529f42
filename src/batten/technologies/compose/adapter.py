"""Compose files: facts out, remedies in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import Fact, Store, Workload, in_context
from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.tree import Mapping, key_path
from batten.model import Context, Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies._containers import consoles, image_facts
from batten.technologies._stores import recognition
from batten.technologies.compose import builds, edge, facts, kong, local, project, variables, writer
from batten.technologies.compose.command import arguments
from batten.technologies.compose.parts import Part
from batten.technologies.compose.workload import workload

_BASE = re.compile(r"(?:docker-)?compose\.ya?ml")
_OVERRIDE = re.compile(r"((?:docker-)?compose)\.override\.ya?ml")
_DEPLOYED = re.compile(r"((?:docker-)?compose)[.-](?:prod|production|live)\.ya?ml")
_VARIANT = re.compile(r"((?:docker-)?compose)[.-].+\.ya?ml")


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """A base file with its override is one project; a variant that only adds to the base's services is
    read over it. A file that others include is read with them."""
    included = {i for f in files for i in _included(f, workspace)}
    own = [f for f in files if f not in included]
    bases = [f for f in own if _BASE.fullmatch(posixpath.basename(f))]
    overrides = {b: [f for f in own if _overrides(f, b)] for b in bases}
    for base in bases:
        yield Unit("compose", (base, *overrides[base]))
    taken = {*bases, *(o for found in overrides.values() for o in found)}
    for file in own:
        if file not in taken:
            below = next((b for b in bases if _varies(file, b)), None)
            yield Unit("compose", (below, file) if below and _partial(file, workspace) else (file,))


def _overrides(file: str, base: str) -> bool:
    found = _OVERRIDE.fullmatch(posixpath.basename(file))
    return found is not None and _stem(base) == posixpath.join(posixpath.dirname(file), found[1])


def _varies(file: str, base: str) -> bool:
    found = _VARIANT.fullmatch(posixpath.basename(file))
    return found is not None and _stem(base) == posixpath.join(posixpath.dirname(file), found[1])


def _stem(base: str) -> str:
    return base.rpartition(".")[0]


def _tree(file: str, workspace: Workspace) -> Mapping | None:
    try:
        tree = workspace.document(file, yaml.parse).tree
    except (SyntaxProblem, Unreadable):
        return None  # reported when the unit is read
    return tree if isinstance(tree, Mapping) else None


def _partial(file: str, workspace: Workspace) -> bool:
    """Whether some service has neither an image nor a build: it needs a base."""
    services = key_path(_tree(file, workspace), "services")
    if not isinstance(services, Mapping):
        return True
    complete = ("image", "build", "extends", "provider")
    return any(isinstance(e.value, Mapping) and not any(k in e.value for k in complete) for e in services)


def _superseded(unit: Unit, workspace: Workspace) -> bool:
    """Whether the unit is a base, perhaps with its override, and another file adds to the base what is deployed: the base by
    itself is then what developers start."""
    base = unit.main
    if not _BASE.fullmatch(posixpath.basename(base)) or any(_deploys(f, base) for f in unit.files):
        return False
    beside = workspace.entries(posixpath.dirname(base))
    return any(_deploys(file, base) and _partial(file, workspace) for file in beside)


def _deploys(file: str, base: str) -> bool:
    return _DEPLOYED.fullmatch(posixpath.basename(file)) is not None and _varies(file, base)


def _included(file: str, workspace: Workspace) -> Iterator[str]:
    tree = _tree(file, workspace)
    included = tree.sequence("include") if tree else None
    for item in included or ():
        node = item["path"] if isinstance(item, Mapping) else item
        text = node.plain() if node is not None else None
        for path in text if isinstance(text, list) else [text]:
            target = workspace.resolve(file, path) if isinstance(path, str) else None
            if target and target != file:
                yield target


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    loaded = project.load(unit.files, workspace)
    yield from loaded.problems
    workloads = []
    superseded = Context.DEVELOPMENT if _superseded(unit, workspace) else None
    aside = superseded or local.context(loaded, workspace)
    for name, service in loaded.services.items():
        if "provider" in (service.table or {}):
            continue  # something outside runs it, not a container
        context = project.context(service) or aside
        running = _running(workload(name, service, loaded, workspace), context)
        workloads.append(running)
        for fact in _service_facts(name, service, running, loaded, workspace):
            yield in_context(fact, context)
    yield from facts.network_facts(loaded, workloads)
    yield from variables.content_facts(loaded, workspace)
    yield from edge.edge_facts(loaded, workspace)


def _running(found: Workload, context: Context | None) -> Workload:
    """The workload, whose ports are for the same as itself."""
    ports = tuple(in_context(port, context) for port in found.ports)
    return replace(in_context(found, context), ports=ports)


def _service_facts(
    name: str, service: Part, running: Workload, loaded: project.Project, workspace: Workspace
) -> Iterator[Fact]:
    files = frozenset(loaded.files)
    words = arguments(service, name)
    store = _store(service, running, words, loaded, workspace)
    yield running
    yield from running.mounts
    yield from running.ports
    yield from image_facts.image_facts(running.image, built_here=service["build"] is not None)
    yield from variables.variable_facts(name, service, workspace, files)
    yield from variables.command_facts(words)
    yield from kong.kong_facts(name, service, workspace, files)
    yield from builds.build_facts(name, service)
    yield from facts.log_facts(name, service)
    yield from facts.engine_facts(running, [word for word, _ in words])
    yield from facts.root_facts(running, workspace)
    yield from consoles.consoles(running, [word for word, _ in words])
    if store is not None:
        yield store


def _store(
    service: Part,
    running: Workload,
    words: tuple[tuple[str, Location], ...],
    loaded: project.Project,
    workspace: Workspace,
) -> Store | None:
    known = project.env_files_known(service, workspace)
    if running.dockerfile or running.build_context:
        return builds.built_store(service, running, words, known, workspace) if running.dockerfile else None
    return recognition.store(running, words, known, workspace)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if edge.mine(unit, at):
        fix = edge.write(unit, workspace, remedy, at)
        if fix is not None:
            return fix
    fix = kong.write(unit, workspace, remedy, at)
    return fix if fix is not None else writer.write(unit, workspace, remedy, at)
