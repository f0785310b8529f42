"""A service as it will run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import PublishedPort, Workload
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Switch, Unknown
from batten.technologies.orchestration.compose.builds import given
from batten.technologies.orchestration.compose.command import arguments, split
from batten.technologies.orchestration.compose.mounts import configs, mounts
from batten.technologies.orchestration.compose.parts import Part, flag_setting, truth, word_setting
from batten.technologies.orchestration.compose.ports import ports
from batten.technologies.orchestration.compose.project import Project, environment
from batten.technologies.orchestration.dockerfile.bases import base_of
from batten.technologies.orchestration.dockerfile.stages import final_health, final_user
from batten.technologies.shared.containers import images, served
from batten.technologies.shared.containers.hosts import with_needs
from batten.technologies.shared.containers.ports import Evidence
from batten.technologies.shared.containers.profiles import with_profile
from batten.technologies.shared.containers.switches import OPTION_VARIABLES

_NAMESPACES = {
    "network_mode": Switch.HOST_NETWORK,
    "pid": Switch.HOST_PID,
    "ipc": Switch.HOST_IPC,
    "userns_mode": Switch.HOST_USERS,
    "uts": Switch.HOST_UTS,
    "cgroup": Switch.HOST_CGROUP,
}


_CONFIGURATION = frozenset((".yml", ".yaml", ".toml", ".json", ".conf"))
_UNLABELLED = ("disable", "type:spc_t", "type:unconfined_t")  # SELinux confines neither

# A variable in an image's name, in front of its tag.
_NAMED_BY_VARIABLE = re.compile(r"[^:@$]*\$")


def workload(name: str, service: Part, project: Project, workspace: Workspace) -> Workload:
    pointer = f"services[{name}]"
    context, dockerfile = build(service, workspace)
    target = _target(service)
    image = word_setting(service, "image", pointer)
    # Whom it runs as when the file does not say. A Dockerfile here answers for itself.
    if dockerfile:
        root = final_user(dockerfile, workspace, target) in (None, images.ROOT)
        default: str | Unknown = UNKNOWN if root else images.NON_ROOT
    else:
        reference = image.known("")
        if context or not reference:
            default = UNKNOWN
        else:
            default = images.user(images.parse(reference)) or UNKNOWN
    no_new_privileges, seccomp, apparmor = _security_options(service, pointer)
    # Memory, processors and processes: the service's own keys, or those below `deploy`.
    deploy = service["deploy"]
    resources = deploy["resources"] if deploy else None
    bounds = resources["limits"] if resources else None
    quota = service["cpu_quota"]
    limits_pids = _limit(service, bounds, "pids_limit", "pids", pointer)
    ulimits = service["ulimits"]
    processes = ulimits["nproc"] if ulimits else None
    if processes is not None and not limits_pids.is_known:
        limits_pids = Setting("nproc", processes.at(f"{pointer}/ulimits/nproc"))
    limits_cpus = _limit(service, bounds, "cpus", "cpus", pointer)
    memory, cpus, pids = (
        _limit(service, bounds, "mem_limit", "memory", pointer),
        limits_cpus if quota is None else quota.word(f"{pointer}/cpu_quota"),
        limits_pids,
    )
    given = configs(name, service, project.configs, workspace)
    # Whether another service starts when this one has ended. Source:
    # https://docs.docker.com/reference/compose-file/services/#depends_on
    waiting = (service["depends_on"] for service in project.services.values())
    conditions = (part[name] for part in waiting if part is not None and part.table is not None)
    awaited = (part["condition"] for part in conditions if part is not None)
    # Devices by path, and rules that let the container make its own (`c 188:* rwm`).
    devices: list[Setting[str]] = []
    for key in ("devices", "device_cgroup_rules"):
        devices_part = service[key]
        for item in devices_part.each() if devices_part else ():
            source = item["source"] if item.table is not None else item
            text = source.text if source else ""
            devices_name = text.split(":")[0] if key == "devices" else text
            at = item.at(f"{pointer}/{key}[{devices_name}]")
            devices.append(Setting(devices_name if source and source.known else UNKNOWN, at))
    made = Workload(
        service.block(pointer),
        name=name,
        image=image,
        user=word_setting(service, "user", pointer, default),
        privileged=_privileged(service, pointer),
        added_capabilities=_capabilities(service, "cap_add", pointer),
        dropped_capabilities=_capabilities(service, "cap_drop", pointer),
        host_namespaces=tuple(_namespaces(service, project, pointer)),
        devices=tuple(devices),
        mounts=(*mounts(name, service, project.volumes, workspace), *given),
        no_new_privileges=no_new_privileges,
        seccomp=seccomp,
        apparmor=apparmor,
        unmasked=_unmasked(service, pointer),
        read_only_root=flag_setting(service, "read_only", pointer, False),
        memory=memory,
        cpus=cpus,
        pids=pids,
        health=_health(service, pointer, image, (dockerfile, target), workspace),
        networks=networks(service),
        ports=service_ports(name, service, _evidence(name, service, dockerfile, target, workspace)),
        environment=variables(name, service, workspace),
        build_context=context,
        dockerfile=dockerfile,
        depends_on=service_names(service, "depends_on"),
        edge=images.is_edge(image.known("")),
        theirs=not context and not dockerfile and served.of_others(image.known("")),
        once=any(part is not None and part.text == "service_completed_successfully" for part in awaited),
        project=tuple(project.files) if len(project.files) > 1 else (),
    )
    if service["build"] is not None:
        return replace(made, words=tuple(word for word, _ in arguments(service, name)))
    # The workload with what the vendor of its image documents that it needs of its host.
    documented_reference, started = service["image"], service["entrypoint"] or service["command"]
    words = [word for word, _ in arguments(service, made.name)]
    documented_image = documented_reference.text if documented_reference is not None else ""
    hints = _hints(made, words, workspace)
    found = with_needs(made, documented_image, _first(started), hints)
    own, command = _first(service["entrypoint"]), _first(service["command"])
    made = with_profile(found, documented_image, entrypoint=own, command=command, hints=hints)
    if (
        made.profile is not None
        and documented_reference is not None
        and _NAMED_BY_VARIABLE.match(documented_reference.raw)
    ):
        return replace(made, profile=replace(made.profile, varies=True))
    return made


def _first(started: Part | None) -> Sequence[str]:
    """What replaces the image's own entry point or command, from its first word on."""
    if started is None:
        return ()
    return [item.text for item in started.each()] if started.items is not None else split(started.text)


def _hints(workload: Workload, words: Sequence[str], workspace: Workspace) -> Sequence[str] | None:
    """What configures a service: its words, its variables, and the texts that it mounts; None where one of those is not
    here."""
    found = [*words, *workload.environment, *(v.known("") for v in workload.environment.values())]
    for mount in workload.mounts:
        if posixpath.splitext(mount.target)[1] not in _CONFIGURATION and "/etc/" not in mount.target:
            continue
        if not mount.path or workspace.is_directory(mount.path) or not workspace.exists(mount.path):
            return None
        found.append(workspace.text(mount.path).text)
    return found


def _evidence(name: str, service: Part, dockerfile: str, target: str, workspace: Workspace) -> Evidence:
    """What says who listens in the container: for one that is built here, its Dockerfile says it, too."""
    words = [word for word, _ in arguments(service, name)]
    names = [
        name,
        *(part.text for part in (service["container_name"], service["hostname"]) if part is not None),
    ]
    image = service["image"]
    base = base_of(dockerfile, workspace, target, given(service)) if dockerfile else None
    if base is not None:
        words += [word for word, _ in (*base.entrypoint, *base.command)]
    reference = (
        base.reference if base is not None else image.text if image is not None and image.known else ""
    )
    options = [p.text for key, p in environment(service, workspace).items() if key in OPTION_VARIABLES]
    return Evidence(images=(reference,) if reference else (), words=(*words, *options), names=tuple(names))


def service_ports(name: str, service: Part, evidence: Evidence) -> tuple[PublishedPort, ...]:
    mode = service["network_mode"]
    if mode is not None and mode.text in ("host", "none"):
        return ()  # Compose ignores or refuses `ports` there
    part = service["ports"]
    items = part.each() if part is not None else ()
    return tuple(ports(name, items, evidence))


def service_names(service: Part, key: str) -> tuple[str, ...]:
    part = service[key]
    return part.names() if part is not None else ()


def networks(service: Part) -> tuple[str, ...]:
    """The networks it joins; a service that names none joins `default`."""
    if service["network_mode"] is not None:
        return ()
    return service_names(service, "networks") or ("default",)


def variables(name: str, service: Part, workspace: Workspace) -> dict[str, Setting[str]]:
    found: dict[str, Setting[str]] = {}
    for key, part in environment(service, workspace).items():
        at = part.at(f"services[{name}]/environment[{key}]")
        inherited = part.value is None  # decided by the environment in which Compose runs
        found[key] = Setting(UNKNOWN if inherited or not part.known else part.text, at)
    return found


def build(service: Part, workspace: Workspace) -> tuple[str, str]:
    """The build's context and Dockerfile, as paths below the root; "" where they are not here."""
    part = service["build"]
    if part is None:
        return "", ""
    context = part["context"] if part.table is not None else part
    text = context.text if context is not None and context.known else "."
    if "://" in text or text.startswith("git@") or (context is not None and not context.known):
        return "", ""
    beside = context.beside if context is not None else part.beside
    folder = workspace.resolve(beside, text)
    if folder is None:
        return "", ""
    name = part["dockerfile"]
    if part["dockerfile_inline"] is not None or (name is not None and not name.known):
        return folder, ""
    path = posixpath.normpath(posixpath.join(folder, name.text if name else "Dockerfile"))
    return folder, path if workspace.exists(path) else ""


def _target(service: Part) -> str:
    """The stage that is built; "" for the last."""
    part = service["build"]
    named = part["target"] if part is not None else None
    return named.text if named is not None else ""


def _privileged(service: Part, pointer: str) -> Setting[bool]:
    """Of the service, or of a command that Compose runs in it when it starts or before it stops."""
    own = flag_setting(service, "privileged", pointer, False)
    if own.known(False):
        return own
    for key in ("post_start", "pre_stop"):
        hooks = service[key]
        for hook in hooks.each() if hooks else ():
            told = flag_setting(hook, "privileged", f"{pointer}/{key}", False)
            if told.known(False):
                return told
    return own


def _capabilities(service: Part, key: str, pointer: str) -> Setting[tuple[str, ...]]:
    part = service[key]
    if part is None or part.items is None:
        return Setting(ABSENT, service.block(pointer), ())
    at = part.at(f"{pointer}/{key}")
    if not all(p.known for p in part.items):
        return Setting(UNKNOWN, at)
    return Setting(tuple(p.text.upper().removeprefix("CAP_") for p in part.items), at)


def _namespaces(service: Part, project: Project, pointer: str) -> Iterator[Setting[Switch]]:
    """Those shared with the host; its network may also be joined by name."""
    for key, shared in _NAMESPACES.items():
        part = service[key]
        if part is not None and part.text == "host":
            yield Setting(shared, part.at(f"{pointer}/{key}"))
    joined = service["networks"]
    for name in joined.table or () if joined is not None else ():
        network = project.networks.get(name)
        called = network["name"] if network is not None else None
        if (
            joined is not None
            and called is not None
            and called.text == "host"
            and network
            and network["external"]
        ):
            yield Setting(Switch.HOST_NETWORK, joined.block(f"{pointer}/networks[{name}]"))


def _security_options(service: Part, pointer: str) -> tuple[Setting[bool], Setting[str], Setting[str]]:
    """no-new-privileges, seccomp and AppArmor (or SELinux), with Docker's defaults."""
    block = service.block(pointer)
    fresh: Setting[bool] = Setting(ABSENT, block, False)
    seccomp: Setting[str] = Setting(ABSENT, block, "default")
    confined: Setting[str] = Setting(ABSENT, block, "default")
    part = service["security_opt"]
    for item in part.each() if part else ():
        name, _, value = item.text.replace("=", ":", 1).partition(":")
        at = item.at(f"{pointer}/security_opt[{name}]")
        if not item.known:
            fresh = Setting(UNKNOWN, at) if name in ("no-new-privileges", "\0") else fresh
        elif name == "no-new-privileges":
            fresh = Setting(value.lower() != "false", at)
        elif name == "seccomp":
            seccomp = Setting(value, at)
        elif name == "apparmor" or (name == "label" and value in _UNLABELLED):
            confined = Setting("unconfined" if name == "label" else value, at)
    return fresh, seccomp, confined


def _unmasked(service: Part, pointer: str) -> Setting[bool]:
    """Whether paths of /proc and /sys that Docker hides are shown."""
    part = service["security_opt"]
    for item in part.each() if part else ():
        if item.text.replace("=", ":", 1) == "systempaths:unconfined":
            return Setting(True, item.at(f"{pointer}/security_opt[systempaths]"))
    return Setting(ABSENT, service.block(pointer), False)


def _limit(service: Part, bounds: Part | None, own: str, below: str, pointer: str) -> Setting[str]:
    if bounds is not None and bounds[below] is not None:
        setting = word_setting(bounds, below, f"{pointer}/deploy/resources/limits")
    else:
        setting = word_setting(service, own, pointer)
    return Setting(ABSENT, service.block(pointer)) if setting.value in ("0", "-1") else setting


def _health(
    service: Part, pointer: str, image: Setting[str], built: tuple[str, str], workspace: Workspace
) -> Setting[bool]:
    check = service["healthcheck"]
    if check is None or check.table is None:
        # Docker's official images have no health check; others may.
        dockerfile, target = built
        if dockerfile:
            image_health: bool | Absent | Unknown = (
                True if final_health(dockerfile, workspace, target) else UNKNOWN
            )
        else:
            reference = image.known("")
            if service["build"] is not None or not reference:
                image_health = UNKNOWN
            else:
                image_health = False if images.parse(reference).official else UNKNOWN
        return Setting(ABSENT, service.block(pointer), image_health)
    disable, test = check["disable"], check["test"]
    if disable is not None and truth(disable):
        return Setting(False, disable.at(f"{pointer}/healthcheck/disable"))
    first = next(test.each(), None) if test else None
    if first is not None and first.text == "NONE":
        return Setting(False, first.at(f"{pointer}/healthcheck/test"))
    return Setting(True, check.at(f"{pointer}/healthcheck"))
