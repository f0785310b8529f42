"""What an image exposes: ports, debuggers, programs that verify no certificate."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Feature, PublishedPort, Store, Workload
from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.variables import expand
from batten.model import UNKNOWN, Location, Setting
from batten.technologies.orchestration.dockerfile.commands import pipelines
from batten.technologies.orchestration.dockerfile.stages import Stage, assignments, block, pointer
from batten.technologies.shared.containers import switches
from batten.technologies.shared.containers import variables as variable_facts
from batten.technologies.shared.containers.ports import Behind, Evidence, behind
from batten.technologies.shared.processes.words import process_facts
from batten.technologies.shared.secrets import urls
from batten.technologies.shared.stores import recognition

# What an image of a service has no reason to offer; stores declare their own ports.
_OFFERED = frozenset((22, 23, 2375, 3389, 5900, 5005, 5678, 9229))
_SSH = 22
_GIT = re.compile(r"git|forge|gogs|gerrit|sftp|ssh", re.IGNORECASE)
_INSTALLED = re.compile(
    r"openssh|\bsshd\b|telnetd|dockerd|xrdp|vnc|jdwp|debugpy|ptvsd|--inspect", re.IGNORECASE
)


def ports(path: str, stage: Stage) -> Iterator[PublishedPort]:
    """Ports for the image's administrators or developers. Whoever runs it decides where they are published."""
    # What says who will listen: the base, what its steps install, and the command that it starts.
    lineage = list(stage.lineage())
    said = (m[0].lower() for s in lineage for i in s.instructions for m in _INSTALLED.finditer(i.value))
    started = [
        w.text for i in (stage.last("ENTRYPOINT"), stage.last("CMD")) if i is not None for w in i.words
    ]
    base = lineage[-1].reference
    evidence = Evidence(images=(base,) if base else (), words=started, names=tuple(dict.fromkeys(said)))
    for instruction in stage.instructions:
        for word in instruction.words if instruction.keyword == "EXPOSE" else ():
            number, _, protocol = (expand(word.text, stage.values) or "").partition("/")
            offered = number.isdecimal() and len(number) < 6 and int(number) in _OFFERED
            known = behind(int(number), evidence) if offered else Behind()
            # Whether the base is a product that serves SSH itself.
            if (
                offered
                and not known.what
                and int(number) == _SSH
                and not any(map(_GIT.search, evidence.images))
            ):
                known = Behind("ssh", guessed=True)
            if known.what and protocol.lower() in ("", "tcp"):
                at = Location(path, f"{pointer(stage)}/EXPOSE[{number}]", word.span)
                unknown: Setting[str] = Setting(UNKNOWN, at)
                yield PublishedPort(
                    at,
                    service="the image",
                    host_address=unknown,
                    host_port=Setting(UNKNOWN, at),
                    container_port=int(number),
                    admin=known.what,
                    guessed=known.guessed,
                    offered=True,
                )


def variables(path: str, stage: Stage) -> Iterator[Fact]:
    """What the image's variables switch on or off, and where they connect to."""
    for instruction in stage.instructions:
        for name, value, span in assignments(instruction) if instruction.keyword == "ENV" else ():
            text = expand(value, stage.values) if value is not None else None
            if text is None:
                continue
            at = Location(path, f"{pointer(stage)}/ENV[{name}]", span)
            if connection := urls.connection(name, text, at):
                yield connection
            yield from variable_facts.switched(name, text, at)


def logs(path: str, stage: Stage, source: Text) -> Iterator[AccessLog]:
    """A log file that is a link to /dev/null takes what is written, and keeps nothing."""
    for instruction in stage.instructions:
        for command in (
            (c for p in pipelines(instruction, source) for c in p) if instruction.keyword == "RUN" else ()
        ):
            words = [w for w in command.options if not w.text.startswith("-")]
            if command.program == "ln" and len(words) == 2 and words[0].text == "/dev/null":
                found = re.fullmatch(r"/var/log/\S*?(access|error)[\w.-]*", words[1].text)
                if found:
                    at = Location(path, f"{pointer(stage)}/RUN[{words[1].text}]", words[0].span)
                    off: Setting[bool] = Setting(False, at)
                    unknown: Setting[bool] = Setting(UNKNOWN, at)
                    access = found[1] == "access"
                    yield AccessLog(at, off if access else unknown, unknown if access else off)


def served(path: str, final: Stage, shipped: list[Stage], workspace: Workspace) -> Iterator[Fact]:
    """What the image is as a store or a console, where its own words open it. Whoever runs it may add
    what is missing, so that only what is written counts."""
    at = block(path, final)
    base = list(final.lineage())[-1].reference
    workload = Workload(
        at,
        name=posixpath.basename(path),
        image=Setting(UNKNOWN if base is None else base, at),
        user=Setting(UNKNOWN, at),
        privileged=Setting(UNKNOWN, at),
        added_capabilities=Setting(UNKNOWN, at),
        dropped_capabilities=Setting(UNKNOWN, at),
        environment=dict(environment(path, shipped)),
    )
    words = tuple(
        (word.text, Location(path, f"{pointer(final)}/{i.keyword}", word.span))
        for i in (final.last("ENTRYPOINT"), final.last("CMD"))
        if i is not None
        for word in i.words
    )
    store = recognition.store(workload, words, True, workspace)
    if store is not None and _opened(store):
        yield store


def _opened(store: Store) -> bool:
    written = store.authentication.written and store.authentication.value is False
    default = store.default_credentials
    return written or (default is not None and default.written and default.value is True)


def environment(path: str, shipped: list[Stage]) -> Iterator[tuple[str, Setting[str]]]:
    """The variables that stages leave in an image."""
    for stage in shipped:
        for instruction in stage.instructions:
            for name, value, span in assignments(instruction) if instruction.keyword == "ENV" else ():
                text = expand(value, stage.values) if value is not None else None
                at = Location(path, f"{pointer(stage)}/ENV[{name}]", span)
                yield name, Setting(UNKNOWN if text is None else text, at)


def debuggers(path: str, stage: Stage) -> Iterator[Fact]:
    """Options for developers in the command that the image starts, and those of process managers."""
    started = [i for i in (stage.last("ENTRYPOINT"), stage.last("CMD")) if i is not None]
    words = [(word, i.keyword) for i in started for word in i.words]
    for number, feature, what in switches.debug_words([w.text for w, _ in words]):
        word, keyword = words[number]
        at = Location(path, f"{pointer(stage)}/{keyword}[{word.text}]", word.span)
        yield Feature(at, feature, Setting(True, at), what)
    places = ((w, Location(path, f"{pointer(stage)}/{keyword}", w.span)) for w, keyword in words)
    yield from process_facts([(w.text, at) for w, at in places])
