"""Where an environment's assessments come from: its settings as texts, made into records or refused with a sentence.

Settings hold no secrets. `${TARGET_NAME}` is read where the worker is (`watch/secrets.py`): only secrets whose names begin with
TARGET_ may be sent, so that nobody who may write settings can send out what else the service was given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields
from enum import Enum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from batten import masking
from batten.engine.trust import place_of
from batten.live.exchange import CREDENTIALS
from batten.live.stores.door import complaint as not_a_store
from batten.live.tls.services import complaint as not_a_service
from batten.model.record import record
from batten.policy.nearest import meant
from batten.watch.model import Asset, Named, Source

N = TypeVar("N", int, float)

PREFIX = "TARGET_"
CONTRACT = 4 << 20  # characters of a contract that is kept in the settings
_LONG = 4096  # characters of any other setting
_MOST = 64  # entries of a list
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_DOLLAR = re.compile(r"\$(?!\{\w+\})")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:.]+")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@-]*")
_SPACE = re.compile(r"[\s,]+")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class SettingProblem(Exception):
    """A setting that cannot be used; the sentence says which, why, and what to write."""


@record(kw_only=True)
class Live:
    """A running API, and what is sent to it. `contract` is the text of its OpenAPI document, or the path on the target under
    which it is fetched; "": there is none."""

    url: str
    plain: str = ""
    contract: str = ""
    origins: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    tls: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    rate: float = 50.0  # requests a second
    budget: int = 2000  # requests in all
    timeout: float = 10.0  # seconds for one answer
    active: bool = False


@record(kw_only=True)
class Repository:
    """A git repository. `environment` of its batten.yaml is probed where all its places are in `allow` (as --allow of
    `batten check` names them), which the operator wrote: what a repository says never decides alone where requests go."""

    url: str
    ref: str = "HEAD"
    folder: str = ""
    environment: str = ""
    allow: tuple[str, ...] = ()
    token: str = ""  # the variable that holds a token for https
    key: str = ""  # a private key file, for ssh
    hosts: str = ""  # a known_hosts file, for ssh
    variables: tuple[str, ...] = ()  # what `${NAME}` in its batten.yaml may name


@record(kw_only=True)
class Pushed:
    """Reports that CI sends. `environment` is its name in them; "": the one of the stage's name, or the only one."""

    environment: str = ""


@record(kw_only=True)
class Traffic:
    """A file that a guard keeps what it saw in, below the folder `traffic` of the service's data."""

    file: str
    contract: str


Settings = Live | Repository | Pushed | Traffic
Local = tuple[Path, ...] | None


def source_of(source: Source, settings: Mapping[str, str], local: Iterable[Path] | None = None) -> Settings:
    """The record of a source's settings. Repositories on this machine must be below a folder of `local`; None: that is
    decided by the worker, whose machine it is. Raises SettingProblem."""
    made = _READERS[source]
    for name, value in settings.items():
        if name not in _KEYS[source]:
            hint = meant(name, _KEYS[source], f"it has {', '.join(_KEYS[source]) or 'none'}")
            raise SettingProblem(f"a {source.value} environment has no setting '{name}'; {hint}")
        most = CONTRACT if name == "contract" else _LONG
        if len(value) > most or "\0" in value:
            raise SettingProblem(f"{name}: it has more than {most:,} characters, or one that is zero")
    return made(settings, None if local is None else tuple(local))


class Says(Enum):
    """What the text of a setting is about."""

    ITSELF = "itself"  # it names nothing of the service's, nor of its network's
    ADDRESS = "address"  # what is connected to, judged when it is (`live/addresses.py`)
    SECRET = "secret"  # the name of a secret
    SECRETS = "secrets"  # `${NAME}` in its values
    PATH = "path"  # an absolute path of this machine or a worker's
    TRAFFIC = "traffic"  # a file of the folder `traffic`


# Every setting, so that none is forgotten where it is asked whose something is.
SAYS: Mapping[type, Mapping[str, Says]] = {
    Live: {
        "url": Says.ADDRESS,
        "plain": Says.ADDRESS,
        "contract": Says.ITSELF,
        "origins": Says.ITSELF,
        "stores": Says.ADDRESS,
        "tls": Says.ADDRESS,
        "headers": Says.SECRETS,
        "rate": Says.ITSELF,
        "budget": Says.ITSELF,
        "timeout": Says.ITSELF,
        "active": Says.ITSELF,
    },
    Repository: {
        "url": Says.PATH,  # else an address
        "ref": Says.ITSELF,
        "folder": Says.ITSELF,
        "environment": Says.ITSELF,
        "allow": Says.ADDRESS,
        "token": Says.SECRET,
        "key": Says.PATH,
        "hosts": Says.PATH,
        "variables": Says.SECRET,
    },
    Pushed: {"environment": Says.ITSELF},
    Traffic: {"file": Says.TRAFFIC, "contract": Says.ITSELF},
}


def named(settings: Settings) -> tuple[Named, ...]:
    """Everything of the service's that settings name, and that has to be their team's."""
    return tuple(one for part in fields(settings) for one in _named(settings, part.name))


def led(source: Source, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings with paths as they lead on this machine now: what is judged of them is then what is opened."""
    paths = [name for name, says in SAYS[Repository].items() if says is Says.PATH]
    there = {name: settings.get(name, "").strip() for name in paths if source is Source.REPOSITORY}
    return {**settings, **{name: os.path.realpath(at) for name, at in there.items() if at.startswith("/")}}


def _named(settings: Settings, name: str) -> Iterator[Named]:
    value = getattr(settings, name)
    each = (value,) if isinstance(value, str) else value
    match SAYS[type(settings)][name]:
        case Says.SECRET:
            yield from (Named(Asset.SECRET, one, name) for one in each if one)
        case Says.SECRETS:
            found = (variable for text in value.values() for variable in _VARIABLE.findall(text))
            yield from (Named(Asset.SECRET, one, name) for one in dict.fromkeys(found))
        case Says.TRAFFIC:
            yield Named(Asset.TRAFFIC, value, name)
        case Says.PATH if value.startswith("/"):
            yield Named(Asset.PATH, value, name)
        case Says.PATH | Says.ADDRESS | Says.ITSELF:
            pass


def variables(settings: Settings) -> tuple[str, ...]:
    """The environment variables of the worker that an assessment is given."""
    match settings:
        case Live():
            names = {name for value in settings.headers.values() for name in _VARIABLE.findall(value)}
            return tuple(sorted(names))
        case Repository():
            return (*settings.variables, *([settings.token] if settings.token else []))
        case Pushed() | Traffic():
            return ()


def _live(settings: Mapping[str, str], _: Local) -> Live:
    url = _address(settings, "url")
    if not url:
        raise SettingProblem("url: it is missing; write https://host[:port]")
    name = "active"
    text = settings.get(name, "").strip().lower()
    if text not in ("", "true", "false"):
        raise SettingProblem(f"{name}: it is neither true nor false")
    active, contract = text == "true", settings.get("contract", "").strip()
    if active and contract.startswith("/"):
        raise SettingProblem(
            "contract: with `active` it must be the document itself: what a target serves would decide which requests change data"
        )
    # Headers, one a line. Credentials must come from variables.
    headers_text = settings.get("headers", "")
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, headers_text.splitlines())):
        headers_name, colon, value = line.partition(":")
        headers_name, value = headers_name.strip(), value.strip()
        if not colon or not _HEADER.fullmatch(headers_name) or not value or not value.isprintable():
            raise SettingProblem(
                f"headers: write one a line, such as `Authorization: Bearer ${{{PREFIX}TOKEN}}`"
            )
        for variable in _VARIABLE.findall(value):
            _variable("headers", variable)
        secret = headers_name.lower() in CREDENTIALS or masking.bares(line)
        if _DOLLAR.search(value) or (secret and not _VARIABLE.search(value)):
            raise SettingProblem(
                f"headers: the value of {headers_name} must come from the worker's environment; write ${{{PREFIX}TOKEN}}"
            )
        found[headers_name] = value
    if len(found) > _MOST:
        raise SettingProblem(f"headers: there are more than {_MOST}")
    return Live(
        url=url,
        plain=_address(settings, "plain"),
        contract=contract,
        origins=_each(settings, "origins", _origin),
        stores=_each(settings, "stores", not_a_store),
        tls=_each(settings, "tls", not_a_service),
        headers=found,
        rate=_number(settings, "rate", 50.0, 0.1, 1000.0),
        budget=_number(settings, "budget", 2000, 1, 100_000),
        timeout=_number(settings, "timeout", 10.0, 0.1, 120.0),
        active=active,
    )


def _repository(settings: Mapping[str, str], local: Local) -> Repository:
    ref = settings.get("ref", "") or "HEAD"
    if not _REF.fullmatch(ref) or ".." in ref or len(ref) > 255:
        raise SettingProblem("ref: it is not a branch, tag or commit; write main, v1.2 or a commit's digest")
    folder = settings.get("folder", "").strip("/")
    if any(part in ("", ".", "..", ".git") for part in folder.split("/") if folder):
        raise SettingProblem("folder: it is not a folder of the repository; write services/orders")
    named = tuple(_variable("variables", name) for name in _listed(settings, "variables"))
    token = settings.get("token", "").removeprefix("${").removesuffix("}")
    value = settings.get("url", "")
    value = value.strip()
    if value.startswith("/"):
        # The path as it is written: where it leads is no news for who writes it.
        local_parts = [part for part in value.split("/") if part not in ("", ".")]
        if ".." in local_parts:
            raise SettingProblem("url: it has a part `..`; write the path without it")
        real = Path(os.path.realpath(value))
        if local is not None and not any(real.is_relative_to(folder.resolve()) for folder in local):
            raise SettingProblem(
                "url: repositories on this machine are read only below the folders that the service was started with; "
                "write https://host/path, or start it with --repositories FOLDER"
            )
        repository_url = "/" + "/".join(local_parts)
    else:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            parts, host = urlsplit(""), ""
        if parts.scheme not in ("https", "ssh") or not _HOST.fullmatch(host):
            raise SettingProblem(
                "url: it is not a repository; write https://host/path or ssh://git@host/path"
            )
        if parts.password is not None or (parts.scheme == "https" and parts.username is not None):
            raise SettingProblem(
                f"url: it holds credentials; name a variable in `token`, such as {PREFIX}TOKEN"
            )
        user = parts.username or ""
        if (
            re.search(r"[\s\\?#]", value)
            or len(parts.path) < 2
            or (user and not re.fullmatch(r"[\w.][\w.-]*", user))
        ):
            raise SettingProblem(
                "url: it is not a repository; write https://host/path or ssh://git@host/path"
            )
        repository_url = value
    made = Repository(
        url=repository_url,
        ref=ref,
        folder=folder,
        environment=settings.get("environment", ""),
        allow=_each(settings, "allow", _host),
        token=_variable("token", token) if token else "",
        key=_path(settings, "key"),
        hosts=_path(settings, "hosts"),
        variables=named,
    )
    if made.url.startswith("ssh:") and not (made.key and made.hosts):
        raise SettingProblem(
            "url: ssh needs `key` (a private key file of the worker) and `hosts` (a known_hosts file)"
        )
    return made


def _pushed(settings: Mapping[str, str], _: Local) -> Pushed:
    return Pushed(environment=settings.get("environment", ""))


def _traffic(settings: Mapping[str, str], _: Local) -> Traffic:
    file, contract = settings.get("file", ""), settings.get("contract", "").strip()
    if not _FILE.fullmatch(file):
        raise SettingProblem("file: it is not a file name; write traffic.db, a file below traffic/ in --data")
    if not contract:
        raise SettingProblem(
            "contract: it is missing; add the OpenAPI document that requests are compared with"
        )
    return Traffic(file=file, contract=contract)


_READERS: dict[Source, Callable[[Mapping[str, str], Local], Settings]] = {
    Source.LIVE: _live,
    Source.REPOSITORY: _repository,
    Source.PUSHED: _pushed,
    Source.TRAFFIC: _traffic,
}
_KEYS: dict[Source, tuple[str, ...]] = {
    Source.LIVE: (
        "url", "plain", "contract", "origins", "stores", "tls", "headers", "rate", "budget", "timeout", "active",
    ),
    Source.REPOSITORY: (
        "url", "ref", "folder", "environment", "allow", "token", "key", "hosts", "variables",
    ),
    Source.PUSHED: ("environment",),
    Source.TRAFFIC: ("file", "contract"),
}  # fmt: skip


def _address(settings: Mapping[str, str], name: str) -> str:
    """An http or https URL without credentials."""
    value = settings.get(name, "").strip().rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingProblem(f"{name}: it is not a valid URL: {error}; write https://host[:port]") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\]", value):
        raise SettingProblem(f"{name}: it is not a URL of an API; write https://host[:port]")
    if parts.username is not None or parts.password is not None:
        raise SettingProblem(f"{name}: it holds credentials; send them as `headers` with ${{{PREFIX}…}}")
    if parts.query or parts.fragment:
        raise SettingProblem(f"{name}: it has a query or a fragment; write the address before them")
    return value


def _variable(setting: str, name: str) -> str:
    if not re.fullmatch(rf"{PREFIX}[A-Z0-9_]{{1,90}}", name):
        raise SettingProblem(
            f"{setting}: environments may use only secrets whose names begin with {PREFIX}, in capitals; rename '{name[:40]}'"
        )
    return name


def _path(settings: Mapping[str, str], name: str) -> str:
    value = settings.get(name, "").strip()
    if value and (not value.startswith("/") or not value.isprintable()):
        raise SettingProblem(f"{name}: it is not an absolute path of the worker's machine")
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise SettingProblem(f"{name}: it has a part `..`; write the path without it")
    return f"/{'/'.join(parts)}" if value else ""


def _listed(settings: Mapping[str, str], name: str) -> list[str]:
    found = list(dict.fromkeys(filter(None, _SPACE.split(settings.get(name, "")))))
    if len(found) > _MOST:
        raise SettingProblem(f"{name}: there are more than {_MOST} entries")
    return found


def _each(settings: Mapping[str, str], name: str, complaint: Callable[[str], str]) -> tuple[str, ...]:
    found = _listed(settings, name)
    for entry in found:
        if wrong := complaint(entry):
            raise SettingProblem(f"{name}: {wrong}")
    return tuple(found)


def _origin(entry: str) -> str:
    fits = re.fullmatch(r"https?://[^/*\s]+", entry)
    return "" if fits else f"'{entry}' is not an origin; write scheme://host[:port], without path or `*`"


def _host(entry: str) -> str:
    known = place_of(entry) is not None
    return "" if known else f"'{entry}' is not a host; write api.example.com, or http://api.example.com:8080"


def _number(settings: Mapping[str, str], name: str, usual: N, least: N, most: N) -> N:
    text = settings.get(name, "").strip()
    try:
        value = type(usual)(text) if text else usual
    except ValueError:
        value = most + 1
    if not least <= value <= most:
        raise SettingProblem(f"{name}: it is not a number from {least:g} to {most:g}")
    return value
