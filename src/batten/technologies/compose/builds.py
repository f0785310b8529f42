"""How Compose has images built, and what that leaves in them or takes from the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import BuildStep, Fact
from batten.technologies.compose.parts import Part, truth
from batten.technologies.compose.variables import secret


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
        yield BuildStep(privileged.at(f"{pointer}/privileged"), "privileged-step")
    if network is not None and network.text == "host":
        yield BuildStep(network.at(f"{pointer}/network"), "host-network-step")
    for item in granted.each() if granted else ():
        weakness = {"security.insecure": "privileged-step", "network.host": "host-network-step"}.get(
            item.text
        )
        if weakness:
            yield BuildStep(item.at(f"{pointer}/entitlements[{item.text}]"), weakness)
