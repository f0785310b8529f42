"""How Compose has images built, and what that leaves in them or takes from the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import BuildStep, Component, Fact, Store, Workload
from batten.formats import Workspace
from batten.model import Location, Setting, Switch
from batten.technologies.orchestration.compose.parts import Part, normal, truth
from batten.technologies.orchestration.compose.variables import secret
from batten.technologies.orchestration.dockerfile.bases import base_of
from batten.technologies.shared.containers import images
from batten.technologies.shared.stores import names, recognition

_ENTITLEMENTS = {
    "security.insecure": Switch.PRIVILEGED_STEP,
    "network.host": Switch.HOST_NETWORK_STEP,
}


def build_facts(name: str, service: Part) -> Iterator[Fact]:
    """Credentials among the build's arguments end up in the image's history."""
    build = service["build"]
    if build is None or build.table is None:
        return
    pointer = f"services[{name}]/build"
    arguments = _listed(build)
    for key, part in arguments.entries() if arguments else ():
        if part.value is not None:
            yield from secret(key, part, part.at(f"{pointer}/args[{key}]"))
    privileged, network, granted = build["privileged"], build["network"], build["entitlements"]
    if privileged is not None and privileged.known and truth(privileged):
        yield BuildStep(privileged.at(f"{pointer}/privileged"), Switch.PRIVILEGED_STEP)
    if network is not None and network.text == "host":
        yield BuildStep(network.at(f"{pointer}/network"), Switch.HOST_NETWORK_STEP)
    for item in granted.each() if granted else ():
        weakness = _ENTITLEMENTS.get(item.text)
        if weakness is not None:
            yield BuildStep(item.at(f"{pointer}/entitlements[{item.text}]"), weakness)


def _listed(build: Part | None) -> Part | None:
    """The arguments by name: Compose takes a mapping, or a list of `NAME=value`."""
    arguments = build["args"] if build is not None else None
    return normal("args", arguments) if arguments is not None else None


def given(service: Part) -> dict[str, str | None]:
    """The build's arguments; one without a value is the environment's, which is not known.

    Source: https://docs.docker.com/reference/compose-file/build/#args
    """
    build = service["build"]
    arguments = _listed(build)
    found: dict[str, str | None] = {}
    for key, part in arguments.entries() if arguments else ():
        found[key] = part.text if part.known and part.value is not None else None
    return found


def chosen(name: str, service: Part, dockerfile: str, workspace: Workspace) -> Iterator[Component]:
    """Products whose version the build's arguments decide: what the Dockerfile has by itself is told there."""
    arguments, build = given(service), service["build"]
    part = _listed(build)
    if not dockerfile or part is None or not arguments:
        return
    target = build["target"] if build is not None else None
    stage = target.text if target is not None else ""
    base, usual = base_of(dockerfile, workspace, stage, arguments), base_of(dockerfile, workspace, stage)
    if base is None or (usual is not None and usual.reference == base.reference):
        return
    reference = images.parse(base.reference)
    for product, version in images.components(reference):
        own = product == images.PRODUCTS.get(reference.name)
        at = _deciding(part, version).at(f"services[{name}]/build/args{'' if own else f'[{product}]'}")
        yield Component(
            at,
            product=product,
            version=Setting(version, at),
            evidence=base.reference,
            beneath=not own and product in images.DISTRIBUTIONS,
        )


def _deciding(arguments: Part, version: str) -> Part:
    """The argument that names the version, or all of them."""
    values = [part for _, part in arguments.entries() if part.known and version in part.text]
    return values[0] if len(values) == 1 else arguments


Words = tuple[tuple[str, Location], ...]


def built_store(
    service: Part, running: Workload, words: Words, complete: bool, workspace: Workspace
) -> Store | None:
    """The store that a Dockerfile here builds on a store's image, unless it starts another program."""
    build = service["build"]
    target = build["target"] if build is not None else None
    stage = target.text if target is not None else ""
    base = base_of(running.dockerfile, workspace, stage, given(service))
    if base is None:
        return None
    started = words or (*base.entrypoint, *base.command)
    if service["entrypoint"] is None and words:
        started = (*base.entrypoint, *words)
    # Whether the base image's own server is started: by its name, by its entry point, or with options alone.
    starts_words = [word for word, _ in started]
    first = starts_words[0].rpartition("/")[2] if starts_words else ""
    starts_it = (
        first == ""
        or first.startswith("-")
        or first == "docker-entrypoint.sh"
        or names.started(starts_words) != ""
    )
    if not starts_it:
        return None
    inner = replace(
        running,
        image=Setting(base.reference, running.image.at),
        environment={**base.environment, **running.environment},
        build_context="",
    )
    return recognition.store(inner, started, complete and base.untouched, workspace)
