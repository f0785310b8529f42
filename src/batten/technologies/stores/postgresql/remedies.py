"""Remedies as lines of postgresql.conf and pg_hba.conf."""

from __future__ import annotations

import re

from batten.controls._store_remedies import AskOption, RuleClients, RuleMethod, RuleOverTls, SetOption
from batten.formats import Workspace
from batten.formats.lines import above, removal
from batten.formats.postgres import parse_settings, set_value
from batten.model import Edit, Fix, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.postgresql.rules import covered, place, rules

_MODE = re.compile(r"\s*\bsslmode[ \t]*=[ \t]*\S+")
_OUTSIDERS = "clients on other machines"


def fix_of(path: str, workspace: Workspace, remedy: Remedy) -> Fix | None:
    """The lines that make the remedy true, in the file that the setting is in."""
    match remedy:
        case SetOption(name, value, breaks):
            return _set(path, workspace, f"set {name} to {value}", {name: value}, breaks)
        case AskOption(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case want.Bind():
            title = "listen on loopback only"
            return _set(path, workspace, title, {"listen_addresses": "localhost"}, _OUTSIDERS)
        case want.MinimumTls(version):
            title = f"require {version} or newer"
            return _set(path, workspace, title, {"ssl_min_protocol_version": version}, OLD_VERSIONS)
        case want.TurnOn(Switch.VERIFY_TLS):
            return _verified(path, workspace)
        case want.UseSuites(suites):
            title = "offer forward-secret AEAD suites only"
            return _set(path, workspace, title, {"ssl_ciphers": ":".join(suites)}, OLD_SUITES)
    return None


def _set(path: str, workspace: Workspace, title: str, values: dict[str, str], breaks: str) -> Fix | None:
    document = workspace.document(path, parse_settings)
    edits = [
        edit
        for name, value in values.items()
        for edit in set_value(document.source, document.tree, name, value)
    ]
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, tuple(edits), safety=safety, breaks=breaks) if edits else None


def _verified(path: str, workspace: Workspace) -> Fix | None:
    """The connection of a replica with the check of names and certificates."""
    lines = [s for s in workspace.document(path, parse_settings).tree if s.name == "primary_conninfo"]
    if not lines:
        return None
    value = _MODE.sub("", lines[-1].value).strip() + " sslmode=verify-full"
    title, breaks = "verify the primary's certificate", "replicas without the CA of the primary's certificate"
    return _set(path, workspace, title, {"primary_conninfo": value}, breaks)


def rule_fix(at: Location, workspace: Workspace, remedy: Remedy) -> Fix | None:
    """The rule at that place, changed."""
    rule = next((r for r in rules(at.source, workspace).rules if place(r).span == at.span), None)
    if rule is None:
        return None
    match remedy:
        case RuleMethod(method):
            edits = (Edit(at.source, rule.method.span, method),)
            breaks = "clients without a password, and users that have none or one in another form"
            return Fix(f"require {method}", edits, safety=Safety.RISKY, breaks=breaks)
        case RuleOverTls():
            edits = (Edit(at.source, rule.line.fields[0][0].span, "hostssl"),)
            breaks = "clients that connect without TLS"
            return Fix("admit clients over TLS only", edits, safety=Safety.RISKY, breaks=breaks)
        case want.TurnOn(Switch.ACCESS_RULE):
            # The rule above the first one that fits the same clients, in one file.
            earlier = next((r for r in rules(rule.path, workspace).rules if covered(rule, r)), None)
            if earlier is None or earlier.path != rule.path or earlier.line.span.start > rule.line.span.start:
                return None
            text = workspace.text(rule.path)
            line = text.text[rule.line.span.start : rule.line.span.end]
            first_edits = (above(text, earlier.line.span, line), removal(text, rule.line.span))
            first_breaks = "clients that the rule did not catch until now"
            return Fix(
                "put the rule before the one that decides",
                first_edits,
                safety=Safety.RISKY,
                breaks=first_breaks,
            )
        case RuleClients(clients):
            # The address of a rule, with its mask.
            last = rule.line.fields[rule.width - 2][-1]
            edits = (Edit(at.source, Span(rule.line.fields[3][0].span.start, last.span.end), clients),)
            breaks = "clients outside the networks that the server is in"
            return Fix("admit the server's own networks only", edits, safety=Safety.RISKY, breaks=breaks)
    return None
