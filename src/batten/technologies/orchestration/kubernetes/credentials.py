"""Credentials of containers read from a Secret, and stores told to ask for one."""

from __future__ import annotations

import json as stdlib
import re
from dataclasses import replace

from batten.model import Edit, Fix
from batten.technologies.orchestration.kubernetes.cluster import Container
from batten.technologies.orchestration.kubernetes.places import Place, asked
from batten.technologies.orchestration.kubernetes.stored import Stored, clients, probed, same_value, stored
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.stores import recognition
from batten.technologies.shared.stores.variables import ADDED, BITNAMI, EXISTING, SWITCHES
from batten.technologies.shared.text.field_edits import risky

_PROGRAM = re.compile(r"(?:.*/)?(?:redis|valkey)-server")
_OVER_HTTP = ("elasticsearch", "opensearch", "couchdb", "influxdb", "clickhouse")
_ASK = "where is this credential stored? Reference it with secretKeyRef, an ExternalSecret or a SealedSecret"


def required(here: Place) -> Fix | None:
    """A variable's literal read from a Secret; or a store that asks for the password that one holds."""
    container, name = here.container, here.variable
    if container is None:
        return asked("move the credential out of the manifest", _ASK)
    if here.field.path[-1] == "value" and "env" in here.field.path:
        # What a variable that lets everybody in is to be, and the variable that holds the password.
        if name == "ALLOW_EMPTY_PASSWORD":
            variable = BITNAMI.get(recognition.product_of(container.body["image"].text))
            switch: tuple[str | None, str] | None = (None, variable) if variable else None
        else:
            switch = SWITCHES.get(name)
        if switch is not None:
            return _switched(here, container, *switch)
        if credentials.found(name, here.field.text):
            return _referred(here, name)
    if here.field.path != container.body.path:
        return asked("require a password", _ASK)
    product = recognition.product_of(container.body["image"].text)
    environment = container.body["env"]
    title = f"require a password of clients of {here.name}"
    if product in ADDED:
        demanded_variable = next(n for n, v in ADDED[product].items() if not v)
        held = _refused(here, demanded_variable)
        if isinstance(held, Fix):
            demanded: Fix | None = held
        else:
            edits = here.added(environment, [_item(n, v, held) for n, v in ADDED[product].items()])
            demanded = risky(title, edits, _waits(held))
    else:
        words = (*container.body["command"].words(), *container.body["args"].words())
        plain = not words or words[0].startswith("-") or _PROGRAM.fullmatch(words[0])
        if product not in ("redis", "valkey") or not plain:
            demanded = None
        else:
            demanded_variable = f"{product.upper()}_PASSWORD"
            held = _refused(here, demanded_variable)
            if isinstance(held, Fix):
                demanded = held
            else:
                key = (
                    "args"
                    if container.body["args"].exists or not container.body["command"].exists
                    else "command"
                )
                options = here.added(container.body[key], ['"--requirepass"', f'"$({demanded_variable})"'])
                edits = [*options, *here.added(environment, [_item(demanded_variable, "", held)])]
                demanded = risky(title, edits, _waits(held))
    return demanded or asked("require a password", _ASK)


def _stored(here: Place, name: str) -> Stored | None:
    return stored(name, here.found, here.cluster) if here.cluster is not None else None


def _waits(held: Stored) -> str:
    return f"{EXISTING}; pods wait until the Secret `{held.secret}` has the key `{held.key}`"


def _item(name: str, value: str, held: Stored) -> str:
    if value:
        return f"{{name: {name}, value: {stdlib.dumps(value)}}}"
    return f"{{name: {name}, valueFrom: {{secretKeyRef: {{name: {held.secret}, key: {held.key}}}}}}}"


def _referred(here: Place, name: str) -> Fix | None:
    title = f"read {name} from a Secret"
    others = same_value(here.field, here.cluster) if here.cluster is not None else []
    if others:
        some = ", ".join(f"`{one}`" for one in others[:3])
        question = (
            f"which Secret holds {name}? {some} has the same value: change them together, with secretKeyRef"
        )
        return asked(title, question)
    held = _stored(here, name)
    if held is None:
        question = f"which Secret holds {name}? The files show none with such a key: create it (ExternalSecret, SealedSecret), and use secretKeyRef"
        return asked(title, question)
    breaks = f"pods of {here.found.name}, where the Secret `{held.secret}` has another value or no key `{held.key}`"
    # The reference, as YAML is laid out around it: in braces, or a key a line.
    if here.found.source.endswith(".json"):
        reference = f'"valueFrom": {{"secretKeyRef": {{"name": "{held.secret}", "key": "{held.key}"}}}}'
    else:
        text = here.workspace.text(here.field.source).text
        start = text.rfind("\n", 0, here.field.whole.start) + 1
        before = text[start : here.field.whole.start]
        if before.strip(" -"):
            reference = f"valueFrom: {{secretKeyRef: {{name: {held.secret}, key: {held.key}}}}}"
        else:
            inner = " " * len(before)
            reference = f"valueFrom:\n{inner}  secretKeyRef:\n{inner}    name: {held.secret}\n{inner}    key: {held.key}"
    return risky(title, [Edit(here.field.source, here.field.whole, reference)], breaks)


def _refused(here: Place, variable: str) -> Stored | Fix:
    """The Secret that holds the store's password; or the question, where the files show none, or clients without it."""
    title = "require a password"
    held = _stored(here, variable)
    pod = here.pod
    if pod is None or here.cluster is None:
        return asked(title, _ASK)
    # Whether the client has its password of the same Secret.
    cut_off = [
        one
        for one in clients(pod, here.cluster)
        if not (
            held is not None
            and any(
                item["valueFrom"]["secretKeyRef"]["name"].text == held.secret
                and item["valueFrom"]["secretKeyRef"]["key"].text == held.key
                for pod in here.cluster.pods
                if pod.name == one
                for container in pod.containers
                for item in container.body["env"].items()
            )
        )
    ]
    if cut_off:
        some = ", ".join(cut_off[:3]) + (" …" if len(cut_off) > 3 else "")
        question = f"which Secret holds the password? {some} would connect without it: give the store and its clients the same one"
        return asked(title, question)
    if (
        probed(pod)
        and recognition.product_of(here.container.body["image"].text if here.container else "") in _OVER_HTTP
    ):
        return asked(
            title,
            "how does the probe log in? It asks over HTTP without a credential, and would fail: change both together",
        )
    if held is None:
        question = f"which Secret holds {variable}? The files show none with such a key: create it (ExternalSecret, SealedSecret), for the store and its clients"
        return asked(title, question)
    return held


def _switched(here: Place, container: Container, value: str | None, variable: str) -> Fix | None:
    """The switch set right, or the variable of the password in its place."""
    environment = container.body["env"]
    given = {item["name"].text for item in environment.items()}
    breaks = EXISTING
    added: list[str] = []
    if variable not in given:
        held = _refused(here, variable)
        if isinstance(held, Fix):
            return held
        added, breaks = [_item(variable, "", held)], _waits(held)
    edits = here.added(environment, added) if added else []
    if value is not None:
        edits = here.set(value=stdlib.dumps(value)) + edits
    else:
        edits += here.removed(replace(here.field, path=here.field.path[:-1]))
    return risky("require a password", edits, breaks)
