"""A container as those look at it who recognise what its image holds."""

from __future__ import annotations

from batten.controls._guessing import well_known
from batten.facts import Workload
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.containers import images

_TRUE = frozenset(("1", "true", "yes", "on"))


@record
class Container:
    """A workload whose image is known. `arguments` are the words that start it, each with the place it is
    written at; `complete`: every variable it gets is known by name."""

    workload: Workload
    product: str
    version: str
    arguments: tuple[tuple[str, Location], ...] = ()
    complete: bool = True

    @property
    def at(self) -> Location:
        return self.workload.at

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version's parts; () when it is not known."""
        return tuple(int(n) for n in self.version.split(".")) if self.version else ()

    @property
    def command(self) -> tuple[str, ...]:
        return tuple(word for word, _ in self.arguments)

    @property
    def vendor(self) -> str:
        """The first part of the image's name below its registry; "" for Docker's official images."""
        vendor = images.parse(self.workload.image.known("")).name.rpartition("/")[0].rpartition("/")[2]
        return "" if vendor == "library" else vendor

    @property
    def bitnami(self) -> bool:
        return self.vendor.startswith("bitnami")

    def variable(self, *names: str) -> Setting[str] | None:
        """The first of these variables that is set."""
        found = (self.workload.environment.get(n) for n in names)
        return next((s for s in found if s is not None), None)

    def option(self, *names: str) -> Setting[str] | None:
        """The value of a command-line option, `--name=value` or `--name value`; "" when it has none."""
        for number, (word, at) in enumerate(self.arguments):
            name, sign, value = word.partition("=")
            if name in names:
                following = self.command[number + 1 : number + 2]
                rest = following[0] if following and not following[0].startswith("-") else ""
                return Setting(value if sign else rest, at)
        return None

    def mounted(self, *paths: str) -> bool:
        """Whether something is mounted at or below one of these paths, or over it."""
        targets = [m.target.rstrip("/") for m in self.workload.mounts]
        return any(t.startswith(p) or p.startswith(f"{t}/") for t in targets for p in paths)

    def missing(self, default: bool | Unknown) -> Setting[bool]:
        """A setting that nothing gives: the image's default, unless variables are not known."""
        return Setting(ABSENT, self.at, default if self.complete else UNKNOWN)


def is_true(setting: Setting[str]) -> Setting[bool]:
    value = setting.known(None)
    return Setting(UNKNOWN if value is None else value.lower() in _TRUE, setting.at)


def is_false(setting: Setting[str]) -> Setting[bool]:
    value = setting.known(None)
    return Setting(UNKNOWN if value is None else value.lower() not in _TRUE, setting.at)


def common(setting: Setting[str] | None, user: Setting[str] | None = None) -> Setting[bool] | None:
    """Whether a password is a vendor's default, or well known, as its user's name is."""
    if setting is None:
        return None
    value = setting.known(None)
    if value is None:
        return Setting(UNKNOWN, setting.at)
    return Setting(well_known(value, user.known("") if user is not None else ""), setting.at)
