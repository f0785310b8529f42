"""batten.yaml to a Policy. Whatever is wrong in it is said with its line, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from batten import masking
from batten.facts import Content
from batten.formats import Mapping, Node, Scalar, SyntaxProblem, Unreadable, Workspace
from batten.formats.document import Text
from batten.formats.yaml import parse_all
from batten.model import Context, Location, Severity, Span
from batten.policy.advising import ACCEPTED, KEYS, Accepted, Advising
from batten.policy.contexts import DEFAULTS, Rule
from batten.policy.load_content import served, word
from batten.policy.load_custom import rows
from batten.policy.load_guarding import guarding
from batten.policy.load_leniency import leniency
from batten.policy.load_services import services
from batten.policy.policy import CERTIFICATE_DAYS, HSTS_SECONDS, Environment, Policy, PolicyProblem, Waiver
from batten.policy.rates import ROW, Rate, rate
from batten.policy.reading import Fields

_RULED = ", ".join(c.value for c in Context if c is not Context.PRODUCTION)


TOP = (
    "version",
    "gate",
    "contract",
    "origins",
    "public",
    "content",
    "browsers",
    "hosts",
    "secrets",
    "answers",
    "controls",
    "ignore",
    "contexts",
    "waivers",
    "environments",
    "custom",
    "guard",
    "advisories",
    "certificate-days",
    "hsts-seconds",
)
WAIVER = ("control", "reason", "owner", "until", "path", "pointer", "environment", "case", "fingerprint")
ENVIRONMENT = (
    "url",
    "plain",
    "contract",
    "ca",
    "headers",
    "roles",
    "stores",
    "tls",
    "assets",
    "active",
    "default-credentials",
    "try-logins",
    "smuggling",
    "rate",
    "budget",
    "timeout",
    "content",
    "differences",
)

# As browsers send it: other characters would end a word in the configuration of some engine.
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


def load_policy(path: Path) -> Policy:
    """The policy in a file. Raises PolicyProblem."""
    workspace = Workspace(path.parent)
    try:
        return parse_policy(path.name, workspace.text(path.name).text)
    except Unreadable as error:
        raise PolicyProblem(f"{path}: {error}; {error.hint}") from error


def parse_policy(source: str, text: str) -> Policy:
    """The policy that a text of batten.yaml says. Raises PolicyProblem."""
    file = Text(source, text)
    try:
        documents = parse_all(text)
    except SyntaxProblem as error:
        line = file.line_of(min(error.offset, len(text)))
        raise PolicyProblem(f"{source}:{line}: {error}. {error.hint}") from error
    if len(documents) > 1:
        line = file.line_of(documents[1].span.start)
        raise PolicyProblem(f"{source}:{line}: a second document would have no effect; write one document")
    root = documents[0] if documents else Scalar(None, Span(0, 0))
    if isinstance(root, Scalar) and root.value in (None, ""):
        return Policy(source)
    return Reader(file).policy(root)


class Reader(Fields):
    """Reads one batten.yaml."""

    def policy(self, root: Node) -> Policy:
        top = self.mapping(root, "batten.yaml", TOP)
        version = self.string(top["version"])
        if version not in ("", "1"):
            self.complain(top["version"] or top, f"version {version} is not supported", "write `version: 1`")
        controls = self.controls(top["controls"])
        contexts, rules = _globs_and_rules(self, top["contexts"])
        return Policy(
            source=self.file.path,
            gate=self.severity(top["gate"], Severity.LOW),
            contract=self.string(top["contract"]),
            origins=self.origins(top["origins"]),
            public=self.strings(top["public"]),
            content=served(self, top["content"]),
            browsers=self.boolean(top["browsers"], None),
            hosts=self.strings(top["hosts"]),
            secrets=self.table(top["secrets"]),
            answers=self.table(top["answers"]),
            off={slug: reason for slug, (_, reason) in controls.items() if reason},
            severities={slug: severity for slug, (severity, _) in controls.items() if severity is not None},
            ignore=self.strings(top["ignore"]),
            contexts=contexts,
            rules=rules,
            waivers=tuple(self.waivers(top["waivers"])),
            environments=tuple(self.environments(top["environments"])),
            custom=tuple(rows(self, top["custom"])),
            leniency=leniency(self, top["guard"]),
            choices=guarding(self, top["guard"]),
            rates=tuple(_rates(self, top["guard"])),
            services=tuple(services(self, top["guard"])),
            advising=_advising(self, top["advisories"]),
            named=tuple(self.named(top)),
            documents=tuple(self.documents(top)),
            certificate_days=self.integer(top["certificate-days"], CERTIFICATE_DAYS),
            hsts_seconds=self.integer(top["hsts-seconds"], HSTS_SECONDS),
        )

    def origins(self, node: Node | None) -> tuple[str, ...]:
        found = self.strings(node)
        for origin in found:
            if not _ORIGIN.fullmatch(origin):
                assert node is not None
                self.complain(
                    node, f"'{origin}' is not an origin", "write scheme://host[:port], without path or `*`"
                )
        return found

    def controls(self, node: Node | None) -> dict[str, tuple[Severity | None, str]]:
        """slug -> (severity, "") or (None, reason why it is off)."""
        found: dict[str, tuple[Severity | None, str]] = {}
        if node is None:
            return found
        for entry in self.mapping(node, "controls"):
            slug = str(entry.key.value)
            if isinstance(entry.value, Mapping):
                rule = self.mapping(entry.value, slug, ("off", "severity"))
                reason = self.string(rule["off"])
                if rule["off"] is not None and (len(reason) < 4 or not _is_text(rule["off"])):
                    self.complain(rule, f"turning '{slug}' off needs a reason", "write `off: the reason`")
                severity = self.severity(rule["severity"], Severity.LOW) if "severity" in rule else None
                found[slug] = (severity, reason)
            else:
                found[slug] = (self.severity(entry.value, Severity.LOW), "")
        return found

    def named(self, top: Mapping) -> Iterator[tuple[str, int]]:
        """The controls that batten.yaml names, each with its line: which there are is known when all are loaded."""
        for node in (top["controls"], top["answers"]):
            for entry in self.mapping(node, "this") if node is not None else ():
                yield self.placed(str(entry.key.value), entry.key)
        for item in self.items(top["waivers"], "waivers"):
            node = self.mapping(item, "a waiver")["control"]
            yield self.placed(self.string(node), node or item)
        for entry in self.mapping(top["environments"], "environments") if top["environments"] else ():
            differences = self.mapping(entry.value, "an environment")["differences"]
            for slug in self.strings(differences):
                yield self.placed(slug, differences or entry.key)

    def documents(self, top: Mapping) -> Iterator[tuple[str, int]]:
        """The contracts that batten.yaml names, each with its line."""
        environments = self.mapping(top["environments"], "environments") if top["environments"] else ()
        holders = [top, *(self.mapping(entry.value, "an environment") for entry in environments)]
        for node in (holder["contract"] for holder in holders):
            if node is not None and self.string(node):
                yield self.placed(self.string(node), node)

    def roles(self, node: Node | None) -> dict[str, dict[str, str]]:
        """name -> the headers that a caller of this role sends."""
        if node is None:
            return {}
        return {str(e.key.value): self.secrets(e.value) for e in self.mapping(node, "roles")}

    def secrets(self, node: Node | None) -> dict[str, str]:
        """Headers that callers send. Literal values in them are secrets."""
        found = self.table(node)
        for value in found.values():
            masking.heard((value, *value.split()))
        return found

    def waivers(self, node: Node | None) -> Iterator[Waiver]:
        for item in self.items(node, "waivers"):
            made = self.mapping(item, "a waiver", WAIVER)
            slug = self.string(made["control"])
            if not slug:
                self.complain(item, "a waiver has no control", "write `control: slug`")
            yield Waiver(
                slug,
                self.string(made["reason"]),
                self.string(made["owner"]),
                self.day(made["until"]),
                self.string(made["path"]),
                self.string(made["pointer"]),
                self.string(made["environment"]),
                self.string(made["case"]),
                self.string(made["fingerprint"]),
                Location(self.file.path, f"waivers[{slug}]", item.span),
            )

    def addresses(self, node: Node, urls: tuple[str, ...]) -> None:
        for url in urls:
            try:
                _ = urlsplit(url).port
            except ValueError as error:
                self.complain(node, f"'{url}' is not a valid URL: {error}", "write https://host[:port]")

    def environments(self, node: Node | None) -> Iterator[Environment]:
        if node is None:
            return
        for entry in self.mapping(node, "environments"):
            name = str(entry.key.value)
            made = self.mapping(entry.value, f"environment '{name}'", ENVIRONMENT)
            url = self.string(made["url"])
            others = made["stores"] is not None or made["tls"] is not None
            if not re.match(r"https?://[^/]+", url) and (url or not others):
                self.complain(
                    entry.key, f"environment '{name}' needs a url", "write `url: https://host[:port]`"
                )
            self.addresses(entry.key, (url, self.string(made["plain"]), *self.strings(made["assets"])))
            yield Environment(
                name,
                url.rstrip("/"),
                plain=self.string(made["plain"]).rstrip("/"),
                contract=self.string(made["contract"]),
                ca=self.string(made["ca"]),
                headers=self.secrets(made["headers"]),
                roles=self.roles(made["roles"]),
                stores=self.strings(made["stores"]),
                tls=self.strings(made["tls"]),
                assets=self.strings(made["assets"]),
                active=bool(self.boolean(made["active"], False)),
                default_credentials=bool(self.boolean(made["default-credentials"], False)),
                try_logins=bool(self.boolean(made["try-logins"], False)),
                smuggling=bool(self.boolean(made["smuggling"], False)),
                rate=self.number(made["rate"], 50.0),
                budget=self.integer(made["budget"], 2000),
                timeout=self.number(made["timeout"], 10.0),
                content=Content.UNKNOWN if made["content"] is None else word(self, made["content"]),
                differences=self.strings(made["differences"]),
            )


def _is_text(node: Node) -> bool:
    """Whether it is a string; `true` and a number are no reason for anything."""
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _rates(fields: Fields, guard: Node | None) -> Iterator[Rate]:
    """Raises PolicyProblem."""
    rows = guard["rates"] if isinstance(guard, Mapping) else None
    for item in fields.items(rows, "rates"):
        row = fields.mapping(item, "a rate", ROW)
        try:
            yield rate({key: fields.string(row[key]) for key in ROW if row[key] is not None})
        except ValueError as error:
            message, _, hint = str(error).rpartition("; ")
            fields.complain(item, message, hint)


def _advising(fields: Fields, node: Node | None) -> Advising:
    """Raises PolicyProblem."""
    if node is None:
        return Advising()
    made = fields.mapping(node, "advisories", KEYS)
    minimum, private = fields.severity(made["minimum"], Severity.INFO), fields.strings(made["private"])
    accepted: list[Accepted] = []
    for item in fields.items(made["accepted"], "accepted"):
        row = fields.mapping(item, "an accepted vulnerability", ACCEPTED)
        lacking = next((key for key in ACCEPTED if not fields.string(row[key])), None)
        until = fields.day(row["until"])
        if lacking is not None or until is None:
            fields.complain(
                item, f"an accepted vulnerability has no {lacking}", f"write `{lacking}:` with its value"
            )
        name, reason, owner = (fields.string(row[key]) for key in ACCEPTED[:3])
        accepted.append(Accepted(id=name, reason=reason, owner=owner, until=until))
    return Advising(minimum, private, tuple(accepted))


def _globs_and_rules(
    fields: Fields, node: Node | None
) -> tuple[tuple[tuple[str, Context], ...], dict[Context, Rule]]:
    """`GLOB: context` rows in their order, and `context: {severity: …, gate: …}` rows. Raises PolicyProblem."""
    globs, rules = [], dict(DEFAULTS)
    for entry in fields.mapping(node, "contexts") if node is not None else ():
        key = str(entry.key.value)
        if isinstance(entry.value, Mapping):
            # What production does is said by `gate`, `controls` and `waivers`, each of which is told in the report.
            if key not in _RULED.split(", "):
                fields.complain(
                    entry.key, f"'{key}' is not a context with settings", f"write one of: {_RULED}"
                )
            context = Context(key)
            default = rules[context]
            made = fields.mapping(entry.value, "a context", ("severity", "gate"))
            most = default.most
            if made["severity"] is not None:
                kept = fields.string(made["severity"]) == "keep"
                most = None if kept else fields.severity(made["severity"], Severity.LOW)
            rules[context] = Rule(most, bool(fields.boolean(made["gate"], default.gate)))
        else:
            globs.append((key, _context(fields, entry.value)))
    return tuple(globs), rules


def _context(fields: Fields, node: Node) -> Context:
    name = fields.string(node)
    try:
        return Context(name)
    except ValueError:
        fields.complain(
            node, f"'{name}' is not a context", f"write one of: {', '.join(c.value for c in Context)}"
        )
