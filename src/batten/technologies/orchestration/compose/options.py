"""Variables and options of commands set right, or taken away."""

from __future__ import annotations

import json

from batten.formats import Scalar
from batten.formats.tree import node_at
from batten.formats.yaml_edits import remove
from batten.model import Edit, Fix, Switch
from batten.technologies.orchestration.compose.command import split
from batten.technologies.orchestration.compose.places import Place
from batten.technologies.shared.containers import switches
from batten.technologies.shared.text.field_edits import risky


def store_option_off(place: Place, feature: Switch) -> Fix | None:
    """A dangerous option of a store taken out of its command, with its value; or its variable."""
    node, number = place.node, place.path[-1]
    if not isinstance(node, Scalar):
        return None
    breaks = f"clients of {place.service} that use it"
    if "/environment[" in place.at.pointer:
        return risky(f"turn {feature.value} off", place.removed(), breaks)
    if not isinstance(number, int) or not node.text.startswith("--"):
        return None
    edits = place.removed()
    following = node_at(place.root, (*place.path[:-1], number + 1))
    if "=" not in node.text and isinstance(following, Scalar) and not following.text.startswith("-"):
        edits += remove(place.source, place.root, (*place.path[:-1], number + 1))
    return risky(f"turn {feature.value} off", edits, breaks)


def _variable(place: Place, value: str) -> list[Edit]:
    """The variable that the violation pointed at, given another value; in a list it is `NAME=value`."""
    node = place.node
    if not isinstance(node, Scalar):
        return []
    name = node.text.partition("=")[0]
    return place.set(value=f"{name}={value}" if isinstance(place.path[-1], int) else json.dumps(value))


def verified(place: Place) -> Fix | None:
    """Certificates verified again: the variable set right, or taken away."""
    name = place.at.pointer.rpartition("[")[2].rstrip("]")
    if not switches.checks(name):
        return None  # a connection: its own options are changed, and nothing is taken away
    value = switches.verified(name)
    edits = _variable(place, value) if value is not None else place.removed()
    return risky(
        f"verify certificates in {place.service}", edits, "calls to servers with invalid certificates"
    )


def debug_off(place: Place) -> Fix | None:
    if "/environment[" not in place.at.pointer:
        # An option for developers taken out of the command.
        node = place.node
        breaks = "developers who work in this container"
        if not isinstance(node, Scalar):
            return None
        if isinstance(place.path[-1], int):
            return risky(f"start without {node.text}", place.removed(), breaks)
        words = split(node.text)
        options = (o for o in switches.debug_words(words) if o[1] is not Switch.CONSOLE)
        number, _, what = next(options, (0, "", ""))
        if not what or " ".join(words) != node.text:
            return None
        text = " ".join(words[:number] + words[number + 1 :])
        return risky(f"start without {words[number]}", place.set(value=text), breaks)
    node, name = place.node, place.at.pointer.rpartition("[")[2].rstrip("]")
    if not isinstance(node, Scalar):
        return None
    value = switches.production(
        name, node.text.partition("=")[2] if isinstance(place.path[-1], int) else node.text
    )
    if value is None:
        return None
    return risky(f"set {name} to {value}", _variable(place, value), "developers who rely on its output")
