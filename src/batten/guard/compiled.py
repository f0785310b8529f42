"""A contract and a policy made ready for decisions: everything that can be known before a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from batten.contract import Contract, Operation, Place
from batten.contract.bundles import Bundles
from batten.contract.matcher import Matcher
from batten.contract.validators import Flawed, Validators
from batten.controls.directives import DIRECTIVES
from batten.controls.transport import max_age
from batten.facts import Content, ResponseHeaders
from batten.guard.answers.header_rules import HeaderRules, Protection, header_rules
from batten.guard.content.intake import Intakes
from batten.guard.lenience.relaxed import NOTHING, STRICT, Relaxed, eased, relaxed
from batten.guard.options import GuardProblem, Options, Rule
from batten.guard.parameters.inputs import Inputs, inputs
from batten.guard.parameters.quick import Unknown
from batten.guard.remembered import Proven
from batten.guard.requests.credentials import Credential, Demand, credentials, demand
from batten.guard.requests.heads import Plain, is_plain
from batten.guard.requests.rates import of_operation
from batten.guard.senders.hosts import Hosts, hosts_of
from batten.guard.senders.sender import declared_by
from batten.guard.senders.trust import Trusted, trusted
from batten.guard.served import Allow, Plan, RenderedHeaders, Served
from batten.guard.usable import Usable, usable
from batten.model import Location
from batten.model.record import record
from batten.policy import Policy
from batten.policy.content import ContentRow, said_of
from batten.policy.guarding import ReadOnly, Undeclared
from batten.policy.headers import CSP
from batten.policy.nearest import meant
from batten.policy.rates import Rate

# What a page may send without asking, and what it may ask for anywhere (Fetch standard).
SAFELISTED = (b"accept", b"accept-language", b"content-language", b"content-type", b"range")
NEVER = ("TRACE", "CONNECT")
MOST_KEPT = 10_000  # paths that are not looked up again
LONGEST_KEPT = 200  # bytes of one


KeptUndeclared = dict[tuple[Unknown, bool], Allow]
Ready = tuple[Allow, Allow, Demand | None, Inputs, bool, KeptUndeclared | None]


@record
class Service:
    """`hosts` is None for every host, `prefix` "" for every path."""

    name: str
    compiled: Compiled
    hosts: Hosts | None = None
    prefix: bytes = b""

    def takes(self, host: bytes, raw_path: bytes) -> bool:
        if self.hosts is not None and not self.hosts[host]:
            return False
        prefix = self.prefix
        return not prefix or raw_path == prefix or raw_path.startswith(prefix + b"/")


class Services:
    """At most one takes a request: longer prefixes come first, and named hosts before every host."""

    __slots__ = ("all",)

    def __init__(self, services: Iterable[Service]) -> None:
        self.all = tuple(sorted(services, key=lambda each: (-len(each.prefix), each.hosts is None)))

    def of(self, host: bytes, raw_path: bytes) -> Service | None:
        for service in self.all:
            if service.takes(host, raw_path):
                return service
        return None


@record
class Path:
    """What a template offers: `methods` is ready to be sent as Allow."""

    served: Mapping[str, Served]
    methods: bytes
    request_headers: frozenset[bytes]
    # By method, over plain HTTP and TLS: nothing dropped, nothing noted; what is demanded, None where nothing is; and
    # the parameters, with whether a request without a query can lack one; and requests with names in the query that are
    # observed only, by the names and whether over TLS, None where they are not.
    ready: Mapping[
        str, tuple[Allow, Allow, Demand | None, Inputs, bool, dict[tuple[Unknown, bool], Allow] | None]
    ]


@dataclass(slots=True, eq=False)
class Compiled:
    options: Options
    observed: frozenset[Rule]
    origins: frozenset[bytes]
    with_cookies: bool
    preflight_age: bytes
    protections: Mapping[tuple[Content, bool], tuple[Protection, ...]]
    matcher: Matcher = field(repr=False)
    _validators: Validators = field(repr=False)
    _admitting: Validators = field(repr=False)
    _intakes: Intakes = field(repr=False)
    _bundles: Bundles = field(repr=False)
    _credentials: Mapping[str, Credential] = field(repr=False)
    _public: frozenset[str] = frozenset()
    relaxed: Relaxed = NOTHING
    undeclared: Undeclared = Undeclared.PASS  # headers of answers
    hosts: Hosts | None = None  # None: every host is served
    trusted: Trusted | None = None
    usable: Usable = field(default_factory=Usable)
    declared: frozenset[bytes] = frozenset()  # headers of edges that are parameters of an operation
    sockets: Matcher = field(
        default_factory=lambda: Matcher(()), repr=False
    )  # WebSockets beyond the contract
    _by_formats: dict[tuple[frozenset[str], Flawed], Validators] = field(default_factory=dict, repr=False)
    proven: Proven = field(default_factory=Proven, repr=False)
    rendered: dict[tuple[Served | None, bool, str], RenderedHeaders] = field(
        default_factory=dict, repr=False
    )  # TLS, method
    plain: Plain = field(init=False, repr=False)
    rates: tuple[Rate, ...] = ()
    services: Services | None = None  # of a guard for several APIs: this one is for what is for none of them
    _paths: dict[str, Path] = field(default_factory=dict, repr=False)
    _known: dict[bytes, Path] = field(default_factory=dict, repr=False)
    _wardrobes: dict[tuple[frozenset[Rule], str, bool, bool, str], HeaderRules] = field(
        default_factory=dict, repr=False
    )
    _said: Callable[[str], ContentRow | None] = field(default=lambda path: None, repr=False)

    def __post_init__(self) -> None:
        self.plain = Plain(self.hosts)

    def path(self, raw_path: bytes) -> Path | None:
        """What a path as it was sent is of; nothing in it is decoded."""
        offered = self.matcher.offered(raw_path.decode("latin-1"))
        if offered is None:
            return None
        template, operations = offered
        found = self._paths.get(template)
        if found is None:
            found = self._paths[template] = self._path(operations)
        return found

    @property
    def operations(self) -> tuple[Operation, ...]:
        return self._validators.contract.operations

    def label(self, method: str, raw_path: bytes) -> str:
        """The operation's label; "" for a request without an operation."""
        path = self.known(raw_path)
        served = path.served.get(method) if path is not None else None
        return served.label if served is not None else ""

    def known(self, raw_path: bytes) -> Path | None:
        """`path`, where every reader splits and decodes it alike. Callers choose the paths, so what is kept has an end."""
        found = self._known.get(raw_path)
        if found is None and is_plain(raw_path):
            found = self.path(raw_path)
            if found is not None and len(raw_path) <= LONGEST_KEPT:
                if len(self._known) >= MOST_KEPT:
                    self._known.clear()
                self._known[raw_path] = found
        return found

    def header_rules(self, served: Served | None, content: Content, tls: bool) -> HeaderRules:
        """What answers of an operation are dressed with; None is where there is none."""
        observed = self.observed if served is None else served.observed
        asks = served is not None and bool(served.demand.alternatives)
        own = served.policy if served is not None and content is not Content.API else ""
        key = (observed, content.value, tls, asks, own)
        found = self._wardrobes.get(key)
        if found is None:
            protections = () if Rule.HEADERS in observed else _with(self.protections[content, tls], own)
            grants = bool(self.origins) and Rule.ORIGIN not in observed
            found = header_rules(observed, protections, asks, grants)
            self._wardrobes[key] = found
        return found

    def _path(self, operations: Mapping[str, Operation]) -> Path:
        served = {method: self.served(o) for method, o in operations.items() if method not in NEVER}
        if self.relaxed.preset.head and "GET" in served and "HEAD" not in served:
            served["HEAD"] = served["GET"]
        names = set(SAFELISTED)
        for one in served.values():
            names.update(p.name.lower().encode() for p in one.operation.parameters if p.location == "header")
            names.update(one.demand.headers)
        ready: dict[str, Ready] = {
            m: (
                Allow(s, m, False),
                Allow(s, m, True),
                s.demand if s.demand.alternatives else None,
                s.inputs,
                s.inputs.asks,
                {} if Rule.UNDECLARED in s.observed and not s.strips else None,
            )
            for m, s in served.items()
        }
        return Path(served, ", ".join(sorted(served)).encode(), frozenset(names), ready)

    @property
    def _keys(self) -> frozenset[str]:
        """Names of credentials in the query."""
        return frozenset(c.name.decode() for c in self._credentials.values() if c.where == "query")

    def served(self, operation: Operation) -> Served:
        """An operation with all that is held against it."""
        label = operation.label
        observed = self.options.observed(label) | self.relaxed.observed(label)
        asked = Demand() if label in self._public else demand(operation, self._credentials)
        bucket = operation.padding or (self.options.bucket if operation.choice else 0)
        declared = {name for response in operation.responses.values() for name in response.headers}
        validators = self._validators_of(label)
        return Served(
            operation,
            label,
            asked,
            observed,
            max(bucket, 0),
            ", ".join(sorted(declared)).encode("ascii", "ignore"),
            validators,
            self._intakes,
            self._bundles,
            inputs(
                operation,
                validators,
                self._bundles,
                self._keys,
                label in {o.label for o in self.relaxed.also},
                self.relaxed.preset.booleans,
            ),
            self.options.strips(label),
            any(status in operation.responses for status in ("206", "2XX")),
            _codings(bucket, observed),
            self._eases(operation),
            undeclared=self.undeclared,
            rates=of_operation(self.rates, label),
            policy=said.policy if (said := self._said(operation.path)) is not None else "",
        )

    def _validators_of(self, label: str) -> Validators:
        """Those that leave the formats alone which are relaxed for an operation, and what it may go without."""
        general = self._admitting if unquote(label) in self.usable.unjudged else self._validators
        annotations = self.relaxed.annotations(label)
        if not annotations:
            return general
        key = annotations, general.flawed
        found = self._by_formats.get(key)
        if found is None:
            found = self._by_formats[key] = Validators(
                general.contract, general.flawed, annotations, general.admits_hidden
            )
        return found

    def _eases(self, operation: Operation) -> Callable[[Plan, int, str], Plan] | None:
        lenient = self.relaxed.towards(operation.label)
        if lenient == STRICT:
            return None
        return lambda found, status, media_type: eased(found, operation, status, media_type, lenient)


def compile_contract(contract: Contract, policy: Policy, options: Options) -> Compiled:
    """Raises GuardProblem for an unknown rule or operation, for what is not a host or a network, and for a contract that
    cannot be enforced as it is."""
    lenient = relaxed(contract, policy.leniency, options.leniency)
    options = lenient.options(options)
    if options.undeclared is None:
        options = replace(options, undeclared=policy.choices.undeclared_query)
    # Raises GuardProblem for the name of a rule that is neither one nor an operation's.
    refuse_known = {rule.value for rule in Rule} | {operation.label for operation in contract.operations}
    for name in options.rules:
        if name not in refuse_known:
            rules = ", ".join(rule.value for rule in Rule)
            raise GuardProblem(
                f"'{name}' is neither a rule nor an operation of {contract.path}; rules are: {rules}"
            )
    admits = policy.choices.read_only is ReadOnly.PASS
    validators = Validators(contract, flawed=Flawed.REFUSED, admits_hidden=admits)
    intakes = Intakes(contract, policy.choices.unjudged_bodies, policy.choices.read_only)
    rows = (*policy.rates, *options.rates)
    known = {operation.label for operation in contract.operations}
    for row in rows:
        if row.operation and row.operation not in known:
            hint = meant(row.operation, known, "write one as in 'GET /v1/orders'")
            raise GuardProblem(f"rates: '{row.operation}' is not an operation of {contract.path}; {hint}")
    return Compiled(
        options=options,
        observed=options.observed(),
        origins=frozenset(origin.encode("ascii", "ignore") for origin in policy.origins),
        with_cookies=any(
            scheme.kind == "apiKey" and scheme.location == "cookie" for scheme in contract.schemes
        ),
        preflight_age=str(options.preflight_seconds).encode(),
        protections={(c, tls): tuple(_protections(c, tls, policy)) for c in Content for tls in (False, True)},
        matcher=Matcher(_as_sent((*contract.operations, *lenient.also))),
        _validators=validators,
        _admitting=Validators(contract, flawed=Flawed.ADMITTED, admits_hidden=admits),
        _intakes=intakes,
        _bundles=Bundles(contract),
        _credentials=credentials(contract),
        _public=frozenset(policy.public),
        relaxed=lenient,
        undeclared=policy.choices.undeclared_answer_headers,
        usable=usable(contract, options.unjudged, intakes.unread(validators)),
        hosts=hosts_of((*policy.hosts, *options.hosts), options.ports),
        trusted=trusted(options.trusted),
        declared=declared_by(contract.operations),
        sockets=sockets(contract, policy.leniency.websockets),
        rates=rows,
        _said=lambda path: said_of(policy.content, policy.hosts or ("",), path),
    )


def _codings(bucket: int, observed: frozenset[Rule]) -> bytes:
    """Answers that are judged must be readable here, and those that are padded must not be compressed."""
    if bucket > 0 and Rule.PADDING not in observed:
        return b"identity"
    return b"" if Rule.ANSWER_BODY in observed else b"gzip"


def _as_sent(operations: Iterable[Operation]) -> Iterable[Operation]:
    """With their paths as a client must write them: `/größe` is sent as `/gr%C3%B6%C3%9Fe`."""
    for operation in operations:
        path, *others = (quote(p, safe="/{}!$&'()*+,;=:@%") for p in (operation.path, *operation.others))
        same = path == operation.path and tuple(others) == operation.others
        yield operation if same else replace(operation, path=path, others=tuple(others))


def _with(protections: tuple[Protection, ...], policy: str) -> tuple[Protection, ...]:
    """With the author's own policy."""
    if not policy:
        return protections
    others = (one for one in protections if one.name != CSP.lower().encode())
    return (*others, Protection(CSP.lower().encode(), policy.encode(), lambda sent: sent == policy))


def _protections(content: Content, tls: bool, policy: Policy) -> Iterable[Protection]:
    for row in DIRECTIVES:
        # A page's own scripts and styles are its author's to list: a policy made here would break it.
        if content is Content.PAGE and row.header == "Content-Security-Policy":
            applies = False
        else:
            applies = row.applies(ResponseHeaders(Location("", ""), over_tls=tls, sent={}, content=content))
        if applies:
            yield Protection(row.header.lower().encode(), row.value.encode(), row.good)
    if tls:
        seconds = policy.hsts_seconds
        value = f"max-age={seconds}; includeSubDomains".encode()
        yield Protection(b"strict-transport-security", value, lambda sent: max_age(sent) >= seconds)


def sockets(contract: Contract, listed: Iterable[str]) -> Matcher:
    """Of templates as in a contract (`/rooms/{id}`), base path included. Raises GuardProblem."""
    return Matcher([_socket(contract, template) for template in listed])


def _socket(contract: Contract, template: str) -> Operation:
    if not template.startswith("/") or "?" in template:
        raise GuardProblem(
            f"websockets: '{template}' is not a path; write it with its base path, as in /v1/events"
        )
    return Operation("GET", template, template, Place(contract.path), Location(contract.path, ""))
