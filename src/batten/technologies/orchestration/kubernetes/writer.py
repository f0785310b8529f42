"""Remedies written into manifests."""

from __future__ import annotations

import json
from dataclasses import replace

from batten.controls._hardening import KeepCapabilities, ReadOnlyRoot
from batten.controls._orchestrator import AskFlag, SetFlag
from batten.controls.cloud_access import AllowSources
from batten.controls.workloads import DropCapabilities, LimitAll
from batten.formats import Workspace
from batten.formats.document import Uneditable
from batten.formats.tree import plain
from batten.formats.yaml_splice import parsed
from batten.model import Edit, Fix, Location, Quantity, Remedy, Switch
from batten.model import remedy as want
from batten.technologies.orchestration.kubernetes import credentials, daemon_remedies
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.places import Place, asked, named, place
from batten.technologies.shared.containers import amounts, images, switches
from batten.technologies.shared.stores.options import OPTIONS
from batten.technologies.shared.text.field_edits import risky

_CONTEXT = "securityContext"


def write(cluster: Cluster, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    found = place(cluster, workspace, at)
    if found is None:
        return None
    try:
        return _written(found, remedy)
    except Uneditable:
        return None


def _written(here: Place, remedy: Remedy) -> Fix | None:
    match remedy:
        case want.TurnOff(feature):
            return _turned_off(here, feature)
        case KeepCapabilities():
            return _dropped(here, remedy)
        case ReadOnlyRoot(scratch=folders):
            return _read_only(here, folders)
        case want.TurnOn(feature):
            return _turned_on(here, feature)
        case DropCapabilities(names):
            return _without_capabilities(here, names)
        case LimitAll():
            return _limited(here, remedy)
        case want.RunAs(user):
            return _run_as(here, user.partition(":")[0])
        case want.Bind() | want.Unpublish():
            return _unpublished(here)
        case want.RequireAuth():
            return credentials.required(here)
        case want.MinimumTls():
            return daemon_remedies.minimum_tls(here)
        case want.Pin(version):
            return _pinned(here, version)
        case AllowSources(networks):
            return daemon_remedies.allow(here, networks)
        case SetFlag():
            return daemon_remedies.set_flag(here, remedy)
        case AskFlag():
            return daemon_remedies.ask_flag(remedy)
        case _:
            return None


def _under(here: Place, *keys: str, value: str) -> list[Edit]:
    """The key set below the block, or the value replaced where it is written."""
    return here.set(value=value) if here.written else here.set(*keys, value=value)


# feature -> title, keys below the block, value, what may break
_SET = {
    Switch.SERVICE_ACCOUNT_TOKEN: (
        "do not mount a service account token in {}",
        ("automountServiceAccountToken",),
        "false",
        "{}, if it calls the API server: give it its own service account",
    ),
    Switch.NO_NEW_PRIVILEGES: (
        "set no-new-privileges",
        (_CONTEXT, "allowPrivilegeEscalation"),
        "false",
        "programs in {} that use sudo, su or file capabilities",
    ),
    Switch.RUN_AS_NON_ROOT: (
        "do not run {} as root",
        (_CONTEXT, "runAsNonRoot"),
        "true",
        "{}, if its image runs as root or sets its user by name: it will not start",
    ),
}
# feature -> title, what may break; the key or item that the violation pointed at goes away
_REMOVED = {
    Switch.HOST_NETWORK: (
        "remove {} from the node's network",
        "clients of the ports that it opens on the node",
    ),
    Switch.HOST_PID: ("give {} its own process namespace", "tools in {} that inspect the node's processes"),
    Switch.HOST_IPC: ("give {} its own IPC namespace", "programs that share memory with the node"),
    Switch.SYSCTL: ("leave the kernel setting to the node", "programs in {} that need it"),
    Switch.UNMASKED_PROC: ("mask files of /proc in {}", "programs in {} that run containers themselves"),
    Switch.SUBJECT: ("remove the role from them", "callers that rely on it without their own login"),
}


def _turned_off(here: Place, feature: Switch) -> Fix | None:
    if feature in _SET:
        return _set(here, feature)
    if feature in _REMOVED:
        title, breaks = (words.format(here.name) for words in _REMOVED[feature])
        return risky(title, here.removed(prune=feature is not Switch.SUBJECT), breaks)
    match feature:
        case Switch.PRIVILEGED:
            return _unprivileged(here)
        case Switch.SECCOMP_UNCONFINED:
            return _confined(here)
        case Switch.APPARMOR_UNCONFINED:
            # The profiles that AppArmor and SELinux apply by default.
            breaks = "programs that need access outside the runtime's default confinement"
            title = f"apply the default AppArmor and SELinux confinement to {here.name}"
            if "seLinuxOptions" in here.field.path:
                return risky(title, here.removed(), breaks)
            value = "runtime/default" if "annotations" in here.field.path else "RuntimeDefault"
            return risky(title, here.set(value=value), breaks)
        case Switch.MOUNT | Switch.DEVICE:
            return _without_volume(here)
        case Switch.DEBUG | Switch.RELOAD:
            return _debug_off(here)
        case Switch.CONSOLE | Switch.METRICS:
            return _console_closed(here)
        case _ if feature in OPTIONS:
            return _without_option(here, feature.value)
        case Switch.ALLOWED:
            return _disallowed(here)
        case Switch.DEFAULT_ACCOUNT:
            return asked(
                "bind a dedicated service account", "which service account needs this role? Create one for it"
            )
        case Switch.WIDE_ROLE:
            return asked("bind a narrower role", "which verbs on which resources do these subjects need?")
        case Switch.WIDE_RULE:
            return asked(
                "name the resources and verbs that are needed",
                "which verbs on which resources does this role need?",
            )
        case _:
            return daemon_remedies.turned_off(here, feature)


_RULES = {"rule": "MustRunAsNonRoot", "type": "MustRunAsRange"}


def _disallowed(here: Place) -> Fix | None:
    """What a policy allows taken out of it, where that is one word."""
    key = here.field.path[-1]
    breaks = f"pods that {here.name} admits today, and that need it"
    title = f"narrow {here.name}"
    if isinstance(key, int):
        return risky(title, here.removed(prune=False), breaks)
    if here.field.text in ("true", "RunAsAny"):
        return risky(title, here.set(value=_RULES.get(key, "false")), breaks)
    return risky(title, here.set(value="[]"), breaks)


def _turned_on(here: Place, feature: Switch) -> Fix | None:
    if feature in _SET:
        return _set(here, feature)
    match feature:
        case Switch.HEALTH_CHECK:
            question = f"which path and port, or which command, shows whether {here.name} is healthy?"
            return asked("add a readinessProbe", question)
        case Switch.DEFAULT_DENY:
            # Who may call each pod is for its owner to say: a policy that denies all others cuts off every client
            # that it does not name.
            where = f"the namespace `{here.found.namespace}`" if here.found.namespace else "its namespace"
            question = (
                f"which clients may call which pods of {where} (the edge, other pods, other namespaces)? "
                "Allow these by NetworkPolicies, and deny the rest"
            )
            return asked("deny traffic that no policy allows", question)
        case Switch.VERIFY_TLS:
            # Certificates verified again: the variable set right, or taken away; a switch of a resource turned off.
            if here.field.text == "true" and (here.pod is None or "env" not in here.field.path):
                breaks = "connections to servers whose certificate no trusted CA has signed"
                return risky(f"verify certificates in {here.name}", here.set(value="false"), breaks)
            name = here.variable
            if not switches.checks(name):
                return None  # a connection: its own options are changed, and nothing is taken away
            value = switches.verified(name)
            item = replace(here.field, path=here.field.path[:-1])
            edits = here.set(value=json.dumps(value)) if value is not None else here.removed(item)
            return risky(
                f"verify certificates in {here.name}", edits, "calls to servers with invalid certificates"
            )
        case _:
            return daemon_remedies.turned_on(here, feature)


def _dropped(here: Place, remedy: KeepCapabilities) -> Fix | None:
    """All capabilities dropped, and those that the image needs added back beside those that the manifest adds."""
    written = here.field.path[-1] == "drop"
    holder = (
        replace(here.field, path=here.field.path[:-1]) if written else here.field.of(_CONTEXT, "capabilities")
    )
    title = (
        f"drop all capabilities but {', '.join(remedy.names)}" if remedy.names else "drop all capabilities"
    )
    breaks = f"programs in {here.name} that need others"
    if not written and not holder.exists:
        values = {"drop": '["ALL"]'} | ({"add": json.dumps(list(remedy.names))} if remedy.names else {})
        edits = here.set_all(_CONTEXT, "capabilities", values=values)
    else:
        edits = here.set(value='["ALL"]', field=holder.of("drop"))
        given = [word.upper().removeprefix("CAP_") for word in holder["add"].words()]
        missing = [name for name in remedy.names if name not in given and "ALL" not in given]
        if missing and not holder["add"].exists:
            edits += here.set(value=json.dumps(missing), field=holder.of("add"))
        elif missing:
            edits += here.added(holder["add"], missing)
    return Fix(title, tuple(edits)) if remedy.unnoticed else risky(title, edits, breaks)


def _read_only(here: Place, folders: tuple[str, ...]) -> Fix | None:
    """The root file system read-only, with an emptyDir where the image writes."""
    context = _under(here, _CONTEXT, "readOnlyRootFilesystem", value="true")
    breaks = f"{here.name}, if it is set to write outside its volumes"
    pod, container = here.pod, here.container
    if not folders:
        return risky("make the root file system read-only", context, breaks)
    if pod is None or container is None:
        return None
    taken = {volume["name"].text for volume in pod.spec["volumes"].items()}
    names = [_unused(folder, taken) for folder in folders]
    mounts = [f"{{name: {name}, mountPath: {folder}}}" for name, folder in zip(names, folders, strict=True)]
    edits = here.added(
        container.body.of("volumeMounts"), mounts
    )  # a list that ends the container comes first
    edits += context
    edits += here.added(pod.spec.of("volumes"), [f"{{name: {name}, emptyDir: {{}}}}" for name in names])
    return risky("make the root file system read-only", edits, breaks)


def _unused(folder: str, taken: set[str]) -> str:
    """A name for the volume of a folder that no other volume has."""
    name = folder.strip("/").replace("/", "-").replace("_", "-").replace(".", "-").lower()
    found = next(one for one in (name, *(f"{name}-{n}" for n in range(2, 50))) if one not in taken)
    taken.add(found)
    return found


def _set(here: Place, feature: Switch) -> Fix | None:
    title, keys, value, breaks = _SET[feature]
    return risky(title.format(here.name), _under(here, *keys, value=value), breaks.format(here.name))


def _unprivileged(here: Place) -> Fix | None:
    """Not privileged, nor what a privileged container may leave unsaid."""
    edits = here.set(value="false")
    context = replace(here.field, path=here.field.path[:-1])
    said = here.container.body[_CONTEXT] if here.container is not None else None
    if said is not None and not said["allowPrivilegeEscalation"].exists:
        edits += here.set("allowPrivilegeEscalation", value="false", field=context)
    if said is not None and not said["capabilities"]["drop"].exists:
        edits += here.set("capabilities", "drop", value='["ALL"]', field=context)
    breaks = f"{here.name}, if it uses the node's devices or kernel"
    return risky(f"run {here.name} unprivileged", edits, breaks)


def _confined(here: Place) -> Fix | None:
    keys = (_CONTEXT, "seccompProfile", "type")
    breaks = "programs that need system calls outside the runtime's default profile"
    if here.written and "annotations" in here.field.path:
        return risky("apply the default seccomp profile", here.set(value="runtime/default"), breaks)
    return risky(
        f"apply the default seccomp profile to {here.name}",
        _under(here, *keys, value="RuntimeDefault"),
        breaks,
    )


def _without_volume(here: Place) -> Fix | None:
    """The volume gone, and every mount of it."""
    if here.pod is None:
        return None
    name = here.field["name"].text
    edits = here.removed()
    for container in here.pod.containers:
        for key in ("volumeMounts", "volumeDevices"):
            for mount in named(container.body[key].items(), name):
                edits += here.removed(mount)
    return risky(
        f"remove the node's path from {here.name}", edits, f"programs in {here.name} that use that path"
    )


def _without_option(here: Place, name: str) -> Fix | None:
    """An option of a store's taken out of its command line, with the value that follows it."""
    (*_, key, number), text = here.field.path, here.field.text
    if here.container is None or not isinstance(number, int) or not text.startswith("--"):
        return None
    edits = here.removed()
    following = here.container.body[key][number + 1]
    if "=" not in text and following.exists and not following.text.startswith("-"):
        edits += here.removed(following)
    return risky(f"turn {name} off", edits, f"clients of {here.name} that use it")


def _console_closed(here: Place) -> Fix | None:
    if here.field.path[-1] == "image":
        return None
    if here.field.text.startswith("--"):
        return risky(f"start without {here.field.text}", here.removed(), "people who use it without a login")
    if "env" not in here.field.path:
        return _unpublished(here)
    breaks = "programs that read other actuators over HTTP"
    return risky("expose only the health actuator", here.set(value="health"), breaks)


def _debug_off(here: Place) -> Fix | None:
    if here.field.path[-2:-1] and here.field.path[-2] in ("command", "args"):
        return risky(
            f"start without {here.field.text}", here.removed(), "developers who work in this container"
        )
    name = here.variable
    value = switches.production(name, here.field.text)
    if value is None:
        return None
    edits = here.set(value=json.dumps(value))
    return risky(f"turn {name} off", edits, "developers who rely on debug pages")


def _without_capabilities(here: Place, names: tuple[str, ...]) -> Fix | None:
    given = here.field.words()
    kept = [name for name in given if name.upper().removeprefix("CAP_") not in names]
    edits = here.set(value=json.dumps(kept)) if kept else here.removed()
    return risky(f"do not add {', '.join(names)}", edits, f"programs in {here.name} that need them")


def _limited(here: Place, remedy: LimitAll) -> Fix | None:
    wanted = {
        limit.resource.value: f"{limit.amount.removesuffix('m')}Mi"
        for limit in remedy.limits
        if limit.resource is Quantity.MEMORY
    }
    asked_for = here.field["resources"]["requests"]["memory"]
    if asked_for.exists and amounts.less(wanted.get("memory", ""), asked_for.text):
        return asked(
            "limit its memory", f"how much memory does {here.name} need at its peak, beyond its request?"
        )
    edits = here.set_all("resources", "limits", values=wanted)
    what = ", ".join(f"{key} {value}".replace('"', "") for key, value in wanted.items())
    return risky(f"limit {here.name} to {what}", edits, f"{here.name}, if it needs more")


def _run_as(here: Place, user: str) -> Fix | None:
    breaks = f"{here.name}, if it writes to files of another user"
    title = f"run {here.name} as user {user}"
    if here.written:
        return risky(title, here.set(value=user), breaks)
    values = {"runAsNonRoot": "true", "runAsUser": user}
    return risky(title, here.set_all(_CONTEXT, values=values), breaks)


def _unpublished(here: Place) -> Fix | None:
    """A Service for the cluster only, without what such a one may not have; or a container without the
    node's port."""
    breaks = f"clients of {here.name} outside the cluster"
    if here.written and here.field.text == "true":
        return risky(f"expose {here.name} in the cluster only", here.set(value="false"), breaks)
    if here.found.kind != "Service" and here.pod is None:
        return risky(f"expose {here.name} in the cluster only", here.removed(), breaks)
    if here.found.kind != "Service":
        return risky("do not open the node's port", here.removed(prune=False), breaks)
    spec = here.found.spec
    edits = here.set(value="ClusterIP", field=spec["type"]) if spec["type"].exists else []
    keys = ("externalIPs", "externalTrafficPolicy", "allocateLoadBalancerNodePorts", "loadBalancerIP")
    gone = [
        spec[key] for key in (*keys, "loadBalancerClass", "loadBalancerSourceRanges", "healthCheckNodePort")
    ]
    gone += [item["nodePort"] for item in spec["ports"].items()]
    for field in gone:
        edits += here.removed(field) if field.exists else []
    return risky(f"expose {here.name} in the cluster only", edits, breaks)


def _pinned(here: Place, version: str) -> Fix | None:
    """Another version of the image; a store's data, or a base that the tag names, is not ours to move."""
    known = bool(version) and here.field.known and here.at.pointer.endswith("/image")
    image = images.retagged(here.field.text, version) if known else ""
    if not image:
        runs = f"should {here.name} run" if here.name else "should run"
        question = f"which version of the image {runs} (image: name:version@sha256:…)?"
        return asked("pin the image", question)
    breaks = f"{here.name or 'the container'}, if it relies on behaviour that changed up to {version}"
    title = f"use the tag {image}" if images.is_tag(image) else f"run {image}"
    # A tag alone may be a number to YAML: 1.30 is 1.3.
    text = image if isinstance(plain(parsed(image)), str) else json.dumps(image)
    return risky(title, here.set(value=text), breaks)
