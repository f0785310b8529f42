from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from pathlib import Path

from batten.facts import Content
from batten.model import Context, Location, Severity, clock
from batten.model.record import record
from batten.policy.advising import Advising, Source
from batten.policy.content import ContentRow
from batten.policy.contexts import DEFAULTS, Rule
from batten.policy.custom import Custom
from batten.policy.guarding import Guarding
from batten.policy.leniency import Leniency
from batten.policy.rates import Rate
from batten.policy.services import Service

NAME = "batten.yaml"
CERTIFICATE_DAYS = 30
HSTS_SECONDS = 31_536_000


class PolicyProblem(Exception):
    """batten.yaml cannot be used: the sentence says where, what and what to do (exit code 2)."""


@record
class Waiver:
    """A waiver: a finding that is accepted until a day. `path` and `pointer` are globs; "" is any, also of the control's
    cases and of fingerprints."""

    slug: str
    reason: str
    owner: str
    until: date | None
    path: str = ""
    pointer: str = ""
    environment: str = ""
    case: str = ""
    fingerprint: str = ""
    at: Location | None = None


@record
class Environment:
    """A running system that batten may ask. `headers` are sent with each request; their values may
    name environment variables (`${TOKEN}`) and are secrets."""

    name: str
    url: str
    plain: str = ""  # the plain-HTTP address of the same API, when it has one
    contract: str = ""
    ca: str = ""  # PEM file with the trust anchor, when it is not a public one
    headers: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # name -> headers in their place
    stores: tuple[str, ...] = ()  # redis://host:port …
    tls: tuple[str, ...] = ()  # smtp://host, imaps://host …: ports whose TLS is assessed
    assets: tuple[str, ...] = ()  # base URLs of static assets
    active: bool = False  # verbs other than GET, HEAD and OPTIONS may be tried
    default_credentials: bool = False
    try_logins: bool = False  # log-ins with a made-up user, to see whether guessing is held up
    smuggling: bool = False  # requests whose length two servers may read differently
    rate: float = 50.0  # requests a second
    budget: int = 2000  # requests in all
    timeout: float = 10.0  # seconds for one whole answer
    content: Content = Content.UNKNOWN  # what its host serves
    differences: tuple[str, ...] = ()  # slugs in which it may fall behind the environment before it


@record
class Policy:
    """What the user decided. `Policy()` is the policy without a batten.yaml."""

    source: str = ""
    gate: Severity = Severity.LOW  # findings at or above it fail the run
    contract: str = ""
    origins: tuple[str, ...] = ()
    public: tuple[str, ...] = ()  # operations ("GET /health") that need no credential
    browsers: bool | None = None  # whether browsers call the API; None: as `origins` tells
    content: tuple[ContentRow, ...] = ()  # what hosts and paths serve
    hosts: tuple[str, ...] = ()  # names the API is called by
    secrets: Mapping[str, str] = field(default_factory=dict)  # service -> environment variable
    answers: Mapping[str, str] = field(default_factory=dict)  # slug -> the value a fix asked for
    off: Mapping[str, str] = field(default_factory=dict)  # slug -> reason
    severities: Mapping[str, Severity] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()  # path globs that are not reviewed
    contexts: tuple[
        tuple[str, Context], ...
    ] = ()  # path globs and what lies there; the first that fits counts
    rules: Mapping[Context, Rule] = field(default_factory=lambda: DEFAULTS)
    waivers: tuple[Waiver, ...] = ()
    environments: tuple[Environment, ...] = ()
    custom: tuple[Custom, ...] = ()
    leniency: Leniency = Leniency()
    choices: Guarding = Guarding()
    rates: tuple[Rate, ...] = ()
    services: tuple[Service, ...] = ()
    advising: Advising = Advising()
    advisories: Source | None = None  # what the command line names; no file may
    # Ends of support, waivers and accepted risks are judged at it.
    today: date = field(default_factory=lambda: clock.today())
    # Certificates are judged at it. It is no part of a cache's key: `today` is.
    now: datetime = field(default_factory=lambda: clock.now(), repr=False, compare=False)
    named: tuple[tuple[str, int], ...] = ()  # every control that batten.yaml names, with its line
    documents: tuple[tuple[str, int], ...] = ()  # every contract that it names, with its line
    certificate_days: int = CERTIFICATE_DAYS
    hsts_seconds: int = HSTS_SECONDS

    @property
    def for_browsers(self) -> bool:
        """Whether pages of other origins are meant to call the API."""
        return self.browsers if self.browsers is not None else bool(self.origins)

    @property
    def lessened(self) -> dict[str, int]:
        """The settings that require less than they do without a batten.yaml, by their keys."""
        rows = (
            ("certificate-days", self.certificate_days, CERTIFICATE_DAYS),
            ("hsts-seconds", self.hsts_seconds, HSTS_SECONDS),
        )
        return {name: value for name, value, default in rows if value < default}

    def counting(self, contexts: Iterable[Context]) -> Policy:
        """The same policy, with the findings of these contexts judged as those of production are."""
        return replace(self, rules={**self.rules, **dict.fromkeys(contexts, Rule())})

    def compared_with(self, source: Source | None) -> Policy:
        """The same policy, with packages compared with the advisories of a source."""
        return self if source is None else replace(self, advisories=source)


def find_policy(start: Path) -> Path | None:
    """The batten.yaml of a folder, or the nearest one above it in the same repository. A folder that anybody may write
    to, such as /tmp, decides nothing for those below it."""
    folder = Path(os.path.abspath(start))
    while True:
        if os.path.lexists(folder / NAME):
            return folder / NAME
        if os.path.lexists(folder / ".git") or folder == folder.parent or _anybodys(folder.parent):
            return None
        folder = folder.parent


def _anybodys(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True
