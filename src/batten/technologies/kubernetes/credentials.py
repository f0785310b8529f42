"""Credentials of containers read from a Secret, and stores told to ask for one."""

from __future__ import annotations

import json as stdlib
import re
from dataclasses import replace

from batten.model import Edit, Fix
from batten.technologies._secrets import credentials
from batten.technologies._stores import recognition
from batten.technologies._stores.variables import ADDED, BITNAMI, EXISTING, SWITCHES
from batten.technologies._text.field_edits import risky
from batten.technologies.kubernetes.cluster import Container
from batten.technologies.kubernetes.places import Place, asked

_PROGRAM = re.compile(r"(?:.*/)?(?:redis|valkey)-server")
_ASK = "where is this credential stored? Reference it with secretKeyRef, an ExternalSecret or a SealedSecret"


def required(here: Place) -> Fix | None:
    """A variable's literal read from a Secret; or a store that asks for the password that one holds."""
    container, name = here.container, here.variable
    if container is None:
        return asked("move the credential out of the manifest", _ASK)
    if here.field.path[-1] == "value" and "env" in here.field.path:
        switch = _switch(container, name)
        if switch is not None:
            return _switched(here, container, *switch)
        if credentials.found(name, here.field.text):
            return _referred(here, name)
    edits = _demanded(here, container) if here.field.path == container.body.path else []
    if edits:
        return risky(f"require a password of clients of {here.name}", edits, _waits(here))
    return asked("require a password", _ASK)


def _waits(here: Place) -> str:
    return f"{EXISTING}; pods of {here.found.name} wait until a Secret `{here.found.name}` with the password exists"


def _source(here: Place, name: str) -> str:
    return f"{{secretKeyRef: {{name: {here.found.name}, key: {name}}}}}"


def _item(here: Place, name: str, value: str = "") -> str:
    rest = f"value: {stdlib.dumps(value)}" if value else f"valueFrom: {_source(here, name)}"
    return f"{{name: {name}, {rest}}}"


def _referred(here: Place, name: str) -> Fix | None:
    secret = here.found.name
    text = f"valueFrom: {_source(here, name)}"
    if here.found.source.endswith(".json"):
        text = f'"valueFrom": {{"secretKeyRef": {{"name": "{secret}", "key": "{name}"}}}}'
    edits = [Edit(here.field.source, here.field.whole, text)]
    breaks = f"pods of {secret}, until a Secret `{secret}` with the key `{name}` exists"
    return risky(f"read {name} from a Secret", edits, breaks)


def _switch(container: Container, name: str) -> tuple[str | None, str] | None:
    """What a variable that lets everybody in is to be, and the variable that holds the password."""
    if name == "ALLOW_EMPTY_PASSWORD":
        variable = BITNAMI.get(recognition.product_of(container.body["image"].text))
        return (None, variable) if variable else None
    return SWITCHES.get(name)


def _switched(here: Place, container: Container, value: str | None, variable: str) -> Fix | None:
    """The switch set right, or the variable of the password in its place."""
    environment = container.body["env"]
    given = {item["name"].text for item in environment.items()}
    added = [] if variable in given else [_item(here, variable)]
    edits = here.added(environment, added) if added else []
    if value is not None:
        edits = here.set(value=stdlib.dumps(value)) + edits
    else:
        edits += here.removed(replace(here.field, path=here.field.path[:-1]))
    return risky("require a password", edits, _waits(here))


def _demanded(here: Place, container: Container) -> list[Edit]:
    product = recognition.product_of(container.body["image"].text)
    environment = container.body["env"]
    if product in ADDED:
        return here.added(environment, [_item(here, n, v) for n, v in ADDED[product].items()])
    words = (*container.body["command"].words(), *container.body["args"].words())
    plain = not words or words[0].startswith("-") or _PROGRAM.fullmatch(words[0])
    if product not in ("redis", "valkey") or not plain:
        return []
    variable = f"{product.upper()}_PASSWORD"
    key = "args" if container.body["args"].exists or not container.body["command"].exists else "command"
    options = here.added(container.body[key], ['"--requirepass"', f'"$({variable})"'])
    return [*options, *here.added(environment, [_item(here, variable)])]
