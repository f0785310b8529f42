"""Grafana: what grafana.ini lets visitors do, and the settings that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.formats import Workspace, yaml
from batten.model import Fix, Location, Problem, Remedy, Setting, Switch, TurnOff, TurnOn
from batten.technologies import Unit
from batten.technologies.services.grafana.settings import facts, overridden
from batten.technologies.shared.containers.versions import beside
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.changes import Change, fix_of, switched, tls_1_2, used
from batten.technologies.shared.settings.forms import INI, reading
from batten.technologies.shared.text.fields import Field, whole

_ANONYMOUS = "visitors who do not log in"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
CHANGES = (
    switched(Switch.CONSOLE, "require a login", "false", _ANONYMOUS),
    Change(
        remedy=TurnOff(Switch.METRICS),
        title="turn the metrics off",
        value="false",
        breaks="monitoring of Grafana",
    ),
    switched(Switch.DEBUG, "run in production mode", "production", "developers of Grafana"),
    switched(
        Switch.VERIFY_TLS,
        "verify the database's certificate",
        "true",
        _UNTRUSTED,
        on=True,
        key="database.ssl_mode",
    ),
    switched(Switch.VERIFY_TLS, "verify the server's certificate", "false", _UNTRUSTED, on=True),
    Change(
        remedy=TurnOn(Switch.COOKIE_FLAGS),
        title="send the session over HTTPS only",
        puts=(("security.cookie_secure", "true"),),
        breaks="visitors over plain HTTP",
    ),
    tls_1_2("TLS1.2"),
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """Visitors, the session's cookie, connections and passwords. Raises SyntaxProblem and Unreadable."""
    if is_sources(unit.main):
        yield from sources(unit.main, workspace)
        return
    told = reading(INI, unit.main, workspace)
    yield from facts(overridden(told, beside(unit.main, workspace)))


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The settings that grafana.ini gives."""
    if not is_sources(unit.main):
        yield from used(INI, unit, workspace)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(INI, CHANGES, unit, workspace, remedy, at) if not is_sources(at.source) else None


# Data sources that Grafana is given as files: the credentials with which it connects, and whom it verifies.
#
# Source: https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources. `$VARIABLE` is expanded.
def is_sources(path: str) -> bool:
    return path.endswith((".yml", ".yaml"))


def sources(path: str, workspace: Workspace) -> Iterator[Fact]:
    """Raises SyntaxProblem and Unreadable."""
    root = whole(path, workspace.document(path, yaml.parse).tree)
    for source in root["datasources"].items():
        for group in ("secureJsonData", "jsonData"):
            for name, value in source[group].entries():
                yield from _secret(name, value)
        for name in ("password", "basicAuthPassword"):  # before version 9
            yield from _secret(name, source[name])
        skipped = source["jsonData"]["tlsSkipVerify"]
        if skipped.truth:
            yield Feature(skipped.here, Switch.VERIFY_TLS, Setting(False, skipped.here), "tlsSkipVerify")


def _secret(name: str, value: Field) -> Iterator[Fact]:
    held = credentials.found(name, value.text) if value.text and "$" not in value.text else None
    if held is not None:
        yield credentials.in_config(value.here, name, held)
