"""Traefik as a Compose project tells of it: flags and variables of its service, labels of all services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from batten.facts import Fact, Feature, Mount, Upstream, in_context
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import UNKNOWN, Context, Fix, Location, Remedy, Setting
from batten.technologies import Unit
from batten.technologies.edges.traefik import adapter
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.reading import facts as facts_of
from batten.technologies.edges.traefik.remedies import fix_of
from batten.technologies.edges.traefik.values import Value, Word, from_words, keys_of
from batten.technologies.orchestration.compose import project
from batten.technologies.orchestration.compose.command import split
from batten.technologies.orchestration.compose.mounts import mounts
from batten.technologies.orchestration.compose.parts import Part, keyed
from batten.technologies.shared.containers import images

Edge: TypeAlias = tuple[str, Part]
_LABEL, _VARIABLE, _FILE = "traefik.", "TRAEFIK_", "--configfile"
_HOME = "/etc/traefik"
_NOT_ROUTING = ("traefik.enable", "traefik.docker.", "traefik.swarm.", "traefik.constraint")
_MOST_FILES = 50


def edge_facts(loaded: project.Project, workspace: Workspace) -> Iterator[Fact]:
    """What the project's Traefik does with the routers that labels make; nothing where neither is here."""
    whole, edge = _configuration(loaded, workspace)
    if whole is None:
        return
    for fact in facts_of(whole):
        # A console that flags open is told of where its port is published.
        if not (isinstance(fact, Feature) and fact.at.pointer.endswith("traefik/api/insecure")):
            yield in_context(fact, _context(fact, edge))
    if edge is not None:
        # Services with routers of their own are called by Traefik.
        at = edge[1].block(f"services[{edge[0]}]")
        for name, service in loaded.services.items():
            if name != edge[0] and any(
                w.keys[1:2] in (("routers",), ("services",)) for w in _labels(service)
            ):
                yield Upstream(
                    at, target=Setting(name, at), host=name, port=0, encrypted=Setting(UNKNOWN, at)
                )


def _context(fact: Fact, edge: Edge | None) -> Context | None:
    """A router is for what the Traefik is for that reads it, though its labels stand in another file."""
    if edge is None:
        return None
    service = edge[1]
    variant = re.split(r"[.-]", service.source.rpartition("/")[2])[-2]  # compose.dev.yaml, compose-dev.yaml
    elsewhere = Context.named(variant) if fact.at.source != service.source else None
    return project.context(service) or elsewhere


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    whole, _ = _configuration(project.load(unit.files, workspace), workspace)
    return fix_of(whole, remedy, at) if whole is not None else None


def mine(unit: Unit, at: Location) -> bool:
    """Whether a location is one of Traefik's: in its tree, or in a file that its service mounts."""
    return "traefik" in at.pointer.split("/")[:2] or at.source not in unit.files


def _configuration(loaded: project.Project, workspace: Workspace) -> tuple[Configuration | None, Edge | None]:
    edges = [(n, s) for n, s in loaded.services.items() if _runs_traefik(s)]
    edge = edges[0] if len(edges) == 1 else None
    labels = [w for s in loaded.services.values() for w in _labels(s)]
    if not labels and edge is None:
        return None, None
    whole = Configuration(workspace)
    if edge is not None:
        image = edge[1]["image"]
        tag = images.parse(image.text).tag if image is not None and image.known else ""
        whole.version = tag.removeprefix("v").partition("-")[0]
        _static(whole, edge, loaded, workspace)
    if labels:
        first = labels[0]
        root = _root(edge, first.source, first)
        root.form = "labels"
        whole.dynamics.append(("docker", from_words(labels, "labels", root)))
    return whole, edge


def _runs_traefik(service: Part) -> bool:
    image = service["image"]
    return image is not None and image.known and images.parse(image.text).name == "traefik"


def _root(edge: Edge | None, source: str, word: Word) -> Value:
    pointer = f"services[{edge[0]}]/traefik" if edge is not None else "traefik"
    return Value(source, "", pointer, (), word.place, word.span, word.span)


def _labels(service: Part) -> Iterator[Word]:
    """The service's labels, or those of its Swarm service, unless it keeps out of it."""
    deploy = service["deploy"]
    for part in (service["labels"], deploy["labels"] if deploy is not None else None):
        table = keyed(part).table if part is not None else None
        if not table or (
            table["traefik.enable"].text.lower() == "false" if "traefik.enable" in table else False
        ):
            continue
        for name, value in table.items():
            low = name.lower()
            keys = keys_of(name[len(_LABEL) :]) if low.startswith(_LABEL) and "\0" not in name else ()
            if keys and not low.startswith(_NOT_ROUTING) and value.table is None:
                yield Word(keys, value.text, value.source, value.path, value.span)


def _static(whole: Configuration, edge: Edge, loaded: project.Project, workspace: Workspace) -> None:
    """Traefik takes a file, else flags, else variables; never two of them."""
    name, service = edge
    flags = list(_flags(service))
    found = list(mounts(name, service, loaded.volumes, workspace))
    files = list(dict.fromkeys(f for m in found for f in _files(m, workspace)))
    named = next((w.text for w in flags if w.keys == ("configFile",)), "")
    for file in files:
        _add_file(whole, file, workspace)
    if whole.static is not None or named or service["configs"] is not None or service["build"] is not None:
        return
    if any(m.target.rstrip("/") in (_HOME, f"{_HOME}/traefik.yml", f"{_HOME}/traefik.yaml") for m in found):
        return  # what is mounted there is not here
    words, form = flags, "flags"
    if not words:
        variables: list[Word] = []
        for variables_name, part in project.environment(service, workspace).items():
            keys = (
                keys_of(variables_name[len(_VARIABLE) :], "_") if variables_name.startswith(_VARIABLE) else ()
            )
            if keys and part.path and part.value is not None:
                variables.append(Word(keys, part.text, part.source, part.path, part.span))
        words, form = variables, "variables"
    if words:
        root = _root(edge, words[0].source, words[0])
        root.form = form
        holder = service["command"] if form == "flags" else service["environment"]
        root.whole = holder.span if holder is not None else root.whole
        whole.static = from_words(words, form, root)


def _files(mount: Mount, workspace: Workspace) -> Iterator[str]:
    """The mounted files that may configure it: one, or those of a folder."""
    if mount.kind != "bind" or not mount.path:
        return
    paths = [mount.path]
    if workspace.is_directory(mount.path):
        paths = workspace.entries(mount.path)[:_MOST_FILES]
        paths += [
            p for d in paths if "." not in d.rpartition("/")[2] for p in workspace.entries(d)[:_MOST_FILES]
        ]
    yield from (p for p in paths if p.endswith((".yml", ".yaml", ".toml")) and workspace.exists(p))


def _add_file(whole: Configuration, file: str, workspace: Workspace) -> None:
    """A file that Traefik's own unit judges, read to know what the labels refer to."""
    try:
        root = adapter.load(file, workspace)
    except (SyntaxProblem, Unreadable):
        return  # reported when its own unit is read
    if adapter.static(root):
        whole.static = whole.static or root
    elif any(root[key].table for key in ("http", "tcp", "tls")):
        whole.dynamics.append(("file", root))
    else:
        return
    whole.silent = whole.silent | {file}


def _flags(service: Part) -> Iterator[Word]:
    command = service["command"]
    if command is None:
        return
    if command.items is not None:
        words = [(item.text, item) for item in command.items]
    else:
        words = [(text, command) for text in split(command.text)]
    for text, part in words:
        name, sign, value = text.partition("=")
        if not name.startswith("-") or "\0" in name:
            continue
        keys = keys_of(name.lstrip("-"))
        if name.lower() == _FILE:
            keys = ("configFile",)
        if keys:
            yield Word(keys, value if sign else "true", part.source, part.path, part.span)
