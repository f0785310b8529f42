"""Remedies as changes of keys: a row says what is put in, what is taken out, and who may notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from batten.controls._store_remedies import AskOption, SetOption
from batten.controls.application import AllowHosts
from batten.formats import Workspace
from batten.formats.document import Uneditable
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Bind,
    Edit,
    Fix,
    Kind,
    Location,
    MinimumTls,
    Remedy,
    RequireAuth,
    Safety,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.model.record import record
from batten.technologies import Unit
from batten.technologies.shared.inventory import unread
from batten.technologies.shared.settings.forms import Form, reading
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.questions import ask_origins
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS, iana_suite

VARIABLE = "STORE_PASSWORD"  # the reference where the policy names none
_UNTRUSTED = (
    "connections to servers whose certificate is not signed by a trusted authority, or has another name"
)
FINDING_KEY = ""  # of `drops`: the key that the finding is at


@record(kw_only=True)
class Change:
    """What makes a remedy true where the finding is at `key`, or at a key that begins so; "" is any. `value` is what that key
    gets, and `puts` are further keys.

    Texts may hold `{secret}`, the variable of the password; `{suites}` and `{iana}`, the suites by OpenSSL's and IANA's names, `{quoted}` these in quotes;
    `{origin}`, `{origins}` and `{listed}`, the first and all that may read; `{methods}` and `{headers}`, those of a CORS policy; `{hosts}`, the names of the server; `{address}`, where to listen; `{word}` and `{port}`, the first word and the port of what is written.
    """

    remedy: Remedy | type[Remedy]
    title: str
    key: str = ""
    value: str | None = None
    puts: tuple[tuple[str, str], ...] = ()
    drops: tuple[str, ...] = ()
    given: tuple[str, ...] = ()  # one of these keys must be there already
    breaks: str = ""
    question: str = ""

    def fits(self, remedy: Remedy, pointer: str, settings: Settings) -> bool:
        same = isinstance(remedy, self.remedy) if isinstance(self.remedy, type) else remedy == self.remedy
        there = not self.given or any(key in settings.found for key in self.given)
        return same and there and pointer.startswith(self.key)


def fix_of(
    form: Form, changes: Sequence[Change], unit: Unit, workspace: Workspace, remedy: Remedy, at: Location
) -> Fix | None:
    """The first change that fits, as edits of the file that the place is in."""
    settings = reading(form, unit.main, workspace)
    change = next((c for c in (*changes, *_own(remedy)) if c.fits(remedy, at.pointer, settings)), None)
    if change is None:
        return None
    places = workspace.kept(
        ("settings by place", unit.main, id(form)),
        lambda: {given.at: given for given in reversed(settings.entries)},
    )
    here = places.get(at)
    if isinstance(remedy, AllowOrigins) and not remedy.origins:
        return ask_origins(change.title)
    words = _words(remedy, here)
    if change.question:
        question = _filled(change.question, words)
        return Fix(change.title, (), safety=Safety.VALUE, question=question)
    try:
        edits = tuple(_edits(form, change, settings, workspace, at, words))
    except (Uneditable, ValueError):
        return None
    if not edits:
        return None
    return Fix(
        change.title, edits, safety=Safety.RISKY if change.breaks else Safety.SAFE, breaks=change.breaks
    )


def _own(remedy: Remedy) -> Iterator[Change]:
    """The change of a remedy that names the vendor's own setting, which is where the finding is."""
    match remedy:
        case SetOption(name, value, breaks):
            title = f"set {name} to {value}"
            yield Change(remedy=SetOption, title=title, value=value, breaks=breaks)
        case AskOption(title, question):
            yield Change(remedy=AskOption, title=title, question=question)


def _words(remedy: Remedy, here: Entry | None) -> dict[str, str]:
    """What a change's text may name of the remedy and of the place."""
    written = here.value.split()[0] if here is not None and here.value.split() else ""
    words = {"word": written, "port": written.rpartition(":")[2]}
    match remedy:
        case RequireAuth(secret):
            words["secret"] = secret or VARIABLE
        case Bind(addresses):
            words["address"] = addresses[0]
        case AllowOrigins(origins):
            words |= {"origin": origins[0] if origins else "", "origins": ",".join(origins)}
            words["listed"] = ", ".join(f'"{origin}"' for origin in origins)
        case AllowMethods(methods):
            words["methods"] = ",".join(methods)
        case AllowHeaders(headers):
            words["headers"] = ",".join(headers)
        case AllowHosts(hosts):
            words["hosts"] = ";".join(hosts)
        case UseSuites(suites):
            words["suites"] = ":".join(suites)
            names = [iana_suite(suite) for suite in suites]
            words |= {"iana": ",".join(names), "quoted": ", ".join(f'"{name}"' for name in names)}
    return words


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _edits(
    form: Form,
    change: Change,
    settings: Settings,
    workspace: Workspace,
    at: Location,
    words: Mapping[str, str],
) -> Iterator[Edit]:
    for key in change.drops:
        yield from form.drop(settings, workspace, key or at.pointer)
    if change.value is not None:
        written = _filled(change.value, words)
        if form.lined and at.kind is Kind.VALUE and at.span is not None:
            yield Edit(at.source, at.span, written)  # one of several lines with this key, perhaps
        else:
            yield from form.put(settings, workspace, at.pointer, written)
    for key, value in change.puts:
        yield from form.put(settings, workspace, key, _filled(value, words))


MORE_LOG = "the size of the log"


def switched(feature: Switch, title: str, value: str, breaks: str, on: bool = False, key: str = "") -> Change:
    """One key that turns something off, or on, where the finding is."""
    remedy = TurnOn(feature) if on else TurnOff(feature)
    return Change(remedy=remedy, title=title, key=key, value=value, breaks=breaks)


def verified(value: str, key: str = "") -> Change:
    """The key that makes a client of the server's own verify certificates."""
    title = "verify the server's certificate"
    return switched(Switch.VERIFY_TLS, title, value, _UNTRUSTED, on=True, key=key)


def loopback(value: str = "{address}", key: str = "") -> Change:
    """The address that the server listens on."""
    title, breaks = "listen on loopback only", "clients on other machines"
    return Change(remedy=Bind, title=title, key=key, value=value, breaks=breaks)


def listed_origins(value: str, key: str = "") -> Change:
    """The origins whose pages may read answers."""
    title, breaks = "list the origins that may read answers", "web pages on other origins"
    return Change(remedy=AllowOrigins, title=title, key=key, value=value, breaks=breaks)


def tls_1_2(value: str, key: str = "") -> Change:
    """The versions of TLS, or the lowest of them."""
    return Change(remedy=MinimumTls, title="require TLS 1.2", key=key, value=value, breaks=OLD_VERSIONS)


def strong_suites(value: str, key: str = "") -> Change:
    """The list of suites."""
    return Change(remedy=UseSuites, title="offer strong suites only", key=key, value=value, breaks=OLD_SUITES)


# What Elasticsearch and OpenSearch have in common.
SEARCH = (
    Change(
        remedy=Bind,
        title="listen on loopback only",
        value="_local_",
        breaks="clients and nodes on other machines",
    ),
    listed_origins('"{origins}"'),
    switched(
        Switch.DESTRUCTIVE_WILDCARDS,
        "require the names of what is deleted",
        "true",
        "programs that delete indices by a pattern",
    ),
    Change(
        remedy=TurnOff(Switch.REINDEX_FROM_ANY),
        title="copy from no other cluster",
        drops=(FINDING_KEY,),
        breaks="programs that copy indices from another cluster",
    ),
)


def used(form: Form, unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the unit's file uses and that its inventory says are not read."""
    names = unread(unit.technology)
    for given in reading(form, unit.main, workspace).entries:
        if given.key in names:
            yield given.key, given.at
