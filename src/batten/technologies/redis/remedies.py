"""Remedies as lines of a configuration file."""

from __future__ import annotations

from batten.formats import Workspace
from batten.formats.directives import parse_directives, set_value
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies._stores.options import OPTIONS
from batten.technologies.redis.configuration import Configuration

_OUTSIDERS = "clients on other machines"


def fix_of(configuration: Configuration, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The lines that make the remedy true, in the file that `at` is in."""
    match remedy:
        case want.RequireAuth(secret):
            return _password(secret)
        case want.Bind(addresses):
            values = [("-" if ":" in a else "") + a for a in _both_loopbacks(addresses)]
            edits = _set(at.source, workspace, "bind", values)
            return _risky("listen on loopback only", edits, _OUTSIDERS)
        case want.TurnOn(Switch.PROTECTED_MODE):
            return _protected(configuration, _set(at.source, workspace, "protected-mode", ["yes"]))
        case want.TurnOff(Switch.PLAIN):
            edits = _set(at.source, workspace, "port", ["0"])
            return _risky("close the listener without TLS", edits, "clients that do not support TLS yet")
        case want.TurnOff(feature) if feature in OPTIONS:
            edits = _set(at.source, workspace, feature.value, ["no"])
            return _risky(f"turn off {feature.value}", edits, "clients that use these commands")
    return None


def _password(secret: str) -> Fix:
    """The format has no reference to the environment, so a password would be written out: never here."""
    variable = secret or "STORE_PASSWORD"
    question = (
        f'start the server with `--requirepass "${variable}"`, or give it an `aclfile` that is not '
        "committed: redis.conf cannot name an environment variable"
    )
    return Fix("require a password of every client", (), safety=Safety.VALUE, question=question)


def _protected(configuration: Configuration, edits: tuple[Edit, ...]) -> Fix | None:
    if not edits:
        return None
    title = "turn on protected mode"
    password = configuration.last("requirepass")
    if password is not None and password.text:
        return Fix(title, edits)
    return Fix(title, edits, safety=Safety.RISKY, breaks=f"{_OUTSIDERS}, until a password is set")


def _risky(title: str, edits: tuple[Edit, ...], breaks: str) -> Fix | None:
    return Fix(title, edits, safety=Safety.RISKY, breaks=breaks) if edits else None


def _both_loopbacks(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return ("127.0.0.1", "::1") if addresses == ("127.0.0.1",) else addresses


def _set(path: str, workspace: Workspace, keyword: str, values: list[str]) -> tuple[Edit, ...]:
    document = workspace.document(path, parse_directives)
    return tuple(set_value(document.source, document.tree, keyword, values))
