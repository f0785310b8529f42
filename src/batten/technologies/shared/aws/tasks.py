"""ECS task definitions as workloads, with their images, mounts and switches; and the switches of functions.

CloudFormation writes containers as properties, Terraform as JSON whose keys begin with a small letter.
Fargate gives no privileges, no namespace of its hosts and no Docker options (Amazon ECS developer guide,
"Task definition differences for Fargate").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from batten.facts import Fact, Feature, Mount, Workload
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, setting, text, truth, words
from batten.technologies.shared.containers import images, switches
from batten.technologies.shared.containers.hosts import with_needs
from batten.technologies.shared.containers.image_facts import image_facts
from batten.technologies.shared.containers.profiles import with_profile

T = TypeVar("T")
_NONE: tuple[str, ...] = ()
FUNCTIONS = ("aws_lambda_function", "AWS::Lambda::Function")
TYPES = ("aws_ecs_task_definition", "AWS::ECS::TaskDefinition")


@record
class Definition:
    """One container of a task: `held` is a resource where each property has a place, or plain JSON."""

    held: Resource | dict[str, Value]
    at: Location

    def value(self, *keys: str) -> Setting[Value]:
        if not isinstance(self.held, dict):
            return self.held.value(*keys)
        value: Value | Absent = self.held
        for key in keys:
            value = value.get(key[0].lower() + key[1:], ABSENT) if isinstance(value, dict) else UNKNOWN
        return Setting(ABSENT if value is None else value, self.at)

    def read(
        self, read: Callable[[Value], T | Unknown], default: T | Absent | Unknown, *keys: str
    ) -> Setting[T]:
        held = self.value(*keys)
        if held.value is ABSENT:
            return Setting(ABSENT, held.at, default)
        return Setting(UNKNOWN if isinstance(held.value, Absent | Unknown) else read(held.value), held.at)

    def items(self, key: str) -> Iterator[Definition]:
        if not isinstance(self.held, dict):
            yield from (Definition(part, part.block()) for part in self.held.each(key))
            return
        listed = self.value(key).value
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict):
                yield Definition(item, self.at)


def facts(resources: Resources) -> Iterator[Fact]:
    for task in resources.of(*TYPES):
        for container in _containers(task):
            workload = _workload(task, container)
            yield workload
            yield from workload.mounts
            yield from image_facts(workload.image)
            yield from _features(dict(workload.environment))
    for job in resources.of("aws_batch_job_definition", "AWS::Batch::JobDefinition"):
        # A job's container. Batch requires a bound on its memory, and has no option for new privileges or
        # capabilities.
        for job_container in _containers(job, "container_properties", "ContainerProperties"):
            made = _workload(job, job_container)
            unsaid: Setting[tuple[str, ...]] = Setting(UNKNOWN, made.at)
            yield replace(
                made, name=job.name, memory=Setting(UNKNOWN, made.at), no_new_privileges=None, host_namespaces=(), added_capabilities=unsaid,
                dropped_capabilities=unsaid,
            )  # fmt: skip
            yield from made.mounts
            yield from image_facts(made.image)
            yield from _features(dict(made.environment))
    for function in resources.of(*FUNCTIONS):
        variables: list[tuple[str, Setting[str]]] = []
        path = of(function, "environment", "Environment"), of(function, "variables", "Variables")
        held = function.value(*path)
        for name, value in held.value.items() if isinstance(held.value, dict) else ():
            inner = function.value(*path, name).at if function.language == "cloudformation" else held.at
            variables.append((name, Setting(_amount(value), inner)))
        yield from _features(dict(variables))


def _containers(
    task: Resource, key: str = "container_definitions", property_: str = "ContainerDefinitions"
) -> Iterator[Definition]:
    if task.language == "cloudformation":
        yield from (Definition(part, part.block()) for part in task.each(property_))
        return
    listed = task.value(key)
    items = _parsed(listed.value) if isinstance(listed.value, str) else listed.value
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, dict):
            name = item.get("name")
            at = replace(listed.at, pointer=f"{listed.at.pointer}[{name if isinstance(name, str) else ''}]")
            yield Definition(item, replace(at, kind=Kind.VALUE))


def _parsed(definitions: str) -> Value:
    try:
        held: Value = json.loads(definitions)
    except (ValueError, RecursionError):
        return UNKNOWN
    return held


def _workload(task: Resource, container: Definition) -> Workload:
    # What cannot be known may be Fargate.
    listed = setting(task, of(task, "requires_compatibilities", "RequiresCompatibilities"), words, _NONE)
    fargate = not listed.is_known or "FARGATE" in listed.known(_NONE)
    name = container.read(text, "", "Name").known("") or task.name
    image = container.read(text, ABSENT, "Image")
    made = Workload(
        container.at,
        name=name,
        image=image,
        user=container.read(text, _user(image), "User"),
        privileged=container.read(truth, False, "Privileged"),
        added_capabilities=_capabilities(container, "Add"),
        dropped_capabilities=_capabilities(container, "Drop"),
        host_namespaces=() if fargate else tuple(_namespaces(task)),
        mounts=tuple(_mounts(task, container)),
        no_new_privileges=None if fargate else _fresh(container),
        read_only_root=container.read(truth, False, "ReadonlyRootFilesystem"),
        memory=_memory(task, container),
        environment=dict(_environment(container)),
        scope=task.address,
    )
    started = container.read(words, _NONE, "EntryPoint"), container.read(words, _NONE, "Command")
    own, command = (part.known(_NONE) for part in started)
    found = with_needs(made, image.known(""), [*own, *command])
    hints = None if made.mounts else command
    return with_profile(found, image.known(""), entrypoint=own, command=command, hints=hints)


def _user(image: Setting[str]) -> str | Unknown:
    reference = image.known("")
    return (images.user(images.parse(reference)) if reference else None) or UNKNOWN


def _capabilities(container: Definition, key: str) -> Setting[tuple[str, ...]]:
    listed = container.read(words, _NONE, "LinuxParameters", "Capabilities", key)
    if not listed.written or isinstance(listed.value, Unknown):
        return listed
    return Setting(tuple(word.upper().removeprefix("CAP_") for word in listed.known(_NONE)), listed.at)


def _namespaces(task: Resource) -> Iterator[Setting[Switch]]:
    modes = (
        ("pid_mode", "PidMode", Switch.HOST_PID),
        ("ipc_mode", "IpcMode", Switch.HOST_IPC),
        ("network_mode", "NetworkMode", Switch.HOST_NETWORK),
    )
    for terraform, cloudformation, name in modes:
        mode = setting(task, of(task, terraform, cloudformation), text, "")
        if mode.known("") == "host":
            yield Setting(name, mode.at)


def _mounts(task: Resource, container: Definition) -> Iterator[Mount]:
    for point in container.items("MountPoints"):
        name = point.read(text, "", "SourceVolume").known("")
        # The host's path behind a volume: of a task, or of a job's one container.
        found = next(
            (
                v
                for v in task.each(of(task, "volume", "Volumes"))
                if setting(v, of(v, "name", "Name"), text, "").known("") == name
            ),
            None,
        )
        if found is not None:
            source: Setting[str] | None = setting(found, of(found, "host_path", "Host/SourcePath"), text)
        else:
            own = next(
                (v for v in container.items("Volumes") if v.read(text, "", "Name").known("") == name), None
            )
            source = own.read(text, ABSENT, "Host", "SourcePath") if own is not None else None
        if source is not None and source.is_known:
            target = point.read(text, "", "ContainerPath").known("")
            yield Mount(
                point.at,
                source=source,
                target=target,
                kind="bind",
                read_only=point.read(truth, False, "ReadOnly"),
            )


def _fresh(container: Definition) -> Setting[bool]:
    options = container.read(words, _NONE, "DockerSecurityOptions")
    if not options.written:
        return Setting(ABSENT, options.at, False)
    if isinstance(options.value, Unknown):
        return Setting(UNKNOWN, options.at)
    return Setting("no-new-privileges" in options.known(_NONE), options.at)


def _memory(task: Resource, container: Definition) -> Setting[str]:
    """The container's bound, or the task's for all of its containers."""
    own = container.read(_amount, ABSENT, "Memory")
    whole = setting(task, of(task, "memory", "Memory"), _amount)
    return own if own.written or not whole.written else whole


def _amount(value: Value) -> str | Unknown:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else UNKNOWN


def _environment(container: Definition) -> Iterator[tuple[str, Setting[str]]]:
    for item in container.items("Environment"):
        name = item.read(text, "", "Name").known("")
        if name:
            yield name, item.read(_amount, ABSENT, "Value")


def _features(environment: dict[str, Setting[str]]) -> Iterator[Feature]:
    """Debug modes that variables turn on."""
    for name, value in environment.items():
        switch = switches.debug(name, value.known("")) if value.is_known else None
        if switch is not None:
            yield Feature(value.at, Switch.DEBUG, Setting(switch[0], value.at), switch[1])
