"""What a service's image and variables say: products, credentials, connections, debug switches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, ConnectionString, Fact, Feature, Image, Network, Secret, Workload
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies import _images, _secrets, _switches, _urls
from batten.technologies.compose.interpolation import interpolate
from batten.technologies.compose.parts import Part, flag_setting, truth
from batten.technologies.compose.project import Project, environment

_DEFAULT = re.compile(r"\$\{\w+:?-(?P<value>[^${}]+)\}")


def image_facts(workload: Workload, service: Part) -> Iterator[Fact]:
    setting = workload.image
    if not setting.written:
        return
    text = setting.known("")
    reference = _images.parse(text)
    built = service["build"] is not None
    yield Image(setting.at, setting, reference.name, reference.tag, reference.digest, built_here=built)
    for product, version in _images.components(reference) if text and not built else ():
        main = product == _images.PRODUCTS.get(reference.name)
        at = setting.at if main else replace(setting.at, pointer=f"{setting.at.pointer}[{product}]")
        yield Component(at, product, Setting(version, at), evidence=text)


def variable_facts(name: str, service: Part, workspace: Workspace, files: frozenset[str]) -> Iterator[Fact]:
    """Facts of the variables written in Compose files; env files have a reader of their own."""
    for key, part in environment(service, workspace).items():
        if part.source not in files or part.value is None:
            continue
        at = part.at(f"services[{name}]/environment[{key}]")
        yield from _secret(key, part, at)
        yield from _connection(key, part, at)
        switch = _switches.debug(key, part.text) if part.known else None
        if switch:
            on, what = switch
            yield Feature(at, "debug", Setting(on, at), what)


def _secret(key: str, part: Part, at: Location) -> Iterator[Secret]:
    """A literal, or the literal that stands in for a variable nobody sets."""
    raw = part.raw or part.text
    kind = _secrets.recognise(key, interpolate(raw, {}))
    if "$" in raw.replace("$$", ""):
        kind = next((k for m in _DEFAULT.finditer(raw) if (k := _secrets.recognise(key, m["value"]))), None)
        kind = kind or _secrets.token(raw) or ("password in a URL" if _secrets.url_password(raw) else None)
    if kind:
        yield Secret(at, key, Setting(kind, at), "config")


def _connection(key: str, part: Part, at: Location) -> Iterator[ConnectionString]:
    found = _urls.connection(key, part.text, at)
    if found is not None:
        yield found


def build_facts(name: str, service: Part) -> Iterator[Fact]:
    """Credentials among the build's arguments end up in the image's history."""
    build = service["build"]
    arguments = build["args"] if build is not None and build.table is not None else None
    for key, part in arguments.entries() if arguments else ():
        if part.value is not None:
            yield from _secret(key, part, part.at(f"services[{name}]/build/args[{key}]"))


def network_facts(project: Project, workloads: list[Workload]) -> Iterator[Network]:
    """The networks that services join; the default one where nothing else is said."""
    root = project.root
    if root is None:
        return
    for name in dict.fromkeys(n for w in workloads for n in w.networks):
        members = tuple(w.name for w in workloads if name in w.networks)
        part = project.networks.get(name)
        pointer = f"networks[{name}]"
        if part is None:
            at = Location(root.source, pointer, root.span, Kind.BLOCK)
            yield Network(at, name, Setting(ABSENT, at, False), members)
            continue
        external = part["external"]
        internal = flag_setting(part, "internal", pointer, False)
        if external is not None and (external.table is not None or truth(external)):
            internal = Setting(UNKNOWN, part.block(pointer))
        yield Network(part.block(pointer), name, internal, members)
