"""Distributions as OSV names their ecosystems: https://ossf.github.io/osv-schema/#defined-ecosystems.

Their identities are those of os-release: https://www.freedesktop.org/software/systemd/man/latest/os-release.html.
"""

from __future__ import annotations

import re

_RELEASE = re.compile(r"\d+(?:\.\d+)*")
# https://wiki.debian.org/DebianReleases, https://wiki.ubuntu.com/Releases
_CODENAMES = {
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "xenial": "16.04",
    "bionic": "18.04",
    "focal": "20.04",
    "jammy": "22.04",
    "noble": "24.04",
}
_MAJOR = {
    "debian": "Debian",
    "rocky": "Rocky Linux",
    "almalinux": "AlmaLinux",
    "rhel": "Red Hat:enterprise_linux",
}
_ROLLING = {"wolfi": "Wolfi", "chainguard": "Chainguard"}


def ecosystem_of(identity: str, release: str) -> str | None:
    """OSV's ecosystem of a release, as `Debian:12`, `Ubuntu:24.04` or `Alpine:v3.20`; None where OSV has none, or the release
    is not known."""
    release = _CODENAMES.get(release, release)
    numbers = release.split(".") if _RELEASE.fullmatch(release) else []
    match identity:
        case "wolfi" | "chainguard":
            return _ROLLING[identity]
        case "alpine" if len(numbers) > 1:
            return f"Alpine:v{numbers[0]}.{numbers[1]}"
        case "ubuntu" if len(numbers) > 1:
            return f"Ubuntu:{numbers[0]}.{numbers[1]}"
        case "opensuse-leap" | "opensuse.leap" if len(numbers) > 1:
            return f"openSUSE:Leap {numbers[0]}.{numbers[1]}"
        case _ if identity in _MAJOR and numbers:
            return f"{_MAJOR[identity]}:{numbers[0]}"
        case _:
            return None
