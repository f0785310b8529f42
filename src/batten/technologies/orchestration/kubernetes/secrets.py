"""Credentials written into Secrets and ConfigMaps.

Source: https://kubernetes.io/docs/concepts/configuration/secret/
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from batten import masking
from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.model import Location, Span
from batten.technologies._registry import named_like, recognised
from batten.technologies.orchestration.kubernetes.environment import variable_facts
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.assigned import assigned
from batten.technologies.shared.secrets.cloud_init import accounts

_VARIABLE = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_LARGEST = 65536
_SETTINGS = re.compile(r"\.(?:properties|env|ini|cfg|conf|toml)$")
_KUBECONFIG = {"token": "token", "password": "password", "client-key-data": "private key"}
_ENCRYPTED = "ENC["  # SOPS
_REGISTRY = re.compile(r"\"(?:auth|password|identitytoken)\"\s*:\s*\"[^\"$<{]{4,}\"")


def secret_facts(found: KubernetesObject) -> Iterator[Secret]:
    """The credentials of a Secret whose values are written out, in base64 or as they are."""
    if found.body["sops"].exists:
        return
    for key, value in found.body["stringData"].entries():
        yield from _secret(key, value, value.text)
    for key, value in found.body["data"].entries():
        if len(value.text) > 2 * _LARGEST:
            text: str | None = None
        else:
            try:
                text = base64.b64decode(value.text, validate=False).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError, ValueError):
                text = None
        if text is not None:
            yield from _secret(key, value, text)


def _secret(key: str, value: Field, text: str) -> Iterator[Secret]:
    if not value.known or text.startswith(_ENCRYPTED) or "${" in text or len(text) > _LARGEST:
        return
    held = credentials.found(key, text.strip())
    if held is None and key in (".dockerconfigjson", ".dockercfg") and _REGISTRY.search(text):
        held = credentials.Found("registry password")
    if held is not None:
        yield credentials.in_config(value.here, key, held)


def config_map_facts(found: KubernetesObject, workspace: Workspace) -> Iterator[Fact]:
    """What the entries of a ConfigMap say that are used as variables, and those that are files of settings which no technology reads."""
    for key, value in found.body["data"].entries():
        text = value.text
        if _SETTINGS.search(key) and "\n" in text and value.known and not recognised(named_like(key), text):
            source = workspace.text(value.source).text
            for name, held, span in assigned(text, source, value.span):
                place = Location(value.source, f"{value.pointer}/{name}", span)
                masking.note(place, source)
                yield credentials.in_config(place, name, held)
        if _VARIABLE.fullmatch(key) and "\n" not in text.strip() and not text.startswith(_ENCRYPTED):
            yield from variable_facts(key, value)


def machine_facts(found: KubernetesObject, workspace: Workspace) -> Iterator[Secret]:
    """The passwords of accounts in the user data of a virtual machine of KubeVirt's.

    Source: https://kubevirt.io/user-guide/user_workloads/startup_scripts/
    """
    for volume in found.spec.of("template", "spec")["volumes"].items():
        for kind in ("cloudInitNoCloud", "cloudInitConfigDrive"):
            data = volume[kind]["userData"]
            text = data.text if data.known else ""
            for account in accounts(text):
                line = text[text.rfind("\n", 0, account.span.start) + 1 : account.span.end]
                whole = workspace.text(data.source).text
                at = whole.find(line.strip(), data.span.start, data.span.end)
                value = text[account.span.start : account.span.end]
                end = at + len(line.strip())
                place = data.here
                if at >= 0:
                    place = Location(data.source, data.pointer, Span(end - len(value), end))
                masking.note(place, whole)
                yield credentials.in_config(place, f"{account.user}'s password", account.found)


def kubeconfig_facts(found: KubernetesObject) -> Iterator[Secret]:
    """The credentials of a kubectl configuration: the file grants the rights of its user."""
    for item in found.body["users"].items():
        for key, kind in _KUBECONFIG.items():
            value = item["user"][key].named(f"{found.pointer}/users[{item['name'].text}]/{key}")
            if value.text and value.known and not credentials.placeholder(value.text):
                yield credentials.in_config(value.here, key, kind)
