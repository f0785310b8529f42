"""What settings may name and the database does not hold: secrets, paths and networks of the service, and whose they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import PurePosixPath

from batten.model.record import record

Network = IPv4Network | IPv6Network


class Asset(Enum):
    """A kind of thing that belongs to the service, and that settings name."""

    SECRET = "secret"  # TARGET_…, ALERT_…
    PATH = "path"  # a folder or file of this machine or a worker's, with all below it
    TRAFFIC = "traffic"  # a file of the folder `traffic` of the data folder
    NETWORK = "network"  # addresses; what is assigned to nobody may be reached by all


@record(kw_only=True)
class Assignment:
    """Something of the service that the settings of a team's environments and channels may name. `team` 0: of channels that
    report everything."""

    asset: Asset
    name: str
    team: int


@record
class Named:
    """What a setting names."""

    asset: Asset
    name: str
    setting: str


@record(kw_only=True)
class Owned:
    """What the settings of one team may name. Where it is `alone`, what is assigned to nobody is the team's, too. Without an
    argument: nothing."""

    team: int = -1
    alone: bool = False
    assignments: tuple[Assignment, ...] = ()

    def refusal(self, named: tuple[Named, ...]) -> str:
        """Why settings that name all this may not be used: a sentence that says of the first that is refused no more than its
        name; "" where they may."""
        refused = next((one for one in named if not self._may(one)), None)
        if refused is None:
            return ""
        what = refused.asset.value
        return (
            f"{refused.setting}: the {what} {refused.name} is not assigned to the team; an administrator of everything assigns it "
            f"under Settings, Assignments, or with `batten watch assignment add {what} {refused.name} --team NAME`"
        )

    def barred(self) -> tuple[str, ...]:
        """The networks that are assigned to others alone, without those within them that are the team's."""
        networks = [one for one in self.assignments if one.asset is Asset.NETWORK]
        own = {ip_network(one.name) for one in networks if one.team == self.team}
        others = {ip_network(one.name) for one in networks} - own
        return tuple(sorted(str(left) for one in others for left in _without(one, own)))

    def _may(self, one: Named) -> bool:
        if one.asset is Asset.PATH:
            return self._path(PurePosixPath(one.name))
        teams = {a.team for a in self.assignments if a.asset is one.asset and a.name == one.name}
        return self.team in teams if teams else self.alone

    def _path(self, path: PurePosixPath) -> bool:
        """Whether the nearest assignment above a path is the team's, and none below it is only another's."""
        if ".." in path.parts or not path.is_absolute():
            return False
        exact, plain = self._nearest(path, str), self._nearest(path, _plain)
        return exact and plain  # where a file system takes two spellings for one, the other's is the other's

    def _nearest(self, path: PurePosixPath, spelt: Callable[[str], str]) -> bool:
        owners: dict[PurePosixPath, set[int]] = {}
        for one in self.assignments:
            if one.asset is Asset.PATH:
                owners.setdefault(PurePosixPath(spelt(one.name)), set()).add(one.team)
        path = PurePosixPath(spelt(str(path)))
        above = [owner for owner in owners if path.is_relative_to(owner)]
        nearest = max(above, key=lambda owner: len(owner.parts), default=None)
        below = [teams for owner, teams in owners.items() if owner != path and owner.is_relative_to(path)]
        if any(self.team not in teams for teams in below):
            return False
        return self.team in owners[nearest] if nearest is not None else self.alone


def _plain(path: str) -> str:
    """A path as a file system may have it that tells apart neither case nor ways to compose a letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def written(asset: Asset, name: str) -> str:
    """A name as settings are held against it. Raises ValueError with a sentence."""
    match asset:
        case Asset.SECRET:
            if not re.fullmatch(r"(TARGET|ALERT)_[A-Z0-9_]{1,90}", name):
                raise ValueError(
                    f"{name[:100]!r} is not a secret that settings can name; write TARGET_… or ALERT_…"
                )
            return name
        case Asset.TRAFFIC:
            if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}", name):
                raise ValueError(f"{name[:100]!r} is not a file of the folder `traffic`; write traffic.db")
            return name
        case Asset.PATH:
            parts = [part for part in name.split("/") if part not in ("", ".")]
            if not name.startswith("/") or not name.isprintable() or ".." in parts or len(name) > 4096:
                raise ValueError(f"{name[:100]!r} is not an absolute path without `..`")
            return "/" + "/".join(parts)
        case Asset.NETWORK:
            network = ip_network(name)
            if network.version == 6 and network.network_address.ipv4_mapped and network.prefixlen >= 96:
                raise ValueError(f"{name} is a way to write addresses of IPv4; write the network itself")
            return str(network)


def _without(network: Network, inner: Iterable[Network]) -> list[Network]:
    """What is left of a network."""
    left = [network]
    for one in inner:
        parts: list[Network] = []
        for part in left:
            if one.version != part.version or not one.overlaps(part):
                parts.append(part)
            elif one.subnet_of(part) and one != part:  # type: ignore[arg-type]
                parts += part.address_exclude(one)  # type: ignore[arg-type]
            elif one.subnet_of(network):  # type: ignore[arg-type]
                continue
            else:
                parts.append(part)  # the other's is the nearer one
        left = parts
    return left
