"""What the targets of `batten probe` name: environments, URLs, hosts and ranges of them, and lists of all these."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from batten import masking
from batten.cli.output import stop
from batten.cli.probe_options import Run
from batten.files import Refused
from batten.files.named import read_named
from batten.live.fleet.hosts import Hosts, NoHosts, hosts
from batten.live.stores.door import complaint
from batten.live.tls.services import SCHEMES as SERVICES
from batten.live.tls.services import complaint as not_a_service
from batten.live.tls.services import service
from batten.policy import Environment, Policy

MOST_LINES = 65_536
MOST_BYTES = 4 * 1024 * 1024
SHOWN = 5  # lines of a list that are wrong


class Wrong(ValueError):
    """A target that names nothing; the sentence says what to write."""


@dataclass(slots=True)
class Named:
    """`ranges` are hosts whose open ports are looked for; `listed` says that a list or a range was among the targets."""

    environments: dict[str, Environment] = field(default_factory=dict)
    ranges: list[Hosts] = field(default_factory=list)
    listed: bool = False


def named_by(targets: Iterable[str], policy: Policy, bare: Environment, stores: bool, run: Run) -> Named:
    """What the targets name; `bare` is how an address that batten.yaml does not know is asked. Stops at what names nothing."""
    known = {e.name: e for e in policy.environments}
    found = Named()
    for target in targets:
        masking.noted(target)
        try:
            if target in known:
                found.environments[target] = known[target]
            elif _is_list(target):
                # Stop where a name without a folder is a file and, with these options, a host as well: a checkout can
                # bring a file that is named like a host, with addresses of its own.
                if (stores or bool(run.ports)) and "/" not in target and _is_name(target):
                    raise Wrong(
                        f"'{target}' is a file and may be a host: write ./{target} for the list, or {target}:PORT for the host"
                    )
                _listed(Path(target), bare, found)
            else:
                _one(target, bare, found, stores=stores, ports=bool(run.ports))
        except Wrong as error:
            stop(str(error))
    if stores and found.ranges:
        stop("--stores is for URLs and host names; for ranges, lists and host:port, name --ports")
    found.listed |= bool(found.ranges)
    return found


def excluded_by(entries: Iterable[str]) -> list[Hosts]:
    """What --exclude names. Stops at what names nothing."""
    try:
        return [hosts(entry) for entry in entries]
    except NoHosts as error:
        stop(f"--exclude: {error}")


def _is_list(target: str) -> bool:
    """A file is a list, unless its name is a URL or a block of addresses."""
    if "://" in target:
        return False
    try:
        return not hosts(target).first and Path(target).is_file()
    except (NoHosts, OSError, ValueError):
        return Path(target).is_file()


def _listed(path: Path, bare: Environment, found: Named) -> None:
    """Add all that a list names. A list with a wrong line is not used at all."""
    try:
        data = read_named(path)
    except (OSError, Refused) as error:
        raise Wrong(f"{path} cannot be read: {error}") from error
    lines = data.decode("utf-8", "replace").splitlines()
    if len(data) > MOST_BYTES or len(lines) > MOST_LINES:
        raise Wrong(
            f"{path} is larger than a list may be: {MOST_LINES:,} lines, {MOST_BYTES:,} bytes; split it"
        )
    complaints = []
    # Each line that says something, with its number; `#` begins a comment.
    for entries_number, line in enumerate(lines, 1):
        entries_entry = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if entries_entry:
            number, entry = entries_number, entries_entry
            try:
                masking.noted(entry)
                _one(entry, bare, found, stores=False, ports=True)
            except Wrong as error:
                complaints.append(f"{path}:{number}: {error}")
    if complaints:
        more = f"\n… and {len(complaints) - SHOWN} more lines" if len(complaints) > SHOWN else ""
        raise Wrong("\n".join(complaints[:SHOWN]) + more)
    found.listed = True


def _one(target: str, bare: Environment, found: Named, *, stores: bool, ports: bool) -> None:
    """Add one target that is not an environment of batten.yaml. `ports`: a host without a port is looked at, too."""
    if re.match(r"https?://[^/]+", target):
        _add(found, _api(target, bare, stores))
    elif target.partition("://")[0] in SERVICES:
        # One port of mail, a directory or files, whose TLS is assessed.
        service_found = service(target)
        if service_found is None:
            raise Wrong(not_a_service(target))
        _add(found, replace(bare, name=service_found.source, tls=(service_found.source,)))
    elif "://" in target or (stores and _is_name(target)):
        # One store by its URL, or a host with all its usual ports.
        wrong = complaint(target)
        if wrong:
            raise Wrong(wrong)
        shown = re.sub(r"//[^/]*@", "//", target)  # no password of a URL gets any further
        _add(found, replace(bare, name=shown, stores=(shown,)))
    else:
        try:
            entry = hosts(target)
        except NoHosts as error:
            raise Wrong(
                f"{error}; or name an environment of batten.yaml, a URL, or a file that lists targets"
            ) from error
        if entry.name and not entry.port and not ports:
            raise Wrong(
                f"'{target}' is neither an environment of batten.yaml nor a URL (https://host, redis://host:port); to look for open ports, add --ports common; to look for data stores, add --stores"
            )
        found.ranges.append(entry)


def _add(found: Named, environment: Environment) -> None:
    found.environments.setdefault(environment.name, environment)


def _is_name(target: str) -> bool:
    """Whether it names one host without a port."""
    try:
        entry = hosts(target)
    except NoHosts:
        return True  # the store's own complaint tells it
    return not entry.ranged and not entry.port


def _api(target: str, bare: Environment, stores: bool) -> Environment:
    if wrong := complaint(target):
        raise Wrong(wrong)
    host = (urlsplit(target).hostname or "",) if stores else ()
    return replace(bare, name=target, url=target.rstrip("/"), stores=host)
