"""What the user has approved: the running systems in batten.yaml.

batten.yaml comes with the files under review, so a stranger may have written it. Where it points to, and what it sends
there (environment variables, as headers), is believed on the user's word only: `batten trust`, remembered for exactly
these rows, or places named with --allow and variables named with --allow-env.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from batten.files import NoState, Refused, Root, state_of
from batten.model.record import record
from batten.policy import Environment, Policy

VARIABLE = "BATTEN_ALLOW"
LENDING = "BATTEN_ALLOW_ENV"
UNALLOWED = "not probed: its address comes only from batten.yaml, which is part of the reviewed files"
_NAME = "trusted"
_SENT = re.compile(r"\$\{(\w+)\}")  # as live/credentials.py fills them in
_PORTS = {"http": 80, "https": 443}
_ANY = "*"
_PLACE = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\[[0-9a-f:.]+(?:%\w+)?\]|[^\s/@:?#\\*\[\]]+)(?::(\d{1,5}|\*))?/?",
    re.IGNORECASE,
)


@record(kw_only=True)
class Place:
    """A place that --allow names. `scheme` "" admits every protocol except plain HTTP, "*" every protocol; `port` None admits every
    port."""

    scheme: str
    host: str
    port: int | None

    def covers(self, other: Place) -> bool:
        """Whether it allows a place that an environment names; there, a scheme "" is one that was not written."""
        if self.host != other.host or self.port not in (None, other.port):
            return False
        return (
            self.scheme in (_ANY, other.scheme)
            or not other.scheme
            or (not self.scheme and other.scheme != "http")
        )


@record
class Loan:
    """What --allow-env names: a variable, and the only place that it may be sent to; None: every one that is allowed."""

    variable: str
    to: Place | None = None


@record
class Refusal:
    """Why an environment is not asked, and what the user can type."""

    message: str
    hint: str


def place_of(text: str) -> Place | None:
    """The place that `HOST` (HTTPS, port 443), `HOST:PORT` or `SCHEME://HOST[:PORT]` names; a port `*` is every port. None where
    the text has another form."""
    text = text.strip()
    if text.count(":") > 1 and "[" not in text and "/" not in text:
        text = f"[{text}]"  # an IPv6 address alone
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = (found[1] or "").lower(), canonical(found[2].strip("[]")), found[3]
    if not host or (port not in (None, _ANY) and not 0 < int(port) < 65_536):
        return None
    if port == _ANY:
        return Place(scheme=scheme or _ANY, host=host, port=None)
    usual = _usual(scheme or "https")
    if port is None and usual is None:
        return None
    return Place(scheme=scheme, host=host, port=usual if port is None else int(port))


def loan_of(text: str) -> Loan | None:
    """The variable that `NAME` or `NAME@PLACE` lends; None where the text has another form."""
    name, at, where = text.strip().partition("@")
    to = place_of(where) if at else None
    return Loan(name, to) if re.fullmatch(r"\w+", name) and (to is not None or not at) else None


def canonical(host: str) -> str:
    """A host as it is compared: in small letters, without the dot of the root, IDNs as they are looked up, addresses in one spelling."""
    host = host.lower().removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:  # it cannot be looked up either
        return host


def _usual(scheme: str) -> int | None:
    """The port that a URL of this scheme means when it names none."""
    if scheme in _PORTS:
        return _PORTS[scheme]
    from batten.live.stores import door
    from batten.live.tls import services

    if scheme in door.SCHEMES:
        return door.SCHEMES[scheme][1]
    return services.SCHEMES[scheme][1] if scheme in services.SCHEMES else None


def addresses(environment: Environment) -> tuple[str, ...]:
    """Everywhere that batten would connect to."""
    single = (environment.url, environment.plain)
    return tuple(
        dict.fromkeys(a for a in (*single, *environment.stores, *environment.tls, *environment.assets) if a)
    )


def places(environment: Environment) -> tuple[Place, ...]:
    """The same as places, of each what the assessment dials (live/scope.py). Raises ValueError where an address names none."""
    web = (environment.url, environment.plain, *environment.assets)
    found = [p for url in web if url for p in _named(url, _web(url))]
    found += [p for entry in environment.stores for p in _named(entry, _stores(entry))]
    found += [p for entry in environment.tls for p in _named(entry, _begun(entry))]
    return tuple(dict.fromkeys(found))


def _named(entry: str, found: Iterable[Place]) -> list[Place]:
    listed = list(found)
    if not listed:
        raise ValueError(f"{entry} names no place")
    return listed


def _web(url: str) -> Iterator[Place]:
    from batten.live.scope import places as dialled

    for host, port in dialled(url):
        yield Place(scheme=urlsplit(url).scheme, host=canonical(host), port=port)


def _stores(entry: str) -> Iterator[Place]:
    from batten.live.stores.door import doors

    written, sign, _ = entry.strip().partition("://")
    found = list(doors(entry))
    if any(door.swept for door in found):
        yield Place(scheme=_ANY, host=canonical(found[0].host), port=None)
        return
    for door in found:
        yield Place(scheme=written.lower() if sign else "", host=canonical(door.host), port=door.port)


def _begun(entry: str) -> Iterator[Place]:
    from batten.live.tls.services import services

    for service in services((entry,)):
        yield Place(scheme=service.scheme, host=canonical(service.host), port=service.port)


def variables(environment: Environment) -> tuple[str, ...]:
    """The environment variables whose values are sent to it, at its `url`."""
    return tuple(sorted({name for _, names in _sending(environment) for name in names}))


def _sending(environment: Environment) -> Iterator[tuple[str, list[str]]]:
    """Each row of batten.yaml that sends variables, and which."""
    rows = {f"headers/{name}": text for name, text in environment.headers.items()}
    rows |= {f"roles/{role}/{n}": t for role, sent in environment.roles.items() for n, t in sent.items()}
    for row, text in rows.items():
        if names := _SENT.findall(text):
            yield row, names


def allowing(environment: Environment) -> str:
    """The options that allow what it names, as a shell reads them; "" where no option does."""
    try:
        needed = places(environment)
    except ValueError:
        return ""
    words = [f"--allow {shlex.quote(_written(p))}" for p in needed]
    return " ".join([*words, *(f"--allow-env {name}" for name in variables(environment))])


def _written(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    if place.port is None:
        return f"{host}:*"
    if place.scheme in ("", "https"):
        return host if (place.scheme, place.port) == ("https", 443) else f"{host}:{place.port}"
    usual = place.port == _usual(place.scheme)
    return f"{place.scheme}://{host}" if usual else f"{place.scheme}://{host}:{place.port}"


def vouched(
    root: Root, policy: Policy, allow: Iterable[str] = (), lend: Iterable[str] = ()
) -> tuple[Policy, dict[str, Refusal]]:
    """The policy with its environments as they may be asked, and by name why others may not be.

    An environment that is asked only because its places are allowed is asked harmless things, with files of the root, and is sent
    the variables that were lent.
    """
    allowed = [p for text in (*allow, *listed(VARIABLE)) if (p := place_of(text)) is not None]
    lent = [one for text in (*lend, *listed(LENDING)) if (one := loan_of(text)) is not None]
    trusted = _trusted(root) if policy.environments else frozenset()
    kept, refused = [], {}
    for environment in policy.environments:
        if _digest(environment) in trusted:
            kept.append(environment)
            continue
        refusal = _refusal(environment, allowed, lent)
        if refusal is not None:
            kept.append(environment)
            refused[environment.name] = refusal
            continue
        inside = not environment.ca or root.real(environment.ca) is not None
        kept.append(
            replace(
                environment,
                active=False,
                default_credentials=False,
                try_logins=False,
                smuggling=False,
                ca=environment.ca if inside else "",
            )
        )
    return replace(policy, environments=tuple(kept)), refused


def is_trusted(root: Root, environment: Environment) -> bool:
    """Whether `batten trust` approved exactly this row."""
    return _digest(environment) in _trusted(root)


def listed(variable: str) -> list[str]:
    """The entries of BATTEN_ALLOW or BATTEN_ALLOW_ENV, which commas or blanks part."""
    return [word for word in re.split(r"[,\s]+", os.environ.get(variable, "")) if word]


def _refusal(environment: Environment, allowed: list[Place], lent: list[Loan]) -> Refusal | None:
    """Why it may not be asked: a place that is not allowed, or a variable that is not lent to its API; None: it may."""
    try:
        closed = [p for p in places(environment) if not any(a.covers(p) for a in allowed)]
    except ValueError:
        return Refusal(UNALLOWED, "run `batten trust`")
    if closed:
        return Refusal(UNALLOWED, f"run `batten trust`, or pass {allowing(environment)}")
    here = list(_web(environment.url))
    usable = {one.variable for one in lent if one.to is None or any(map(one.to.covers, here))}
    rows = {row: [n for n in names if n not in usable] for row, names in _sending(environment)}
    missing = {row: names for row, names in rows.items() if names}
    if not missing:
        return None
    said = ", ".join(f"`{row}` sends {' and '.join(dict.fromkeys(names))}" for row, names in missing.items())
    options = " ".join(
        f"--allow-env {n}" for n in dict.fromkeys(n for names in missing.values() for n in names)
    )
    message = f"not probed: batten.yaml sends environment variables that were not allowed to {environment.url}: {said}"
    return Refusal(message, f"run `batten trust`, or pass {options}")


def trust(root: Root, environments: Iterable[Environment]) -> None:
    """Remember that the user vouches for these, and for no others. Raises NoState."""
    try:
        state = state_of(root.path)
        data = msgspec.json.encode(sorted(map(_digest, environments)))
        state.files.replace(state.path(_NAME), state.sealed(_NAME, data), 0o600)
    except (OSError, Refused) as error:
        raise NoState(f"the approval cannot be stored: {error}; set XDG_STATE_HOME") from error


def _trusted(root: Root) -> frozenset[str]:
    try:
        state = state_of(root.path)
        data = state.opened(_NAME, state.files.read(state.path(_NAME)))
        return frozenset(msgspec.json.decode(data, type=list[str])) if data is not None else frozenset()
    except (NoState, OSError, Refused, msgspec.MsgspecError):
        return frozenset()


def _digest(environment: Environment) -> str:
    """Of all that an environment's row says: when any of it changes, the user is asked again."""
    said = {f.name: _plain(getattr(environment, f.name)) for f in fields(environment)}
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _plain(value: object) -> object:
    return {str(k): _plain(v) for k, v in value.items()} if isinstance(value, Mapping) else value
