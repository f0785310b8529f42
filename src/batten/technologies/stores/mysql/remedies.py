"""Remedies as lines of an option file."""

from __future__ import annotations

from batten.controls._store_remedies import AskOption, SetOption
from batten.formats import Workspace
from batten.formats.lines import removal
from batten.formats.mysql import OptionLine, add_option, parse_options, set_option
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.mysql.options import CLIENT, SERVER, Files, normal

_OUTSIDERS = "clients on other machines"
_PLAIN = "clients that do not support TLS"


def fix_of(found: Files, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The lines that make the remedy true, in the file that the option is in, or that lacks it."""
    match remedy:
        case SetOption(name, value, breaks):
            return _set(at, workspace, f"set {name} to {value}", name, value, breaks)
        case AskOption(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case want.RequireAuth() if at.pointer.endswith("skip_grant_tables"):
            document = workspace.document(at.source, parse_options)
            without_found = _lines(at, workspace, "skip_grant_tables")
            edits = tuple(removal(document.source, line.span) for line in without_found)
            without_breaks = "clients that do not log in"
            return (
                Fix("check privileges again", edits, safety=Safety.RISKY, breaks=without_breaks)
                if edits
                else None
            )
        case want.Bind():
            name = "mysqlx_bind_address" if at.pointer.endswith("mysqlx_bind_address") else "bind_address"
            return _set(at, workspace, "listen on loopback only", name, "127.0.0.1", _OUTSIDERS)
        case want.TurnOff(Switch.PLAIN):
            return _set(at, workspace, "require TLS of clients", "require_secure_transport", "ON", _PLAIN)
        case want.MinimumTls():
            return _set(
                at, workspace, "require TLSv1.2 or newer", "tls_version", "TLSv1.2,TLSv1.3", OLD_VERSIONS
            )
        case want.UseSuites(suites):
            title = "offer forward-secret AEAD suites only"
            return _set(at, workspace, title, "ssl_cipher", ":".join(suites), OLD_SUITES)
        case want.RunAs():
            breaks = "servers whose files belong to root"
            return _set(at, workspace, "run the server as the user mysql", "user", "mysql", breaks)
        case want.TurnOn(Switch.VERIFY_TLS):
            return _verified(at, workspace)
    return None


def _lines(at: Location, workspace: Workspace, name: str, clients: bool = False) -> list[OptionLine]:
    groups = workspace.document(at.source, parse_options).tree
    wanted = CLIENT if clients else SERVER
    return [
        line
        for group in groups
        if wanted.fullmatch(group.name)
        for line in group.options
        if normal(line.name, line.value)[0] == name
    ]


def _set(at: Location, workspace: Workspace, title: str, name: str, value: str, breaks: str) -> Fix | None:
    document = workspace.document(at.source, parse_options)
    found = _lines(at, workspace, name)
    if not found:
        line = f"{name} = {value}"
        edits = [
            add_option(document.source, document.tree, ("mysqld", "mariadbd", "mariadb", "server"), line)
        ]
    elif found[-1].name.replace("-", "_").lower() == name:
        edits = [set_option(document.source, found[-1], value)]
    else:  # skip-name, loose-name
        edits = [Edit(at.source, found[-1].span, f"{name} = {value}")]
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, tuple(edits), safety=safety, breaks=breaks)


def _verified(at: Location, workspace: Workspace) -> Fix | None:
    document = workspace.document(at.source, parse_options)
    breaks = "clients of servers whose certificate is signed by a CA that they do not know"
    for name, value in (("ssl_verify_server_cert", "1"), ("ssl_mode", "VERIFY_IDENTITY")):
        here = [
            o for o in _lines(at, workspace, name, clients=True) if at.span is not None and o.span == at.span
        ]
        if here:
            edits = (set_option(document.source, here[-1], value),)
            return Fix("verify the server's certificate", edits, safety=Safety.RISKY, breaks=breaks)
    return None
