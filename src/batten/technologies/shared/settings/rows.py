"""Settings of frameworks that are right or wrong by their value alone: a row is a fact and its fix.

A row is read where the setting is written, and only there: a framework's default is judged by its own reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import AppSettings, Cookie, Fact, Feature, Limits, Verifying
from batten.facts.application import Peer
from batten.model import ABSENT, UNKNOWN, Limit, Quantity, Setting, Switch, TurnOff, TurnOn
from batten.model.record import record
from batten.technologies.shared.settings.changes import Change
from batten.technologies.shared.settings.settings import Entry, Settings


@record(kw_only=True)
class SwitchSetting:
    """`key` is in state `switch` where it holds one of the words `bad`, in lower case; `safe` is written instead.

    `what` names it for people, as its control needs it; `breaks` who may notice the fix.
    """

    key: str
    switch: Switch
    what: str = ""
    bad: tuple[str, ...] = ("true",)
    safe: str = "false"
    breaks: str

    def shown(self, given: Entry) -> bool:
        return not given.templated and given.value.strip().lower() in self.bad


def switches(rows: Sequence[SwitchSetting], settings: Settings, framework: str) -> Iterator[Fact]:
    """A fact for each setting that is written with a word that its row calls bad."""
    for row in rows:
        given = settings.found.get(row.key)
        if given is not None and row.shown(given):
            at = given.at
            match row.switch:
                case Switch.VERIFY_TLS:
                    yield Verifying(at, Setting(False, at), Peer.ANY)
                case Switch.DOCS:
                    shown = Feature(at, Switch.DOCS, Setting(True, at), row.what)
                    yield AppSettings(
                        at, framework=framework, debug=Setting(ABSENT, at, False), docs=(shown,)
                    )
                case _:
                    yield Feature(at, row.switch, Setting(True, at), row.what)


def changes(rows: Iterable[SwitchSetting]) -> tuple[Change, ...]:
    """What writes the safe word of each row where its finding is."""
    return tuple(
        Change(
            remedy=TurnOn(row.switch) if row.switch is Switch.VERIFY_TLS else TurnOff(row.switch),
            title=f"set `{row.key.rpartition('.')[2]}` to {row.safe}",
            key=row.key,
            value=row.safe,
            breaks=row.breaks,
        )
        for row in rows
    )


@record(kw_only=True)
class Flags:
    """The settings of a framework's session cookie; "" where there is none for a flag."""

    name: str
    secure: str = ""
    http_only: str = ""
    default: str


def session(flags: Flags, settings: Settings) -> Iterator[Cookie]:
    """A fact for each flag of the cookie that is written as off; what is not written is left to the framework."""
    name = settings.word(flags.name, flags.default).known(flags.default)
    for key in filter(None, (flags.secure, flags.http_only)):
        given = settings.found.get(key)
        if given is None or given.templated or given.value.strip().lower() not in ("false", "none"):
            continue
        off, unknown = Setting(False, given.at), Setting[bool](UNKNOWN, given.at)
        yield Cookie(
            given.at,
            name=name,
            secure=off if key == flags.secure else unknown,
            http_only=off if key == flags.http_only else unknown,
            same_site=Setting(UNKNOWN, given.at),
        )


def flag_changes(flags: Flags, on: str = "true") -> tuple[Change, ...]:
    """What turns each flag of the cookie on."""
    words = (
        (flags.secure, on, "clients over plain HTTP"),
        (flags.http_only, on, "scripts that read the cookie"),
    )
    return tuple(
        Change(
            remedy=TurnOn(Switch.COOKIE_FLAGS),
            title=f"set the flag `{key.rpartition('.')[2]}`",
            key=key,
            value=value,
            breaks=breaks,
        )
        for key, value, breaks in words
        if key
    )


@record
class Bound:
    """A setting that bounds bodies (or the time of headers), and the word by which it has no bound."""

    key: str
    quantity: Quantity
    unbounded: str
    safe: str


def limits(bounds: Sequence[Bound], settings: Settings) -> Iterator[Limits]:
    """Bounds that are written as none."""
    for bound in bounds:
        given = settings.found.get(bound.key)
        if given is not None and given.value.strip().lower() == bound.unbounded:
            if bound.quantity is Quantity.HEADER_TIMEOUT:
                yield Limits(given.at, header_timeout=Setting(0.0, given.at))
            else:
                yield Limits(given.at, body=Setting(0, given.at))


def limit_changes(bounds: Iterable[Bound]) -> tuple[Change, ...]:
    """What writes a bound."""
    return tuple(
        Change(
            remedy=Limit(Quantity.BODY, "1m")
            if bound.quantity is Quantity.BODY
            else Limit(bound.quantity, "10s"),
            title=f"bound `{bound.key.rpartition('.')[2]}`",
            key=bound.key,
            value=bound.safe,
            breaks="clients that send larger requests, or slower ones",
        )
        for bound in bounds
    )
