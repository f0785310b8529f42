"""Rules for logins (pg_hba.conf) and maps of names (pg_ident.conf).

Source: https://www.postgresql.org/docs/current/auth-pg-hba-conf.html, …/auth-username-maps.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from batten.facts import AccessRule, Clients, Fact, LoginRule, Secret
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.postgres import FieldLine, Token, parse_fields
from batten.model import Location, Problem
from batten.model.record import record
from batten.technologies.shared.settings.settings import templated
from batten.technologies.shared.stores.secrets import written_out
from batten.technologies.stores.postgresql.configuration import problem

TYPES = frozenset(("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"))
_INCLUDES = frozenset(("include", "include_if_exists", "include_dir"))
_KEYWORDS = frozenset(("samehost", "samenet", "all"))
_SECRETS = frozenset(("ldapbindpasswd", "radiussecrets", "radiussecret"))
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_EVERY_NAME = re.compile(r"/\^?\(?(?:\.[*+])\)?\$?")
_MOST = 64  # rules before one that are looked at for why it has no effect
Network = IPv4Network | IPv6Network


@record(kw_only=True)
class Rule:
    """A line of pg_hba.conf. `network` is None for names and keywords."""

    path: str
    line: FieldLine
    type: str
    databases: frozenset[str]
    users: frozenset[str]
    address: str = ""  # as it is written; "" for a socket
    network: Network | None = None
    method: Token
    options: dict[str, Token]

    @property
    def text(self) -> str:
        """The rule as people name it, without its options."""
        return " ".join(",".join(self.line.words(n)) for n in range(self.width))

    @property
    def width(self) -> int:
        """How many fields there are up to the method."""
        return next(n for n, field in enumerate(self.line.fields) if self.method in field) + 1

    @property
    def clients(self) -> Clients:
        if self.type == "local":
            return Clients.SOCKET
        if (self.network is not None and self.network.prefixlen == 0) or self.address == "all":
            return Clients.ANY
        if self.address in ("samehost", "localhost"):
            return Clients.LOOPBACK
        inner = self.network is not None and any(_within(self.network, outer) for outer in _LOOPBACK)
        return Clients.LOOPBACK if inner else Clients.NETWORK


@record
class Rules:
    """The rules of a file and of what it includes, in order. `complete` is False where some are not here."""

    rules: tuple[Rule, ...]
    complete: bool = True
    problems: tuple[Problem, ...] = ()


def rules(path: str, workspace: Workspace) -> Rules:
    """The rules of a pg_hba.conf. Raises SyntaxProblem and Unreadable of the file."""
    return workspace.kept(("pg_hba", path), lambda: _rules(path, workspace))


def _rules(path: str, workspace: Workspace) -> Rules:
    found: list[Rule] = []
    complete, problems = True, []
    for line in workspace.document(path, parse_fields).tree:
        kind = line.fields[0][0].text
        if kind in _INCLUDES and len(line.fields) > 1:
            target = workspace.resolve(path, line.fields[1][0].text)
            if target is None:
                brought: list[str] = []
            elif line.fields[0][0].text == "include_dir" and workspace.is_directory(target):
                brought = sorted(e for e in workspace.entries(target) if e.endswith(".conf"))
            else:
                brought = [target] if workspace.exists(target) else []
            for file in brought:
                try:
                    lines = workspace.document(file, parse_fields).tree
                    found += (rule for one in lines if (rule := _rule(file, one)) is not None)
                except (SyntaxProblem, Unreadable) as error:
                    complete = False
                    problems.append(problem(file, error, workspace))
            complete = complete and kind == "include_if_exists"
        elif (rule := _rule(path, line)) is not None:
            found.append(rule)
    return Rules(tuple(found), complete, tuple(problems))


def _rule(path: str, line: FieldLine) -> Rule | None:
    """The rule of a line; None for one that the server refuses, or that a template fills in."""
    kind = line.fields[0][0].text
    first = 3 if kind == "local" else 4
    if kind not in TYPES or len(line.fields) <= first:
        return None
    address, network = "", None
    if kind != "local":
        address = line.fields[3][0].text
        masked = len(line.fields) > 5 and re.fullmatch(
            r"[\d.]+|[\da-fA-F:]+:[\da-fA-F:]*", line.fields[4][0].text
        )
        mask = line.fields[4][0].text if masked else ""
        try:
            network = ip_network(f"{address}/{mask}" if mask else address, strict=False)
        except ValueError:
            network = None
        first += bool(masked)
        if network is None and templated(address):
            return None
    method = line.fields[first][0]
    if templated(method.text):
        return None
    pairs = (f[0] for f in line.fields[first + 1 :])
    return Rule(
        path=path,
        line=line,
        type=kind,
        databases=frozenset(line.words(1)),
        users=frozenset(line.words(2)),
        address=address if address in _KEYWORDS else address.lower(),
        network=network,
        method=method,
        options={word.text.partition("=")[0]: word for word in pairs},
    )


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def covered(rule: Rule, before: Rule) -> bool:
    """Whether every client that a rule fits is one that an earlier rule fits already."""
    types = before.type == rule.type or (before.type == "host" and rule.type in ("hostssl", "hostnossl"))
    names = _names(rule.databases, before.databases, "replication") and _names(rule.users, before.users, "")
    if not types or not names:
        return False
    if before.type == "local" or before.address in ("all", rule.address):
        return True
    if before.network is None or rule.network is None:
        return False
    return _within(rule.network, before.network)


def _names(inner: frozenset[str], outer: frozenset[str], apart: str) -> bool:
    """`all` names everything but for what is `apart`; a file of names, a group or a pattern is itself only."""
    return inner <= outer or ("all" in outer and apart not in inner)


def facts(found: Rules, ssl: bool | None, loopback: bool) -> Iterator[Fact]:
    """The rules as facts. `ssl`: whether the server offers TLS, where that is known; `loopback`: it listens to nothing else."""
    if ssl is None and any(rule.type == "hostssl" for rule in found.rules):
        ssl = True  # or the rule would never fit
    for number, rule in enumerate(found.rules):
        before = found.rules[max(0, number - _MOST) : number]
        earlier = [b for b in before if covered(rule, b)]
        clients = rule.clients
        if loopback and clients in (Clients.ANY, Clients.NETWORK):
            clients = Clients.LOOPBACK
        defeat = ""
        if earlier and (rule.method.text != "reject" or earlier[0].method.text != "reject"):
            defeat = f"`{earlier[0].text}` comes before it and fits the same clients"
        if rule.type == "hostssl" and ssl is False:
            defeat = "the server offers no TLS"
        yield LoginRule(
            place(rule),
            product="postgresql",
            rule=rule.text,
            clients=clients,
            method=_method(rule),
            plain=bool(ssl) and rule.type in ("host", "hostnossl", "hostnogssenc"),
            encrypted=rule.type in ("hostssl", "hostgssenc"),
            defeat=defeat,
        )
        yield from _secrets(rule)


def _method(rule: Rule) -> str:
    """What a rule asks for; with `clientcert`, it asks for a certificate, too."""
    certificate = rule.options.get("clientcert")
    verified = certificate is not None and certificate.text.endswith(("verify-ca", "verify-full", "=1"))
    return "cert" if verified and rule.method.text == "trust" else rule.method.text


def place(rule: Rule) -> Location:
    return Location(rule.path, f"rule[{rule.text}]", rule.line.span)


def _secrets(rule: Rule) -> Iterator[Secret]:
    for name, word in rule.options.items():
        value = word.text.partition("=")[2]
        if name in _SECRETS and value:
            at = Location(rule.path, f"rule[{rule.text}]/{name}", word.span)
            yield from written_out(at, name, value)


def maps(path: str, workspace: Workspace) -> Iterator[AccessRule]:
    """Maps by which every name of the operating system, or of a certificate, becomes one user. Raises SyntaxProblem
    and Unreadable."""
    for line in workspace.document(path, parse_fields).tree:
        if len(line.fields) < 3:
            continue
        name, system, user = (field[0].text for field in line.fields[:3])
        if _EVERY_NAME.fullmatch(system) and "\\1" not in user:
            at = Location(path, f"map[{name}][{system}][{user}]", line.span)
            who = "any user" if user == "all" or user.startswith("/") else f"`{user}`"
            yield AccessRule(
                at, f"the user map `{name}`", f"every system or certificate name may log in as {who}"
            )
