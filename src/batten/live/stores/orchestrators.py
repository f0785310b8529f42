"""Docker's API, the kubelet and the Kubernetes API: whether they list containers for anonymous clients."""

from __future__ import annotations

import re

from batten.facts import Daemon, Fact
from batten.live.exchange import Response, Steps
from batten.live.stores.door import Door
from batten.live.stores.sighting import at_door, component
from batten.live.stores.web import REFUSED, document, fetch, first, items, other, text_at, unclear
from batten.model import Location, Setting

_KUBELET_READ_ONLY = 10255


def _place(door: Door, name: str, asked: str, response: Response) -> Location:
    return at_door(
        door, name, f"{asked}, without credentials", f"{response.status}, {len(response.body)} bytes"
    )


def docker(door: Door) -> Steps:
    """Listing containers, not the version: a proxy in front of the socket often allows that for all clients."""
    door, told = yield from first(door, "/version")
    version = document(told)
    if told.status in REFUSED and "docker" in told.header("server").lower():
        return []
    if "ApiVersion" not in version or "MinAPIVersion" not in version:
        raise other("Docker's API")
    listed = yield from fetch(door, "/containers/json?limit=1")
    at = _place(door, "docker", "GET /containers/json?limit=1", listed)
    made: list[Fact] = [component(door, "docker", text_at(version, "Version"), at)]
    if listed.status == 200 and items(listed) is not None:
        made.append(Daemon(at, "docker", {"hosts": Setting("plain", at)}))
    elif listed.status not in REFUSED:
        raise unclear("Docker's API", listed)
    return made


def recognised(root: Response) -> str:
    """Docker's API names itself in a header; the Kubernetes API answers with a Status, or with the list of its paths."""
    if "docker" in root.header("server").lower() and root.header("api-version"):
        return "docker"
    told = document(root)
    paths = told.get("paths")
    status = text_at(told, "kind") == "Status" and text_at(told, "apiVersion") == "v1"
    return "kubernetes" if status or (isinstance(paths, list) and "/api/v1" in paths) else ""


def kubelet(door: Door) -> Steps:
    door, told = yield from first(door, "/pods")
    at = _place(door, "kubelet", "GET /pods", told)
    if told.status in REFUSED and ("Unauthorized" in told.text[:200] or "Forbidden" in told.text[:200]):
        return []
    # The list may be longer than what is read of it.
    if told.status != 200 or not re.match(r'\s*\{"kind":\s*"PodList"', told.text):
        raise other("a kubelet")
    if door.port == _KUBELET_READ_ONLY and not door.tls:
        return [Daemon(at, "kubelet", {"read-only-port": Setting("open", at)})]
    return [Daemon(at, "kubelet", {"authorization-mode": Setting("AlwaysAllow", at)})]


def kubernetes(door: Door) -> Steps:
    path = "/api/v1/namespaces?limit=1"
    door, told = yield from first(door, path)
    status = document(told)
    known = text_at(status, "kind")
    if known not in ("NamespaceList", "Status") or text_at(status, "apiVersion") != "v1":
        raise other("the Kubernetes API")
    at = _place(door, "kube-apiserver", f"GET {path}", told)
    made: list[Fact] = []
    if told.status == 200 and known == "NamespaceList":
        option = "authorization-mode" if door.tls else "insecure-port"
        made.append(
            Daemon(at, "kube-apiserver", {option: Setting("AlwaysAllow" if door.tls else "open", at)})
        )
    elif told.status not in REFUSED:
        raise unclear("the Kubernetes API", told)
    version = text_at(document((yield from fetch(door, "/version"))), "gitVersion")
    if version:
        # v1.30.4-eks-1234: a provider that mends versions for longer says so in the version.
        made.append(
            component(door, "kubernetes", version.removeprefix("v"), at, "-" in version or "+" in version)
        )
    return made
