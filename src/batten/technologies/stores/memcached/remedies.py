"""Remedies as lines of memcached.conf."""

from __future__ import annotations

from batten.controls._store_remedies import SetOption
from batten.formats import Workspace
from batten.formats.lines import appended, removal
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS

_OUTSIDERS = "clients on other machines"
_SHORT = {"udp-port": "-U", "unix-mask": "-a", "listen": "-l", "user": "-u"}


def fix_of(settings: Settings, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The lines that make the remedy true."""
    match remedy:
        case SetOption(name, "", breaks):
            text = workspace.text(settings.at.source)
            edits = [
                removal(text, one.at.span)
                for one in settings.entries
                if one.key == name and one.at.span is not None
            ]
            return _risky(f"leave {name} out", edits, breaks)
        case SetOption(name, value, breaks):
            return _risky(f"set {name} to {value}", _set(settings, workspace, name, value), breaks)
        case want.Bind():
            # One `-l` with the address of loopback in the place of the first; the others go.
            found = [one for one in settings.entries if one.key == "listen"]
            if not found:
                return _risky(
                    "listen on loopback only", _set(settings, workspace, "listen", "127.0.0.1"), _OUTSIDERS
                )
            text = workspace.text(settings.at.source)
            edits = [_written(found[0], workspace, "-l", "127.0.0.1")]
            edits += [removal(text, one.at.span) for one in found[1:] if one.at.span is not None]
            return _risky("listen on loopback only", edits, _OUTSIDERS)
        case want.RunAs():
            edits = _set(settings, workspace, "user", "memcache")
            return _risky("run the server as the user memcache", edits, "systems without this user")
        case want.TurnOff(Switch.PLAIN):
            edits = [
                Edit(one.at.source, one.at.span, f"-l {one.value.replace('notls:', '')}")
                for one in settings.entries
                if one.key == "listen" and "notls:" in one.value and one.at.span is not None
            ]
            return _risky("require TLS on every listener", edits, "clients that do not support TLS")
        case want.MinimumTls():
            return _risky("require TLSv1.2 or newer", _part(settings, "ssl_min_version", "2"), OLD_VERSIONS)
        case want.UseSuites(suites):
            edits = _part(settings, "ssl_ciphers", ":".join(suites))
            return _risky("offer forward-secret AEAD suites only", edits, OLD_SUITES)
        case want.RequireAuth():
            question = (
                "start memcached with `-S` and a SASL database, or with `-Y` and a file of user:password that is not "
                "committed: its options hold no password"
            )
            return Fix("require a login", (), safety=Safety.VALUE, question=question)
    return None


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _set(settings: Settings, workspace: Workspace, name: str, value: str) -> list[Edit]:
    found, word = settings.found.get(name), _SHORT.get(name, f"--{name}")
    if found is None:
        text = workspace.text(settings.at.source)
        return [appended(text, len(text.text), f"{word} {value}")]
    return [_written(found, workspace, word, value)]


def _written(found: Entry, workspace: Workspace, word: str, value: str) -> Edit:
    """The option with another value; a variable of Red Hat's file holds the value alone."""
    assert found.at.span is not None
    text = workspace.text(found.at.source).text[found.at.span.start : found.at.span.end]
    return Edit(found.at.source, found.at.span, f"{word} {value}" if text.startswith("-") else value)


def _part(settings: Settings, name: str, value: str) -> list[Edit]:
    """A part of `-o` with another value, in the word that holds them all."""
    found = settings.found.get(name)
    if found is None or found.at.span is None:
        return []
    parts = [one for one in settings.entries if one.at.span == found.at.span]
    words = (f"{p.key}={value if p is found else p.value}" if p.value != "on" else p.key for p in parts)
    return [Edit(found.at.source, found.at.span, ",".join(words))]
