"""What a container can do without, and what must be asked first.

Hardening that the program cannot live with is an outage. What is written follows from the profile of the image (its vendor's
documentation and build files), as far as the file starts the image as its vendor made it; all else is a question to whoever
knows the program.
"""

from __future__ import annotations

import re
from typing import ClassVar

from batten.facts import Workload
from batten.model import UNKNOWN, Ask, Limit, Quantity, Remedy, RunAs, Switch, TurnOff, TurnOn, Unnoticed
from batten.model.record import record

# A program that root starts opens the files of the host's users only with it.
_OTHERS_FILES = "DAC_OVERRIDE"
_ROOT = frozenset(("root", "0"))
# Commands that gain privileges, as words of a command line; images that are made of such commands, by their names.
_GAINING = re.compile(r"(?:^|/)(?:sudo|su|doas|newuidmap|fusermount3?|postfix|postdrop|crontab|pkexec)$")
_MADE_OF_IT = re.compile(
    r"mail(?!pit|hog|catcher|dev\b|pile|gun)|postfix|exim|sendmail|smtp|dovecot|devcontainer|code-?server|jupyter|notebook|runner|"
    r"dind\b|buildah|podman|kasm|desktop|selenium|sshd?\b|sudo|gitpod|coder|steamcmd|mssql|azure-sql|oracle|ingress-nginx|nagios|icinga|zabbix",
    re.IGNORECASE,
)
_GAINING_VARIABLES = frozenset(("GRANT_SUDO", "SUDO_PASSWORD", "SUDO_PASSWORD_HASH", "SUDO_ACCESS"))
_HEAP = re.compile(r"(?:^|\s)-Xmx(\d+)([kmgKMG]?)(?=\s|$)")
_OLD_SPACE = re.compile(r"--max[-_]old[-_]space[-_]size=(\d+)")
# Products that run programs of their users, which may gain privileges, and one whose program has file capabilities in some images.
_RUN_OTHERS = frozenset(
    (
        "Jenkins",
        "Apache Airflow",
        "Apache Superset",
        "n8n",
        "Gitea",
        "ClickHouse",
        "Temporal",
        "Neo4j",
        "Nexus Repository",
        "Argo CD",
    )
)
# What no product with a profile uses of its host.
_UNUSED = frozenset((Switch.HOST_PID, Switch.HOST_IPC, Switch.HOST_UTS, Switch.HOST_CGROUP))
_GO_LIMIT = re.compile(r"(\d+)(B|[KMGT]iB)?")
_LOCKED = re.compile(r"memory_?lock|mlockall", re.IGNORECASE)
_OPTIONS = re.compile(r"OPT|JAVA|JVM|NODE|HEAP|MEM|ARG", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d+)\s*([kmgKMG]?)i?[bB]?")


@record
class KeepCapabilities(TurnOn):
    """Drop all capabilities but these."""

    names: tuple[str, ...] = ()
    unnoticed: bool = False  # its processes have none as it is

    @property
    def decision(self) -> tuple[object, ...]:
        return ("TurnOn", self.feature)


@record
class ReadOnlyRoot(TurnOn):
    """Make the root file system read-only, with these folders in memory."""

    scratch: tuple[str, ...] = ()

    @property
    def decision(self) -> tuple[object, ...]:
        return ("TurnOn", self.feature)


@record
class LimitAll(Remedy):
    """Several bounds at once."""

    bundles: ClassVar[bool] = True
    limits: tuple[Limit, ...]


def capabilities(workload: Workload) -> Remedy:
    """No capabilities but those that the image needs, where that is known."""
    profile, added = workload.profile, workload.added_capabilities
    remedy = KeepCapabilities(Switch.CAP_DROP_ALL)
    if workload.privileged.effective is True:
        return Ask(remedy, f"which capabilities does {workload.name} need instead of running privileged?")
    question = f"which capabilities does {workload.name} need, when it starts and while it serves? Drop ALL, and add those back"
    if added.effective is UNKNOWN:
        return Ask(remedy, question)
    if _unprivileged(workload) and profile is None and not workload.dockerfile:
        return remedy  # its processes have none; a file in the image may still ask for one
    if profile is None or profile.capabilities is None:
        return Ask(remedy, question)
    if _unprivileged(workload) and not profile.file_capabilities and not profile.gains:
        return KeepCapabilities(Switch.CAP_DROP_ALL, (), not profile.varies)
    if profile.open:
        return Ask(remedy, question)
    if profile.gains or (workload.user.written and not _as_root(workload)):
        return Ask(remedy, question)
    names = set(profile.capabilities)
    if profile.root and any(
        mount.kind in ("bind", "volume", "config", "secret") for mount in workload.mounts
    ):
        names.add(_OTHERS_FILES)
    if profile.drops_nothing and not workload.user.written and not workload.added_capabilities.known(()):
        return KeepCapabilities(Switch.CAP_DROP_ALL, (), not profile.varies)
    if profile.drops_nothing and _as_root(workload):
        return Ask(remedy, question)  # the vendor's image runs as another user
    return KeepCapabilities(Switch.CAP_DROP_ALL, tuple(sorted(names)))


def read_only(workload: Workload) -> Remedy:
    """A read-only root file system with the folders that the image writes in memory, where those are known."""
    profile = workload.profile
    question = f"which paths beside its volumes does {workload.name} write? Make its root file system read-only, with a tmpfs at each"
    setting = workload.read_only_root
    if (
        (setting is not None and setting.written)
        or profile is None
        or profile.scratch is None
        or profile.open
    ):
        return Ask(ReadOnlyRoot(Switch.READ_ONLY_ROOT), question)
    if workload.privileged.effective is True or workload.once:
        return Ask(ReadOnlyRoot(Switch.READ_ONLY_ROOT), question)
    mounted = [mount.target.rstrip("/") for mount in workload.mounts]
    if not all(_below(path, mounted) or workload.pids is not None for path in profile.data):
        return Ask(ReadOnlyRoot(Switch.READ_ONLY_ROOT), question)  # only Docker makes a volume of its own
    return ReadOnlyRoot(
        Switch.READ_ONLY_ROOT, tuple(path for path in profile.scratch if not _below(path, mounted))
    )


def no_new_privileges(workload: Workload) -> Remedy:
    """No privileges beyond those of its start, unless what is in the image lives on gaining them."""
    remedy = TurnOn(Switch.NO_NEW_PRIVILEGES)
    profile, image = workload.profile, workload.image.known("")
    gaining = (
        (profile is not None and profile.gains)
        or any(_GAINING.search(word) for word in workload.words)
        or not _GAINING_VARIABLES.isdisjoint(workload.environment)
        or (profile is None and _MADE_OF_IT.search(f"{image} {workload.name}") is not None)
        or workload.privileged.effective is True
        or "SYS_ADMIN" in workload.added_capabilities.known(())  # with which Kubernetes refuses it
        or bool(workload.no_new_privileges and workload.no_new_privileges.written)
    )
    if gaining:
        return Ask(
            remedy,
            f"does no program in {workload.name} gain privileges: sudo, su, a set-user-id or set-group-id program, a file with capabilities?",
        )
    # Whether the vendor's programs, started as the vendor starts them, execute no file that grants what they do not
    # have: those of root have it as it is, and a change to another user is no gain.
    gains_profile = workload.profile
    return (
        Unnoticed(Switch.NO_NEW_PRIVILEGES)
        if (
            gains_profile is not None
            and gains_profile.capabilities is not None
            and not gains_profile.open
            and not gains_profile.varies
            and gains_profile.product not in _RUN_OTHERS
            and (not gains_profile.file_capabilities or (gains_profile.root and not workload.user.written))
        )
        else remedy
    )


def unprivileged(workload: Workload) -> Remedy:
    """Not privileged, where the image is known to need none of it."""
    remedy = TurnOff(Switch.PRIVILEGED)
    if _proven(workload):
        return remedy
    return Ask(
        remedy,
        f"which devices, capabilities and paths does {workload.name} need instead of running privileged?",
    )


def without(workload: Workload, feature: Switch, question: str) -> Remedy:
    """What a file gives a container of its host, taken away where the image is known not to need it."""
    remedy = TurnOff(feature)
    return remedy if _proven(workload) and feature in _UNUSED else Ask(remedy, question)


def _proven(workload: Workload) -> bool:
    """Whether the profile of the image says all that it needs."""
    profile = workload.profile
    return (
        profile is not None
        and profile.capabilities is not None
        and not profile.open
        and not profile.gains
        and workload.needs is None
    )


def run_as(workload: Workload, user: str) -> Remedy:
    """The user that the image is made to run as; whether the files of its volumes are that user's, nobody knows here."""
    profile = workload.profile
    written = any(mount.read_only.effective is not True for mount in workload.mounts)
    if (
        profile is not None
        and profile.user
        and not profile.open
        and not workload.user.written
        and not written
        and not profile.root
    ):
        return RunAs(profile.user)
    question = f"as which user does {workload.name} run, and are the files that it writes that user's?"
    return Ask(RunAs(user), question)


def not_root(workload: Workload) -> Remedy:
    """Root refused, where the image is known to run as another user whose number its file says."""
    remedy = TurnOn(Switch.RUN_AS_NON_ROOT)
    setting = workload.root_refused
    if setting is not None and setting.written:
        return Ask(remedy, f"does {workload.name} run as another user than root, as its image is made?")
    profile = workload.profile
    if profile is not None and not profile.root and profile.user[:1].isdigit() and not profile.open:
        return RunAs(profile.user)
    return Ask(
        remedy, f"as which user, by its number, does {workload.name} run? Set runAsNonRoot and runAsUser"
    )


def limits(workload: Workload) -> Remedy:
    """A bound on memory that leaves the program what it takes by its own settings; without those, its owner knows."""
    # What a program bounds itself to, with room for what the bound does not count; 0 where it says nothing, or more
    # than one thing does.
    texts = [" ".join(workload.words)]
    for name, setting in workload.environment.items():
        texts.append(f"{name} {setting.known('')}")
    heaps = [_UNITS[m[2].lower()] * int(m[1]) for text in texts for m in _HEAP.finditer(text)]
    spaces = [int(m[1]) << 20 for text in texts for m in _OLD_SPACE.finditer(text)]
    unknown = any(
        setting.effective is UNKNOWN and _OPTIONS.search(name)
        for name, setting in workload.environment.items()
    )
    go = _GO_LIMIT.fullmatch(
        workload.environment["GOMEMLIMIT"].known("") if "GOMEMLIMIT" in workload.environment else ""
    )
    if (
        len({*heaps, *spaces}) + (go is not None) != 1
        or unknown
        or any(_LOCKED.search(text) for text in texts)
    ):
        own = 0
    elif go is not None:
        own = 2 * int(go[1]) * _UNITS.get((go[2] or "B")[0].lower(), 1)
    elif heaps:
        own = heaps[0] + max(heaps[0], 1 << 30)
    else:
        own = spaces[0] + max(spaces[0] // 2, 512 << 20)
    profile = workload.profile
    if profile is not None:
        found = _SIZE.fullmatch(profile.memory.strip())
        least = int(found[1]) * _UNITS[found[2].lower()] if found is not None else 0
    else:
        least = 0
    if own and not workload.once:
        amount = max(own, least)
        return LimitAll((Limit(Quantity.MEMORY, f"{-(-amount // (1 << 20))}m"),))
    question = f"how much memory does {workload.name} need at its peak?"
    if profile is not None and profile.memory:
        question += f" {profile.product} needs at least {profile.memory}, by its documentation"
    return Ask(LimitAll((Limit(Quantity.MEMORY, "512m"),)), question)


def _as_root(workload: Workload) -> bool:
    return workload.user.known("").partition(":")[0] in _ROOT


def _unprivileged(workload: Workload) -> bool:
    """Whether the file itself starts it as a user by number that is not root."""
    return workload.user.written and workload.user.known("0").partition(":")[0].lstrip("0").isdigit()


def _below(path: str, mounted: list[str]) -> bool:
    """Whether a mount holds the path."""
    alike = {path, path.replace("/var/run", "/run", 1)}
    return any(one == target or one.startswith(f"{target}/") for one in alike for target in mounted if target)
