"""Options of `docker run` and `podman run`, wherever somebody gives them: a unit, a quadlet, a development container.

Sources: https://docs.docker.com/reference/cli/docker/container/run/ and
https://docs.podman.io/en/latest/markdown/podman-run.1.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batten.facts import AccessLog, Fact, Mount, PublishedPort, Workload
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.model.record import record
from batten.technologies.shared.containers import consoles, image_facts, images, served, switches, variables
from batten.technologies.shared.containers.hosts import with_needs
from batten.technologies.shared.containers.ports import ADMIN, Behind, Evidence, behind
from batten.technologies.shared.containers.profiles import with_profile
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.stores import recognition

_SHORT = {
    "v": "volume", "p": "publish", "P": "publish-all", "e": "env", "u": "user", "m": "memory", "h": "hostname",
    "net": "network", "security_opt": "security-opt", "cgroup": "cgroupns", "w": "workdir", "l": "label", "a": "attach",
    "c": "cpu-shares", "d": "detach", "i": "interactive", "t": "tty", "q": "quiet",
}  # fmt: skip
# Options without a value; all others take one.
_BARE_TEXT = (
    "privileged read-only init rm detach interactive tty no-healthcheck publish-all oom-kill-disable replace quiet "
    "disable-content-trust sig-proxy use-api-socket rmi tls-verify no-hosts no-hostname env-host http-proxy rootfs passwd "
    "read-only-tmpfs"
)
_BARE = frozenset(_BARE_TEXT.split())
_SHARED = {
    "network": Switch.HOST_NETWORK,
    "pid": Switch.HOST_PID,
    "ipc": Switch.HOST_IPC,
    "uts": Switch.HOST_UTS,
    "userns": Switch.HOST_USERS,
    "cgroupns": Switch.HOST_CGROUP,
}
# What is taken out of what a container is given, and who may notice.
TAKEN_OUT = {
    Switch.PRIVILEGED: ("run the container unprivileged", "programs that use the host's devices or kernel"),
    Switch.HOST_NETWORK: ("give the container its own network", "clients of ports that it opens on the host"),
    Switch.HOST_PID: (
        "give the container its own process namespace",
        "tools that inspect the host's processes",
    ),
    Switch.HOST_IPC: ("give the container its own IPC namespace", "programs that share memory with the host"),
    Switch.HOST_UTS: ("give the container its own UTS namespace", "programs that set the host name"),
    Switch.HOST_USERS: ("use the engine's user namespace", "files that the container owns on the host"),
    Switch.HOST_CGROUP: (
        "give the container its own cgroup namespace",
        "programs that manage the host's control groups",
    ),
    Switch.MOUNT: ("remove the host path", "programs that use that path"),
    Switch.DEVICE: ("remove the host device", "programs that use that device"),
    Switch.SECCOMP_UNCONFINED: ("apply the default seccomp profile", "programs that need more system calls"),
    Switch.APPARMOR_UNCONFINED: ("apply the default confinement", "programs that need access outside of it"),
    Switch.HOST_NETWORK_STEP: ("build in a network of its own", "builds that use the host's network"),
    Switch.UNMASKED_PROC: ("mask the system paths", "programs that use these paths"),
}
_TRUE = frozenset(("", "1", "t", "true", "yes", "on"))
_NUMBERS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_VARIABLE = re.compile(r"[$%]")


@record
class Given:
    """An option by its long name, without dashes; `value` is "" where it has none."""

    name: str
    value: str
    at: Location


@record(kw_only=True)
class Run:
    """A container as it is started. `prefix` begins the pointers of what it is given."""

    name: str
    image: Setting[str]
    given: tuple[Given, ...]
    block: Location
    arguments: tuple[tuple[str, Location], ...] = ()
    podman: bool = False
    build: str = ""  # the folder that its image is built from

    def all(self, *names: str) -> Iterator[Given]:
        return (one for one in self.given if one.name in names)

    def last(self, *names: str) -> Given | None:
        found = list(self.all(*names))
        return found[-1] if found else None


def parsed(words: Sequence[tuple[str, Location]]) -> tuple[list[Given], int]:
    """The options at the start of a command line, and the number of the word behind them, which is the image."""
    found: list[Given] = []
    number = 0
    while number < len(words) and words[number][0].startswith("-") and words[number][0] != "-":
        text, at = words[number]
        number += 1
        name, sign, value = text.lstrip("-").partition("=")
        if not text.startswith("--"):
            # `-it`, `-p80:80`, `-v /a:/b`: the last letter of a group may take a value.
            letters = text[1:]
            bare = re.match(r"[ditPq]*", letters)
            rest = letters[bare.end() if bare else 0 :]
            if not rest:
                name, sign, value = letters[-1:], sign, value
            else:
                name, sign, value = rest[:1], "=" if len(rest) > 1 else "", rest[1:].removeprefix("=")
        name = _SHORT.get(name, name)
        if not sign and name not in _BARE and number < len(words):
            value, here = words[number]
            number += 1
            if at.span is not None and here.span is not None:
                at = Location(
                    at.source, at.pointer, type(at.span)(at.span.start, here.span.end), kind=at.kind
                )
        found.append(Given(name, value, at))
    return found, number


def facts(run: Run, workspace: Workspace) -> Iterator[Fact]:
    """What a container that is started so is, mounts, publishes, and is told by variables."""
    running = workload(run)
    yield running
    yield from running.mounts
    yield from running.ports
    yield from image_facts.image_facts(run.image, built_here=bool(run.build))
    for name, setting in running.environment.items():
        text = setting.known(None)
        if text is None:
            continue
        held = credentials.found(name, text)
        if held is not None:
            yield credentials.in_config(setting.at, name, held)
        connection = urls.connection(name, text, setting.at)
        if connection is not None:
            yield connection
        yield from variables.switched(name, text, setting.at)
    log = run.last("log-driver")
    if log is not None and log.value == "none":
        yield AccessLog(log.at, Setting(False, log.at), Setting(UNKNOWN, log.at))
    yield from consoles.consoles(running, [word for word, _ in run.arguments])
    if not run.build:
        store = recognition.store(running, run.arguments, run.last("env-file", "env-host") is None, workspace)
        if store is not None:
            yield store


def workload(run: Run) -> Workload:
    reference = run.image.known("")
    default = images.user(images.parse(reference)) if reference and not run.build else None
    memory = _word(run, ABSENT, "memory")
    off = run.last("no-healthcheck")
    check = run.last("health-cmd")
    if off is not None or (check is not None and check.value == "none"):
        health: Setting[bool] = Setting(False, (off or check or run.given[0]).at)
    elif check is not None:
        health = Setting(True, check.at)
    else:
        health = Setting(ABSENT, run.block, UNKNOWN)
    mounts: list[Mount] = []
    for mounts_one in run.all("volume", "mount"):
        fields = _long(mounts_one.value) if mounts_one.name == "mount" else _fields(mounts_one.value)
        if fields is None:
            continue
        source, target, kind, read_only = fields
        source = re.sub(r"^(?:%h|\$HOME|\$\{HOME\})(?=/|$)", "~", source)
        mounts.append(
            Mount(
                mounts_one.at,
                source=Setting(_known(source) if not source.startswith("%") else UNKNOWN, mounts_one.at),
                target=target,
                kind=kind,
                read_only=Setting(read_only, mounts_one.at),
            )
        )
    socket = run.last("use-api-socket")
    if socket is not None:
        engine = "/var/run/docker.sock"
        mounts.append(
            Mount(
                socket.at,
                source=Setting(engine, socket.at),
                target=engine,
                kind="bind",
                read_only=Setting(False, socket.at),
            )
        )
    made = Workload(
        run.block,
        name=run.name,
        image=run.image,
        user=_word(run, default or UNKNOWN, "user"),
        privileged=_flag(run, "privileged"),
        added_capabilities=_capabilities(run, "cap-add"),
        dropped_capabilities=_capabilities(run, "cap-drop"),
        host_namespaces=tuple(
            Setting(_SHARED[one.name], one.at) for one in run.all(*_SHARED) if one.value == "host"
        ),
        devices=tuple(Setting(_device(one), one.at) for one in run.all("device", "device-cgroup-rule")),
        mounts=tuple(mounts),
        no_new_privileges=_option(run, "no-new-privileges", False),
        seccomp=_profile(run, "seccomp"),
        apparmor=_confined(run),
        unmasked=_unmasked(run),
        read_only_root=_flag(run, "read-only"),
        memory=memory,
        cpus=_word(run, ABSENT, "cpus", "cpu-quota"),
        pids=_word(run, "2048" if run.podman else ABSENT, "pids-limit"),
        health=health,
        networks=() if any(o.value in ("host", "none") for o in run.all("network")) else ("default",),
        ports=tuple(_ports(run)),
        environment=_environment(run),
        build_context=run.build,
        edge=images.is_edge(reference),
        theirs=not run.build and served.of_others(reference),
    )
    entry = run.last("entrypoint")
    command = [word for word, _ in run.arguments]
    found = with_needs(made, reference, [entry.value] if entry is not None else command)
    hints = None if made.mounts else command
    own = [entry.value] if entry is not None else []
    own += [word for word, at in run.arguments if at.pointer.startswith("Entrypoint[")]
    command = [word for word, at in run.arguments if not at.pointer.startswith("Entrypoint[")]
    return with_profile(found, reference, entrypoint=own, command=command, hints=hints)


def as_written(workload: Workload) -> Workload:
    """What is written counts, where the rest is decided elsewhere, or not at all."""
    fresh, root = workload.no_new_privileges, workload.read_only_root
    dropped: Setting[tuple[str, ...]] = Setting(UNKNOWN, workload.at)
    return replace(
        workload,
        memory=None,
        cpus=None,
        pids=None,
        health=workload.health if workload.health is not None and workload.health.written else None,
        read_only_root=root if root is not None and root.written else None,
        no_new_privileges=fresh if fresh is not None and fresh.written else None,
        dropped_capabilities=dropped,
    )


def _known(text: str) -> str | Unknown:
    return UNKNOWN if _VARIABLE.search(text) else text


def _word(run: Run, default: object, *names: str) -> Setting[str]:
    one = run.last(*names)
    if one is None or (one.value in ("0", "-1") and "user" not in names):
        return Setting(ABSENT, run.block, default)  # type: ignore[arg-type]
    return Setting(_known(one.value), one.at)


def _flag(run: Run, name: str) -> Setting[bool]:
    one = run.last(name)
    if one is None:
        return Setting(ABSENT, run.block, False)
    return Setting(one.value.lower() in _TRUE, one.at)


def _capabilities(run: Run, name: str) -> Setting[tuple[str, ...]]:
    found = list(run.all(name))
    if not found:
        return Setting(ABSENT, run.block, ())
    names = (word for one in found for word in re.split(r"[\s,]+", one.value) if word)
    dangerous = found[-1].at
    return Setting(tuple(word.upper().removeprefix("CAP_") for word in names), dangerous)


def _device(one: Given) -> str | Unknown:
    name = one.value.lstrip("-").split(":")[0] if one.name == "device" else one.value
    return _known(name)


def _options(run: Run, name: str) -> Iterator[tuple[str, Location]]:
    """The values of a security option, `name=value` or `name:value`."""
    for one in run.all("security-opt"):
        key, _, value = one.value.replace(":", "=", 1).partition("=")
        if key == name:
            yield value, one.at


def _option(run: Run, name: str, default: bool) -> Setting[bool]:
    for value, at in _options(run, name):
        return Setting(value.lower() in _TRUE, at)
    return Setting(ABSENT, run.block, default)


def _profile(run: Run, name: str) -> Setting[str]:
    found = list(_options(run, name))
    return Setting(found[-1][0], found[-1][1]) if found else Setting(ABSENT, run.block, "default")


def _confined(run: Run) -> Setting[str]:
    for value, at in _options(run, "label"):
        if value in ("disable", "type=spc_t", "type:spc_t", "type=unconfined_t", "type:unconfined_t"):
            return Setting("unconfined", at)
    return _profile(run, "apparmor")


def _unmasked(run: Run) -> Setting[bool]:
    for value, at in (*_options(run, "systempaths"), *_options(run, "unmask")):
        if value.lower() in ("unconfined", "all"):
            return Setting(True, at)
    return Setting(ABSENT, run.block, False)


def _fields(text: str) -> tuple[str, str, str, bool] | None:
    """Source, target, kind and whether it is read-only, of `source:target:options`."""
    parts = text.split(":")
    if len(parts) < 2:
        return None
    if len(parts[0]) == 1 and parts[0].isalpha() and len(parts) > 2:
        parts = [f"{parts[0]}:{parts[1]}", *parts[2:]]
    kind = "bind" if parts[0][:1] in ("/", ".", "~", "%", "$", "\\") or parts[0][1:2] == ":" else "volume"
    return parts[0], parts[1], kind, "ro" in (parts[2].split(",") if len(parts) > 2 else ())


def _long(text: str) -> tuple[str, str, str, bool] | None:
    """The same of `type=bind,source=…,target=…`."""
    values = dict(part.strip().partition("=")[::2] for part in text.split(","))
    source = values.get("source", values.get("src", ""))
    target = values.get("target", values.get("destination", values.get("dst", "")))
    if not target:
        return None
    read_only = any(values.get(k, "false").lower() in _TRUE for k in ("readonly", "ro") if k in values)
    return source, target, values.get("type", "volume"), read_only


def _ports(run: Run) -> Iterator[PublishedPort]:
    if any(one.value in ("host", "none") for one in run.all("network")):
        return
    evidence = Evidence(
        images=(run.image.known(""),) if run.image.known("") else (),
        words=[word for word, _ in run.arguments],
        names=(run.name,),
    )
    for one in run.all("publish"):
        text, _, protocol = one.value.partition("/")
        rest, _, inner = text.rpartition(":")
        address, _, host = rest.rpartition(":")
        inside = _NUMBERS.fullmatch(inner)
        if inside is None:
            continue
        ports = range(int(inside[1]), int(inside[2] or inside[1]) + 1)
        number = next((n for n in ports if n in ADMIN and protocol in ("", "tcp")), int(inside[1]))
        outer = _NUMBERS.fullmatch(host)
        found = behind(number, evidence) if protocol in ("", "tcp") else Behind()
        known = (
            Setting(_known(address.strip("[]")), one.at) if address else Setting(ABSENT, one.at, "0.0.0.0")
        )
        yield PublishedPort(
            one.at,
            service=run.name,
            host_address=known,
            host_port=Setting(int(outer[1]) if outer else UNKNOWN, one.at),
            container_port=number,
            protocol=protocol or "tcp",
            admin=found.what,
            guessed=found.guessed,
        )


def _environment(run: Run) -> dict[str, Setting[str]]:
    found: dict[str, Setting[str]] = {}
    for one in run.all("env"):
        name, sign, value = one.value.partition("=")
        found[name] = Setting(_known(value) if sign else UNKNOWN, one.at)
    return found


def name_of(given: Sequence[Given], image: str) -> str:
    """What a container is called: by its own name, or its image's."""
    named = next((one.value for one in given if one.name == "name"), "")
    return named or posixpath.basename(images.parse(image).name) or "the container"


def debuggers(run: Run) -> Iterator[tuple[int, Switch, str]]:
    """Options for developers among the words that the container starts."""
    return switches.debug_words([word for word, _ in run.arguments])
