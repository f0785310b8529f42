"""How Compose has images built, and what that leaves in them or takes from the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import BuildStep, Fact, Store, Workload
from batten.formats import Workspace
from batten.model import Location, Setting, Switch
from batten.technologies._stores import names, recognition
from batten.technologies.compose.parts import Part, truth
from batten.technologies.compose.variables import secret
from batten.technologies.dockerfile.bases import base_of

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
    arguments = build["args"]
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


Words = tuple[tuple[str, Location], ...]


def built_store(
    service: Part, running: Workload, words: Words, complete: bool, workspace: Workspace
) -> Store | None:
    """The store that a Dockerfile here builds on a store's image, unless it starts another program."""
    build = service["build"]
    target = build["target"] if build is not None else None
    base = base_of(running.dockerfile, workspace, target.text if target is not None else "")
    if base is None:
        return None
    started = words or (*base.entrypoint, *base.command)
    if service["entrypoint"] is None and words:
        started = (*base.entrypoint, *words)
    if not _starts_it([word for word, _ in started]):
        return None
    inner = replace(
        running,
        image=Setting(base.reference, running.image.at),
        environment={**base.environment, **running.environment},
        build_context="",
    )
    return recognition.store(inner, started, complete and base.untouched, workspace)


def _starts_it(words: list[str]) -> bool:
    """Whether the base image's own server is started: by its name, by its entry point, or with options alone."""
    first = words[0].rpartition("/")[2] if words else ""
    return (
        first == "" or first.startswith("-") or first == "docker-entrypoint.sh" or names.started(words) != ""
    )
