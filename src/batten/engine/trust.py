"""What the user has approved: the running systems in batten.yaml.

batten.yaml comes with the files under review, so a stranger may have written it. Where it points to, and what it sends
there (environment variables, as headers), is believed on the user's word only: `batten trust`, remembered for exactly
these rows, or hosts named with --allow.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from urllib.parse import urlsplit

import msgspec

from batten.files import NoState, Refused, Root, state_of
from batten.policy import Environment, Policy

VARIABLE = "BATTEN_ALLOW"
UNALLOWED = "not probed: its address comes only from batten.yaml, which is part of the reviewed files"
_NAME = "trusted"
_SENT = re.compile(r"\$\{?(\w+)")


def addresses(environment: Environment) -> tuple[str, ...]:
    """Everywhere that batten would connect to."""
    single = (environment.url, environment.plain)
    return tuple(
        dict.fromkeys(a for a in (*single, *environment.stores, *environment.tls, *environment.assets) if a)
    )


def hosts(environment: Environment) -> frozenset[str]:
    return frozenset(map(_host, addresses(environment)))


def _host(address: str) -> str:
    """The host of a URL, or of a bare HOST[:PORT]; an address that cannot be read stands for itself."""
    try:
        return (urlsplit(address if "://" in address else f"//{address}").hostname or address).lower()
    except ValueError:
        return address


def variables(environment: Environment) -> tuple[str, ...]:
    """The environment variables whose values are sent to it."""
    texts = [
        *environment.headers.values(),
        *(v for role in environment.roles.values() for v in role.values()),
    ]
    return tuple(sorted({name for text in texts for name in _SENT.findall(text)}))


def allowing(environment: Environment) -> str:
    return " ".join(f"--allow {host}" for host in sorted(hosts(environment)))


def vouched(root: Root, policy: Policy, allow: Iterable[str] = ()) -> tuple[Policy, frozenset[str]]:
    """The policy with its environments as they may be asked, and the names of those that may not be.

    An environment that is asked only because its hosts are allowed is asked harmless things, with files of the root.
    """
    named = {h.lower() for h in (*allow, *re.split(r"[,\s]+", os.environ.get(VARIABLE, ""))) if h}
    trusted = _trusted(root) if policy.environments else frozenset()
    kept, refused = [], set()
    for environment in policy.environments:
        if _digest(environment) in trusted:
            kept.append(environment)
        elif hosts(environment) <= named:
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
        else:
            kept.append(environment)
            refused.add(environment.name)
    return replace(policy, environments=tuple(kept)), frozenset(refused)


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
