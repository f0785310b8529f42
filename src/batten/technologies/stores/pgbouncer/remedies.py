"""Remedies as lines of pgbouncer.ini."""

from __future__ import annotations

from batten.controls._store_remedies import AskOption, SetOption
from batten.formats import Workspace
from batten.formats.mysql import add_option, set_option
from batten.formats.pgbouncer import parse_pools
from batten.model import Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.pgbouncer.settings import SECTION, Pools

_OUTSIDERS = "clients on other machines"


def fix_of(found: Pools, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The lines that make the remedy true, in the file that the setting is in."""
    match remedy:
        case SetOption(name, value, breaks):
            return _set(found, at, workspace, f"set {name} to {value}", name, value, breaks)
        case AskOption(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case want.RequireAuth() if at.pointer.endswith("auth_type"):
            breaks = "clients without a password in auth_file"
            return _set(found, at, workspace, "require a password", "auth_type", "scram-sha-256", breaks)
        case want.Bind():
            title = "listen on loopback only"
            return _set(found, at, workspace, title, "listen_addr", "127.0.0.1", _OUTSIDERS)
        case want.TurnOff(Switch.PLAIN):
            breaks = "clients that connect without TLS"
            return _set(
                found, at, workspace, "require TLS of clients", "client_tls_sslmode", "require", breaks
            )
        case want.MinimumTls(version):
            title = f"require {version} or newer"
            return _set(found, at, workspace, title, "client_tls_protocols", "secure", OLD_VERSIONS)
        case want.UseSuites(suites):
            title = "offer forward-secret AEAD suites only"
            return _set(found, at, workspace, title, "client_tls_ciphers", ":".join(suites), OLD_SUITES)
        case want.TurnOn(Switch.VERIFY_TLS):
            title, breaks = (
                "verify the servers' certificates",
                "servers whose certificate no CA of server_tls_ca_file signs",
            )
            return _set(found, at, workspace, title, "server_tls_sslmode", "verify-full", breaks)
    return None


def _set(
    found: Pools, at: Location, workspace: Workspace, title: str, name: str, value: str, breaks: str
) -> Fix | None:
    """In the file that has the setting, else in the main one."""
    given = found.server.found.get(name)
    path = given.at.source if given is not None else found.server.at.source
    document = workspace.document(path, parse_pools)
    lines = [o for g in document.tree if g.name == SECTION for o in g.options if o.name == name]
    if lines:
        edits = (set_option(document.source, lines[-1], value),)
    else:
        edits = (add_option(document.source, document.tree, (SECTION,), f"{name} = {value}"),)
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, edits, safety=safety, breaks=breaks)
