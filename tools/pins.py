"""constraints.txt anew: what batten runs, is built and is tested with, each release with the hashes of all its files.

`python tools/pins.py [NAME==VERSION ...]`, in an environment where everything is installed (`make test` makes one): it says
who needs whom. Releases that are named replace the ones that stand there. Hashes come from the index that pip is
configured with, through pip, so that its mirrors, certificates and credentials hold; no address is written.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from pinned import PLACE, Pin, read

HEAD = """\
# Every release that batten runs with, is built with and is tested with, and the hashes of all its files.
# Made by `python tools/pins.py`. Each part builds on those above it; `make` installs as many as it needs.
"""
# What each part is for, and the extras of batten's, or the packages, whose closure it holds.
PARTS: dict[str, tuple[str, ...]] = {
    "run": ("batten",),
    "build": ("hatchling", "editables"),
    "watch": ("batten[watch]",),
    "example": ("batten[example]",),
    "fleet": ("batten[fleet,alerts]",),
    "extras": ("batten[advisories,guard,extproc]",),
    "development": ("batten[dev]",),
    "proof": ("batten[proof]",),
}


def written(pins: Iterable[Pin]) -> str:
    """The text of a constraints file, in parts, sorted by name."""
    ordered = sorted(pins, key=lambda p: (list(PARTS).index(p.part), canonicalize_name(p.name)))
    lines, part = [HEAD], ""
    for pin in ordered:
        if pin.part != part:
            part = pin.part
            lines.append(f"\n# == {part}\n")
        lines.append(f"# licence: {pin.licence}\n" if pin.licence else "")
        marker = f" ; {pin.marker}" if pin.marker else ""
        hashes = "".join(f" \\\n    --hash=sha256:{h}" for h in sorted(set(pin.hashes)))
        lines.append(f"{pin.name}=={pin.version}{marker}{hashes}\n")
    return "".join(lines)


def closure(wanted: Iterable[str]) -> dict[str, str]:
    """The normalised names of all that these requirements bring, as installed here, each with the marker under
    which batten itself asks for it."""
    found: dict[str, str] = {}
    pending = [(Requirement(w), "") for w in wanted]
    done: set[tuple[str, frozenset[str]]] = set()
    while pending:
        requirement, marker = pending.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        if name != "batten":
            found.setdefault(name, marker)
        pending += _asked_for(requirement, name, marker)
    return found


def _asked_for(requirement: Requirement, name: str, marker: str) -> Iterator[tuple[Requirement, str]]:
    """What one package asks for, in the extras that are wanted; batten's own requests are in its pyproject.toml."""
    if name == "batten":
        project = tomllib.loads(PLACE.with_name("pyproject.toml").read_text("utf-8"))["project"]
        optional = project["optional-dependencies"]
        for text in (*project["dependencies"], *(r for e in sorted(requirement.extras) for r in optional[e])):
            each = Requirement(text)
            if each.marker is None or each.marker.evaluate():
                yield each, str(each.marker or "")
        return
    try:
        asked = distribution(name).requires or []
    except PackageNotFoundError:
        print(f"{name} is not installed here, so what it needs is not known", file=sys.stderr)
        return
    for text in asked:
        each = Requirement(text)
        if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)):
            yield each, marker


def parted(pins: Iterable[Pin]) -> list[Pin]:
    """The pins in the first part that needs each, with its licence where that is asked for."""
    from licences import RUN, licence_of

    running = closure(RUN)
    owner: dict[str, tuple[str, str]] = {}
    for part, wanted in PARTS.items():
        for name, marker in closure(wanted).items():
            owner.setdefault(name, (part, marker))
    made = []
    for pin in pins:
        name = canonicalize_name(pin.name)
        if name not in owner:
            print(f"{pin.name} is needed by nobody, and left out", file=sys.stderr)
            continue
        part, marker = owner.pop(name)
        licence = licence_of(name) if name in running else ""
        made.append(Pin(pin.name, pin.version, pin.marker or marker, part, licence, pin.hashes))
    for name in owner:
        raise SystemExit(f"{name} is needed and has no pin: give it as {name}==VERSION")
    return made


def hashes_of(pins: Iterable[Pin]) -> Iterator[Pin]:
    """The same pins with the hashes of every file that the index has of the release."""
    from pip._internal.commands import create_command
    from pip._internal.index.collector import parse_links
    from pip._internal.models.link import Link

    command = create_command("download")
    options, _ = command.parse_args(["--no-cache-dir"])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for pin in pins:
            places = finder.search_scope.get_index_urls_locations(pin.name)
            pages = [finder._link_collector.fetch_response(Link(place)) for place in places]
            links = [link for page in pages if page is not None for link in parse_links(page)]
            mine = [link for link in links if _is_of(link.filename, pin)]
            hashes = tuple(link.hash for link in mine if link.hash_name == "sha256" and link.hash)
            if not hashes or len(hashes) != len(mine):
                raise SystemExit(f"the index tells no hashes for all files of {pin.name} {pin.version}")
            yield Pin(pin.name, pin.version, pin.marker, pin.part, pin.licence, hashes)


def _is_of(filename: str, pin: Pin) -> bool:
    """Whether a file is of this release; formats that pip installs no more are of none."""
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return False
    return name == canonicalize_name(pin.name) and str(version) == pin.version


def main(arguments: list[str]) -> None:
    asked = read("\n".join(arguments))
    replaced = {canonicalize_name(p.name) for p in asked}
    standing = [p for p in read(PLACE.read_text("utf-8")) if canonicalize_name(p.name) not in replaced]
    PLACE.write_text(written(hashes_of(parted([*standing, *asked]))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
