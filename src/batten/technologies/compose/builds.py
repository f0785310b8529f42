"""How Compose has images built, and what that leaves in them or takes from the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import BuildStep, Fact
from batten.model import Switch
from batten.technologies.compose.parts import Part, truth
from batten.technologies.compose.variables import secret

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
