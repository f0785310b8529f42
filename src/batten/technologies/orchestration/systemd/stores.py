"""Stores and Prometheus as units start them, by the words of the command."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from batten.controls._store_remedies import AskOption
from batten.facts import Fact
from batten.formats import Workspace
from batten.formats.lines import line_start, removal
from batten.model import UNKNOWN, Edit, Fix, Kind, Location, Remedy, Safety, Setting, Span, Switch
from batten.model import remedy as want
from batten.technologies.orchestration.systemd.unit import UnitFile, known
from batten.technologies.shared.containers.consoles import PROMETHEUS
from batten.technologies.shared.stores.programs import Started, prometheus, started

_LOOPBACK = "listen on loopback only"
_OUTSIDERS = "clients on other machines"
_ADDRESSES = (
    "bind",
    "bind_ip",
    "bind-address",
    "bind_address",
    "listen_addresses",
    "listen",
    "a",
    "addr",
    "net",
    "address",
)
_ASKED = (
    "give the store a password in a file that only its account reads, and name that file in the command, or remove the option that turns "
    "logins off"
)


def stores(unit: UnitFile, workspace: Workspace) -> Iterator[Fact]:
    """The stores that the unit's commands are."""
    for command in unit.commands():
        if command.key != "ExecStart" or not command.words:
            continue
        words = [
            (w.text if known(w.text) else "\0", Location(unit.path, f"Service/{command.key}", w.span))
            for w in command.words[1:]
        ]
        if command.program == "prometheus":
            yield from prometheus(words)
            continue
        variables = {
            name: Setting(
                UNKNOWN if "\0" in value else value,
                Location(unit.path, f"Service/Environment[{name}]", word.span),
            )
            for name, value, word, _ in unit.variables()
        }
        # Whether no variable, no file of variables and no part that is laid over the unit says more.
        yield from started(
            command.program,
            Started(
                at=unit.at(command.pair),
                words=words,
                variables=variables,
                complete=unit.main
                and all(known(word.text) for word in command.words)
                and not unit.pairs("Service", "EnvironmentFile")
                and not unit.workspace.is_directory(f"{unit.path}.d"),
            ),
            workspace,
        )


def fix_of(unit: UnitFile, remedy: Remedy, at: Location) -> Fix | None:
    """The word of a store's command changed or taken out; None where the place is none."""
    name = at.pointer.partition("[")[2].rstrip("]")
    if not at.pointer.startswith("Service/ExecStart") or at.span is None:
        return None
    text = unit.source.text[at.span.start : at.span.end]
    match remedy:
        case want.Bind(addresses) if name in _ADDRESSES and at.kind is Kind.VALUE:
            # The address of a word, `--name=value` or the value alone, with its port; of redis, the words behind the
            # option.
            address = addresses[0]
            assert at.span is not None
            head, sign, value = text.rpartition("=")
            if text.startswith("-") and not sign:
                # The words that an option takes, up to the next one.
                words = [
                    w for command in unit.commands() for w in command.words if w.span.start >= at.span.end
                ]
                taken = [w.span for w in takewhile(lambda w: not w.text.startswith("-"), words)]
                behind = Span(taken[0].start, taken[-1].end) if taken else None
                return (
                    _risky(_LOOPBACK, Edit(unit.path, behind, address), _OUTSIDERS)
                    if behind is not None
                    else None
                )
            _, colon, port = value.rpartition(":")
            made = f"{address}:{port}" if colon and port.isdecimal() else address
            return _risky(_LOOPBACK, Edit(unit.path, at.span, f"{head}{sign}{made}"), _OUTSIDERS)
        case want.Bind(addresses) if name == "bind_ip_all":
            edit = Edit(unit.path, at.span, f"--bind_ip={addresses[0]}")
            return _risky(_LOOPBACK, edit, _OUTSIDERS)
        case want.TurnOff(Switch.CONSOLE) if f"--{name}" in PROMETHEUS:
            start = line_start(unit.source.text, at.span.start)
            if not unit.source.text[start : at.span.start].strip():
                return None  # on a line of its own, whose backslash belongs to the others
            return _risky(
                f"start it without --{name}", removal(unit.source, at.span), "programs that use the API"
            )
        case want.RequireAuth() if (
            "/ExecStart/" in at.pointer or "[noauth]" in at.pointer or "[transitionToAuth]" in at.pointer
        ):
            return Fix("require a login", (), safety=Safety.VALUE, question=_ASKED)
        case AskOption(title, question):
            return Fix(title, (), safety=Safety.VALUE, question=question)
        case _:
            return None


def _risky(title: str, edit: Edit, breaks: str) -> Fix:
    return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)
