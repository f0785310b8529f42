"""The order of versions, as each ecosystem's own tool has it.

Most of it is univers' work, which is imported when the first versions are compared. What it does not order as the tool does
is done here for Composer, and for Alpine in `apk_versions.py`.

Sources: https://packaging.python.org/specifications/version-specifiers/, https://semver.org/#spec-item-11,
https://go.dev/ref/mod#versions, deb-version(7), https://docs.ruby-lang.org/en/master/Gem/Version.html,
https://maven.apache.org/pom.html#version-order-specification,
https://learn.microsoft.com/nuget/concepts/package-versioning, rpm-version(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from batten.advisories.apk_versions import ApkVersion

# The order of Composer's versions: a version becomes four numbers, a stability and its numbers, as Composer normalises it.
#
# Sources: https://getcomposer.org/doc/articles/versions.md, https://www.php.net/version_compare (dev, alpha, beta, RC, the
# release, pl).
_VERSION = re.compile(
    r"v?(?P<numbers>\d{1,14}(?:\.\d{1,14}){0,3})"
    r"(?:[._-]?(?P<stability>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<times>[.-]?\d{1,14}(?:[.-]\d{1,14}){0,3})?)?"
    r"(?P<dev>[.-]?dev)?(?:\+\S*)?",
    re.IGNORECASE,
)
_RANKS = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "stable": 4, "patch": 5, "pl": 5, "p": 5}
_DEV, _STABLE = 0, 4
Key = tuple[tuple[int, ...], int, tuple[int, ...], int]


LONGEST = 128  # characters of a version; what is longer is compared with nothing
_SEMVER = re.compile(
    r"(?:v|go)?(\d{1,20})(?:\.(\d{1,20}))?(?:\.(\d{1,20}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]*)?"
)
_RELEASE = re.compile(r"[.-](?:release|final|ga)$", re.IGNORECASE)
_MILESTONE = re.compile(r"\.(?=m\d)", re.IGNORECASE)
_DEBIAN = re.compile(r"(?:\d{1,9}:)?[0-9A-Za-z.+~-]+")
_RPM = re.compile(r"(?:\d{1,9}:)?[0-9A-Za-z._+~^-]+")


class Incomparable(ValueError):
    """Versions whose order is not known; the sentence says why."""


def known(ecosystem: str) -> bool:
    """Whether the ecosystem's versions can be compared here."""
    return family(ecosystem) in _SCHEMES


def family(ecosystem: str) -> str:
    """The ecosystem without its release: `Debian` of `Debian:12`."""
    return ecosystem.partition(":")[0]


def order(ecosystem: str, one: str, other: str) -> int:
    """-1, 0 or 1: whether one version is older than, the same as, or newer than the other. Raises Incomparable."""
    first, second = _parsed(family(ecosystem), one), _parsed(family(ecosystem), other)
    try:
        return int(first > second) - int(first < second)
    except Exception as error:
        raise Incomparable(f"{one} and {other} have no order in {ecosystem}") from error


def semver_order(one: str, other: str) -> int:
    """The same by the rules of SemVer 2.0, which ranges of the type SEMVER follow. Raises Incomparable."""
    return order("npm", one, other)


@lru_cache(maxsize=65_536)
def _parsed(name: str, version: str) -> Any:
    scheme = _SCHEMES.get(name)
    if scheme is None:
        raise Incomparable(f"batten does not know how versions of {name} are ordered")
    if not version or len(version) > LONGEST or not version.isascii():
        raise Incomparable(f"this is not a version of {name}")
    try:
        return scheme(version)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise Incomparable(f"{version} is not a version of {name}") from error


def _of_univers(kind: str, version: str) -> Any:
    """A version; its `value` is what univers compares, and compares several times as fast by itself."""
    return getattr(import_module("univers.versions"), kind)(version)


def _pypi(version: str) -> Any:
    return _of_univers("PypiVersion", version).value


def _semver(version: str) -> Any:
    """SemVer with the parts that Go's tags and lock files leave out; what is more than that is another scheme."""
    found = _SEMVER.fullmatch(version)
    if found is None:
        raise ValueError(version)
    numbers = ".".join(str(int(part or "0")) for part in found.group(1, 2, 3))
    return _of_univers("SemverVersion", numbers + (found[4] or "")).value.precedence_key


def _debian(version: str) -> Any:
    if not _DEBIAN.fullmatch(version):
        raise ValueError(version)
    return _of_univers("DebianVersion", version)


def _rpm(version: str) -> Any:
    if not _RPM.fullmatch(version):
        raise ValueError(version)
    return _of_univers("RpmVersion", version)


def _gem(version: str) -> Any:
    return _of_univers("RubygemsVersion", version)


def _maven(version: str) -> Any:
    """Maven 3.9 takes `RELEASE` for the release itself, and `9.0.0.M1` for a milestone, which univers does not."""
    return _of_univers("MavenVersion", _MILESTONE.sub("-", _RELEASE.sub("", version)))


def _nuget(version: str) -> Any:
    return _of_univers("NugetVersion", version)


def _composer_version(text: str) -> Key:
    """What Composer's versions are compared by. Raises ValueError for what has no order, such as a branch."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    numbers = [int(part) for part in found["numbers"].split(".")]
    numbers += [0] * (4 - len(numbers))
    rank = _RANKS[found["stability"].lower()] if found["stability"] else _STABLE
    times = () if rank == _STABLE else tuple(int(n) for n in re.findall(r"\d+", found["times"] or ""))
    if found["dev"] and rank == _STABLE:
        rank = _DEV
    return tuple(numbers), rank, times, 0 if found["dev"] else 1


_SCHEMES: dict[str, Callable[[str], Any]] = {
    "PyPI": _pypi,
    **dict.fromkeys(("npm", "crates.io", "Go", "Hex", "Pub", "Bitnami", "Julia", "SwiftURL"), _semver),
    "Debian": _debian,
    "Ubuntu": _debian,
    **dict.fromkeys(("Alpine", "Wolfi", "Chainguard", "Alpaquita", "MinimOS"), ApkVersion),
    **dict.fromkeys(
        (
            "AlmaLinux",
            "Azure Linux",
            "Mageia",
            "Photon OS",
            "Red Hat",
            "Rocky Linux",
            "SUSE",
            "openEuler",
            "openSUSE",
        ),
        _rpm,
    ),
    "RubyGems": _gem,
    "Maven": _maven,
    "NuGet": _nuget,
    "Packagist": _composer_version,
}
