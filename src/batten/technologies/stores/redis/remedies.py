"""Remedies as lines of a configuration file."""

from __future__ import annotations

from batten.controls._store_remedies import RuleMethod, SetOption
from batten.formats import Workspace
from batten.formats.directives import parse_directives, set_value
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.shared.stores.options import OPTIONS
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS
from batten.technologies.stores.redis.configuration import Configuration

_OUTSIDERS = "clients on other machines"


def fix_of(configuration: Configuration, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The lines that make the remedy true, in the file that `at` is in."""
    match remedy:
        case want.RequireAuth(secret):
            # The format has no reference to the environment, so a password would be written out: never here.
            variable = secret or "STORE_PASSWORD"
            question = (
                f'start the server with `--requirepass "${variable}"`, or give it an `aclfile` that is not '
                "committed: redis.conf cannot name an environment variable"
            )
            return Fix("require a password of every client", (), safety=Safety.VALUE, question=question)
        case want.Bind(addresses):
            values = [
                ("-" if ":" in a else "") + a
                for a in (("127.0.0.1", "::1") if addresses == ("127.0.0.1",) else addresses)
            ]
            edits = _set(at.source, workspace, "bind", values)
            return _risky("listen on loopback only", edits, _OUTSIDERS)
        case want.TurnOn(Switch.PROTECTED_MODE):
            edits = _set(at.source, workspace, "protected-mode", ["yes"])
            if not edits:
                return None
            title = "turn on protected mode"
            password = configuration.last("requirepass")
            if password is not None and password.text:
                return Fix(title, edits)
            return Fix(title, edits, safety=Safety.RISKY, breaks=f"{_OUTSIDERS}, until a password is set")
        case want.TurnOff(Switch.PLAIN):
            edits = _set(at.source, workspace, "port", ["0"])
            return _risky("close the listener without TLS", edits, "clients that do not support TLS yet")
        case SetOption("deny-scripts-reconfig" as name, value, breaks) if at.span is not None:
            line = (Edit(at.source, at.span, f"sentinel {name} {value}"),)
            return _risky("keep Sentinel's scripts out of reach of clients", line, breaks)
        case SetOption(name, value, breaks):
            # The directive as the file writes it: by the name that its line has.
            edits = _set(at.source, workspace, *(at.pointer.rpartition("/")[2] or name, [value]))
            return _risky(f"set {name} to {value or 'the standard output'}", edits, breaks)
        case want.MinimumTls():
            edits = _set(at.source, workspace, "tls-protocols", ["TLSv1.2 TLSv1.3"])
            return _risky("require TLSv1.2 or newer", edits, OLD_VERSIONS)
        case want.UseSuites(suites):
            edits = _set(at.source, workspace, "tls-ciphers", [":".join(suites)])
            return _risky("offer forward-secret AEAD suites only", edits, OLD_SUITES)
        case RuleMethod():
            question = (
                "give the user a password (`>` and the password, or `#` and its SHA-256 hash), or turn it off"
            )
            return Fix("require a password of the user", (), safety=Safety.VALUE, question=question)
        case want.TurnOff(feature) if feature in OPTIONS:
            edits = _set(at.source, workspace, feature.value, ["no"])
            return _risky(f"turn off {feature.value}", edits, "clients that use these commands")
    return None


def _risky(title: str, edits: tuple[Edit, ...], breaks: str) -> Fix | None:
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, edits, safety=safety, breaks=breaks) if edits else None


def _set(path: str, workspace: Workspace, keyword: str, values: list[str]) -> tuple[Edit, ...]:
    document = workspace.document(path, parse_directives)
    return tuple(set_value(document.source, document.tree, keyword, values))
