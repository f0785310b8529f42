"""RabbitMQ: what rabbitmq.conf makes of the broker, and the lines that fix it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import (
    AllowOrigins,
    Bind,
    Fix,
    Location,
    Problem,
    Remedy,
    RequireAuth,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies import Unit
from batten.technologies.shared.containers.versions import image_version
from batten.technologies.shared.settings.changes import (
    FINDING_KEY,
    MORE_LOG,
    Change,
    fix_of,
    loopback,
    switched,
    tls_1_2,
    used,
    verified,
)
from batten.technologies.shared.settings.forms import EQUALS, JSON, Form, reading
from batten.technologies.shared.settings.settings import Settings
from batten.technologies.stores.rabbitmq import definitions
from batten.technologies.stores.rabbitmq.store import facts, store
from batten.technologies.stores.rabbitmq.terms import ADVANCED, TERMS, is_terms, overlaid

_OUTSIDERS = "clients on other machines"
CHANGES = (
    Change(
        remedy=RequireAuth,
        key="loopback_users",
        title="serve `guest` on this machine only",
        drops=(FINDING_KEY,),
        breaks=f"{_OUTSIDERS} that log in as `guest`",
    ),
    Change(
        remedy=RequireAuth,
        key="anonymous_login_user",
        title="refuse anonymous logins",
        value="none",
        breaks="clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="stomp.default_user",
        title="refuse STOMP clients without a name",
        drops=("stomp.default_user", "stomp.default_pass", "stomp.implicit_connect"),
        breaks="STOMP clients that do not log in",
    ),
    Change(
        remedy=RequireAuth,
        key="default_",
        title="keep the password out of the file",
        question="remove the line, and set the password with `rabbitmqctl change_password`, or import it from definitions that are not committed",
    ),
    Change(
        remedy=Bind,
        key="listeners.tcp.1",
        title="listen on loopback only",
        puts=(("listeners.tcp.1", "127.0.0.1:5672"),),
        breaks=_OUTSIDERS,
    ),
    loopback("{address}:{port}", key="listeners."),
    Change(
        remedy=TurnOff(Switch.PLAIN),
        title="close the listener without TLS",
        puts=(("listeners.tcp", "none"),),
        breaks="clients that do not support TLS yet",
    ),
    switched(Switch.ACCESS_LOG, "log connections", "info", MORE_LOG, on=True),
    Change(
        remedy=TurnOn(Switch.ERROR_LOG),
        title="log to the standard output",
        puts=(("log.console", "true"),),
        breaks=MORE_LOG,
    ),
    switched(Switch.METRICS, "serve metrics on loopback", "127.0.0.1", "monitoring on other hosts"),
    verified("verify_peer"),
    Change(
        remedy=AllowOrigins,
        title="list the origins that may read the management API",
        value="{origin}",
        breaks="web pages on other origins",
    ),
    tls_1_2("tlsv1.2"),
)


DEFINED = (
    Change(
        remedy=RequireAuth,
        title="set another password",
        question="remove `password` and `password_hash` of the user, import the file, and set a password with `rabbitmqctl change_password`",
    ),
)


def _form(path: str) -> Form:
    return TERMS if is_terms(path) else JSON if path.endswith(".json") else EQUALS


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """An advanced.config is read with the rabbitmq.conf beside it."""
    beside = {file: posixpath.join(posixpath.dirname(file), ADVANCED) for file in files}
    mains = {file for file in files if not is_terms(file) and not file.endswith(".json")}
    brought = {beside[file] for file in mains}
    for file in files:
        if file not in brought:
            more = (beside[file],) if file in mains and beside[file] in files else ()
            yield Unit("rabbitmq", (file, *more))


def configuration(unit: Unit, workspace: Workspace) -> Settings:
    """What the files tell together: a setting of advanced.config takes the place of all of it. Raises SyntaxProblem and Unreadable."""
    version = image_version(unit.main, workspace, "rabbitmq")
    main = reading(_form(unit.main), unit.main, workspace, version)
    if posixpath.basename(unit.main) == ADVANCED:
        return main.with_entries(main.entries, complete=False)
    for path in unit.files[1:]:
        over = overlaid(path, workspace)
        kept = [g for g in main.entries if not any(g.key == k or g.key.startswith(f"{k}.") for k in over)]
        main = main.with_entries((*kept, *reading(TERMS, path, workspace).entries))
    return main


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The broker, its TLS, and the clients of its own. Raises SyntaxProblem and Unreadable."""
    server_settings = configuration(unit, workspace)
    if unit.main.endswith(".json"):
        yield definitions.store(server_settings)
        yield from definitions.facts(server_settings)
        return
    yield store(server_settings)
    yield from facts(server_settings)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make the remedy true in the file that the place is in, or None."""
    own = Unit(unit.technology, (at.source,))
    changes = DEFINED if at.source.endswith(".json") else CHANGES
    return fix_of(_form(at.source), changes, own, workspace, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that the files use and that the inventory says are not read."""
    for path in unit.files:
        if not path.endswith(".json"):
            yield from used(_form(path), Unit(unit.technology, (path,)), workspace)
