"""Compose files: facts out, remedies in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import Fact, Store, Workload, in_context
from batten.formats import Workspace
from batten.formats.tree import Mapping, key_path
from batten.model import Context, Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.orchestration.compose import (
    builds,
    edge,
    facts,
    kong,
    layers,
    local,
    project,
    variables,
    writer,
)
from batten.technologies.orchestration.compose.command import arguments
from batten.technologies.orchestration.compose.parts import Part
from batten.technologies.orchestration.compose.workload import workload
from batten.technologies.shared.containers import consoles, image_facts
from batten.technologies.shared.processes.words import process_facts
from batten.technologies.shared.stores import recognition
from batten.technologies.shared.stores.command_line import fix_of_word
from batten.technologies.shared.text.used import used

# What a file holds that any name may have: nothing else in the world has `services:` beside these keys alone.
_KEYS = frozenset(
    ("version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "models")
)
_NAMED_GROUPS = frozenset(("services", "networks", "volumes", "secrets", "configs", "models"))
_NAMED = re.compile(r"compose(?:[.-].*)?\.ya?ml|docker-compose.*\.ya?ml|.*\.compose\.ya?ml")


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """A base file with its override is one project, and so are the files that production runs; a variant that only adds to
    the base's services is read over it. A file that others include is read with them."""
    known = [f for f in files if _is_named(f, workspace) or _shows(f, workspace)]
    included = {i for f in known for i in _included(f, workspace)}
    own = [f for f in known if f not in included]
    bases = [f for f in own if layers.is_base(f)]
    taken = set(bases)
    for base in bases:
        usual = (base, *(f for f in own if layers.overrides(f, base)))
        lists = [one.files for one in layers.deployed(base, workspace) if set(one.files) <= set(own)]
        for found in dict.fromkeys((*lists, usual)):
            taken |= set(found)
            yield _unit(found, workspace)
    for file in own:
        if file not in taken:
            below = next((b for b in bases if layers.varies(file, b)), None)
            needed = below is not None and layers.partial(file, workspace)
            yield _unit((below, file) if below is not None and needed else (file,), workspace)


def _unit(files: tuple[str, ...], workspace: Workspace) -> Unit:
    return Unit("compose", files, layers.use(files, workspace))


def _is_named(file: str, workspace: Workspace) -> bool:
    """Whether the name says Compose, and the file does not say another thing."""
    if _NAMED.fullmatch(posixpath.basename(file)) is None:
        return False
    root = layers.tree_of(file, workspace)
    if not isinstance(root, Mapping) or not list(root) or any(e.key.text in _KEYS for e in root):
        return True
    return project.is_first_version({e.key.text: e.value for e in root})


def _shows(file: str, workspace: Workspace) -> bool:
    """Whether a file whose name says nothing holds services of Compose's, as `docker stack deploy` takes them from any file."""
    tree = layers.tree_of(file, workspace)
    services = key_path(tree, "services")
    if tree is None or not isinstance(services, Mapping) or not list(services):
        return False
    if any(e.key.text not in _KEYS and not e.key.text.startswith("x-") for e in tree):
        return False
    return all(isinstance(e.value, Mapping) and ("image" in e.value or "build" in e.value) for e in services)


def _included(file: str, workspace: Workspace) -> Iterator[str]:
    tree = layers.tree_of(file, workspace)
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
    variant = unit.use.context if unit.use is not None else Context.PRODUCTION
    if variant is Context.PRODUCTION:
        yield from loaded.problems
    aside = variant if variant is not Context.PRODUCTION else local.context(loaded, workspace)
    for fact in _facts(loaded, aside, workspace):
        # A variant's own name says what it is for, unless batten.yaml says otherwise.
        told = aside is None or fact.at.context is not None or layers.named_context(fact.at.source) is aside
        yield fact if told else in_context(fact, aside)


def _facts(loaded: project.Project, aside: Context | None, workspace: Workspace) -> Iterator[Fact]:
    workloads = []
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


_VERSION = re.compile(r"\$\{?(?P<name>\w+)[^{}/]*\}?$")  # ours: a variable at the end of an image's name


def _running(found: Workload, context: Context | None) -> Workload:
    """The workload, whose ports are for the same as itself."""
    ports = tuple(in_context(port, context) for port in found.ports)
    return replace(in_context(found, context), ports=ports)


def _service_facts(
    name: str, service: Part, running: Workload, loaded: project.Project, workspace: Workspace
) -> Iterator[Fact]:
    files = frozenset(loaded.files)
    words = arguments(service, name)
    known = project.env_files_known(service, workspace)
    if running.dockerfile or running.build_context:
        store: Store | None = (
            builds.built_store(service, running, words, known, workspace) if running.dockerfile else None
        )
    else:
        found = recognition.store(running, words, known, workspace)
        told = (s.at.source for s in running.environment.values())
        store_files = dict.fromkeys(
            s for s in told if not s.endswith((".yaml", ".yml"))
        )  # its files of variables
        store = (
            replace(found, configured_by=(*found.configured_by, *store_files)) if found is not None else None
        )
    yield running
    yield from running.mounts
    yield from running.ports
    image = service["image"]
    given = _VERSION.search(image.raw) if image is not None else None
    yield from image_facts.image_facts(
        running.image,
        built_here=service["build"] is not None,
        given=given["name"] if given is not None else "",
    )
    yield from variables.variable_facts(name, service, workspace, files)
    yield from variables.command_facts(words)
    yield from process_facts(words)
    yield from kong.kong_facts(name, service, workspace, files)
    yield from builds.build_facts(name, service)
    yield from builds.chosen(name, service, running.dockerfile, workspace)
    yield from facts.log_facts(name, service)
    yield from facts.engine_facts(running, [word for word, _ in words])
    yield from facts.root_facts(running, workspace)
    yield from consoles.consoles(running, [word for word, _ in words])
    if store is not None:
        yield store


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The properties that the files use: `service.privileged` of every service, `networks.internal` of every network."""
    for file in unit.files:
        root = layers.tree_of(file, workspace)
        for entry in root if root is not None else ():
            named = entry.key.text in _NAMED_GROUPS and isinstance(entry.value, Mapping)
            name = "service" if entry.key.text == "services" else entry.key.text
            yield entry.key.text, Location(file, name, entry.key.span)
            for one in entry.value if named and isinstance(entry.value, Mapping) else ():
                yield from used(file, one.value, name)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if (word := fix_of_word(workspace, remedy, at)) is not None:
        return word
    if edge.mine(unit, at):
        fix = edge.write(unit, workspace, remedy, at)
        if fix is not None:
            return fix
    fix = kong.write(unit, workspace, remedy, at)
    return fix if fix is not None else writer.write(unit, workspace, remedy, at)
